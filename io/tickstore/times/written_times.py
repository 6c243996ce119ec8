"""Times as files write them: epochs in any unit, ISO 8601, compact dates. For the slow path and session files."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from kernels.conventions import NULL

_EPOCH: Final = datetime(1970, 1, 1)
NULL_TEXT: Final = str(NULL)
# Date and clock, down to the minute at least: a shorter text is a date, or what is left of a time cut short.
_ISO: Final = re.compile(
    r"\d{4}(?:-\d\d-\d\d[Tt _]|\d{4}[Tt _-])\d\d:?\d\d(?P<seconds>:?\d\d)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?"
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2300
_MOST_DIGITS: Final = 40  # more than any field takes; int() refuses thousands


class RejectError(Exception):
    """Why a line cannot be stored: a short fixed reason, and the column it is about."""

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(reason, column)
        self.reason = reason
        self.column = column


def whole_number(digits: str) -> int:
    """Return the value of digits however many they are; of too many for any field, a value too large for all."""
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def parse_time(text: str, timezone: str) -> int:
    """Return ns UTC of an epoch or ISO time; -1 where it is out of every range.

    RejectError: it is not a time.
    """
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        ns = -1 if text.startswith("-") or whole_number(digits) >= 2**63 else _epoch_ns(whole_number(digits))
    elif digits.replace(".", "", 1).isascii() and digits.replace(".", "", 1).isdigit():
        whole, fraction = digits.split(".")
        unit = _epoch_ns(whole_number(whole)) // max(1, whole_number(whole))
        ns = (
            -1
            if text.startswith("-") or len(fraction) > 9
            else int(Decimal(f"{whole_number(whole)}.{fraction}") * unit)
        )
    else:
        ns = _iso_ns(text, timezone)
    return ns


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


def looks_whole(text: str, shape: str | None) -> bool:
    """Return whether a time may be all that was written, going by a time of the same file."""
    if not text or text == NULL_TEXT:
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
