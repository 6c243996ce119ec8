"""One order's measures as a contiguous row of integers, worked out once for every cube that adds it.

A row has what every order adds; a second, shorter one what only orders with fills add. Costs are in fixed
point. A value that does not fit is ``SATURATED``, which no sum may hold: whoever adds rows refuses it.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I8, I32, I64
from kernels.base.compiling import internal
from kernels.base.memory import Buffers
from kernels.conventions import BENCHMARK_NONE, GROUP_FULL, GROUP_NONE, GROUP_PARTIAL, NULL, VENUE_BOOKED
from kernels.sums.moments import BPS, FIXED_LIMIT, FIXED_SCALE

SATURATED: Final = 2**62
# Orders worked on at a time: their rows stay in the second-level cache. With fewer, passing the columns from stage
# to stage, which counts references, is most of the work: 32 measured 1.7 times as slow.
TILE: Final = 256
# Places in a row of what every order adds.
ORDERS: Final = 0
ORDER_QUANTITY: Final = 1
LEAVES: Final = 2
WITHDRAWN: Final = 3
AFTER_HOURS: Final = 4
BENCHMARK: Final = 5  # and the next 3
NOT_ELIGIBLE: Final = 9
PRICED: Final = 10  # by charge: priced orders, base
EXECUTION_COST: Final = 18
OPPORTUNITY_COST: Final = 19
QUOTED: Final = 20  # weighted metrics take three places: value x weight, weight, orders
DELAY: Final = 23
DECISION: Final = 26
SCENARIO: Final = 29  # and SCENARIO_PLACES for each scenario, in the order of the next lines
OUTCOME: Final = 0
FILLED: Final = 3
UNPRICED: Final = 4
NOTIONAL: Final = 5
COST: Final = 6  # by charge
FEES: Final = 10
BETTER: Final = 11
SCENARIO_PLACES: Final = 14
# Places in a row of what orders with fills add.
FILLS: Final = 0
VENUE_QUANTITY: Final = 1
VENUE_NOTIONAL: Final = 5
BOOKED_COST: Final = 9
BOOKED_BASE: Final = 10
FIRST_FILL_US: Final = 11
FIRST_FILL_ORDERS: Final = 12
SHARE_MS: Final = 13
SHARES: Final = 14
REPORTED: Final = 15
WITHIN: Final = 16  # shares and orders by horizon, then the weighted metrics


class BlockColumns(NamedTuple):
    """Columns of n orders; S scenarios, H markouts, F fill horizons. Columns an input lacks have no rows."""

    order_quantity: I64
    leaves_quantity: I64
    withdrawn_quantity: I64
    filled_quantity: I64
    notional: I64
    mid2: I64
    time_to_first_fill: I64
    report_quantity: I64
    booked_notional2: I64
    decision_mid2: I64
    fills: I32
    fills_after_hours: I32
    side: I8
    group: I8
    benchmark: I8
    eligible: I8
    venue_quantity: I64  # (4, n)
    venue_notional: I64
    scenario_filled: I64  # (S, n)
    scenario_notional2: F64
    cost: F64
    cost_touch: F64
    cost_zero: F64
    cost_cleanup: F64
    fees: F64
    execution_cost: F64
    opportunity_cost: F64
    execution_time: F64
    quoted_spread: F64
    delay_cost: F64
    decision_shortfall: F64
    arrival_slippage: F64
    effective_spread: F64
    price_improvement: F64
    vwap_slippage: F64
    fill_quoted_spread: F64
    arrival_improvement: F64
    vwap_ex_own: F64
    close_slippage: F64
    markout: F64  # (H, n)
    realised: F64
    impact: F64
    within: I64  # (F, n)


class Tile(NamedTuple):
    """Scratch for the rows of up to TILE orders."""

    rows: I64  # (TILE, width) of every order
    fill_rows: I64  # (TILE, width) of orders with fills
    base: I64  # (TILE,) Q x M0, 0 where the order is not priced
    other_base: I64  # the same by another charge
    weight: I64  # (TILE,) of the fill metrics
    traded: I64  # (TILE,) places of the orders with fills
    delay: F64  # (TILE,) cost of waiting from decision to arrival, bps


def row_widths(scenarios: int, markouts: int, within: int) -> tuple[int, int]:
    """Return the lengths of the two rows, whole cache lines."""
    every, filled = SCENARIO + SCENARIO_PLACES * scenarios, WITHIN + 2 * within + 3 * (8 + 3 * markouts)
    return every + -every % 8, filled + -filled % 8


def new_tile(widths: tuple[int, int], orders: int = TILE, buffers: Buffers | None = None) -> Tile:
    """Return scratch; what pads a row, and metrics an input lacks, stay 0."""
    kept = buffers or Buffers()
    rows, fill_rows = (kept.take(f"tile.{k}", (orders, width), np.int64) for k, width in enumerate(widths))
    rows[:], fill_rows[:] = 0, 0
    base, other_base, weight, traded = np.zeros((4, orders), np.int64)
    return Tile(rows, fill_rows, base, other_base, weight, traded, np.zeros(orders))


@internal
def _whole(value: int) -> int:
    """Return an integer, null as 0."""
    return 0 if value == NULL else value


@internal
def _fixed(value: float) -> int:
    """Return a scaled value rounded half to even; what does not fit, or is missing where it must not be, saturates."""
    return int(np.rint(value)) if abs(value) < FIXED_LIMIT else SATURATED


@internal
def _worth(mid2: int, quantity: int) -> int:
    """Return quantity x mid in half units, 0 without a mid."""
    if mid2 == NULL:
        return 0
    return mid2 * quantity if abs(float(mid2) * float(quantity)) < FIXED_LIMIT else SATURATED


@internal
def _weigh(value: F64, first: int, weight: I64, places: I64, n: int, rows: I64, place: int) -> None:
    """Write a weighted metric of n orders; one that is missing, or has no weight, adds nothing.

    places : (n,) of the orders in ``value``, from ``first`` on. Nothing branches on whether a metric is missing:
    it would be mispredicted every other time.
    """
    for k in range(n):
        known = (weight[k] > 0) & (value[first + places[k]] == value[first + places[k]])
        share = weight[k] * int(known)
        amount = value[first + places[k]] if known else 0.0
        rows[k, place] = _fixed(amount * float(share) * (FIXED_SCALE / BPS))
        rows[k, place + 1] = share
        rows[k, place + 2] = int(known)


@internal
def _shared(b: BlockColumns, first: int, n: int, tile: Tile) -> None:
    rows = tile.rows
    for t in range(n):
        i = first + t
        rows[t, ORDERS] = 1
        rows[t, ORDER_QUANTITY] = _whole(b.order_quantity[i])
        rows[t, LEAVES] = _whole(b.leaves_quantity[i])
        rows[t, WITHDRAWN] = _whole(b.withdrawn_quantity[i])
        rows[t, AFTER_HOURS] = b.fills_after_hours[i]
        for code in range(4):
            rows[t, BENCHMARK + code] = int(b.benchmark[i] == BENCHMARK_NONE + code)
        rows[t, NOT_ELIGIBLE] = int(b.eligible[i] == 0)


@internal
def _quoted(b: BlockColumns, first: int, n: int, tile: Tile) -> None:
    """Write the metrics that are weighted by what an order asked for: the spread while it lived, and its delay."""
    rows, weight, every = tile.rows, tile.weight, tile.traded
    for t in range(n):
        every[t] = t
        weight[t] = _worth(b.mid2[first + t], b.order_quantity[first + t])
    if b.quoted_spread.shape[0] > 0:
        _weigh(b.quoted_spread, first, weight, every, n, rows, QUOTED)
    if b.decision_mid2.shape[0] > 0:
        for t in range(n):
            weight[t] = _worth(b.decision_mid2[first + t], b.order_quantity[first + t])
            tile.delay[t] = BPS * b.delay_cost[first + t] / (float(weight[t]) if weight[t] > 0 else 1.0)
        _weigh(tile.delay, 0, weight, every, n, rows, DELAY)
        _weigh(b.decision_shortfall, first, weight, every, n, rows, DECISION)


@internal
def _charged(b: BlockColumns, cost: F64, charge: int, first: int, n: int, rows: I64, base: I64) -> None:
    """Write priced orders, base and costs by one charge; an order is priced in all scenarios or in none."""
    for t in range(n):
        i = first + t
        trace = 0.0
        for s in range(cost.shape[0]):
            trace += cost[s, i] * 0.0  # stays 0 while all are finite; without a branch to mispredict
        priced = trace == 0.0 and b.mid2[i] > 0 and b.order_quantity[i] > 0
        base[t] = _worth(b.mid2[i], b.order_quantity[i]) if priced else 0
        rows[t, PRICED + 2 * charge] = int(priced)
        rows[t, PRICED + 2 * charge + 1] = base[t]
    for s in range(cost.shape[0]):
        place = SCENARIO + SCENARIO_PLACES * s + COST + charge
        for t in range(n):
            rows[t, place] = _fixed(cost[s, first + t] * FIXED_SCALE) if base[t] > 0 else 0


@internal
def _parts(b: BlockColumns, first: int, n: int, rows: I64, base: I64) -> None:
    for t in range(n):
        i, priced = first + t, base[t] > 0
        rows[t, EXECUTION_COST] = _fixed(b.execution_cost[i] * FIXED_SCALE) if priced else 0
        rows[t, OPPORTUNITY_COST] = _fixed(b.opportunity_cost[i] * FIXED_SCALE) if priced else 0


@internal
def scenario_outcome(group: int, real_filled: int, filled: int, quantity: int) -> int:
    """Return the fill group of an order under a scenario: 1 full, 2 partial, 3 none.

    The same quantity as in reality is the same outcome as in reality, so an order that was amended down and
    then filled counts as full in both (decisions 8).
    """
    outcome = GROUP_FULL if filled >= quantity else GROUP_PARTIAL
    outcome = GROUP_NONE if filled <= 0 else outcome
    return group if filled == real_filled else outcome


@internal
def _scenario(b: BlockColumns, s: int, first: int, n: int, rows: I64, base: I64) -> None:
    place = SCENARIO + SCENARIO_PLACES * s
    for t in range(n):
        i = first + t
        filled, notional2 = b.scenario_filled[s, i], b.scenario_notional2[s, i]
        outcome = scenario_outcome(b.group[i], b.filled_quantity[i], filled, b.order_quantity[i])
        for code in range(3):
            rows[t, place + OUTCOME + code] = int(outcome == GROUP_FULL + code)
        rows[t, place + FILLED] = _whole(filled)
        # Filled by the order's state alone, without a trade that tells the price.
        rows[t, place + UNPRICED] = _whole(filled) if math.isnan(notional2) else 0
        if s == 0:
            rows[t, place + NOTIONAL] = _whole(b.notional[i])
        else:
            rows[t, place + NOTIONAL] = 0 if math.isnan(notional2) else _fixed(notional2 * 0.5)
        priced = base[t] > 0
        if b.fees.shape[0] > 0:
            rows[t, place + FEES] = _fixed(b.fees[s, i] * FIXED_SCALE) if priced else 0
        difference = np.rint((b.cost[s, i] - b.cost[0, i]) * FIXED_SCALE)
        rows[t, place + BETTER] = int(priced and difference < 0.0)
        rows[t, place + BETTER + 1] = int(priced and difference == 0.0)
        rows[t, place + BETTER + 2] = int(priced and difference > 0.0)


@internal
def _filled(b: BlockColumns, first: int, tile: Tile, traded: int) -> None:
    """Write what fills add but for weighted metrics, whose weights, half units x shares, go to the tile."""
    rows = tile.fill_rows
    for k in range(traded):
        t = tile.traded[k]
        i, priced = first + t, tile.base[t] > 0
        rows[k, FILLS] = b.fills[i]
        for v in range(4):
            rows[k, VENUE_QUANTITY + v] = _whole(b.venue_quantity[v, i])
            rows[k, VENUE_NOTIONAL + v] = _whole(b.venue_notional[v, i])
        booked = b.venue_quantity[VENUE_BOOKED, i] * b.mid2[i] if priced else 0
        rows[k, BOOKED_COST] = b.side[i] * (b.booked_notional2[i] - booked) if priced else 0
        rows[k, BOOKED_BASE] = booked
        delay = b.time_to_first_fill[i]
        rows[k, FIRST_FILL_US] = delay // 1_000 if delay != NULL else 0
        rows[k, FIRST_FILL_ORDERS] = int(delay != NULL)
        timed = not math.isnan(b.execution_time[i])
        shares = b.filled_quantity[i] if timed else 0
        rows[k, SHARE_MS] = _fixed(b.execution_time[i] * float(shares) * 1e-6) if timed else 0
        rows[k, SHARES] = shares
        rows[k, REPORTED] = _whole(b.report_quantity[i]) if b.report_quantity.shape[0] > 0 else 0
        for h in range(b.within.shape[0]):
            counts = b.filled_quantity[i] > 0 and b.within[h, i] > 0
            rows[k, WITHIN + 2 * h] = b.within[h, i] if counts else 0
            rows[k, WITHIN + 2 * h + 1] = int(counts)
        market = b.notional[i] - b.venue_notional[VENUE_BOOKED, i]
        tile.weight[k] = 2 * market if market < SATURATED // 2 else SATURATED


@internal
def _metric(value: F64, first: int, tile: Tile, traded: int, place: int) -> None:
    if value.shape[0] > 0:
        _weigh(value, first, tile.weight, tile.traded, traded, tile.fill_rows, place)


@internal
def fill_rows(b: BlockColumns, first: int, n: int, tile: Tile) -> int:
    """Write the rows of those of n orders that have fills, or reports; return how many there are."""
    traded = 0
    for t in range(n):
        i = first + t
        known = b.filled_quantity[i] | b.notional[i] | b.fills[i] | int(b.time_to_first_fill[i] != NULL)
        if b.report_quantity.shape[0] > 0:
            known |= b.report_quantity[i]
        tile.traded[traded] = t
        traded += int(known != 0)
    _filled(b, first, tile, traded)
    place = WITHIN + 2 * b.within.shape[0]
    metrics = (
        b.arrival_slippage, b.effective_spread, b.price_improvement, b.vwap_slippage, b.fill_quoted_spread,
        b.arrival_improvement, b.vwap_ex_own, b.close_slippage,
    )  # fmt: skip
    for m in range(len(metrics)):
        _metric(metrics[m], first, tile, traded, place + 3 * m)
    place += 24
    horizons = b.markout.shape[0]
    for h in range(horizons):
        _metric(b.markout[h], first, tile, traded, place + 3 * h)
        _metric(b.realised[h], first, tile, traded, place + 3 * (horizons + h))
        _metric(b.impact[h], first, tile, traded, place + 3 * (2 * horizons + h))
    return traded


@internal
def order_rows(b: BlockColumns, first: int, n: int, tile: Tile) -> None:
    """Write the rows of n orders from ``first`` on, and their base by the headline charge."""
    _shared(b, first, n, tile)
    _quoted(b, first, n, tile)
    costs = (b.cost, b.cost_touch, b.cost_zero, b.cost_cleanup)
    bases = (tile.base, tile.other_base, tile.other_base, tile.other_base)
    for charge in range(len(costs)):
        _charged(b, costs[charge], charge, first, n, tile.rows, bases[charge])
    _parts(b, first, n, tile.rows, tile.base)
    for s in range(b.cost.shape[0]):
        _scenario(b, s, first, n, tile.rows, tile.base)
