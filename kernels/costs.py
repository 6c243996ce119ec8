"""Costs: shortfall and its parts under four charges for unfilled shares, and slippages.

Costs are positive when paid (decisions 16). Amounts are
in half price units x shares; divide by mid2 x Q and times 1e4 for basis points of the arrival mid.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import Rows, Rules, Work
from kernels._jit import inlined
from kernels.conventions import NULL, VENUE_BOOKED
from kernels.quotes import NEAR, seek

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
            floats[r.OPPORTUNITY_COST, j] = opportunity


@inlined
def costs_block(book: Array, rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Write every shortfall of each order in ``span``; an order without M0 has no cost anywhere."""
    ints, floats, flags = rows.ints, rows.floats, rows.flags
    for j in range(span[0], span[1]):
        if ints[r.MID2, j] == NULL:
            for k in range(r.COST, r.LAST_COST + 1):
                floats[k, j] = np.nan
            continue
        side = flags[r.SIDE, j]
        last = scratch[j - span[0], r.S_END_QUOTE]
        touch2 = NULL
        if ints[r.END_MID2, j] != NULL:
            touch2 = 2 * (book[last, r.BOOK_OFFER] if side > 0 else book[last, r.BOOK_BID])
        shortfalls(ints, floats, side, j, touch2, scratch[j - span[0], r.S_CLEANUP2])
        booked = ints[r.VENUE_QUANTITY + VENUE_BOOKED, j]
        base = float(ints[r.MID2, j] * (ints[r.ORDER_QUANTITY, j] - booked))
        paid = scratch[j - span[0], r.S_MARKET_NOTIONAL2] - scratch[j - span[0], r.S_MARKET_QUANTITY] * ints[r.MID2, j]
        floats[r.EX_BOOKING, j] = np.nan
        if base > 0.0 and not np.isnan(floats[r.EXECUTION_COST, j]):
            floats[r.EX_BOOKING, j] = BPS * (float(side * paid) + floats[r.OPPORTUNITY_COST, j]) / base


@inlined
def touch_prints(prints: Array, scratch: Array, n: int) -> int:
    """Load the market's running sums at the end of each order that traded, so that the misses overlap."""
    touched = 0
    for k in range(n):
        if scratch[k, r.S_MARKET_QUANTITY] > 0:
            touched ^= prints[scratch[k, r.S_LAST_PRINT], 1] ^ prints[scratch[k, r.S_FIRST_PRINT], 1]
    return touched


@inlined
def slippages_block(prints: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work) -> None:
    """Write how market fills did against the arrival mid and touch, the market's prints and the close.

    The market's volume-weighted price runs over the order's life, both ends included; without its own
    prints it is what the others paid.
    """
    ints, floats, flags = rows.ints, rows.floats, rows.flags
    n_prints, close2 = len(prints) - 1, rules.close2
    per_close = BPS / float(close2)
    work.touched[0] = touch_prints(prints, scratch, span[1] - span[0])
    for j in range(span[0], span[1]):
        k = j - span[0]
        arrival = improvement = vwap = others = close = np.nan
        volume = notional2 = 0
        market = scratch[k, r.S_MARKET_QUANTITY]
        if market > 0:
            side, mid2 = float(flags[r.SIDE, j]), float(ints[r.MID2, j])
            price2 = float(scratch[k, r.S_MARKET_NOTIONAL2]) / float(market)
            if ints[r.MID2, j] != NULL:
                touch = ints[r.ARRIVAL_OFFER, j] if side > 0.0 else ints[r.ARRIVAL_BID, j]
                scale = BPS * side / mid2
                arrival = scale * (price2 - mid2)
                improvement = scale * (2.0 * float(touch) - price2)
            first = scratch[k, r.S_FIRST_PRINT]
            last, end, steps = scratch[k, r.S_LAST_PRINT], ints[r.END_TIME, j], 0
            while last < n_prints and prints[last, 0] <= end and steps < NEAR:
                last += 1
                steps += 1
            if steps == NEAR:
                last = seek(prints[:-1, 0], last - 1, end + 1) + 1
            volume, notional2 = prints[last, 1] - prints[first, 1], prints[last, 2] - prints[first, 2]
            volume_ex, notional2_ex = volume - scratch[k, r.S_VWAP_QUANTITY], notional2 - scratch[k, r.S_VWAP_NOTIONAL2]
            if volume > 0:  # (price - vwap) / vwap with one division
                vwap = BPS * side * (price2 * float(volume) - float(notional2)) / float(notional2)
            if volume_ex > 0:
                others = BPS * side * (price2 * float(volume_ex) - float(notional2_ex)) / float(notional2_ex)
            if close2 != NULL:
                close = per_close * side * (price2 - float(close2))
        ints[r.MARKET_VOLUME, j] = volume
        floats[r.ARRIVAL_SLIPPAGE, j] = arrival
        floats[r.ARRIVAL_IMPROVEMENT, j] = improvement
        floats[r.VWAP_SLIPPAGE, j] = vwap
        floats[r.VWAP_EX_OWN, j] = others
        floats[r.CLOSE_SLIPPAGE, j] = close
