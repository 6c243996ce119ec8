"""What a conversion warns about although every row could be read: dates that cannot be, rows that were slow to read.

Called by `conversion` once all is built.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Final

from tickstore.conversion.parse_task import ParsedChunk
from tickstore.day.schema import Key
from tickstore.input.files import Chunk, Source
from tickstore.input.readings import date_in_name
from tickstore.parse.blocks import SlowRows

_OLD: Final = 5  # years between trading and the writing of its file, beyond which another epoch is likelier
_OFF_NAME: Final = 7  # days between a date and that in the file's name
_GAP: Final = 10  # years without a date inside one input
_HOW: Final = "if times count from another day than 1970-01-01, say so with --epoch and --time_unit"


def date_range(keys: Iterable[Key]) -> tuple[str, str] | None:
    """Return the first and the last trade date, None where there are none."""
    dates = sorted({day for _, day in keys})
    return (dates[0], dates[-1]) if dates else None


def range_warnings(keys: Sequence[Key], sources: Sequence[Source]) -> list[str]:
    """Return warnings for dates after now, long before their files were written, or far from the files' names."""
    found = date_range(keys)
    if found is None:
        return []
    first, last = map(date.fromisoformat, found)
    said = f"dates are {first}" if first == last else f"dates are {first} to {last}"
    now = datetime.now(UTC).date()
    written = max((datetime.fromtimestamp(source.modified / 1e9, UTC).date() for source in sources), default=now)
    if (last - now).days > 1:
        return [f"{said}, after today: {_HOW}"]
    named = sorted(date.fromisoformat(name) for name in {date_in_name(s.path) for s in sources} if name and _real(name))
    if named and ((named[0] - last).days > _OFF_NAME or (first - named[-1]).days > _OFF_NAME):
        return [f"{said}, while the names of the files say {named[0]}: {_HOW}"]
    if (written - last).days > _OLD * 365:
        return [f"{said}, {(written - last).days // 365} years before the files were written: {_HOW}"]
    days = sorted({date.fromisoformat(day) for _, day in keys})
    for before, after in pairwise(days):
        if (after - before).days > _GAP * 365:
            gap = f"{said}, with none between {before} and {after}"
            return [f"{gap}: some times are of another unit or epoch than others: {_HOW}"]
    return []


def _real(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def slow_warnings(sources: Sequence[Source], chunks: Sequence[Chunk], parsed: Sequence[ParsedChunk]) -> list[str]:
    """Return a warning a table and column of which the fast path could not read some cells: how many, and the first."""
    found: dict[tuple[str, str], list[tuple[Source, SlowRows]]] = {}
    rows: dict[str, int] = {}
    for part in parsed:
        source = sources[chunks[part.number].source]
        rows[source.table] = rows.get(source.table, 0) + part.stored
        for column, slow in part.slow.items():
            found.setdefault((source.table, column), []).append((source, slow))
    warnings = []
    for (table, column), places in found.items():
        source, first = places[0]
        count = sum(slow.rows for _, slow in places)
        warnings.append(
            f"{count} of {rows[table]} rows of {table} were read slowly, for what stands in {column}; first: "
            f"{first.cell[:60]!r} in {source.path} at byte {first.offset}"
        )
    return warnings
