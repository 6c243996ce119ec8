"""Who is asked what resting in the dark would have given, and until when (decisions 20, 46, 47)."""

from typing import NamedTuple

import numpy as np

from kernels.base.columns import I32, I64, Array
from kernels.conventions import NS_PER_SECOND, VENUE_REPORT
from kernels.measure.choices import ReplayChoices
from kernels.measure.rules import Day
from kernels.replay.prepare import Prepared, asked_orders


class Subjects(NamedTuple):
    """The orders that are asked about; rows of the order table, ascending."""

    rows: I32  # (k,)
    entry: I64  # (k,) when they come into the dark book, ns UTC
    until: I64  # (k,) the last instant at which they rest there
    filled: Array  # (k,) bool: whether they really filled


def take(subjects: Subjects, which: slice) -> Subjects:
    """Return some of the subjects."""
    return Subjects(subjects.rows[which], subjects.entry[which], subjects.until[which], subjects.filled[which])


def by_horizon(subjects: Subjects) -> I32:
    """Return the rows of subjects, those first whose horizon is over first, (k,)."""
    rows: I32 = subjects.rows[np.argsort(subjects.until, kind="stable")].astype(np.int32)
    return rows


def last_fills(day: Day, orders: int, hours_end: int) -> I64:
    """Return the time of each order's last fill before the end of the hours, (orders,); -1 if it has none."""
    fills, last = day.fills, np.full(orders, -1, np.int64)
    index = np.asarray(fills["order_index"])
    counts = (index >= 0) & (np.asarray(fills["venue"]) != VENUE_REPORT) & (np.asarray(fills["timestamp"]) < hours_end)
    np.maximum.at(last, index[counts], np.asarray(fills["timestamp"])[counts])
    return last


def find_subjects(day: Day, prepared: Prepared, choices: ReplayChoices) -> Subjects:
    """Return the subjects of a day with their horizons.

    One that really filled rests for ``rest_seconds``, by the usual horizon, one that did not until its own end; nobody
    longer than continuous trading and the selected hours last.
    """
    rules = prepared.inputs.rules
    rows = asked_orders(day, prepared.selected, (rules.session_start, rules.session_end))
    arrival, end = (np.asarray(day.orders[name])[rows] for name in ("arrival_time", "end_time"))
    last = last_fills(day, len(day.orders["order_id"]), rules.hours_end)[rows]
    entry = np.maximum(arrival, rules.session_start)
    late = np.where(arrival >= rules.session_start, arrival + choices.latency_ns, rules.session_start)
    until = end.copy()
    if choices.horizon == "rest_s":
        until = np.where(last >= 0, entry + round(choices.rest_seconds * NS_PER_SECOND), end)
    elif choices.horizon == "last_fill":
        until = np.where(last >= 0, last, end)
    elif choices.horizon == "close":
        until = np.full(len(rows), rules.session_end, np.int64)
    until = np.minimum(until, min(rules.session_end, rules.hours_end - 1))
    return Subjects(rows, late, until, last >= 0)


def limited(subjects: Subjects, seconds: float) -> Subjects:
    """Return the subjects with at most so many seconds in the dark."""
    return subjects._replace(until=np.minimum(subjects.until, subjects.entry + round(seconds * NS_PER_SECOND)))
