"""Trade dates: the exchange's local date, and the next business day from the evening cutoff (decisions 1).

Below parsing, spilling and conversion, which call it; plans of runs do, too, so that it imports no compiler.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from kernels.base.columns import I32, I64
from kernels.base.local_time import local_instant
from tickstore.errors import UserError
from tickstore.times.local_clocks import REPEATED, SKIPPED

DAY_NS: Final = 86_400 * 10**9
_EPOCH: Final = date(1970, 1, 1)
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_LAST_DAY: Final = (date(_LAST_YEAR, 1, 1) - _EPOCH).days
LATEST_TIME: Final = (_LAST_DAY - 30) * DAY_NS  # timestamps from here on are out of range


@dataclass(frozen=True, slots=True)
class TradeCalendar:
    """Tables that turn ns UTC into day numbers since 1970."""

    changes: I64  # (k,) ns UTC at which an offset begins, the first one before all data
    offsets: I64  # (k,) ns to add to UTC from there on
    roll: I32  # (days,) the business day an evening row of each day moves to
    cutoff: int  # ns after local midnight


@lru_cache(maxsize=8)
def trade_calendar(timezone: str, cutoff: str, holidays: tuple[str, ...]) -> TradeCalendar:
    """Return the tables for an IANA zone, a cutoff ``HH:MM`` and holidays ``YYYY-MM-DD``."""
    return TradeCalendar(*_zone_changes(timezone), roll_days(holidays), _cutoff_ns(cutoff))


@lru_cache(maxsize=8)
def roll_days(holidays: tuple[str, ...]) -> I32:
    """Return the business day that an evening row of each day moves to, (days,) since 1970."""
    days = np.arange(_LAST_DAY + 30)
    closed = (days + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    for holiday in holidays:
        number = day_number(holiday)
        if not 0 <= number < _LAST_DAY:
            raise UserError(f"holiday {holiday!r} is not a date from {_FIRST_YEAR} to {_LAST_YEAR - 1}")
        closed[number] = True
    is_open = np.flatnonzero(~closed)
    return is_open[np.searchsorted(is_open, days[:_LAST_DAY], side="right")].astype(np.int32)


def day_number(text: str) -> int:
    """Return the day number of ``YYYY-MM-DD``."""
    try:
        return (date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        raise UserError(f"{text!r} is not a date like 2024-09-05") from None


def day_text(number: int) -> str:
    """Return the date of a day number as ``YYYY-MM-DD``.

    Examples
    --------
    >>> day_text(day_number("2024-09-05"))
    '2024-09-05'
    """
    return (_EPOCH + timedelta(days=int(number))).isoformat()


def first_instant(timezone: str, cutoff: str, holidays: tuple[str, ...], day: str) -> int:
    """Return ns UTC of the first instant that can belong to trade date ``day``: the evening of the business day before.

    Examples
    --------
    >>> first_instant("UTC", "19:00", ("2024-01-29",), "2024-01-30") == local_instant("UTC", "2024-01-26", "19:00")
    True
    """
    roll, number, evening = roll_days(holidays), day_number(day), _cutoff_ns(cutoff)
    before = int(np.searchsorted(roll, number))
    if roll[before] != number or evening == DAY_NS:  # no evening moves there
        return local_instant(timezone, day, 0)
    return local_instant(timezone, day_text(before), evening // 10**9)


def _cutoff_ns(text: str) -> int:
    """Return the cutoff in ns after midnight; ``24:00`` means no cutoff."""
    try:
        hours, minutes, *seconds = (int(part) for part in text.split(":"))
        total = hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)
    except ValueError:
        total = -1
    if not 0 < total <= 86_400:
        raise UserError(f"session_cutoff {text!r} is not a time of day like 19:00")
    return total * 10**9


def _zone_changes(timezone: str) -> tuple[I64, I64]:
    """Return when the zone's offset changes: probed weekly, then narrowed to the second."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(f"timezone {timezone!r} is unknown: use an IANA name such as Australia/Sydney") from None

    def offset(second: int) -> int:
        delta = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
        return 0 if delta is None else round(delta.total_seconds())

    week = 7 * 86_400
    stop = (_LAST_DAY + 7) * 86_400
    changes, offsets = [-(2**63)], [offset(0)]
    for begin in range(0, stop, week):
        low, high = begin, begin + week
        if offset(high) == offsets[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if offset(middle) != offsets[-1] else (middle, high)
        changes.append(high * 10**9)
        offsets.append(offset(begin + week))
    return np.array(changes, dtype=np.int64), np.array(offsets, dtype=np.int64) * 10**9


@lru_cache(maxsize=8)
def local_changes(timezone: str) -> tuple[I64, I64]:
    """Return from when on the local clock, in ns, which offset holds, in ns, for times that do not state one.

    Where an offset changes to a larger one the clock skips what lies between, else it shows it twice: SKIPPED and
    REPEATED stand for the offset there.
    """
    changes, offsets = _zone_changes(timezone)
    before, after = offsets[:-1], offsets[1:]
    local = np.empty(2 * len(changes) - 1, np.int64)
    local[::2], local[1::2] = changes, changes[1:] + np.minimum(before, after)
    local[2::2] += np.maximum(before, after)
    held = np.empty_like(local)
    held[::2], held[1::2] = offsets, np.where(after > before, SKIPPED, REPEATED)
    return local, held
