"""The slow path of parsing: one unusual line at a time, in plain Python, with a reason when it is refused.

For `blocks`.
"""

import csv
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from tickstore.input.fields import DATE, INTEGER, NAME, PRICE, SIDE, TIME, Field
from tickstore.input.packed_names import pack_name
from tickstore.times.stated_dates import read_stated_date
from tickstore.times.written_times import NULL_TEXT, RejectError, looks_whole, parse_time, time_shape, whole_number

SIDES: Final = {"1": 1, "2": -1, "b": 1, "s": -1, "buy": 1, "sell": -1, "bid": 1, "ask": -1, "offer": -1, "-1": -1}
csv.field_size_limit(2**31 - 1)  # a field may be as long as it is: it stands alone on its line
LONGEST_FOLDER: Final = 240  # bytes; file systems allow 255


@dataclass(frozen=True, slots=True)
class LineRules:
    """What the slow path needs to know about a file."""

    names: tuple[str, ...]  # of the file's columns
    delimiter: str
    fields: tuple[tuple[int, Field], ...]  # (file column, field)
    price_scale: int  # 1, or 10 ** price_decimals where prices are decimal
    timezone: str
    earliest: int  # ns UTC, inclusive
    latest: int  # ns UTC, inclusive
    shapes: tuple[tuple[int, str], ...] = ()  # of times on the first line: (file column, shape)


def read_line(text: bytes, rules: LineRules, long_names: dict[str, int], may_be_torn: bool = False) -> list[int] | None:
    """Return the values of a line in the order of ``rules.fields``, or None for a line of blanks.

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
    if len(cells) != len(rules.names):
        count = "missing fields" if len(cells) < len(rules.names) else "extra fields"
        raise RejectError(_foreign_bytes(line) or count)
    values = []
    for column, field in rules.fields:
        cell = cells[column]
        try:
            if not cell.isascii() or "\0" in cell:
                foreign = _foreign_bytes(cell)
                if foreign:
                    raise RejectError(foreign)
            values.append(_value(cell.strip(), field, rules, long_names))
            if may_be_torn and field.kind == TIME and not looks_whole(cell.strip(), dict(rules.shapes).get(column)):
                raise RejectError("malformed time")
        except RejectError as error:
            raise RejectError(error.reason, rules.names[column]) from None
    return values


def _foreign_bytes(text: str) -> str:
    """Return what makes a text undecodable (a NUL byte, not UTF-8), or "". Columns that are not read may hold any."""
    if "\0" in text:
        return "NUL byte"
    return "not UTF-8" if any("\udc80" <= c <= "\udcff" for c in text) else ""


def _value(text: str, field: Field, rules: LineRules, long_names: dict[str, int]) -> int:
    if not text or text == NULL_TEXT:
        if field.required and not field.nullable:
            raise RejectError("missing value")
        return field.default
    if field.kind == DATE:
        return read_stated_date(text)
    if field.kind == NAME:
        if field.name == "security" and len(quote(text, safe="")) > LONGEST_FOLDER:
            raise RejectError("name too long")
        return _name(text, long_names)
    if field.kind == SIDE:
        if text.lower() not in SIDES:
            raise RejectError("unknown side")
        return SIDES[text.lower()]
    if field.kind == TIME:
        ns = parse_time(text, rules.timezone)
        if not rules.earliest <= ns <= rules.latest:
            raise RejectError("time out of range")
        return ns
    number = _price(text, rules.price_scale) if field.kind == PRICE else _integer(text)
    low, high = limits(field, rules.earliest, rules.latest)
    if low <= number <= high:
        return number
    negative = number < 0 and field.kind in (INTEGER, PRICE) and not field.name.endswith("_id")
    raise RejectError("negative value" if negative else "out of range")


def limits(field: Field, earliest: int, latest: int) -> tuple[int, int]:
    """Return the smallest and the largest value of a field that may be stored."""
    return (earliest, latest) if field.kind == TIME else (field.low, field.high)


def _integer(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise RejectError("malformed number")
    return -whole_number(digits) if text.startswith("-") else whole_number(digits)


def _price(text: str, scale: int) -> int:
    """Return a price times ``scale``, a power of ten, exactly."""
    whole, _, fraction = text.removeprefix("-").partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit()):
        raise RejectError("malformed number")
    places = len(str(scale)) - 1
    if fraction[places:].strip("0"):
        raise RejectError("too many decimals")
    number = whole_number(whole + fraction[:places].ljust(places, "0"))
    return -number if text.startswith("-") else number


def _name(text: str, long_names: dict[str, int]) -> int:
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and (text[0] == "-" or whole_number(digits) >= 2**63):
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
    times = [column for column, field in rules.fields if field.kind == TIME]
    return tuple(
        (c, time_shape(cells[c].strip())) for c in times if len(cells) == len(rules.names) and cells[c].strip()
    )
