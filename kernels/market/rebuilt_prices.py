"""Limits on rebuilt prices: a dark price is not given its half unit back where the buyer's own limit is below it.

A rebuilt price is half a unit above the published one (R7), which no seller's limit forbids. Where the buyer's
does, half tick included (R5), the mid that suggested it was not the price: the published one was exact, for both
sides of the match.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array, EventColumns, FillColumns, OrderColumns
from kernels.base.compiling import kernel
from kernels.market.event_rows import row_in_force
from kernels.market.prints import write_prints
from kernels.market.ticks import has_half_tick, tick_of

PAIRED = ("match_id", "timestamp", "price", "quantity", "deal_source")  # equal on both sides of a match


@kernel
def refuse_rebuilt(
    fills: FillColumns, first_row: Array, events: EventColumns, ticks: Array, price2: Array, refused: Array
) -> int:
    """Mark the rebuilt buys whose limit is below the rebuilt price; return how many.

    The limit is the one in force at the fill, its half tick added where the flag says so. Orders that are not in
    the order file have none that is known. refused : (fills,) int8, 0 on entry
    """
    timestamp, order_index, side = fills.timestamp, fills.order_index, fills.side
    next_row, event_time, price, mid_tick = events.next_row, events.timestamp, events.price, events.mid_tick
    count, order, row = 0, -1, 0
    for i in range(len(price2)):
        if price2[i] & 1 == 0 or side[i] < 0 or order_index[i] < 0:
            continue
        if order_index[i] != order:  # an order's fills are in time order: its rows are walked once for all of them
            order = order_index[i]
            row = first_row[order]
        row = row_in_force(next_row, event_time, row, len(event_time), timestamp[i])
        limit = price[row]
        limit2 = 2 * limit + (tick_of(limit, ticks) if has_half_tick(mid_tick[row]) else 0)
        if limit > 0 and price2[i] > limit2:
            refused[i] = 1
            count += 1
    return count


def undo_forbidden_rebuilds(
    table: Mapping[str, Array],
    fills: FillColumns,
    orders: OrderColumns,
    events: EventColumns,
    ticks: Array,
    price2: Array,
    prints: Array,
) -> int:
    """Undo the half-unit rebuild of fills whose buyer's limit forbids it, in ``price2`` and ``prints``; how many.

    table : the fills with the columns PAIRED; ticks : (2, k) from price, tick; price2, prints : of ``market_prints``
    """
    refused = np.zeros(len(price2), np.int8)
    if refuse_rebuilt(fills, orders.first_row, events, ticks, price2, refused) == 0:
        return 0
    buys = np.flatnonzero(refused)
    sells = np.flatnonzero((price2 & 1 == 1) & (fills.side < 0) & np.isin(fills.timestamp, fills.timestamp[buys]))
    matches = set(_matches(table, buys))
    sells = sells[[match in matches for match in _matches(table, sells)]]
    for rows in (buys, sells):
        price2[rows] -= 1
    volume = np.empty(len(price2), np.int64)
    volume[fills.by_time] = np.diff(prints[:, 1])
    write_prints(fills.by_time, fills.timestamp, price2, volume, prints)
    return len(buys) + len(sells)


def _matches(table: Mapping[str, Array], rows: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Return what tells the match of each row."""
    return list(zip(*(np.asarray(table[name])[rows].tolist() for name in PAIRED), strict=True))
