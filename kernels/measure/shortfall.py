"""Costs: shortfall and its parts under four charges for unfilled shares; a stage of ``stages``.

Costs are positive when paid (decisions 16). Amounts are in half price units x shares; divide by mid2 x Q and times
1e4 for basis points of the arrival mid.
"""

import numpy as np

from kernels.base.columns import Array, Rules
from kernels.base.compiling import inlined
from kernels.conventions import BPS, NULL, VENUE_BOOKED
from kernels.market import quote_book as q
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, Work

# Rows of the scratch of charges, float64.
C_SIDE, C_MID2, C_END, C_TOUCH, C_CLEANUP, C_COUNT = 0, 1, 2, 3, 4, 5


@inlined
def worse_than_mid(price2: int, mid2: int, side: int) -> float:
    """Return how much worse than the mid a price is for ``side``, NaN where one of them is missing."""
    return float(side * (price2 - mid2)) if price2 != NULL and mid2 != NULL else np.nan


@inlined
def charges_block(book: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work) -> None:
    """Write side and M0 of each order in ``span`` as floats, and what a share unfilled costs under each charge.

    Without M0 or m_T an order is not priced, under no charge and no scenario: its M0 is NaN here. So is every order's
    where no trade tells what was paid: costs of those without a fill would pass for the costs of all. Where no mid is
    valid at the clean-up, m_T stands in. An order that never lived in the session could not have paid a touch.
    """
    ints, sides, charges = rows.ints, rows.flags, work.charges
    for k in range(span[1] - span[0]):
        j = span[0] + k
        side, mid2, end2 = sides[r.SIDE, j], ints[r.MID2, j], ints[r.END_MID2, j]
        last = max(scratch[r.S_END_QUOTE, k], 0)
        touch = book[last, q.BOOK_OFFER] if side > 0 else book[last, q.BOOK_BID]
        lived = ints[r.WINDOW_START, j] <= ints[r.WINDOW_END, j]
        later2 = scratch[r.S_CLEANUP2, k] if scratch[r.S_CLEANUP2, k] != NULL else end2
        priced = mid2 != NULL and end2 != NULL and not rules.states_only
        sides[r.CLEANUP_AT_END, j] = priced and scratch[r.S_CLEANUP2, k] == NULL
        charges[C_SIDE, k] = float(side)
        charges[C_MID2, k] = float(mid2) if priced else np.nan
        charges[C_END, k] = worse_than_mid(end2, mid2, side)
        charges[C_TOUCH, k] = worse_than_mid(2 * touch if lived and end2 != NULL else end2, mid2, side)
        charges[C_CLEANUP, k] = worse_than_mid(later2, mid2, side)


@inlined
def charge_column(quantity: Array, filled: Array, each: Array, out: Array) -> None:
    """Write what the unfilled shares cost at ``each`` a share; nothing unfilled costs nothing."""
    for k in range(len(out)):
        unfilled = quantity[k] - max(filled[k], 0)
        out[k] = float(unfilled) * each[k] if unfilled > 0 else 0.0


@inlined
def add_column(column: Array, out: Array) -> None:
    """Add ``column`` to ``out``."""
    for k in range(len(out)):
        out[k] += column[k]


@inlined
def costs_block(book: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work) -> None:
    """Write every scenario's cost under the four charges for unfilled shares (decisions 17), column by column.

    An order without M0, or without m_T, has no cost anywhere.
    """
    ints, floats, charges = rows.ints, rows.floats, work.charges
    start, stop = span
    charges_block(book, rules, rows, scratch, span, work)
    side, mid2 = charges[C_SIDE], charges[C_MID2]
    quantity = ints[r.ORDER_QUANTITY][start:stop]
    for s in range(r.SCENARIO_COUNT):
        filled, notional2 = ints[r.SCENARIO_FILLED + s][start:stop], floats[r.SCENARIO_NOTIONAL2 + s][start:stop]
        paid = floats[r.COST_ZERO + s][start:stop]
        for k in range(len(paid)):
            paid[k] = side[k] * (notional2[k] - float(filled[k]) * mid2[k])  # NaN where the scenario is not known
        for base, kind in ((r.COST, C_END), (r.COST_TOUCH, C_TOUCH), (r.COST_CLEANUP, C_CLEANUP)):
            cost = floats[base + s][start:stop]
            charge_column(quantity, filled, charges[kind], cost)
            add_column(paid, cost)
    opportunity = floats[r.OPPORTUNITY_COST][start:stop]
    charge_column(quantity, ints[r.FILLED_QUANTITY][start:stop], charges[C_END], opportunity)
    for k in range(len(opportunity)):
        opportunity[k] = opportunity[k] if not np.isnan(mid2[k]) else np.nan
    ex_booking_block(rows, scratch, span)


@inlined
def ex_booking_block(rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Write the shortfall in bps of each order without its crossing bookings."""
    ints, floats, sides = rows.ints, rows.floats, rows.flags
    for k in range(span[1] - span[0]):
        j = span[0] + k
        mid2 = ints[r.MID2, j] if ints[r.MID2, j] != NULL else 0
        shares = ints[r.ORDER_QUANTITY, j] - ints[r.VENUE_QUANTITY + VENUE_BOOKED, j]
        bought = ints[r.FILLED_QUANTITY, j] - ints[r.VENUE_QUANTITY + VENUE_BOOKED, j]
        paid = scratch[r.S_NOTIONAL2, k] - ints[r.BOOKED_NOTIONAL2, j] - bought * mid2
        base = float(mid2 * shares) if mid2 * shares > 0 else np.nan
        if np.isnan(floats[r.EXECUTION_COST, j]):
            base = np.nan
        floats[r.SHORTFALL_EX_BOOKING, j] = (
            BPS * (float(sides[r.SIDE, j] * paid) + floats[r.OPPORTUNITY_COST, j]) / base
        )
