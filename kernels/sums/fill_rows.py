"""What only orders with fills, or reports, add to a cell: the second, shorter row of ``order_rows``.

A replayed scenario has such a row of its own, of the orders with fills under it, behind that of reality.

Metrics of fills are averaged by the value traded on the market. Those that the same orders have share a weight and a
count. The parts of a spread add up only over the same orders: what looks ahead is averaged, horizon by horizon, over
those that have all of it, and their effective spread is realised + impact there (decisions 43). The realised spread is
minus twice the markout and has no sum of its own. What compares fills with the quotes before them does not depend on
the horizons that are asked for. Times are in ns, in two integers: 2^REST_BITS of them, and what is left.
"""

import math
from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.conventions import FILL_VENUES, NULL, REPLAYED, REST_BITS, VENUE_BOOKED
from kernels.measure import result_rows as r
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
)
from kernels.sums.order_rows import EVERY_SUMS, SCENARIO_SUMS, Tile
from kernels.sums.simulated_rows import ENGAGED_SUMS, REPLAYED_SUMS

# Metrics that the same orders have, each group weighted by the value traded.
FILL_GROUPS: Final = (
    ("arrival_slippage_bps", "arrival_improvement_bps"), ("vwap_slippage_bps",), ("vwap_slippage_ex_own_bps",),
    ("close_slippage_bps",), ("effective_spread_bps", "price_improvement_bps", "fill_quoted_spread_bps"),
)  # fmt: skip
HORIZON_GROUP: Final = ("markout_bps", "impact_bps")  # at each horizon
FILL_METRIC_ROWS: Final = tuple(r.ROW[name] for group in FILL_GROUPS for name in group)
LEADS: Final = tuple(int(name == group[0]) for group in FILL_GROUPS for name in group)  # 1: the first of its group
HORIZON_KINDS: Final = tuple(r.ROW[name] for name in HORIZON_GROUP)
# The one list of what an order with fills adds; behind it shares and orders by horizon, then the weighted metrics.
FILL_SUMS: Final = (
    "fills", *(f"{venue}_{what}" for what in ("quantity", "notional") for venue in FILL_VENUES),
    "booked_cost", "booked_base", "first_fill_ns", "first_fill_ns_rest", "first_fill_orders", "execution_share_ns",
    "execution_share_ns_rest", "execution_shares", "fill_span_ns", "fill_span_ns_rest", "fill_span_orders",
    "report_quantity",
)  # fmt: skip
FILLS, VENUE_QUANTITY = range(2)
(
    VENUE_NOTIONAL, BOOKED_COST, BOOKED_BASE, FIRST_FILL, _, FIRST_FILL_ORDERS, SHARE_TIME, _, SHARES, SPAN, _,
    SPAN_ORDERS, REPORTED,
) = map(FILL_SUMS.index, (f"{FILL_VENUES[0]}_notional", *FILL_SUMS[-12:]))  # fmt: skip
WITHIN: Final = len(FILL_SUMS)
TIME_SCALE: Final = 0.5**REST_BITS


def sum_names(scenarios: tuple[str, ...], markouts: int, within: int) -> tuple[list[str], list[str]]:
    """Return the names of the sums of either row, in their order; what pads a row has none.

    Those of the second row are of reality; a replayed scenario has its own, with its name before them.
    """
    every = [*EVERY_SUMS, *(f"{scenario}.{name}" for scenario in scenarios for name in SCENARIO_SUMS)]
    every += [f"{scenario}.{name}" for scenario in scenarios[1:] for name in ENGAGED_SUMS]
    every += [f"{scenario}.{name}" for scenario in scenarios if scenario in REPLAYED for name in REPLAYED_SUMS]
    filled = [*FILL_SUMS, *(f"{what}.{h}" for h in range(within) for what in ("filled_within", "orders_within"))]
    numbered = [tuple(f"{name}.{h}" for name in HORIZON_GROUP) for h in range(markouts)]
    return every, [*filled, *weighted_sums([*FILL_GROUPS, *numbered])]


def row_widths(scenarios: tuple[str, ...], markouts: int, within: int) -> tuple[int, int]:
    """Return the lengths of the two rows, whole cache lines."""
    every, filled = map(len, sum_names(scenarios, markouts, within))
    return every + -every % 8, filled + -filled % 8


@inlined
def _write_time(time: float, out: I64, k: int, place: int) -> None:
    """Write a whole number of ns, exact in any double, in two integers."""
    out[k, place], out[k, place + 1] = fixed(time * TIME_SCALE), rest(time * TIME_SCALE)


@inlined
def _filled(rows: Rows, first: int, tile: Tile, traded: int) -> None:
    """Write what fills add but for weighted metrics, whose weights, half units x shares, go to the tile."""
    ints, within, timing, out = rows.ints, rows.within, rows.floats[r.EXECUTION_TIME], tile.fill_rows
    count, side = rows.codes[r.FILLS], rows.flags[r.SIDE]
    for k in range(traded):
        t = np.uint64(tile.traded[k])
        i, priced = np.uint64(first) + t, tile.base[t] > 0
        out[k, FILLS] = count[i]
        for v in range(len(FILL_VENUES)):
            out[k, VENUE_QUANTITY + v] = whole(ints[r.VENUE_QUANTITY + v, i])
            out[k, VENUE_NOTIONAL + v] = whole(ints[r.VENUE_NOTIONAL + v, i])
        booked = ints[r.VENUE_QUANTITY + VENUE_BOOKED, i] * ints[r.MID2, i] if priced else 0
        out[k, BOOKED_COST] = side[i] * (ints[r.BOOKED_NOTIONAL2, i] - booked) if priced else 0
        out[k, BOOKED_BASE] = booked
        delay = ints[r.TIME_TO_FIRST_FILL, i]
        _write_time(float(delay) if delay != NULL else 0.0, out, k, FIRST_FILL)
        out[k, FIRST_FILL_ORDERS] = int(delay != NULL)
        timed = not math.isnan(timing[i])
        shares = ints[r.FILLED_QUANTITY, i] if timed else 0
        _write_time(np.rint(timing[i] * float(shares)) if timed else 0.0, out, k, SHARE_TIME)
        out[k, SHARES] = shares
        span = ints[r.LAST_FILL_TIME, i] - ints[r.FIRST_FILL_TIME, i] if count[i] > 0 else 0
        _write_time(float(span), out, k, SPAN)
        out[k, SPAN_ORDERS] = int(count[i] > 0)
        out[k, REPORTED] = whole(ints[r.REPORT_QUANTITY, i])
        for h in range(within.shape[0]):
            counts = ints[r.FILLED_QUANTITY, i] > 0 and within[h, i] > 0
            out[k, WITHIN + 2 * h] = within[h, i] if counts else 0
            out[k, WITHIN + 2 * h + 1] = int(counts)
        market = 0
        for v in range(VENUE_BOOKED):
            market += ints[r.VENUE_NOTIONAL + v, i]
        tile.weight[k] = 2 * market if market < SATURATED // 2 else SATURATED


@inlined
def _horizons(rows: Rows, first: int, traded: int, tile: Tile, h: int, horizons: int, place: int) -> None:
    """Write the metrics of the h-th horizon of orders that have all of them."""
    kinds, share, out = rows.horizons, tile.share, tile.fill_rows
    for k in range(traded):
        i, trace = np.uint64(first + tile.traded[k]), 0.0
        for kind in HORIZON_KINDS:
            trace += kinds[kind * horizons + h, i] * 0.0  # stays 0 while all are finite
        known = int(trace == 0.0) * int(tile.weight[k] > 0)
        out[k, np.uint64(place)], out[k, np.uint64(place + 1)] = tile.weight[k] * known, known
        share[k] = float(tile.weight[k] * known)
    for m in range(len(HORIZON_KINDS)):
        values, at = kinds[HORIZON_KINDS[m] * horizons + h], place + SHARE_PLACES + METRIC_PLACES * m
        weigh(values, first, share, tile.traded, traded, out, at)


@inlined
def fill_rows(rows: Rows, first: int, n: int, tile: Tile) -> int:
    """Write the rows of those of n orders that have fills, or reports; return how many there are."""
    ints, fills, traded = rows.ints, rows.codes[r.FILLS], 0
    for t in range(n):
        i = np.uint64(first + t)
        known = ints[r.FILLED_QUANTITY, i] | ints[r.NOTIONAL, i] | fills[i] | ints[r.REPORT_QUANTITY, i]
        known |= int(ints[r.TIME_TO_FIRST_FILL, i] != NULL)
        tile.traded[traded] = t
        traded += int(known != 0)
    _filled(rows, first, tile, traded)
    place, weight, places, out = WITHIN + 2 * rows.within.shape[0], tile.weight, tile.traded, tile.fill_rows
    for m in range(len(FILL_METRIC_ROWS)):
        values = rows.floats[FILL_METRIC_ROWS[m]]
        if LEADS[m] == 1:
            share_out(values, first, weight, places, traded, tile.share, out, place)
            place += SHARE_PLACES
        weigh(values, first, tile.share, places, traded, out, place)
        place += METRIC_PLACES
    horizons = rows.horizons.shape[0] // r.HORIZON_KINDS
    for h in range(horizons):
        _horizons(rows, first, traded, tile, h, horizons, place)
        place += SHARE_PLACES + METRIC_PLACES * len(HORIZON_KINDS)
    return traded
