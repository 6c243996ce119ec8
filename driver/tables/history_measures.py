"""What a table says of what really happened to orders: venues, parts of the shortfall, quality and times of the fills.

`row_measures` asks for it, and for the same of a replayed scenario as if its fills had happened.
"""

from functools import cache
from typing import Final, NamedTuple

import numpy as np

from driver.sums.cells import ORDER_METRICS, VENUE_NAMES
from driver.tables.columns.exact_sums import Sums
from driver.tables.columns.quotients import (
    Column,
    TwoSums,
    costs_bps,
    means,
    means_bps,
    missing_in,
    nothing_like,
    ratios,
)
from driver.tables.table_style import TableStyle
from kernels.conventions import BENCHMARKS, COST_SCALE, NS_PER_SECOND, REST_BITS
from kernels.measure.order_columns import LATER, MARKOUT, QUOTED, TRADED, weighted
from kernels.sums.fill_rows import FILL_GROUPS, HORIZON_GROUP

ORDER_COUNTS = (
    "report_quantity", "leaves_quantity", "withdrawn_quantity", "fills", "fills_after_hours", "not_eligible",
    "never_in_session", "cleanup_at_end",
)  # fmt: skip
# Of what happened, what a replayed scenario's row has not: properties of the orders, and what is not about its fills.
NOT_REPLAYED = frozenset((
    *(name for name in ORDER_COUNTS if name != "fills"), *(f"benchmark_{kind}" for kind in BENCHMARKS),
    "shortfall_ex_booking_bps",
    *(f"{name.removesuffix('_bps')}{end}" for name in (*ORDER_METRICS, "vwap_slippage_ex_own_bps")
      for end in ("_bps", "_orders")),
))  # fmt: skip
VENUE_SUMS = tuple(f"{venue}_{what}" for what in ("quantity", "notional") for venue in VENUE_NAMES)
BENCHMARK_COUNTS = tuple(f"benchmark_{name}" for name in ("arrival", "open", "close", "none"))
# Of orders with a fill, which fill_span_orders counts.
FILL_BY_FILL: Final = ("average_fill_size", "fill_span_s", "time_between_fills_s")
FIRST_OF_GROUP: Final = {name: group[0] for group in (*FILL_GROUPS, HORIZON_GROUP) for name in group}
TIMES: Final = {"realised_spread_bps": ("markout_bps", -2)}  # the same figure so many times


class Metric(NamedTuple):
    """A weighted mean of a table, the column that counts its orders, and the sums these are made of."""

    column: str
    counted: str
    value: str
    weight: str
    orders: str
    times: int


def history(sums: Sums, style: TableStyle) -> dict[str, Column]:
    """Return what only happens to real fills, and to those of a replayed scenario as if they had happened.

    Venues, parts of the shortfall, quality of the fills: (scenarios, n), of other scenarios missing.
    """
    columns = _happened(sums, style)
    happens, rows = [0, *sums.replayed], len(sums.scenarios)
    found: dict[str, Column] = {}
    for name, values in columns.items():
        shown = happens[:1] if name in NOT_REPLAYED else happens
        found[name] = whole = nothing_like(values, (rows, values.shape[1]))
        whole[shown] = values[: len(shown)]
    return found


def _happened(sums: Sums, style: TableStyle) -> dict[str, Column]:
    """Return the columns of `history`, (1 + replayed, n)."""
    of = sums.happened
    unpriced = of("real.unpriced_quantity") != 0  # filled by order states, without trades that say where
    without_trades = (*VENUE_SUMS, "report_quantity", "fills", "fills_after_hours")
    columns = {name: of(name) for name in (*VENUE_SUMS, *ORDER_COUNTS)}
    columns |= {name: missing_in(columns[name], unpriced) for name in without_trades}
    columns |= {name: of(name) for name in BENCHMARK_COUNTS}
    columns["execution_bps"] = costs_bps(of("execution_cost"), of("base"))
    columns["opportunity_bps"] = costs_bps(of("opportunity_cost"), of("base"))
    market_cost = of("real.cost") - COST_SCALE * of("booked_cost")
    columns["shortfall_ex_booking_bps"] = costs_bps(market_cost, of("base") - of("booked_base"))
    columns |= _weighted_means(sums, style)
    columns |= _fill_rates(sums, style)
    metrics = _metrics(style.markout_seconds)
    columns |= zip([one.counted for one in metrics], sums.all_happened([one.orders for one in metrics]), strict=True)
    columns["time_to_first_fill_orders"] = of("first_fill_orders")
    columns["time_to_first_fill_s"] = _seconds(sums, "first_fill_ns", of("first_fill_orders"))
    columns["execution_time_s"] = _seconds(sums, "execution_share_ns", of("execution_shares"))
    return columns | _fill_by_fill(sums)


def _weighted_means(sums: Sums, style: TableStyle) -> dict[str, Column]:
    """Return the metrics that are averaged by value."""
    metrics, two = _metrics(style.markout_seconds), sums.two_happened
    values, rests, weights = (
        sums.all_happened(names)
        for names in zip(*((one.value, f"{one.value}_rest", one.weight) for one in metrics), strict=True)
    )
    times = np.array([one.times for one in metrics])[:, None, None]
    found = means_bps(TwoSums(values, rests).times(times), weights)
    columns: dict[str, Column] = dict(zip([one.column for one in metrics], found, strict=True))
    effective, quoted = (two(f"{name}_spread_bps.sum").doubles() for name in ("effective", "fill_quoted"))
    columns["eq_ratio"] = np.divide(effective, quoted, out=np.full(quoted.shape, np.nan), where=quoted != 0)
    for h, seconds in enumerate(style.markout_seconds):
        moved, weight = two(f"impact_bps.{h}.sum"), sums.happened(f"markout_bps.{h}.weight")
        columns[f"adverse_selection_{seconds:g}s_bps"] = means_bps(moved.times(-1), 2 * weight)
    return columns


def _seconds(sums: Sums, name: str, over: Column) -> Column:
    """Return sums of times over counts, in seconds: their rest is in nanoseconds."""
    return means(sums.two_happened(name), over, 1 << REST_BITS, NS_PER_SECOND)


def _fill_by_fill(sums: Sums) -> dict[str, Column]:
    """Return the average fill, how long fills of an order go on, and how long it is from one to the next.

    Of orders whose states alone tell that they filled nothing is known.
    """
    of = sums.happened
    filled = sums.all_happened([f"{venue}_quantity" for venue in VENUE_NAMES]).sum(axis=0)
    fills, orders = of("fills"), of("fill_span_orders")
    columns = {"average_fill_size": ratios(filled, fills), "fill_span_orders": orders}
    columns["fill_span_s"] = _seconds(sums, "fill_span_ns", orders)
    columns["time_between_fills_s"] = _seconds(sums, "fill_span_ns", fills - orders)
    unpriced = of("real.unpriced_quantity") != 0
    return {name: missing_in(column, unpriced) for name, column in columns.items()}


@cache
def _metrics(markout_seconds: tuple[float, ...]) -> list[Metric]:
    """Return the weighted means, in the order of their columns."""
    every = [(name, name, "") for name in (*ORDER_METRICS, *weighted(TRADED), *weighted(QUOTED))]
    for h, seconds in enumerate(markout_seconds):
        later = weighted(LATER, axis=MARKOUT)
        every += [(f"{name.removesuffix('_bps')}_{seconds:g}s_bps", name, f".{h}") for name in later]
    return [_metric(*one) for one in every]


def _metric(column: str, name: str, horizon: str) -> Metric:
    """Return the weighted mean of a metric, at a horizon where there is one."""
    source, times = TIMES.get(name, (name, 1))
    first = f"{FIRST_OF_GROUP.get(source, source)}{horizon}"
    counted = f"{column.removesuffix('_bps')}_orders"
    return Metric(column, counted, f"{source}{horizon}.sum", f"{first}.weight", f"{first}.orders", times)


@cache
def counted_metrics(markout_seconds: tuple[float, ...]) -> list[tuple[str, str]]:
    """Return each metric that is not known of every order, after the column that counts those it is known of."""
    counted = [(one.counted, one.column) for one in _metrics(markout_seconds)]
    ratios = [("effective_spread_orders", "eq_ratio"), ("time_to_first_fill_orders", "time_to_first_fill_s")]
    later = [(f"impact_{seconds:g}s_orders", f"adverse_selection_{seconds:g}s_bps") for seconds in markout_seconds]
    return [*counted, *ratios, *later, *(("fill_span_orders", name) for name in FILL_BY_FILL)]


@cache
def _within(fill_seconds: tuple[float, ...]) -> list[tuple[str, str, str, str]]:
    """Return the columns of each horizon: shares filled, orders with a fill, and the same as shares of all."""
    shown = [f"{seconds:g}s" for seconds in fill_seconds]
    return [(f"filled_quantity_{s}", f"orders_filled_{s}", f"fill_rate_{s}", f"orders_filled_share_{s}") for s in shown]


def _fill_rates(sums: Sums, style: TableStyle) -> dict[str, Column]:
    """Return F(h): shares filled within h of arrival, and orders with a fill by then; as counts and as shares of all.

    Nothing is known of when orders filled whose states alone tell of it.
    """
    of, columns = sums.happened, dict[str, Column]()
    orders, quantity, unpriced = of("orders"), of("order_quantity"), of("real.unpriced_quantity") != 0
    for h, names in enumerate(_within(style.fill_seconds)):
        filled, traded = of(f"filled_within.{h}"), of(f"orders_within.{h}")
        columns |= zip(names, (filled, traded, ratios(filled, quantity), ratios(traded, orders)), strict=True)
    columns = {name: missing_in(column, unpriced) for name, column in columns.items()}
    filled_orders = of("real.fully_filled") + of("real.partially_filled")
    columns["orders_filled_share"] = ratios(filled_orders, orders)
    return columns
