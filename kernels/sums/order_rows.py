"""One order's measures as a contiguous row of integers, worked out once for every cube that adds it.

A row has what every order adds; a second, shorter one what only orders with fills add (``fill_rows``). Costs are in
fixed point, exactly: a scenario's amounts are whole numbers of it. What is no whole number, or may leave 64 bits, is in
two integers, itself and its rest (``fixed_point.rest``). Kernels read the result matrices of a block as they are.

Orders and places are looked up without a sign, here and in the modules beside: that they might count from the end would
take a third of the time, as it is asked for each value, and nothing would be worked out for several orders at once.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I64
from kernels.base.compiling import inlined
from kernels.base.memory import Buffers
from kernels.conventions import BENCHMARK_NONE, BENCHMARKS, BPS, GROUP_FULL, GROUP_NONE, GROUP_PARTIAL, NULL
from kernels.measure import result_rows as r
from kernels.measure.derived_columns import CHARGES
from kernels.measure.order_columns import ASKED, AT_DECISION, weighted
from kernels.measure.result_rows import Rows
from kernels.sums.fixed_point import (
    METRIC_PLACES,
    SATURATED,
    SHARE_PLACES,
    fixed,
    rest,
    share_out,
    weigh,
    weighted_sums,
    whole,
    worth,
)
from kernels.sums.moments import FIXED_SCALE
from kernels.sums.outside_rows import OUTSIDE_SUMS, lived, outside
from kernels.sums.simulated_rows import ENGAGED_PLACES, REPLAYED_PLACES, engaged_row, replayed_row

CHARGE_ROWS: Final = tuple(r.ROW[f"cost{charge}"] for charge in CHARGES)
# Orders worked on at a time: their rows stay in the second-level cache. With fewer, passing the columns from stage
# to stage, which counts references, is most of the work: 32 measured 1.7 times as slow.
TILE: Final = 256
LINE: Final = 8  # values of a cache line


# The one list of what every order adds, then of what each scenario adds behind it, and last what simulated ones do
# (``simulated_rows``); ``fill_rows`` has the other row.
EVERY_SUMS: Final = (
    "orders", "order_quantity", "leaves_quantity", "withdrawn_quantity", "fills_after_hours",
    *(f"benchmark_{name}" for name in BENCHMARKS), "not_eligible", "cleanup_at_end",
    "priced_orders", "base", "execution_cost", "opportunity_cost", *OUTSIDE_SUMS,
    *weighted_sums((metric,) for metric in weighted(ASKED, AT_DECISION)),
)  # fmt: skip
SCENARIO_SUMS: Final = (
    "fully_filled", "partially_filled", "not_executed", "unknown_orders", "filled_quantity", "unpriced_quantity",
    "notional2", "notional2_rest", *(f"cost{charge}" for charge in CHARGES), "fees", "better", "worse",
)  # fmt: skip
ORDERS, ORDER_QUANTITY, LEAVES, WITHDRAWN, AFTER_HOURS, BENCHMARK = range(6)
NOT_ELIGIBLE, CLEANUP_AT_END, PRICED, EXECUTION_COST, OPPORTUNITY_COST, OUTSIDE, QUOTED, DELAY, DECISION = map(
    EVERY_SUMS.index,
    ("not_eligible", "cleanup_at_end", "priced_orders", "execution_cost", "opportunity_cost", OUTSIDE_SUMS[0],
     "quoted_spread_bps.weight", "delay_bps.weight", "decision_shortfall_bps.weight"),
)  # fmt: skip
OF_LIFE: Final = tuple(r.ROW[metric] for metric in weighted(ASKED))  # side by side from QUOTED on
SCENARIO: Final = len(EVERY_SUMS)
OUTCOME, UNKNOWN, FILLED, UNPRICED, NOTIONAL, COST, FEES, BETTER = map(
    SCENARIO_SUMS.index,
    ("fully_filled", "unknown_orders", "filled_quantity", "unpriced_quantity", "notional2", "cost", "fees", "better"),
)
SCENARIO_PLACES: Final = len(SCENARIO_SUMS)


class Asked(NamedTuple):
    """Which rows of the result matrices are summed; how many scenarios there are, real first, the run decides."""

    ints: I64  # (S,) by how many rows each scenario is behind reality in the matrix of integers
    floats: I64  # (S,) and in that of floats
    replayed: int  # how many scenarios, the last ones, are replayed
    decisions: int  # 1: decision times are given
    fees: int  # 1: fees are set


class Tile(NamedTuple):
    """Scratch for the rows of up to TILE orders."""

    rows: I64  # (TILE, width or more) of every order
    fill_rows: I64  # (TILE, width or more) of orders with fills
    base: I64  # (TILE,) Q x M0, 0 where the order is not priced
    to_bps: F64  # (TILE,) what turns a cost into bps of Q x M0; 0 where the order is not priced
    weight: I64  # (TILE,) of the fill metrics
    traded: I64  # (TILE,) places of the orders with fills
    delay: F64  # (TILE,) cost of waiting from decision to arrival, bps
    share: F64  # (TILE,) weight of orders that have the metrics of a group, 0 of others


def new_tile(widths: tuple[int, int], orders: int = TILE, buffers: Buffers | None = None) -> Tile:
    """Return scratch; what pads a row, and metrics an input lacks, stay 0.

    A row is an odd number of cache lines long: of an even one the same value of many orders does not fit the cache.
    """
    kept = buffers or Buffers()
    longer = (LINE * (-(-width // LINE) | 1) for width in widths)
    rows, fill_rows = (kept.take(f"tile.{k}", (orders, width), np.int64) for k, width in enumerate(longer))
    rows[:], fill_rows[:] = 0, 0
    base, weight, traded = np.zeros((3, orders), np.int64)
    to_bps, delay, share = np.zeros((3, orders))
    return Tile(rows, fill_rows, base, to_bps, weight, traded, delay, share)


@inlined
def _shared(rows: Rows, first: int, n: int, tile: Tile) -> None:
    ints, flags, after_hours, out = rows.ints, rows.flags, rows.codes[r.FILLS_AFTER_HOURS], tile.rows
    for t in range(n):
        i = np.uint64(first + t)
        out[t, ORDERS] = 1
        out[t, ORDER_QUANTITY] = whole(ints[r.ORDER_QUANTITY, i])
        out[t, LEAVES] = whole(ints[r.LEAVES_QUANTITY, i])
        out[t, WITHDRAWN] = whole(ints[r.WITHDRAWN_QUANTITY, i])
        out[t, AFTER_HOURS] = after_hours[i]
        for code in range(4):
            out[t, BENCHMARK + code] = int(flags[r.BENCHMARK, i] == BENCHMARK_NONE + code)
        out[t, NOT_ELIGIBLE] = int(flags[r.ELIGIBLE, i] == 0)
        out[t, CLEANUP_AT_END] = int(flags[r.CLEANUP_AT_END, i] != 0)


@inlined
def _quoted(rows: Rows, decisions: int, first: int, n: int, tile: Tile) -> None:
    """Write the metrics that are weighted by what an order asked for: the quotes while it lived, and its delay."""
    ints, floats, out = rows.ints, rows.floats, tile.rows
    weight, every, share = tile.weight, tile.traded, tile.share
    for t in range(n):
        every[t] = t
        i = np.uint64(first + t)
        weight[t] = worth(ints[r.MID2, i], ints[r.ORDER_QUANTITY, i])
    for k in range(len(OF_LIFE)):
        place = QUOTED + (SHARE_PLACES + METRIC_PLACES) * k
        share_out(floats[OF_LIFE[k]], first, weight, every, n, share, out, place)
        weigh(floats[OF_LIFE[k]], first, share, every, n, out, place + SHARE_PLACES)
    if decisions:
        for t in range(n):
            i = np.uint64(first + t)
            weight[t] = worth(ints[r.DECISION_MID2, i], ints[r.ORDER_QUANTITY, i])
            tile.delay[t] = BPS * floats[r.DELAY_COST, i] / (float(weight[t]) if weight[t] > 0 else 1.0)
        share_out(tile.delay, 0, weight, every, n, share, out, DELAY)
        weigh(tile.delay, 0, share, every, n, out, DELAY + SHARE_PLACES)
        share_out(floats[r.DECISION_SHORTFALL], first, weight, every, n, share, out, DECISION)
        weigh(floats[r.DECISION_SHORTFALL], first, share, every, n, out, DECISION + SHARE_PLACES)


@inlined
def _priced(rows: Rows, first: int, n: int, out: I64, base: I64, to_bps: F64) -> None:
    """Write priced orders, their base and what turns their costs into bps.

    They are priced by one charge as by every other: M0 and m_T are all that these need.

    A priced order has a cost under every scenario that is known, whichever are summed (decisions 17).

    Orders that never lived in continuous trading are not: they would dilute what scenarios save.

    out : (TILE, width); base, to_bps : (TILE,), to write
    """
    mid2, quantity, cost = rows.ints[r.MID2], rows.ints[r.ORDER_QUANTITY], rows.floats[r.COST]
    for t in range(n):
        i = np.uint64(first + t)
        priced = math.isfinite(cost[i]) and mid2[i] > 0 and quantity[i] > 0 and lived(rows, i)
        base[t] = worth(mid2[i], quantity[i]) if priced else 0
        out[t, PRICED] = int(priced)
        out[t, PRICED + 1] = base[t]
        to_bps[t] = BPS / float(base[t]) if priced else 0.0


@inlined
def _charged(rows: Rows, behind: I64, row: int, charge: int, first: int, n: int, out: I64, base: I64) -> None:
    """Write the costs of priced orders by one charge.

    row : of the cost by this charge under the first scenario; behind : (S,) by how many rows each scenario is after it
    """
    for s in range(behind.shape[0]):
        place, cost = np.uint64(SCENARIO + SCENARIO_PLACES * s + COST + charge), rows.floats[row + behind[s]]
        for t in range(n):
            out[t, place] = fixed(cost[np.uint64(first + t)] * FIXED_SCALE) if base[t] > 0 else 0


@inlined
def _parts(rows: Rows, first: int, n: int, out: I64, base: I64) -> None:
    execution, opportunity = rows.floats[r.EXECUTION_COST], rows.floats[r.OPPORTUNITY_COST]
    for t in range(n):
        i, priced = np.uint64(first + t), base[t] > 0
        out[t, EXECUTION_COST] = fixed(execution[i] * FIXED_SCALE) if priced else 0
        out[t, OPPORTUNITY_COST] = fixed(opportunity[i] * FIXED_SCALE) if priced else 0


@inlined
def scenario_outcome(filled: int, wanted: int) -> int:
    """Return the outcome of an order under a scenario, or really: 1 full, 2 partial, 3 none (decisions 8).

    wanted : Q less what was taken back by amendment
    """
    outcome = GROUP_FULL if filled >= wanted else GROUP_PARTIAL
    return GROUP_NONE if filled <= 0 else outcome


@inlined
def _scenario(rows: Rows, asked: Asked, s: int, first: int, n: int, out: I64, base: I64) -> None:
    """Write what n orders fill and cost under one scenario, the s-th of those summed."""
    place, ints, floats = SCENARIO + SCENARIO_PLACES * s, rows.ints, rows.floats
    behind, fees = asked.floats[s], asked.fees
    filled_shares, real2 = ints[r.SCENARIO_FILLED + asked.ints[s]], floats[r.SCENARIO_NOTIONAL2]
    amount2, cost, real_cost = floats[r.SCENARIO_NOTIONAL2 + behind], floats[r.COST + behind], floats[r.COST]
    for t in range(n):
        i = np.uint64(first + t)
        filled, notional2 = filled_shares[i], amount2[i]
        out[t, np.uint64(place + UNKNOWN)] = int(filled == NULL)
        if filled == NULL:  # a scenario that is not known of any order of a table row has no cells there
            filled, notional2 = ints[r.FILLED_QUANTITY, i], real2[i]
        outcome = scenario_outcome(filled, ints[r.ORDER_QUANTITY, i] - ints[r.WITHDRAWN_QUANTITY, i])
        for code in range(3):
            out[t, np.uint64(place + OUTCOME + code)] = int(outcome == GROUP_FULL + code)
        out[t, np.uint64(place + FILLED)] = whole(filled)
        # Filled by the order's state alone, without a trade that tells the price.
        out[t, np.uint64(place + UNPRICED)] = whole(filled) if math.isnan(notional2) else 0
        if s == 0:  # at published prices, whole numbers
            published = whole(ints[r.NOTIONAL, i])
            out[t, np.uint64(place + NOTIONAL)] = 2 * published if published < SATURATED // 2 else SATURATED
        else:
            notional2 = 0.0 if math.isnan(notional2) else notional2
            out[t, np.uint64(place + NOTIONAL)] = fixed(notional2)
            out[t, np.uint64(place + NOTIONAL + 1)] = rest(notional2)
        priced = base[t] > 0
        if fees:
            out[t, np.uint64(place + FEES)] = fixed(floats[r.FEES + behind, i] * FIXED_SCALE) if priced else 0
        out[t, np.uint64(place + BETTER)] = int(priced and cost[i] < real_cost[i])
        out[t, np.uint64(place + BETTER + 1)] = int(priced and cost[i] > real_cost[i])


@inlined
def order_rows(rows: Rows, asked: Asked, first: int, n: int, tile: Tile) -> None:
    """Write the rows of n orders from ``first`` on, and their base by the headline charge."""
    out, count = tile.rows, asked.ints.shape[0]
    _shared(rows, first, n, tile)
    _quoted(rows, asked.decisions, first, n, tile)
    _priced(rows, first, n, out, tile.base, tile.to_bps)
    for charge in range(len(CHARGE_ROWS)):
        _charged(rows, asked.floats, CHARGE_ROWS[charge], charge, first, n, out, tile.base)
    _parts(rows, first, n, out, tile.base)
    outside(rows, first, n, out, OUTSIDE)
    for s in range(count):
        _scenario(rows, asked, s, first, n, out, tile.base)
    place = SCENARIO + SCENARIO_PLACES * count
    for s in range(1, count):
        by_itself = r.SIMULATED_QUANTITY if s >= count - asked.replayed else r.SCENARIO_FILLED
        filled = rows.ints[by_itself + asked.ints[s]]
        engaged_row(rows, filled, asked.floats[s], first, n, out, place, tile.base, tile.to_bps)
        place += ENGAGED_PLACES
    for s in range(count - asked.replayed, count):
        replayed_row(rows, asked.ints[s], asked.floats[s], first, n, out, place, tile.base)
        place += REPLAYED_PLACES
