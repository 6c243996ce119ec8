"""ISO times and their kin from the bytes of a line; those without an offset become times block by block, by the zone.

Kernels of the parser: of its fast path and of its blocks.
"""

from typing import Any, Final

import numpy as np

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from tickstore.times.local_clocks import REPEATED

_PLUS: Final = np.uint8(43)
_COMMA: Final = np.uint8(44)
_MINUS: Final = np.uint8(45)
_DOT: Final = np.uint8(46)
_SLASH: Final = np.uint8(47)
_ZERO: Final = np.uint8(48)
_NINE: Final = np.uint8(57)
_COLON: Final = np.uint8(58)
_CAPITAL_Z: Final = np.uint8(90)
_UNDERSCORE: Final = np.uint8(95)
_SMALL_D: Final = np.uint8(100)
_SMALL_T: Final = np.uint8(116)
_SMALL: Final = np.uint8(32)  # the bit between capital and small letters; a blank
NO_TIME: Final = NULL + 1
LOCAL: Final = -(10**17)  # a time below it, but for NULL, is a local one with its sign turned round
_MOST_SECONDS: Final = 9_000_000_000  # from there on ns do not fit
_DAYS_BEFORE: Final = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)  # each month, in a common year
MONTH_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@inlined
def _two_digits(data: U8, position: int) -> Any:
    """Return the number that two digits write, -1000 if they are none."""
    tens, ones = np.int64(data[position]) - 48, np.int64(data[position + 1]) - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else -1000


@inlined
def civil_day(year: int, month: int, day: int) -> Any:
    """Return the days since 1970 of a date; -1 for none and for odd years, of which the slow path knows more."""
    leap = year % 4 == 0  # 2000 is one
    if (
        not (1981 <= year <= 2098 and 1 <= month <= 12)
        or day < 1
        or day > MONTH_LENGTHS[month - 1] + (leap and month == 2)
    ):
        return np.int64(-1)
    return (year - 1970) * 365 + (year - 1969) // 4 + _DAYS_BEFORE[month - 1] + (leap and month > 2) + day - 1


@inlined
def offset_minutes(data: U8, position: int, stop: int) -> Any:
    """Return the minutes of HH, HHMM or HH:MM behind a sign at ``position``, below zero for all else."""
    left = stop - position
    if (left != 3 and left != 5 and left != 6) or (left == 6 and data[position + 3] != _COLON):
        return np.int64(-1)
    hours, minutes = _two_digits(data, position + 1), np.int64(0)
    if left > 3:
        minutes = _two_digits(data, stop - 2)
    return hours * 60 + minutes if 0 <= hours < 24 and 0 <= minutes < 60 else np.int64(-1)


@inlined
def iso_time(data: U8, start: int, stop: int) -> Any:
    """Return ns UTC of a date and a clock, a fraction and an offset or not; NO_TIME for all else and for odd years.

    The clock is HH:MM:SS; the date YYYY-MM-DD, YYYY/MM/DD, YYYY.MM.DD or YYYYMMDD, and T, D, _ or a blank behind it,
    or a dash behind the last of these. Without an offset it is a local time: minus its ns since 1970 on the local
    clock, which is below LOCAL.
    """
    if stop - start < 17:
        return np.int64(NO_TIME)
    mark = data[start + 4]
    marked = mark in (_MINUS, _SLASH, _DOT)
    clock = start + 9 + 2 * marked
    if stop < clock + 8 or data[clock + 2] != _COLON or data[clock + 5] != _COLON:
        return np.int64(NO_TIME)
    c = data[clock - 1]
    if marked and (data[start + 7] != mark or c == _MINUS):
        return np.int64(NO_TIME)
    if c != _SMALL and (c | _SMALL) != _SMALL_T and (c | _SMALL) != _SMALL_D and c != _UNDERSCORE and c != _MINUS:
        return np.int64(NO_TIME)
    hour, minute, second = _two_digits(data, clock), _two_digits(data, clock + 3), _two_digits(data, clock + 6)
    year = _two_digits(data, start) * 100 + _two_digits(data, start + 2)
    days = civil_day(year, _two_digits(data, start + 4 + marked), _two_digits(data, clock - 3))
    if days < 0 or not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return np.int64(NO_TIME)
    seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    position, fraction = clock + 8, np.int64(0)
    if position < stop and (data[position] == _DOT or data[position] == _COMMA):
        position += 1
        unit = np.int64(1_000_000_000)
        while position < stop and _ZERO <= data[position] <= _NINE and unit > 1:
            unit //= 10
            fraction += unit * (np.int64(data[position]) - 48)
            position += 1
        if unit == 1_000_000_000:
            return np.int64(NO_TIME)
    if position == stop:
        return -(seconds * 1_000_000_000 + fraction)
    c, left = data[position], stop - position
    if c == _CAPITAL_Z and left == 1:
        return seconds * 1_000_000_000 + fraction
    offset = offset_minutes(data, position, stop)
    if offset < 0 or (c != _PLUS and c != _MINUS):
        return np.int64(NO_TIME)
    return (seconds - (offset if c == _PLUS else -offset) * 60) * 1_000_000_000 + fraction


@inlined
def fractional_seconds(data: U8, position: int, stop: int, seconds: Any) -> Any:
    """Return the ns of seconds since 1970 with the fraction data[position:stop], one to nine digits; else NO_TIME."""
    fraction, scale = np.int64(0), np.int64(1_000_000_000)
    while position < stop and _ZERO <= data[position] <= _NINE and scale > 1:
        fraction = fraction * 10 + (np.int64(data[position]) - 48)
        scale //= 10
        position += 1
    fits = position == stop and scale < 1_000_000_000 and seconds < _MOST_SECONDS
    return seconds * 1_000_000_000 + fraction * scale if fits else np.int64(NO_TIME)


@kernel
def to_utc(times: I64, changes: I64, offsets: I64) -> int:
    """Replace the local times of a column that was parsed by the times they are; return how many are none.

    These become SKIPPED or REPEATED: where an offset changes, the local clock skips times and shows others twice.

    Parameters
    ----------
    times : (n,) int64, ns UTC, NULL and NO_TIME, which stay, or below LOCAL: minus ns of the local clock
    changes : (k,) int64, ns of the local clock at which an offset begins to hold, the first before all data
    offsets : (k,) int64, ns that the local clock is ahead of UTC from there on, or SKIPPED or REPEATED
    """
    doubtful = 0
    low, high, offset = np.int64(1), np.int64(0), np.int64(0)  # the stretch of one offset that the last row was in
    for i in range(times.shape[0]):
        if times[i] >= LOCAL or times[i] <= NO_TIME:
            continue
        local = -times[i]
        if local < low or local >= high:
            k = np.searchsorted(changes, local, side="right") - 1
            low = changes[k]
            high = changes[k + 1] if k + 1 < changes.shape[0] else np.int64(9_223_372_036_854_775_807)
            offset = offsets[k]
        if offset > REPEATED:
            times[i] = local - offset
        else:
            times[i] = offset
            doubtful += 1
    return doubtful
