"""Costs: shortfall and its parts, slippages, spreads, improvement, markouts.

Costs are positive when paid; improvement and markouts are positive when good (decisions 16). Amounts are
in half price units x shares; divide by mid2 x Q and times 1e4 for basis points of the arrival mid.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import FillColumns, QuoteColumns, Rows, Rules, Sums, Work
from kernels._jit import inlined
from kernels.conventions import NULL, VENUE_BOOKED
from kernels.quotes import seek, seek_all

Array = NDArray[Any]
BPS = 10_000.0


@inlined
def charge(unfilled: int, side: int, price2: int, mid2: int) -> float:
    """Return what ``unfilled`` shares cost at ``price2`` against the benchmark; nothing unfilled costs nothing."""
    if unfilled <= 0:
        return 0.0
    if price2 == NULL:
        return float(np.nan)
    return float(side * unfilled * (price2 - mid2))


@inlined
def shortfalls(ints: Array, floats: Array, side: int, j: int, touch2: int, cleanup2: int) -> None:
    """Write every scenario's cost of order ``j`` under the four charges for unfilled shares (decisions 17)."""
    mid2 = ints[r.MID2, j]
    end2 = ints[r.END_MID2, j]
    quantity = ints[r.ORDER_QUANTITY, j]
    for k in range(r.SCENARIO_COUNT):
        filled = ints[r.SCENARIO_FILLED + k, j]
        unfilled = quantity - filled
        paid = side * (floats[r.SCENARIO_NOTIONAL2 + k, j] - float(filled * mid2))
        opportunity = charge(unfilled, side, end2, mid2)
        floats[r.COST + k, j] = paid + opportunity
        floats[r.COST_TOUCH + k, j] = paid + charge(unfilled, side, touch2, mid2)
        floats[r.COST_ZERO + k, j] = paid
        floats[r.COST_CLEANUP + k, j] = paid + charge(unfilled, side, cleanup2, mid2)
        if k == 0:
            floats[r.EXECUTION_COST, j] = paid
            floats[r.OPPORTUNITY_COST, j] = opportunity


@inlined
def costs_block(book: Array, rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Write every shortfall of each order in ``span``; an order without M0 has no cost anywhere."""
    ints, floats, flags = rows.ints, rows.floats, rows.flags
    for j in range(span[0], span[1]):
        if ints[r.MID2, j] == NULL:
            for k in range(r.COST, r.OPPORTUNITY_COST + 1):
                floats[k, j] = np.nan
            continue
        side = flags[r.SIDE, j]
        last = scratch[j - span[0], r.S_END_QUOTE]
        touch2 = NULL
        if ints[r.END_MID2, j] != NULL:
            touch2 = 2 * (book[last, r.BOOK_OFFER] if side > 0 else book[last, r.BOOK_BID])
        shortfalls(ints, floats, side, j, touch2, scratch[j - span[0], r.S_CLEANUP2])


@inlined
def touch_prints(prints: Array, scratch: Array, n: int) -> int:
    """Load the market's running sums at the end of each order that traded, so that the misses overlap."""
    touched = 0
    for k in range(n):
        if scratch[k, r.S_MARKET_QUANTITY] > 0:
            touched += prints[scratch[k, r.S_LAST_PRINT], 1] + prints[scratch[k, r.S_FIRST_PRINT], 1]
    return touched


@inlined
def slippages_block(prints: Array, rows: Rows, scratch: Array, span: tuple[int, int], work: Work) -> None:
    """Write the slippage of market fills against the arrival mid and the market's VWAP over the order's life."""
    ints, floats, flags = rows.ints, rows.floats, rows.flags
    print_time = prints[:-1, 0]
    work.touched[0] = touch_prints(prints, scratch, span[1] - span[0])
    for j in range(span[0], span[1]):
        k = j - span[0]
        arrival = vwap = np.nan
        market = scratch[k, r.S_MARKET_QUANTITY]
        if market > 0:
            side = float(flags[r.SIDE, j])
            mid2 = float(ints[r.MID2, j])
            price2 = float(scratch[k, r.S_MARKET_NOTIONAL2]) / float(market)
            if ints[r.MID2, j] != NULL:
                arrival = BPS * side * (price2 - mid2) / mid2
            first = scratch[k, r.S_FIRST_PRINT]
            last = seek(print_time, scratch[k, r.S_LAST_PRINT] - 1, ints[r.END_TIME, j] + 1) + 1
            volume = prints[last, 1] - prints[first, 1]
            if volume > 0:
                price = float(prints[last, 2] - prints[first, 2]) / float(volume)
                vwap = BPS * side * (price2 - price) / price
        floats[r.ARRIVAL_SLIPPAGE, j] = arrival
        floats[r.VWAP_SLIPPAGE, j] = vwap


@inlined
def touch_quotes(quote: Array, book: Array, work: Work, n: int) -> int:
    """Load the quote before each fill of the batch, so that the misses overlap."""
    fill, touched = work.fill, 0
    for k in range(n):
        touched += book[max(quote[fill[k]], 0), r.BOOK_MID2]
    return touched


@inlined
def price_batch(
    fills: FillColumns, quotes: QuoteColumns, sums: Sums, rules: Rules, rows: Rows, work: Work, n: int
) -> None:
    """Add the first ``n`` fills of the batch to their orders' spread sums."""
    timestamp, quantity, quote, price2 = fills.timestamp, fills.quantity, fills.quote, sums.price2
    fill, place, near, at, found = work.fill, work.place, work.quote, work.at, work.rows
    totals, base, quotes_first, horizons_ns = work.totals, work.touched[1], rules.quotes_first, rules.horizons_ns
    time, book, mids, horizons, sides = quotes.timestamp, sums.book, sums.mids, rows.horizons, rows.flags
    work.touched[0] = touch_quotes(quote, book, work, n)
    for k in range(n):
        i, j = fill[k], place[k]
        row = quote[i]
        if quotes_first:
            row = seek(time, row, timestamp[i] + 1)
        near[k] = row if row >= 0 and book[row, r.BOOK_MID2] != NULL else -1
        if near[k] >= 0:
            side, mid2, paid2 = float(sides[r.SIDE, j]), float(book[row, r.BOOK_MID2]), float(price2[i])
            touch = float(book[row, r.BOOK_OFFER] if side > 0.0 else book[row, r.BOOK_BID])
            scale = float(quantity[i]) * BPS * side / mid2
            totals[j - base, 0] += float(quantity[i])
            totals[j - base, 1] += 2.0 * scale * (paid2 - mid2)
            totals[j - base, 2] += scale * (2.0 * touch - paid2)
    for h in range(len(horizons_ns)):
        for k in range(n):
            at[k] = timestamp[fill[k]] + horizons_ns[h] + quotes_first
        work.touched[0] += seek_all(time, sums.grid, sums.grid_scale, at, found, n)
        for k in range(n):
            if near[k] >= 0:
                i, j = fill[k], place[k]
                later2 = mids[found[k]]
                scale = float(quantity[i]) * BPS * float(sides[r.SIDE, j]) / float(mids[near[k]])
                horizons[h, j] += scale * float(later2 - price2[i]) if later2 != NULL else np.nan


@inlined
def spreads_block(
    fills: FillColumns,
    quotes: QuoteColumns,
    sums: Sums,
    rules: Rules,
    rows: Rows,
    scratch: Array,
    span: tuple[int, int],
    work: Work,
) -> None:
    """Write quantity-weighted spreads over each order's market fills that had a valid quote before them.

    Realised = effective - impact by definition: 2 s (p - m_h) / m. A horizon is missing as soon as one
    of those fills has no valid mid there, so the identity holds for every order that has both.
    """
    timestamp, venue, floats, horizons = fills.timestamp, fills.venue, rows.floats, rows.horizons
    totals, fill, place, capacity = work.totals, work.fill, work.place, len(work.fill)
    n_horizons, hours_end = len(rules.horizons_ns), rules.hours_end
    work.touched[1] = span[0]
    totals[:] = 0.0
    horizons[:, span[0] : span[1]] = 0.0
    n = 0
    for j in range(span[0], span[1]):
        first = scratch[j - span[0], r.S_FIRST_FILL]
        for i in range(first, first + scratch[j - span[0], r.S_FILL_COUNT]):
            if venue[i] >= VENUE_BOOKED or timestamp[i] >= hours_end:
                continue
            fill[n], place[n] = i, j
            n += 1
            if n == capacity:
                price_batch(fills, quotes, sums, rules, rows, work, n)
                n = 0
    price_batch(fills, quotes, sums, rules, rows, work, n)
    for j in range(span[0], span[1]):
        weight = totals[j - span[0], 0]
        scale = 1.0 / weight if weight > 0.0 else np.nan
        floats[r.EFFECTIVE_SPREAD, j] = totals[j - span[0], 1] * scale
        floats[r.PRICE_IMPROVEMENT, j] = totals[j - span[0], 2] * scale
        for h in range(n_horizons):
            markout = horizons[h, j] * scale
            horizons[r.MARKOUT * n_horizons + h, j] = markout
            horizons[r.REALISED * n_horizons + h, j] = -2.0 * markout
