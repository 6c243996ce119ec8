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
from kernels.benchmarks import quote_near
from kernels.conventions import NULL, VENUE_BOOKED
from kernels.fills import exact_price2
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
def cleanup_mid2(quotes: QuoteColumns, book: Array, rules: Rules, end: int, hint: int) -> int:
    """Return the mid at which unfilled shares are bought back ``cleanup_ns`` after ``end``, or NULL."""
    row = quote_near(quotes, hint, min(end + rules.cleanup_ns, rules.session_end), rules)
    return int(book[row, r.BOOK_MID2]) if row >= 0 else NULL


@inlined
def shortfalls(rows: Rows, j: int, touch2: int, cleanup2: int) -> None:
    """Write every scenario's cost of order ``j`` under the four charges for unfilled shares (decisions 17)."""
    ints, floats = rows.ints, rows.floats
    side = rows.flags[r.SIDE, j]
    mid2 = ints[r.MID2, j]
    for k in range(r.SCENARIO_COUNT):
        filled = ints[r.SCENARIO_FILLED + k, j]
        unfilled = ints[r.ORDER_QUANTITY, j] - filled
        paid = side * (floats[r.SCENARIO_NOTIONAL2 + k, j] - float(filled * mid2))
        opportunity = charge(unfilled, side, ints[r.END_MID2, j], mid2)
        floats[r.COST + k, j] = paid + opportunity
        floats[r.COST_TOUCH + k, j] = paid + charge(unfilled, side, touch2, mid2)
        floats[r.COST_ZERO + k, j] = paid
        floats[r.COST_CLEANUP + k, j] = paid + charge(unfilled, side, cleanup2, mid2)
        if k == 0:
            floats[r.EXECUTION_COST, j] = paid
            floats[r.OPPORTUNITY_COST, j] = opportunity


@inlined
def market_slippages(rows: Rows, s: Array, prints: Array, j: int) -> None:
    """Write the slippage of market fills against the arrival mid and the market's VWAP over the order's life."""
    ints, floats = rows.ints, rows.floats
    side = float(rows.flags[r.SIDE, j])
    mid2 = ints[r.MID2, j]
    arrival = np.nan
    vwap = np.nan
    market = s[r.S_MARKET_QUANTITY]
    if market > 0:
        price2 = float(s[r.S_MARKET_NOTIONAL2]) / float(market)
        if mid2 != NULL:
            arrival = BPS * side * (price2 - float(mid2)) / float(mid2)
        end = ints[r.END_TIME, j]
        first = s[r.S_FIRST_PRINT]
        last = seek(prints[:-1, 0], s[r.S_LAST_PRINT] - 1, end + 1) + 1
        volume = prints[last, 1] - prints[first, 1]
        if volume > 0:
            price = float(prints[last, 2] - prints[first, 2]) / float(volume)
            vwap = BPS * side * (price2 - price) / price
    floats[r.ARRIVAL_SLIPPAGE, j] = arrival
    floats[r.VWAP_SLIPPAGE, j] = vwap


@inlined
def costs_block(
    quotes: QuoteColumns, book: Array, prints: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int]
) -> None:
    """Write shortfalls and slippages for each order in ``span``; an order without M0 has no cost anywhere."""
    ints, floats = rows.ints, rows.floats
    for j in range(span[0], span[1]):
        s = scratch[j - span[0]]
        market_slippages(rows, s, prints, j)
        if ints[r.MID2, j] == NULL:
            for k in range(r.COST, r.OPPORTUNITY_COST + 1):
                floats[k, j] = np.nan
            continue
        touch2 = NULL
        if ints[r.END_MID2, j] != NULL:
            column = r.BOOK_OFFER if rows.flags[r.SIDE, j] > 0 else r.BOOK_BID
            touch2 = 2 * book[s[r.S_END_QUOTE], column]
        cleanup2 = cleanup_mid2(quotes, book, rules, ints[r.END_TIME, j], s[r.S_END_QUOTE])
        shortfalls(rows, j, touch2, cleanup2)


@inlined
def spreads(fills: FillColumns, quotes: QuoteColumns, book: Array, rules: Rules, rows: Rows, s: Array, j: int) -> None:
    """Write order ``j``'s quantity-weighted spreads over its market fills that had a valid quote before them.

    Realised = effective - impact by definition: 2 s (p - m_h) / m. A horizon is missing as soon as one
    of those fills has no valid mid there, so the identity holds for every order that has both.
    """
    side = float(rows.flags[r.SIDE, j])
    weight = effective = improvement = 0.0
    n_horizons = len(rules.horizons_ns)
    for h in range(n_horizons):
        rows.horizons[h, j] = 0.0
    first = s[r.S_FIRST_FILL]
    for i in range(first, first + s[r.S_FILL_COUNT]):
        time = fills.timestamp[i]
        if fills.venue[i] >= VENUE_BOOKED or time >= rules.hours_end:
            continue
        row = seek(quotes.timestamp, fills.quote[i], time + rules.quotes_first)
        if row < 0 or book[row, r.BOOK_MID2] == NULL:
            continue
        mid2 = float(book[row, r.BOOK_MID2])
        price2 = float(exact_price2(fills, book, i))
        touch = book[row, r.BOOK_OFFER] if side > 0.0 else book[row, r.BOOK_BID]
        quantity = float(fills.quantity[i])
        scale = quantity * BPS * side / mid2
        weight += quantity
        effective += 2.0 * scale * (price2 - mid2)
        improvement += scale * (2.0 * float(touch) - price2)
        for h in range(n_horizons):
            row = seek(quotes.timestamp, row, time + rules.horizons_ns[h] + rules.quotes_first)
            if book[row, r.BOOK_MID2] != NULL:
                rows.horizons[h, j] += scale * (float(book[row, r.BOOK_MID2]) - price2)
            else:
                rows.horizons[h, j] = np.nan
    rows.floats[r.EFFECTIVE_SPREAD, j] = effective / weight if weight > 0.0 else np.nan
    rows.floats[r.PRICE_IMPROVEMENT, j] = improvement / weight if weight > 0.0 else np.nan
    for h in range(n_horizons):
        markout = rows.horizons[h, j] / weight if weight > 0.0 else np.nan
        rows.horizons[r.MARKOUT * n_horizons + h, j] = markout
        rows.horizons[r.REALISED * n_horizons + h, j] = -2.0 * markout


@inlined
def spreads_block(
    fills: FillColumns,
    quotes: QuoteColumns,
    book: Array,
    rules: Rules,
    rows: Rows,
    scratch: Array,
    span: tuple[int, int],
) -> None:
    """Write spreads, improvement and markouts for each order in ``span``."""
    for j in range(span[0], span[1]):
        spreads(fills, quotes, book, rules, rows, scratch[j - span[0]], j)
