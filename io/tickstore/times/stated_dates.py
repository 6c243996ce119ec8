"""The date that a file states beside its times: only compared, and counted where it differs (decisions 1).

Beside clocks since midnight it makes times of them. Called by the spill for its blocks, by the slow path of parsing
and by session files.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kernels.base.columns import I32, I64
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from tickstore.times.iso_times import MONTH_LENGTHS, NO_TIME
from tickstore.times.trade_dates import TradeCalendar, day_text

UNREADABLE: Final = -1  # in a column of stated dates: text that is no date
_DAY_NS: Final = 86_400_000_000_000
DAYS_BELOW: Final = 100_000  # a number below it counts days since 1970: up to 2243
_DATES: Final = 10_000_000  # numbers of eight digits are YYYYMMDD
_TIMES: Final = 100_000_000  # larger ones are an epoch time in s, ms, us or ns, told by its size
_NO_DAY: Final = -(2**31)
_FIRST_DAY, _LAST_DAY = 3_652, 84_006  # 1980-01-01, 2200-01-01


@inlined
def _civil_day(number: int) -> Any:
    """Return the days since 1970 of a date YYYYMMDD; _NO_DAY where there is none."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    if month < 1 or month > 12 or day < 1:
        return np.int64(_NO_DAY)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > MONTH_LENGTHS[month - 1] + (leap and month == 2):
        return np.int64(_NO_DAY)
    year -= month <= 2  # the year begins in March: leap days come last
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return np.int64(era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468)


@inlined
def _stated_day(value: int, changes: I64, offsets: I64) -> Any:
    """Return the days since 1970 that a value means, _NO_DAY for none; a time that is no UTC midnight is local."""
    if value < 0:
        return np.int64(_NO_DAY)
    if value < DAYS_BELOW:
        return np.int64(value)
    if value < _DATES:
        return np.int64(_NO_DAY)
    if value < _TIMES:
        return _civil_day(value)
    if value < 100_000_000_000_000_000:
        scale = 1_000 if value >= 100_000_000_000_000 else 1_000_000 if value >= 100_000_000_000 else 1_000_000_000
        if value >= 9_000_000_000_000_000_000 // scale:  # it would wrap
            return np.int64(_NO_DAY)
        value *= scale
    if value % _DAY_NS == 0:
        return np.int64(value // _DAY_NS)
    return np.int64((value + offsets[np.searchsorted(changes, value, side="right") - 1]) // _DAY_NS)


@kernel
def count_other_dates(stated: I64, day: I32, changes: I64, offsets: I64, first: I64) -> int:
    """Return how many rows state another date than their time gives; an empty cell states none.

    Parameters
    ----------
    stated : (n,) int64: YYYYMMDD, days since 1970, an epoch time, NULL for none, UNREADABLE
    day : (n,) int32, the trade day of each row
    changes, offsets : of a `TradeCalendar`
    first : (2,) int64, filled: stated day (UNREADABLE for none) and trade day of the first such row
    """
    count = 0
    last, last_day = np.int64(NULL), np.int64(_NO_DAY)
    for i in range(stated.shape[0]):
        if stated[i] == NULL:
            continue
        if stated[i] != last:
            last = stated[i]
            last_day = _stated_day(last, changes, offsets)
        if last_day != day[i]:
            if count == 0:
                first[0] = last_day if last_day != _NO_DAY else UNREADABLE
                first[1] = day[i]
            count += 1
    return count


@kernel
def join_dates(clock: I64, date: I64, changes: I64, offsets: I64) -> None:
    """Replace clocks by local times as `iso_times` writes them, for `to_utc`: minus ns of the local clock since 1970.

    Parameters
    ----------
    clock : (n,) int64, ns since local midnight, or NULL, which stays
    date : (n,) int64, stated dates as `read_stated_date` returns them, or NULL
    changes, offsets : of a `TradeCalendar`: an epoch time that is no midnight of UTC is a local date's

    A clock whose date is none, or not from 1980 to 2199, becomes NO_TIME.
    """
    last, last_day = np.int64(NULL), np.int64(_NO_DAY)
    for i in range(clock.shape[0]):
        if clock[i] == NULL:
            continue
        if date[i] != last:
            last = date[i]
            last_day = _stated_day(last, changes, offsets)
        if _FIRST_DAY <= last_day < _LAST_DAY and clock[i] >= 0:
            clock[i] = -(last_day * _DAY_NS + clock[i])
        else:
            clock[i] = NO_TIME


class StatedDates:
    """Count the rows of a byte range that state another trade date, and remember the first."""

    def __init__(self, calendar: TradeCalendar) -> None:
        self._calendar = calendar
        self.others = 0
        self.example = ""

    def compare(self, stated: I64, day: I32) -> None:
        """Look at a block of rows."""
        first = np.zeros(2, np.int64)
        count = int(count_other_dates(stated, day, self._calendar.changes, self._calendar.offsets, first))
        if count and not self.others:
            said = "no readable date" if first[0] == UNREADABLE else day_text(int(first[0]))
            self.example = f"{said} where the time gives {day_text(int(first[1]))}"
        self.others += count


def read_stated_date(text: str) -> int:
    """Return a stated date as the fast path does: digits as their number, YYYY-MM-DD... as YYYYMMDD.

    Examples
    --------
    >>> read_stated_date("2024-09-05"), read_stated_date("20240905"), read_stated_date("5 Sep 2024")
    (20240905, 20240905, -1)
    """
    if text.isascii() and text.isdigit() and len(text) < 20:
        return int(text) if int(text) < 2**63 else UNREADABLE
    digits = text[:4] + text[5:7] + text[8:10]
    shaped = len(text) >= 10 and text[4] in "-/." and text[7] in "-/." and text[10:11] in ("", " ", "T")
    return int(digits) if shaped and digits.isascii() and digits.isdigit() else UNREADABLE


def date_warnings(found: Sequence[tuple[str, int, int, str]]) -> list[str]:
    """Return one warning a table of which rows state another date.

    Parameters
    ----------
    found : table, rows, rows that state another date, and an example, of each byte range
    """
    warnings = []
    for table in dict.fromkeys(table for table, *_ in found):
        others = sum(count for name, _, count, _ in found if name == table)
        if others:
            rows = sum(stored for name, stored, _, _ in found if name == table)
            example = next(text for name, _, count, text in found if name == table and count)
            warnings.append(
                f"{others} of {rows} rows of {table} state another trade date than their time, zone and cutoff give, "
                f"which counts; first: {example}"
            )
    return warnings
