"""What a table says of what really happened to orders: venues, parts of the shortfall, quality and times of the fills.

`row_measures` asks for it, and for the same of a replayed scenario as if its fills had happened.
"""

from functools import cache
from typing import Final, NamedTuple

from driver.sums.cells import ORDER_METRICS, VENUE_NAMES
from driver.tables.columns.formulas import (
    NOTHING,
    Count,
    Formula,
    Quotient,
    Sum,
    SumsBy,
    costs_bps,
    mean,
    mean_bps,
    ratio,
)
from driver.tables.table_style import TableStyle
from kernels.conventions import BENCHMARKS, COST_SCALE, NS_PER_SECOND, REPLAYED, REST_BITS
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
# Not known of orders that filled without trades.
TRADE_COUNTS = (*VENUE_SUMS, "report_quantity", "fills", "fills_after_hours")
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


def history(sums: SumsBy, style: TableStyle) -> dict[str, Formula]:
    """Return what only happens to real fills, and to those of a replayed scenario as if they had happened.

    Venues, parts of the shortfall, quality of the fills: of other scenarios missing.
    """
    shown = sums.scenario == "real" or sums.scenario in REPLAYED
    hidden = NOT_REPLAYED if sums.scenario in REPLAYED else frozenset()
    columns = _happened(sums, style)
    return {name: column if shown and name not in hidden else None for name, column in columns.items()}


def _happened(sums: SumsBy, style: TableStyle) -> dict[str, Formula]:
    """Return the columns of `history`."""
    of = sums.happened
    columns: dict[str, Formula] = {name: Count(of(name)) for name in (*VENUE_SUMS, *ORDER_COUNTS)}
    columns |= {name: Count(of(name), _without_trades(sums)) for name in TRADE_COUNTS}
    columns |= {name: Count(of(name)) for name in BENCHMARK_COUNTS}
    columns["execution_bps"] = costs_bps(of("execution_cost"), of("base"))
    columns["opportunity_bps"] = costs_bps(of("opportunity_cost"), of("base"))
    market_cost = of("real.cost") - COST_SCALE * of("booked_cost")
    columns["shortfall_ex_booking_bps"] = costs_bps(market_cost, of("base") - of("booked_base"))
    columns |= _weighted_means(sums, style)
    columns |= _fill_rates(sums, style)
    columns |= {one.counted: Count(of(one.orders)) for one in _metrics(style.markout_seconds)}
    columns["time_to_first_fill_orders"] = Count(of("first_fill_orders"))
    columns["time_to_first_fill_s"] = _seconds(sums, "first_fill_ns", of("first_fill_orders"))
    columns["execution_time_s"] = _seconds(sums, "execution_share_ns", of("execution_shares"))
    return columns | _fill_by_fill(sums)


def _without_trades(sums: SumsBy) -> Sum:
    """Return what is not 0 where shares filled by order states, without trades that say where and when."""
    return sums.happened("real.unpriced_quantity")


def _weighted_means(sums: SumsBy, style: TableStyle) -> dict[str, Formula]:
    """Return the metrics that are averaged by value."""
    of, two, columns = sums.happened, sums.two_happened, dict[str, Formula]()
    for one in _metrics(style.markout_seconds):
        columns[one.column] = mean_bps(two(one.value).times(one.times), of(one.weight))
    columns["eq_ratio"] = Quotient(two("effective_spread_bps.sum"), two("fill_quoted_spread_bps.sum"))
    for h, seconds in enumerate(style.markout_seconds):
        moved, weight = two(f"impact_bps.{h}.sum"), of(f"markout_bps.{h}.weight")
        columns[f"adverse_selection_{seconds:g}s_bps"] = mean_bps(moved.times(-1), 2 * weight)
    return columns


def _seconds(sums: SumsBy, name: str, over: Sum, unless: Sum = NOTHING) -> Quotient:
    """Return sums of times over counts, in seconds: their rest is in nanoseconds."""
    return mean(sums.two_happened(name), over, 1 << REST_BITS, NS_PER_SECOND, unless)


def _fill_by_fill(sums: SumsBy) -> dict[str, Formula]:
    """Return the average fill, how long fills of an order go on, and how long it is from one to the next.

    Of orders whose states alone tell that they filled nothing is known.
    """
    of, unless = sums.happened, _without_trades(sums)
    filled = sum((of(f"{venue}_quantity") for venue in VENUE_NAMES), NOTHING)
    fills, orders = of("fills"), of("fill_span_orders")
    return {
        "average_fill_size": ratio(filled, fills, unless=unless),
        "fill_span_orders": Count(orders, unless),
        "fill_span_s": _seconds(sums, "fill_span_ns", orders, unless),
        "time_between_fills_s": _seconds(sums, "fill_span_ns", fills - orders, unless),
    }


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


def _fill_rates(sums: SumsBy, style: TableStyle) -> dict[str, Formula]:
    """Return F(h): shares filled within h of arrival, and orders with a fill by then; as counts and as shares of all.

    Nothing is known of when orders filled whose states alone tell of it.
    """
    of, unless, columns = sums.happened, _without_trades(sums), dict[str, Formula]()
    orders, quantity = of("orders"), of("order_quantity")
    for h, names in enumerate(_within(style.fill_seconds)):
        filled, traded = of(f"filled_within.{h}"), of(f"orders_within.{h}")
        shares = ratio(filled, quantity, unless=unless), ratio(traded, orders, unless=unless)
        columns |= zip(names, (Count(filled, unless), Count(traded, unless), *shares), strict=True)
    columns["orders_filled_share"] = ratio(of("real.fully_filled") + of("real.partially_filled"), orders)
    return columns
