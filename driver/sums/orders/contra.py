"""What stood against orders that rest in the dark: open dark shares as they came, and who came while they were there.

Of every subject of R, by why it fills nothing (or that it does): `driver.job.replayed` asks, `driver.tables.kinds` adds
jobs up. Contras are dark orders and sweeps of the other side, whatever their limits and minimums, as they really were.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64
from kernels.conventions import REASONS_CANCELLED, REASONS_EXPIRED, TYPE_DARK, TYPE_SWEEP, UNKNOWN_CODE
from kernels.market.grouping import rows_by_order
from kernels.measure.rules import Day

ON_BOOK: Final = 1
CONTRA_SUMS: Final = (
    "orders", "order_quantity", "contra_depth", "without_depth", "contra_arrivals", "contra_arrival_quantity",
    "without_arrivals",
)  # fmt: skip


def contra_sums(day: Day, subjects: Any, reason: NDArray[Any], names: tuple[str, ...]) -> dict[str, list[int]]:
    """Return CONTRA_SUMS of the subjects by reason.

    subjects : ``kernels.replay.subjects.Subjects``; reason : (k,) place in names
    """
    orders, rows = day.orders, subjects.rows
    side, asked = np.asarray(orders["side"])[rows], np.asarray(orders["parent_quantity"])[rows]
    depth, came, came_shares = (np.zeros(len(rows), np.int64) for _ in range(3))
    for own in (1, -1):
        mine = np.flatnonzero(side == own)
        entry, until = subjects.entry[mine], subjects.until[mine]
        depth[mine] = open_before(day, -own, entry)
        arrival, shares = _arrivals(day, -own)
        first, last = arrival.searchsorted(entry, "right"), arrival.searchsorted(until, "right")
        last = np.maximum(first, last)
        came[mine], came_shares[mine] = last - first, shares[last] - shares[first]
    values = np.stack([np.ones_like(depth), asked, depth, depth == 0, came, came_shares, came == 0])
    rows_of = ((name, np.flatnonzero(reason == code)) for code, name in enumerate(names))
    return {name: values.take(chosen, axis=1).sum(axis=1).tolist() for name, chosen in rows_of if len(chosen)}


def open_before(day: Day, side: int, times: I64) -> I64:
    """Return the open shares of dark orders of a side just before each time, (k,)."""
    events, orders = day.events, day.orders
    index = np.asarray(events["order_index"])
    dark = (np.asarray(orders["order_type"]) & TYPE_DARK != 0) & (np.asarray(orders["side"]) == side)
    mine = np.flatnonzero(dark[index])
    status, why = (np.asarray(events[name])[mine] for name in ("order_status", "change_reason"))
    stays = (status == ON_BOOK) | ((status == UNKNOWN_CODE) & ~np.isin(why, REASONS_CANCELLED + REASONS_EXPIRED))
    held = np.where(stays, np.asarray(events["leaves_quantity"])[mine], 0)
    order, _ = rows_by_order(index[mine], len(dark))  # rows of an order follow each other in time
    before = np.zeros(len(mine), np.int64)
    before[order[1:]] = np.where(np.diff(index[mine][order]) == 0, held[order[:-1]], 0)
    time = np.asarray(events["timestamp"])[mine]
    by_time = np.argsort(time, kind="stable")
    open_shares: I64 = np.append(0, np.cumsum((held - before)[by_time]))
    return open_shares[time[by_time].searchsorted(times, "left")]


def _arrivals(day: Day, side: int) -> tuple[I64, I64]:
    """Return when dark orders and sweeps of a side came, ascending, and what those before each had asked for."""
    orders = day.orders
    kind = np.asarray(orders["order_type"]) & (TYPE_DARK | TYPE_SWEEP) != 0
    chosen = np.flatnonzero(kind & (np.asarray(orders["side"]) == side))
    time = np.asarray(orders["arrival_time"])[chosen]
    order = np.argsort(time, kind="stable")
    shares = np.append(0, np.cumsum(np.asarray(orders["parent_quantity"])[chosen][order]))
    return time[order], shares
