"""Which of two prices a dark print had: the mid that lost its half unit (R7), or the price on a tick that it shows.

``kernels.market.prints`` puts the half unit back wherever a quote has that mid. Here both orders of the match are
asked, in half units. What the buyer's limit forbids was not paid; what the seller's limit is above was not the price.
Where both limits allow both prices, two dark limits meet at whichever the order that acts comes to first, walking
from the best price for it to its limit (R10): a buyer at the price on a tick, a seller at the mid.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array, EventColumns, FillColumns, OrderColumns, QuoteColumns
from kernels.base.compiling import inlined, kernel
from kernels.conventions import TYPE_SWEEP
from kernels.market.event_rows import row_in_force
from kernels.market.prints import is_rebuilt, write_prints
from kernels.market.ticks import has_half_tick, tick_of

PAIRED: Final = ("match_id", "timestamp", "price", "quantity", "deal_source")  # equal on both sides of a match
FIRST_DARK_LIMIT: Final = 3  # mid-tick 3, 4: dark limit; 5, 6: any-price block, a dark limit inside the quote
# What is known of a rebuilt fill, as bits: those of both sides of a match are taken together.
REBUILT: Final = 1
FORBIDDEN: Final = 2  # the buyer's limit is below the mid
NEEDED: Final = 4  # the seller's limit is above the published price
STALE: Final = 8  # the quote before has the published price as its mid, the fill's own snapshot the rebuilt one
DARK_LIMIT: Final = 16  # on the buy side, and twice that on the sell side: it may trade at the published price
AGAINST: Final = FORBIDDEN | STALE | DARK_LIMIT | 2 * DARK_LIMIT
BUY: Final = 64  # this side of the match is in the trades; twice that the sell side
AGGRESSIVE: Final = 256  # and twice that of the sell side
NOT_RESTED: Final = 1024  # it did not rest, or nobody says so
FELL: Final = 2048  # the quote before has a higher mid
ROSE: Final = 4096  # a lower one
WAITED: Final = 8192  # the order came while that quote, locked or crossed, let nobody match
NOBODY: Final = 2**31 - 1


@inlined
def quote_says(fills: FillColumns, quotes: QuoteColumns, ticks: Array, i: int) -> tuple[bool, int]:
    """Return whether the published price of a rebuilt fill is on a tick inside the quote with the mid.

    Also STALE, FELL or ROSE, which the quote before says.
    """
    price, row = fills.price[i], fills.quote[i]
    bid = quotes.bid[row] if row >= 0 else 0
    offer = quotes.offer[row] if row >= 0 else 0
    bits, moved = 0, 0  # by how much the mid of the quote before is above the published price
    if bid > 0 and offer > 0:
        moved = bid + offer - 2 * price
        bits = (FELL if moved > 1 else 0) | (ROSE if moved < 1 else 0)
        bits |= STALE if moved == 0 and bid < offer else 0
    if moved != 1:
        bid, offer = fills.national_bid[i], fills.national_offer[i]
    tick = max(tick_of(price, ticks), 1)
    return price % tick == 0 and bid < price < offer, bits


@kernel
def judge_rebuilt(
    fills: FillColumns,
    orders: OrderColumns,
    events: EventColumns,
    quotes: QuoteColumns,
    ticks: Array,
    price2: Array,
    known: Array,
) -> int:
    """Write what is known of each rebuilt fill, and return of how many something speaks against the mid.

    The limit and the flag are those in force at the fill, half a tick added where the flag says so. Of an order that
    is not in the order file neither is known. known : (fills,) int16
    """
    timestamp, order_index, side = fills.timestamp, fills.order_index, fills.side
    next_row, event_time, price, mid_tick = events.next_row, events.timestamp, events.price, events.mid_tick
    against, order, row = 0, -1, 0
    for i in range(len(price2)):
        known[i] = 0
        if price2[i] & 1 == 0 or not is_rebuilt(fills, i):
            continue
        sell = side[i] < 0
        inside, bits = quote_says(fills, quotes, ticks, i)
        bits |= REBUILT | (2 * BUY if sell else BUY)
        if order_index[i] >= 0:
            if order_index[i] != order:  # an order's fills are in time order: its rows are walked once for all of them
                order = order_index[i]
                row = orders.first_row[order]
            row = row_in_force(next_row, event_time, row, len(event_time), timestamp[i])
            limit = price[row]
            half = tick_of(limit, ticks) if has_half_tick(mid_tick[row]) else 0
            if limit > 0 and not sell and 2 * limit + half < price2[i]:
                bits |= FORBIDDEN
            if limit > 0 and sell and 2 * limit - half >= price2[i]:
                bits |= NEEDED
            before = fills.quote[i]
            if before >= 0 and quotes.bid[before] >= quotes.offer[before] > 0:
                bits |= WAITED if orders.arrival_time[order] >= quotes.timestamp[before] else 0
            if inside and mid_tick[row] >= FIRST_DARK_LIMIT and orders.order_type[order] & TYPE_SWEEP == 0:
                bits |= 2 * DARK_LIMIT if sell else DARK_LIMIT
        known[i] = bits
        against += bits & AGAINST != 0
    return against


def undo_forbidden_rebuilds(
    table: Mapping[str, Array],
    columns: tuple[FillColumns, OrderColumns, EventColumns, QuoteColumns],
    ticks: Array,
    price2: Array,
    prints: Array,
) -> int:
    """Take the half unit back from fills whose match had the published price, in ``price2`` and ``prints``; how many.

    table : the fills with the columns PAIRED and ``aggressor``; ticks : (2, k) from price, tick
    price2, prints : of ``market_prints``
    """
    fills = columns[0]
    known = np.empty(len(price2), np.int16)
    if judge_rebuilt(*columns, ticks, price2, known) == 0:
        return 0
    rows = np.flatnonzero(known)
    aggressor, sell = np.asarray(table["aggressor"])[rows], fills.side[rows] < 0
    known[rows] |= np.where(aggressor == 1, np.where(sell, 2 * AGGRESSIVE, AGGRESSIVE), 0).astype(np.int16)
    known[rows] |= np.where(aggressor == 0, 0, NOT_RESTED).astype(np.int16)
    rows, starts = by_match(table, rows)
    undone = rows[np.repeat(as_published(known[rows], fills, rows, starts), np.diff(np.append(starts, len(rows))))]
    price2[undone] -= 1
    volume = np.empty(len(price2), np.int64)
    volume[fills.by_time] = np.diff(prints[:, 1])
    write_prints(fills.by_time, fills.timestamp, price2, volume, prints)
    return len(undone)


def by_match(table: Mapping[str, Array], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ``rows`` with those of each match side by side, and where the rows of each begin."""
    keys = [np.asarray(table[name])[rows] for name in PAIRED]
    order = np.lexsort(keys)
    new = np.ones(len(rows), np.bool_)
    new[1:] = np.logical_or.reduce([key[order][1:] != key[order][:-1] for key in keys])
    return rows[order], np.flatnonzero(new)


def as_published(
    known: NDArray[np.int16], fills: FillColumns, rows: NDArray[np.int64], starts: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which matches had the published price. known : of ``rows``, whose matches begin at ``starts``."""
    bits = np.bitwise_or.reduceat(known, starts)
    sell, order = fills.side[rows] < 0, fills.order_index[rows]
    buyer = np.minimum.reduceat(np.where(sell, NOBODY, order), starts)
    seller = np.minimum.reduceat(np.where(sell, order, NOBODY), starts)

    def have(what: int) -> NDArray[np.bool_]:
        return np.asarray(bits & what == what)

    rested = ~have(NOT_RESTED) & have(BUY | 2 * BUY)
    # Of two that rested the one acts that the move of the quote lets trade; but who came while nobody could match acts
    # first, and where nothing says it, the later one does.
    moved = rested & ~have(WAITED) & (have(FELL) | have(ROSE))
    acts = np.where(moved, have(FELL), buyer > seller)
    acts = np.where(have(AGGRESSIVE) | have(2 * AGGRESSIVE), ~have(2 * AGGRESSIVE), acts)
    on_tick = have(DARK_LIMIT | 2 * DARK_LIMIT) & acts
    stale = have(STALE) & ~rested  # two that rested met at a new quote, which only the snapshot shows
    return np.asarray(have(FORBIDDEN) | (~have(NEEDED) & (on_tick | stale)))
