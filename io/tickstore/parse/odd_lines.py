"""The slow path of parsing: one unusual line at a time, in plain Python, with a reason when it is refused.

For `blocks`.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import quote

from tickstore.input.fields import DATE, IDS, INTEGER, NAME, PRICE, QUANTITIES, SIDE, TIME, canonical
from tickstore.input.header import MOST_NAMED, is_like_header
from tickstore.input.packed_names import is_rounded, pack_name, whole_id
from tickstore.input.readings import Reading
from tickstore.parse.cell_times import read_time
from tickstore.rules import RARE_NO_VALUE
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_dates import read_stated_date
from tickstore.times.written_times import NULL_TEXT, looks_whole, time_shape, whole_number

_EXPONENT: Final = re.compile(r"[+-]?\d{1,20}(\.\d{0,20})?[eE][+-]?\d{1,3}", re.ASCII)
SIDES: Final = {"1": 1, "2": -1, "b": 1, "s": -1, "buy": 1, "sell": -1, "bid": 1, "ask": -1, "offer": -1, "-1": -1}
csv.field_size_limit(2**31 - 1)  # a field may be as long as it is: it stands alone on its line
LONGEST_FOLDER: Final = 240  # bytes; file systems allow 255
ANOTHER_HEADER: Final = "another header"  # a reason that stops the conversion
_OF_DATES: Final = ("missing date", "malformed date")  # reasons
_EXACT_DIGITS: Final = 15  # of a number that a float holds as it is
TOO_MANY_DECIMALS: Final = "too many decimals"
ROUNDED_ID: Final = "id rounded by a float"
STANDS_FOR_NONE: Final = "stands for no value"  # 4294967295 in a quantity
NO_SHARES: Final = "trade of no shares"
NO_ROW: Final = "most cells are empty"  # a title, a total
GROUPED: Final = "point of decimals, or of thousands"
_GROUPS: Final = re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)


@dataclass(frozen=True, slots=True)
class LineRules:
    """What the slow path needs to know about a file."""

    names: tuple[str, ...]  # of the file's columns
    delimiter: str
    readings: tuple[Reading, ...]
    timezone: str
    earliest: int  # ns UTC, inclusive
    latest: int  # ns UTC, inclusive
    shapes: tuple[tuple[int, str], ...] = ()  # of times on the first line: (file column, shape)
    table: str = ""


def read_line(text: bytes, rules: LineRules, long_names: dict[str, int], may_be_torn: bool = False) -> list[int] | None:
    """Return the values of a line in the order of ``rules.readings``, or None for a line of blanks or the header again.

    In a line that ``may_be_torn`` times must state seconds and look like those of the file's first line: what is left
    of a time in ns that was cut short is one in us, ms or s, and without its offset it would be a local one.

    RejectError: the line is not a row.
    """
    line = text.decode("utf-8", "surrogateescape").removesuffix("\r")
    if not line.strip():
        return None
    try:
        cells = next(csv.reader([line], delimiter=rules.delimiter, strict=True))
    except csv.Error:
        raise RejectError(_foreign_bytes(line) or "unclosed quote") from None
    if _is_header(cells, rules):
        return None
    if len(cells) != len(rules.names):
        count = "missing fields" if len(cells) < len(rules.names) else "extra fields"
        raise RejectError(_foreign_bytes(line) or count)
    values = []
    for reading in rules.readings:
        try:
            values.append(read_cells(cells, reading, rules, long_names))
            cell = cells[reading.column].strip() if reading.column >= 0 else ""
            if may_be_torn and reading.kind == TIME and not looks_whole(cell, dict(rules.shapes).get(reading.column)):
                raise RejectError("malformed time")
        except RejectError as error:
            if _is_no_row(cells, rules):
                raise RejectError(NO_ROW) from None
            place = reading.date_column if error.reason in _OF_DATES and reading.date_column >= 0 else reading.column
            column = rules.names[place] if place >= 0 else reading.field.name
            cell = cells[place].strip() if place >= 0 else reading.constant
            raise RejectError(error.reason, column, cell, reading.field.name) from None
    return values


def _is_no_row(cells: list[str], rules: LineRules) -> bool:
    """Return whether a line has hardly any of the cells that a row needs."""
    needed = [reading.column for reading in rules.readings if reading.column >= 0 and reading.field.required]
    return 2 * sum(cells[column].strip() != "" for column in needed) < len(needed)


def _is_header(cells: list[str], rules: LineRules) -> bool:
    """Return whether a line repeats the header, as files do that were put one behind the other.

    RejectError: it is a header, of other columns or of the same in another order: what follows would be misread.
    """
    here = [canonical(cell) for cell in cells]
    keys = [canonical(name) for name in rules.names]
    if here == keys and any(keys):
        return True
    if here[0][:1].isdigit() and here[-1][:1].isdigit():  # most lines are rows, and told at once
        return False
    needed = {keys[reading.column] for reading in rules.readings if reading.column >= 0 and reading.field.required}
    if needed and len(needed & set(here)) >= MOST_NAMED * len(needed):
        raise RejectError(ANOTHER_HEADER)
    if rules.table and is_like_header(here, rules.table):
        raise RejectError(ANOTHER_HEADER)
    return False


def _foreign_bytes(text: str) -> str:
    """Return what makes a text undecodable (a NUL byte, not UTF-8), or "". Columns that are not read may hold any."""
    if "\0" in text:
        return "NUL byte"
    return "not UTF-8" if any("\udc80" <= c <= "\udcff" for c in text) else ""


def read_cells(cells: Sequence[str], reading: Reading, rules: LineRules, long_names: dict[str, int]) -> int:
    """Return the value of a field from the cells of a line."""
    cell = cells[reading.column] if reading.column >= 0 else reading.constant
    if not cell.isascii() or "\0" in cell:
        foreign = _foreign_bytes(cell)
        if foreign:
            raise RejectError(foreign)
    written = cell.strip()
    text = dict(reading.words).get(written, "" if _is_rare_none(written, reading) else written)
    if not text and written[-1:].isdigit() and reading.field.required and not reading.field.nullable:
        raise RejectError(STANDS_FOR_NONE)
    if reading.kind == TIME and text not in ("", NULL_TEXT):
        ns = read_time(text, reading, cells, rules.timezone)
        if not rules.earliest <= ns <= rules.latest:
            raise RejectError("time out of range")
        return ns
    return _value(text, reading, long_names)


def _is_rare_none(text: str, reading: Reading) -> bool:
    """Return whether a text of a number or time is one that seldom stands for no value."""
    if reading.kind not in (INTEGER, PRICE, TIME):
        return False
    beyond = reading.kind != TIME and reading.field.name not in IDS and _EXPONENT.fullmatch(text)
    return text.lower() in RARE_NO_VALUE or bool(beyond and abs(Decimal(text)) >= 2**63)


def _value(text: str, reading: Reading, long_names: dict[str, int]) -> int:
    field, kind = reading.field, reading.kind
    if not text or text == NULL_TEXT:
        if field.required and not field.nullable:
            raise RejectError("missing value")
        return field.default
    if kind == DATE:
        return read_stated_date(text)
    if kind == NAME:
        if field.name == "security" and len(quote(text, safe="")) > LONGEST_FOLDER:
            raise RejectError("name too long")
        return _name(text, long_names, field.name in IDS)
    if kind == SIDE:
        if text.lower() not in SIDES:
            raise RejectError("unknown side")
        return SIDES[text.lower()]
    if field.name in IDS:
        text = whole_id(text)
        if is_rounded(text):
            raise RejectError(ROUNDED_ID)
    number = _decimal(text, reading) if kind == PRICE or field.name in QUANTITIES else _integer(text, field.name)
    if field.name in IDS and 2**63 < number < 2**64:
        return number - 2**64  # ids are 64 bits, whatever the first one means
    if field.low <= number <= field.high:
        return number
    if number == 0 and field.low == 1:
        raise RejectError(NO_SHARES)
    negative = number < 0 and kind in (INTEGER, PRICE) and not field.name.endswith("_id")
    raise RejectError("negative value" if negative else "out of range")


def _integer(text: str, name: str) -> int:
    """Return a whole number; a code or sequence may be written 12.0, as tables with gaps do, where floats hold it."""
    digits = text.removeprefix("-")
    whole, point, rest = digits.partition(".")
    if point and not rest.strip("0") and name not in IDS and len(whole) <= _EXACT_DIGITS:
        digits = whole
    if not (digits.isascii() and digits.isdigit()):
        raise RejectError("malformed number")
    return -whole_number(digits) if text.startswith("-") else whole_number(digits)


def _decimal(text: str, reading: Reading) -> int:
    """Return a price or quantity times its scale, a power of ten, and over its divisor, exactly."""
    if "e" in text.lower() and _EXPONENT.fullmatch(text):
        text = f"{Decimal(text):f}"
    if not reading.points and is_grouped(text):
        raise RejectError(GROUPED)
    whole, _, fraction = text.removeprefix("-").removeprefix("+").partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit()):
        raise RejectError("malformed number")
    places = len(str(reading.scale)) - 1
    if fraction[places:].strip("0"):
        raise RejectError(TOO_MANY_DECIMALS)
    number, rest = divmod(whole_number(whole + fraction[:places].ljust(places, "0")), reading.divisor)
    if rest:
        raise RejectError(TOO_MANY_DECIMALS)
    return -number if text.startswith("-") else number


def is_grouped(text: str) -> bool:
    """Return whether the points of a number may stand between thousands: 1.000, 12.500.000."""
    return _GROUPS.fullmatch(text) is not None


def _name(text: str, long_names: dict[str, int], is_id: bool) -> int:
    digits = text.removeprefix("-")
    if not is_id and digits.isascii() and digits.isdigit() and (text[0] == "-" or whole_number(digits) >= 2**63):
        raise RejectError("out of range")
    if len(text) > 64:
        raise RejectError("name too long")
    return pack_name(text, long_names)


def time_shapes(line: bytes, rules: LineRules) -> tuple[tuple[int, str], ...]:
    """Return (file column, shape) of the times of a line, of none if it is not as long as the header."""
    try:
        cells = next(
            csv.reader([line.decode("utf-8", "surrogateescape").removesuffix("\r")], delimiter=rules.delimiter)
        )
    except (csv.Error, StopIteration):
        return ()
    times = [r.column for r in rules.readings if r.kind == TIME and r.column >= 0]
    return tuple(
        (c, time_shape(cells[c].strip())) for c in times if len(cells) == len(rules.names) and cells[c].strip()
    )
