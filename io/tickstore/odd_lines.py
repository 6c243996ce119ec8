"""The slow path of parsing: one unusual line at a time, in plain Python, with a reason when it is refused."""

import csv
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from kernels.conventions import NULL
from tickstore.fields import DATE, INTEGER, NAME, PRICE, SIDE, TIME, Field
from tickstore.names import pack_name
from tickstore.stated_dates import read_stated_date

SIDES: Final = {"1": 1, "2": -1, "b": 1, "s": -1, "buy": 1, "sell": -1, "bid": 1, "ask": -1, "offer": -1, "-1": -1}
_EPOCH: Final = datetime(1970, 1, 1)
_SENTINEL: Final = str(NULL)
# Date and clock, down to the minute at least: a shorter text is a date, or what is left of a time cut short.
_ISO: Final = re.compile(
    r"\d{4}(?:-\d\d-\d\d[Tt _]|\d{4}[Tt _-])\d\d:?\d\d(?P<seconds>:?\d\d)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?"
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2300
_MOST_DIGITS: Final = 40  # more than any field takes; int() refuses thousands
csv.field_size_limit(2**31 - 1)  # a field may be as long as it is: it stands alone on its line
LONGEST_FOLDER: Final = 240  # bytes; file systems allow 255


class RejectError(Exception):
    """Why a line cannot be stored: a short fixed reason, and the column it is about."""

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(reason, column)
        self.reason = reason
        self.column = column


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

    Raises
    ------
    RejectError
        The line is not a row.
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
            if may_be_torn and field.kind == TIME and not _looks_whole(cell.strip(), dict(rules.shapes).get(column)):
                raise RejectError("malformed time")
        except RejectError as error:
            raise RejectError(error.reason, rules.names[column]) from None
    return values


def _foreign_bytes(text: str) -> str:
    """Return why a text is none, "" if it is one. In columns that are not read, any bytes may stand."""
    if "\0" in text:
        return "NUL byte"
    return "not UTF-8" if any("\udc80" <= c <= "\udcff" for c in text) else ""


def _value(text: str, field: Field, rules: LineRules, long_names: dict[str, int]) -> int:
    if not text or text == _SENTINEL:
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
    return -_whole(digits) if text.startswith("-") else _whole(digits)


def _price(text: str, scale: int) -> int:
    """Return a price times ``scale``, a power of ten, exactly."""
    whole, _, fraction = text.removeprefix("-").partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit()):
        raise RejectError("malformed number")
    places = len(str(scale)) - 1
    if fraction[places:].strip("0"):
        raise RejectError("too many decimals")
    number = _whole(whole + fraction[:places].ljust(places, "0"))
    return -number if text.startswith("-") else number


def _whole(digits: str) -> int:
    """Return the value of digits however many they are; of too many for any field, a value too large for all."""
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def _name(text: str, long_names: dict[str, int]) -> int:
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and (text[0] == "-" or _whole(digits) >= 2**63):
        raise RejectError("out of range")
    if len(text) > 64:
        raise RejectError("name too long")
    return pack_name(text, long_names)


def parse_time(text: str, timezone: str) -> int:
    """Return ns UTC of an epoch or ISO time; -1 where it is out of every range.

    Raises
    ------
    RejectError
        It is not a time.
    """
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        ns = -1 if text.startswith("-") or _whole(digits) >= 2**63 else _epoch_ns(_whole(digits))
    elif digits.replace(".", "", 1).isascii() and digits.replace(".", "", 1).isdigit():
        whole, fraction = digits.split(".")
        unit = _epoch_ns(_whole(whole)) // max(1, _whole(whole))
        ns = -1 if text.startswith("-") or len(fraction) > 9 else int(Decimal(f"{_whole(whole)}.{fraction}") * unit)
    else:
        ns = _iso_ns(text, timezone)
    return ns


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


def time_shape(text: str) -> str:
    """Return what the times of a file have in common: the digits of an epoch time, the offset of an ISO time.

    Examples
    --------
    >>> time_shape("1725494400"), time_shape("1725494400.25"), time_shape("2024-09-05T10:00:00.1+10:00")
    ('10', '10.', '+99:99')
    """
    whole, point, rest = text.partition(".")
    if whole.isdigit() and not rest.strip("0123456789"):
        return f"{len(whole)}{point}"
    offset = re.search(r"(?:[A-Za-z]+|[+-][\d:]+)$", text[11:])
    return re.sub(r"\d", "9", offset[0]) if offset else ""


def _looks_whole(text: str, shape: str | None) -> bool:
    """Return whether a time may be all that was written, going by a time of the same file."""
    if not text or text == _SENTINEL:
        return True
    ours = time_shape(text)
    iso = None if ours[:1].isdigit() else _ISO.match(text)
    return shape in (None, ours) and (iso is None or iso["seconds"] is not None)


def _epoch_ns(value: int) -> int:
    """Return an epoch time in ns, told from s, ms and us by its size, as the fast path does; -1 for none."""
    if value >= 10**17:
        return value
    if value >= 10**14:
        return value * 10**3
    if value >= 10**11:
        return value * 10**6
    return value * 10**9 if 0 <= value < 9 * 10**9 else -1


def _iso_ns(text: str, timezone: str) -> int:
    """Return ns UTC of an ISO time, to the minute or finer; without an offset it is the exchange's local time."""
    body, fraction = text.replace(",", "."), ""  # ISO 8601 allows either before the fraction
    if "." in body:
        body, _, tail = body.partition(".")
        fraction = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        body += tail[len(fraction) :]
    parts = _ISO.fullmatch(body)
    if parts is None or len(fraction) > 9 or (fraction and not parts["seconds"]):
        raise RejectError("malformed time")
    try:
        moment = datetime.fromisoformat(body)
    except ValueError:
        raise RejectError("malformed time") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:  # zones cannot be asked about the ends of the calendar
        return -1
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(timezone))
    offset = moment.utcoffset() or timedelta()
    seconds = (moment.replace(tzinfo=None) - offset - _EPOCH) // timedelta(seconds=1)
    return seconds * 10**9 + int(fraction.ljust(9, "0"))
