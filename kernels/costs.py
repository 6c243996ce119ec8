"""Costs: shortfall and its parts, slippages, spreads, improvement, markouts.

Costs are positive when paid; improvement and markouts are positive when good (decisions 16). Amounts are
in half price units x shares; divide by mid2 x Q and times 1e4 for basis points of the arrival mid.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import FillColumns, QuoteColumns, Rows, Rules
from kernels._jit import inlined
from kernels.benchmarks import bounds_of, quote_near
from kernels.conventions import NULL, VENUE_BOOKED
from kernels.quotes import seek

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
def costs_block(
    quotes: QuoteColumns, book: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int]
) -> None:
    """Write every shortfall of each order in ``span``; an order without M0 has no cost anywhere."""
    ints, floats, flags, time = rows.ints, rows.floats, rows.flags, quotes.timestamp
    cleanup_ns, session_end, bounds = rules.cleanup_ns, rules.session_end, bounds_of(rules)
    for j in range(span[0], span[1]):
        if ints[r.MID2, j] == NULL:
            for k in range(r.COST, r.OPPORTUNITY_COST + 1):
                floats[k, j] = np.nan
            continue
        side = flags[r.SIDE, j]
        last = scratch[j - span[0], r.S_END_QUOTE]
        touch2 = cleanup2 = NULL
        if ints[r.END_MID2, j] != NULL:
            touch2 = 2 * (book[last, r.BOOK_OFFER] if side > 0 else book[last, r.BOOK_BID])
        row = quote_near(time, last, min(ints[r.END_TIME, j] + cleanup_ns, session_end), bounds)
        if row >= 0:
            cleanup2 = book[row, r.BOOK_MID2]
        shortfalls(ints, floats, side, j, touch2, cleanup2)


@inlined
def slippages_block(prints: Array, rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Write the slippage of market fills against the arrival mid and the market's VWAP over the order's life."""
    ints, floats, flags = rows.ints, rows.floats, rows.flags
    print_time = prints[:-1, 0]
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
def spreads_block(
    fills: FillColumns,
    price2: Array,
    quotes: QuoteColumns,
    book: Array,
    rules: Rules,
    rows: Rows,
    scratch: Array,
    span: tuple[int, int],
) -> None:
    """Write quantity-weighted spreads over each order's market fills that had a valid quote before them.

    Realised = effective - impact by definition: 2 s (p - m_h) / m. A horizon is missing as soon as one
    of those fills has no valid mid there, so the identity holds for every order that has both.
    """
    timestamp, quantity, venue, quote = fills.timestamp, fills.quantity, fills.venue, fills.quote
    time, horizons_ns, quotes_first, hours_end = (
        quotes.timestamp,
        rules.horizons_ns,
        rules.quotes_first,
        rules.hours_end,
    )
    floats, flags, horizons = rows.floats, rows.flags, rows.horizons
    n_horizons = len(horizons_ns)
    for j in range(span[0], span[1]):
        k = j - span[0]
        side = float(flags[r.SIDE, j])
        weight = effective = improvement = 0.0
        for h in range(n_horizons):
            horizons[h, j] = 0.0
        first = scratch[k, r.S_FIRST_FILL]
        for i in range(first, first + scratch[k, r.S_FILL_COUNT]):
            if venue[i] >= VENUE_BOOKED or timestamp[i] >= hours_end:
                continue
            row = seek(time, quote[i], timestamp[i] + quotes_first)
            if row < 0 or book[row, r.BOOK_MID2] == NULL:
                continue
            mid2 = float(book[row, r.BOOK_MID2])
            paid2 = float(price2[i])
            touch = float(book[row, r.BOOK_OFFER] if side > 0.0 else book[row, r.BOOK_BID])
            scale = float(quantity[i]) * BPS * side / mid2
            weight += float(quantity[i])
            effective += 2.0 * scale * (paid2 - mid2)
            improvement += scale * (2.0 * touch - paid2)
            for h in range(n_horizons):
                row = seek(time, row, timestamp[i] + horizons_ns[h] + quotes_first)
                later2 = book[row, r.BOOK_MID2]
                horizons[h, j] += scale * (float(later2) - paid2) if later2 != NULL else np.nan
        scale = 1.0 / weight if weight > 0.0 else np.nan
        floats[r.EFFECTIVE_SPREAD, j] = effective * scale
        floats[r.PRICE_IMPROVEMENT, j] = improvement * scale
        for h in range(n_horizons):
            markout = horizons[h, j] * scale
            horizons[r.MARKOUT * n_horizons + h, j] = markout
            horizons[r.REALISED * n_horizons + h, j] = -2.0 * markout
