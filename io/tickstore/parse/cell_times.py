"""The time of a line's cell, or of the cells of its clock and its date: a part of the slow path of parsing.

For `odd_lines`, and for the clocks of whole blocks.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from kernels.base.columns import I64
from tickstore.input.readings import Reading
from tickstore.times.iso_times import NO_TIME, to_utc
from tickstore.times.local_clocks import REPEATED, REPEATED_TIME, SKIPPED, SKIPPED_TIME
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_dates import UNREADABLE, join_dates, read_stated_date
from tickstore.times.stated_formats import format_clock, format_date, read_format, stated_format
from tickstore.times.stated_numbers import clock_ns, number_time
from tickstore.times.trade_dates import DAY_NS, local_changes, trade_calendar
from tickstore.times.written_times import NULL_TEXT, parse_time

_NO_TIMES: Final = {SKIPPED: SKIPPED_TIME, REPEATED: REPEATED_TIME}


def read_time(text: str, reading: Reading, cells: Sequence[str], timezone: str) -> int:
    """Return ns UTC of a time, or of a clock and its date."""
    form = stated_format(reading.format) if reading.clock and reading.format else None
    if form is not None and form.has_date and form.has_clock:
        date = cells[reading.date_column].strip() if reading.date_column >= 0 else reading.date
        return read_format(f"{date} {text}", reading.format, timezone)
    if not reading.clock:
        if reading.format:
            return read_format(text, reading.format, timezone)
        if reading.unit:
            return number_time(text, reading.unit, reading.epoch)
        return parse_time(text, timezone)
    date = cells[reading.date_column].strip() if reading.date_column >= 0 else reading.date
    if not date or date == NULL_TEXT:
        raise RejectError("missing date")
    clock = format_clock(text, reading.format) if form and form.has_clock else clock_ns(text, reading.unit or "s")
    number = format_date(date, reading.format) if form and form.has_date else _date_number(date)
    joined = int(join(np.array([clock]), np.array([number]), timezone)[0])
    if joined < 0:
        raise RejectError(_NO_TIMES.get(joined, "malformed date"))
    return joined


def _date_number(text: str) -> int:
    """Return a stated date as a number; of dates with a month's name the day since 1970."""
    number = read_stated_date(text)
    if number != UNREADABLE:
        return number
    try:
        return parse_time(f"{text} 00:00:00", "UTC") // DAY_NS
    except RejectError:
        return UNREADABLE


def join(clocks: I64, dates: I64, timezone: str) -> I64:
    """Turn clocks, ns since local midnight, into ns UTC, in place; below zero where a date or a time is none."""
    calendar = trade_calendar(timezone, "24:00", ())  # for its zone alone
    join_dates(clocks, dates, calendar.changes, calendar.offsets)
    bad = clocks == NO_TIME
    to_utc(clocks, *local_changes(timezone))
    clocks[bad] = -1
    return clocks
