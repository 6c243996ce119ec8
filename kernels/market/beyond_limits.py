"""Fills beyond the limits of their orders: at prices that no row of the order up to them allows.

Nearly all fills are within the limit of their order's first row, which the order table holds: they are passed over in
one pass without branches. Of the other orders all rows are looked at, many orders at a time: each row is anywhere in
the day, and a read that decides which one is next is waited for. Where no row has another limit, times do not matter.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I32, Array, EventColumns, FillColumns, OrderColumns
from kernels.base.compiling import inlined, kernel
from kernels.conventions import VENUE_BOOKED, VENUE_DARK, VENUE_REPORT
from kernels.market.ticks import has_half_tick, tick_of

TILE: Final = 512  # fills at a time
SCRATCH: Final = 4  # orders, whether all their rows have one limit; of those walked: place among them, row


def new_scratch() -> I32:
    """Return scratch of ``mark_beyond``."""
    return np.empty((SCRATCH, TILE), np.int32)


@inlined
def _suspects(orders: OrderColumns, fills: FillColumns, first: int, last: int, found: Array) -> int:
    """Write the orders of the fills from ``first`` to ``last`` that are beyond their first rows; return how many."""
    count, before = 0, -1
    for i in range(first, last):
        k = max(fills.order_index[i], 0)
        side, limit = orders.side[k], orders.limit_price[k]
        beyond = (side * fills.price[i] > side * limit) & (limit > 0) & (fills.timestamp[i] >= orders.arrival_time[k])
        beyond &= (fills.order_index[i] >= 0) & (orders.first_row[k] >= 0)  # an order without rows has no limit
        found[count] = k
        count += int(beyond & (k != before))
        before = k if beyond else before
    return count


@inlined
def _mark_unamended(orders: OrderColumns, events: EventColumns, count: int, scratch: I32) -> None:
    """Write of each of some orders whether all its rows have the limit, and the half tick, of the first."""
    found, same, place, at = scratch[0], scratch[1], scratch[2], scratch[3]
    for j in range(count):
        same[j], place[j], at[j] = 1, j, orders.first_row[found[j]]
    walked = count
    while walked > 0:
        left = 0
        for j in range(walked):
            of, row = place[j], at[j]
            k, following = found[of], events.next_row[row]
            equal = (events.price[row] == orders.limit_price[k]) & (events.mid_tick[row] == orders.mid_tick[k])
            same[of] = int(equal)
            place[left], at[left] = of, following
            left += int(equal & (following >= 0))
        walked = left


@inlined
def _half(price: int, mid_tick: int, ticks: Array) -> int:
    """Return half a tick in half units where a row has it, or no such flag; else 0."""
    return int(tick_of(price, ticks)) if mid_tick == 0 or has_half_tick(mid_tick) else 0


@inlined
def _is_beyond(fills: FillColumns, i: int, side: int, best2: int, dark2: int) -> bool:
    """Return whether a fill is beyond its limit in half units, in the dark ``dark2``.

    There a price that may be a mid without its half unit has it back.
    """
    in_dark = (fills.venue[i] == VENUE_DARK) | (fills.venue[i] == VENUE_BOOKED)
    price2 = 2 * fills.price[i] + (1 if in_dark and side < 0 else 0)
    return bool(side * price2 > side * (dark2 if in_dark else best2))


@inlined
def _mark_by_first(orders: OrderColumns, fills: FillColumns, ticks: Array, k: int, out: Array) -> None:
    """Mark the fills of an order all of whose rows have the limit of the first, which is no market order."""
    side, limit = orders.side[k], orders.limit_price[k]
    best2, dark2 = 2 * limit, 2 * limit + side * _half(limit, orders.mid_tick[k], ticks)
    for i in range(orders.first_fill[k], orders.first_fill[k] + orders.fill_count[k]):
        known = (fills.timestamp[i] >= orders.arrival_time[k]) & (fills.venue[i] != VENUE_REPORT)
        out[i] = known & _is_beyond(fills, i, side, best2, dark2)


@inlined
def _mark_by_rows(
    orders: OrderColumns, events: EventColumns, fills: FillColumns, ticks: Array, k: int, out: Array
) -> None:
    """Mark the fills of an order by the most generous limit of its rows up to each."""
    row, side = orders.first_row[k], orders.side[k]
    best2 = dark2 = 0  # limits in half units, the latter with their half ticks
    known = market = False
    for i in range(orders.first_fill[k], orders.first_fill[k] + orders.fill_count[k]):
        while row >= 0 and events.timestamp[row] <= fills.timestamp[i]:
            price = events.price[row]
            limit2, improved2 = 2 * price, 2 * price + side * _half(price, events.mid_tick[row], ticks)
            market |= price <= 0
            best2 = limit2 if not known or side * limit2 > side * best2 else best2
            dark2 = improved2 if not known or side * improved2 > side * dark2 else dark2
            known = True
            row = events.next_row[row]
        if known and not market and fills.venue[i] != VENUE_REPORT:
            out[i] = _is_beyond(fills, i, side, best2, dark2)


@kernel
def mark_beyond(
    orders: OrderColumns, events: EventColumns, fills: FillColumns, ticks: Array, scratch: I32, out: Array
) -> None:
    """Write whether each fill is beyond its order's limit to ``out`` (n,) bool.

    The limit is the most generous one of the order's rows up to the fill, for rows of one instant may be written in
    another order. In the dark half a tick is added where one of them has it, or has no such flag. Reports, and fills
    before the first row, have no limit. An order's fills are in time order.

    scratch : from ``new_scratch``
    """
    n = out.shape[0]
    for i in range(n):
        out[i] = False
    if orders.order_id.shape[0] == 0:
        return
    found, same = scratch[0], scratch[1]
    for first in range(0, n, TILE):
        count = _suspects(orders, fills, first, min(first + TILE, n), found)
        _mark_unamended(orders, events, count, scratch)
        for j in range(count):
            if same[j] == 1:
                _mark_by_first(orders, fills, ticks, found[j], out)
            else:
                _mark_by_rows(orders, events, fills, ticks, found[j], out)
