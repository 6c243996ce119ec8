"""Which column of a file with foreign names may be which field: by names that are like ours, and by what values are.

For inspection.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from tickstore.input.fields import FIELDS, INTEGER, PRICE, ROW_ID, SIDE, TIME, Field, canonical
from tickstore.parse.odd_lines import SIDES
from tickstore.times.reject_error import RejectError
from tickstore.times.written_times import NULL_TEXT, parse_time

_ALIKE: Final = 0.75  # of names: 1 is equal
_PREFIX: Final = 3  # letters of a name that begins another
_LOOKED_AT: Final = 200  # values of a column
# Names that vendors use, too loose to be taken for good without a look.
_SYNONYMS: Final = {
    "order_id": ("oid", "orderrefnum", "clorderid"),
    "timestamp": ("tsevent",),
    "security": ("stock", "contract", "issue", "market", "symroot", "stockcode", "scrip"),
    "price": ("px", "rate"),
    "quantity": ("amount", "shares", "volume", "vol", "lots"),
    "bid": ("bidpx00", "bidpx", "bidprice1", "bp1", "bid1"),
    "offer": ("askpx00", "askpx", "askprice1", "ap1", "ask1", "offerpx"),
    "participant": ("member", "trader", "mpid", "brokercode", "membercode", "firmid", "traderid"),
}
_NOT_OF_THE_EVENT: Final = ("recv", "receive", "local", "capture", "insert", "update", "rcv")  # times of whoever wrote
_BUYS: Final = frozenset(("b", "buy", "bid", "bought", "long", "l", "kauf", "k", "achat", "compra", "c", "+", "+1"))
_SELLS: Final = frozenset(("s", "sell", "ask", "sold", "short", "offer", "verkauf", "v", "vente", "venta", "-", "-1"))
_TRUE: Final = frozenset(("true", "t", "yes", "y", "1"))
_TRUTHS: Final = _TRUE | {"false", "f", "no", "n", "0"}
_BUY_NAMES: Final = frozenset(("isbuy", "isbuyer", "isbuyorder", "isbid", "buyflag", "isbuyside"))
_SELL_NAMES: Final = frozenset(("issell", "isseller", "issellorder", "isask", "isoffer", "sellflag", "issellside"))


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
        kind, aliases = fields[name].kind, (*fields[name].aliases, *_SYNONYMS.get(name, ()))
        known = {column: values for column, values in free.items() if not _is_another(column, fields[name])}
        fits = {TIME: are_times, SIDE: are_sides}.get(kind)
        fitting = [column for column, values in known.items() if fits is not None and fits(values)]
        if kind == SIDE and not fitting:
            fitting = [column for column, values in known.items() if side_words(values, column)]
        if len(fitting) > 1 and kind == SIDE:  # ids may be 1 and 2, too
            fitting = [column for column in fitting if not all(value.isdigit() for value in free[column])]
        if len(fitting) > 1 and kind == TIME:
            fitting = [c for c in fitting if not any(word in canonical(c) for word in _NOT_OF_THE_EVENT)]
            alike = [column for column in fitting if _likeness(column, aliases) >= _ALIKE]
            fitting = alike if len(fitting) > 1 else fitting
        if not fitting:
            counts = kind in (INTEGER, PRICE) and not name.endswith("_id")
            likeness = {c: _likeness(c, aliases) for c, values in known.items() if not counts or are_numbers(values)}
            best = max(likeness, key=lambda column: likeness[column], default=None)
            fitting = [best] if best is not None and likeness[best] >= _ALIKE else []
        if len(fitting) == 1:
            found[name] = fitting[0]
            del free[fitting[0]]
    return found


def _is_another(column: str, field: Field) -> bool:
    """Return whether a column has the very name of another field, or one that says too little of this one."""
    name = canonical(column)
    if name in field.aliases or name in _SYNONYMS.get(field.name, ()):
        return False
    owners = {one.name for table in FIELDS.values() for one in table if name in one.aliases}
    return name in ROW_ID or (bool(owners) and field.name not in owners)


def likely_columns(left: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the columns that could name securities or participants: texts, or numbers that come again and again.

    Examples
    --------
    >>> likely_columns({"a": ["X", "Y"], "b": ["3.5", "3.5"], "c": ["7", "8", "7", "7"], "d": ["7", "8"], "e": ["1,5"]})
    ['a', 'c']
    """
    found = []
    for column, cells in left.items():
        values = set(cells) - {"", NULL_TEXT}
        if not values or are_times(values) or are_sides(values):
            continue
        if not are_numbers({value.replace(",", ".") for value in values}) or (
            all(map(str.isdigit, values)) and 2 * len(values) <= len(cells)
        ):
            found.append(column)
    return found


def _likeness(column: str, aliases: Iterable[str]) -> float:
    """Return how like a column's name is to one of the aliases, 1 being the same."""
    name = canonical(column)
    begins = len(name) >= _PREFIX and any(alias.startswith(name) for alias in aliases)
    return max(_ALIKE * begins, *(SequenceMatcher(None, name, alias).ratio() for alias in aliases), 0.0)


def _present(values: set[str]) -> list[str]:
    return sorted(values - {"", NULL_TEXT})[:_LOOKED_AT]


def are_times(values: set[str]) -> bool:
    """Return whether all values are times of the years that a store takes, 1980 to 2199."""
    try:
        stamps = [parse_time(value, "UTC") for value in _present(values)]
    except RejectError:
        return False
    return bool(stamps) and min(stamps) > 315 * 10**15 and max(stamps) < 7_258 * 10**15


def are_sides(values: set[str]) -> bool:
    """Return whether values are words or numbers for buy and sell."""
    present = {value.lower() for value in values - {""}}
    return len(present) in (1, 2) and present <= set(SIDES)


def are_numbers(values: set[str]) -> bool:
    """Return whether all values are numbers, with decimals or without."""
    present = _present(values)
    plain = (value.removeprefix("-").replace(".", "", 1) for value in present)
    return bool(present) and all(value.isascii() and value.isdigit() for value in plain)


def side_words(values: set[str], column: str = "side") -> tuple[tuple[str, str], ...]:
    """Return what words of a column of sides stand for, none where that is not clear.

    A and B are ask and bid where both are there, and at most N, for none, beside them. What is true or false is so of
    what the column's name says.

    Examples
    --------
    >>> side_words({"Compra", "Venta"}), side_words({"A", "Z"}), side_words({"BUY_LIMIT", "SELL_LIMIT"})
    ((('Compra', 'B'), ('Venta', 'S')), (), (('BUY_LIMIT', 'B'), ('SELL_LIMIT', 'S')))
    >>> side_words({"A", "B", "N"}), side_words({"true", "false"}), side_words({"True", "False"}, "is_sell")
    ((('A', 'S'), ('B', 'B')), (), (('False', 'B'), ('True', 'S')))
    """
    present = values - {"", NULL_TEXT}
    if {"A", "B"} <= present <= {"A", "B", "N"}:
        return (("A", "S"), ("B", "B"))
    name = canonical(column)
    if present and {value.lower() for value in present} <= _TRUTHS and name in _BUY_NAMES | _SELL_NAMES:
        true, false = ("B", "S") if name in _BUY_NAMES else ("S", "B")
        return tuple((value, true if value.lower() in _TRUE else false) for value in sorted(present))
    found = []
    for value in sorted(values - {"", NULL_TEXT}):
        word = value.lower()
        first = word.replace("-", "_").split("_")[0] or word
        side = "B" if {word, first} & _BUYS else "S" if {word, first} & _SELLS else ""
        found.append((value, side))
    return tuple(found) if all(side for _, side in found) else ()
