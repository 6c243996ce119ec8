"""Which column of a file with foreign names may be which field: by names that are like ours, and by what values are.

For inspection.
"""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Final

from tickstore.input.fields import FIELDS, SIDE, TIME, canonical
from tickstore.parse.odd_lines import SIDES
from tickstore.times.written_times import RejectError, parse_time

_ALIKE: Final = 0.75  # of names: 1 is equal
_LOOKED_AT: Final = 200  # values of a column


def guessed_columns(table: str, wanted: Iterable[str], left: Mapping[str, set[str]]) -> dict[str, str]:
    """Return field -> column name for fields of which one column stands out; ``left`` are columns with their values.

    Examples
    --------
    >>> guessed_columns("orders", ("timestamp", "side"), {"Zeit": {"1725494400"}, "BS": {"B"}, "X": {"3"}})
    {'timestamp': 'Zeit', 'side': 'BS'}
    """
    fields = {field.name: field for field in FIELDS[table]}
    free = dict(left)
    found: dict[str, str] = {}
    for name in wanted:
        fits = {TIME: _are_times, SIDE: _are_sides}.get(fields[name].kind)
        fitting = [column for column, values in free.items() if fits is not None and fits(values)]
        if len(fitting) > 1:  # ids may be 1 and 2, too
            fitting = [column for column in fitting if not all(value.isdigit() for value in free[column])]
        if not fitting:
            alike = {column: _likeness(column, fields[name].aliases) for column in free}
            best = max(alike, key=lambda column: alike[column], default=None)
            fitting = [best] if best is not None and alike[best] >= _ALIKE else []
        if len(fitting) == 1:
            found[name] = fitting[0]
            del free[fitting[0]]
    return found


def _likeness(column: str, aliases: Iterable[str]) -> float:
    return max(SequenceMatcher(None, canonical(column), alias).ratio() for alias in aliases)


def _are_times(values: set[str]) -> bool:
    """Return whether all values are times of the years that a store takes, 1980 to 2199."""
    present = sorted(values - {""})[:_LOOKED_AT]
    try:
        stamps = [parse_time(value, "UTC") for value in present]
    except RejectError:
        return False
    return bool(stamps) and min(stamps) > 315 * 10**15 and max(stamps) < 7_258 * 10**15


def _are_sides(values: set[str]) -> bool:
    present = {value.lower() for value in values - {""}}
    return len(present) in (1, 2) and present <= set(SIDES)
