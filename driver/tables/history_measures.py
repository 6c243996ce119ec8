"""What a table says of what really happened to orders: venues, parts of the shortfall, quality and times of the fills.

`row_measures` asks for it, and for the same of a replayed scenario as if its fills had happened.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from driver.sums.cells import ORDER_METRICS, VENUE_NAMES
from driver.tables.csv_text import Value
from driver.tables.table_style import TableStyle, cost_bps, mean_bps, ratio, with_rest
from kernels.conventions import BENCHMARKS, COST_SCALE, NS_PER_SECOND, REPLAYED, SCENARIO_TABLE
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
SCENARIO_NAMES = frozenset(scenario.name for scenario in SCENARIO_TABLE)
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


def history(sums: dict[str, int], style: TableStyle) -> dict[str, Value]:
    """Return what only really happened: venues, parts of the shortfall, quality of the fills."""
    row: dict[str, Value] = {name: sums[name] for name in (*VENUE_SUMS, *ORDER_COUNTS)}
    if sums["real.unpriced_quantity"]:  # filled by order states, without trades that say where
        row |= dict.fromkeys([*VENUE_SUMS, "report_quantity", "fills", "fills_after_hours"])
    row |= {name: sums[name] for name in BENCHMARK_COUNTS}
    row["execution_bps"] = cost_bps(sums["execution_cost"], sums["base"])
    row["opportunity_bps"] = cost_bps(sums["opportunity_cost"], sums["base"])
    market_cost = sums["real.cost"] - COST_SCALE * sums["booked_cost"]
    row["shortfall_ex_booking_bps"] = cost_bps(market_cost, sums["base"] - sums["booked_base"])
    metrics = _metrics(style.markout_seconds)
    row |= {one.column: mean_bps(one.times * with_rest(sums, one.value), sums[one.weight]) for one in metrics}
    row["eq_ratio"] = ratio(
        *(with_rest(sums, f"{name}_bps.sum") for name in ("effective_spread", "fill_quoted_spread"))
    )
    for h, seconds in enumerate(style.markout_seconds):
        moved, weight = with_rest(sums, f"impact_bps.{h}.sum"), sums[f"markout_bps.{h}.weight"]
        row[f"adverse_selection_{seconds:g}s_bps"] = mean_bps(-moved, 2 * weight)
    row |= _fill_rates(sums, style)
    row |= {one.counted: sums[one.orders] for one in metrics}
    row["time_to_first_fill_orders"] = sums["first_fill_orders"]
    row["time_to_first_fill_s"] = _seconds(sums, "first_fill_ns", sums["first_fill_orders"])
    row["execution_time_s"] = _seconds(sums, "execution_share_ns", sums["execution_shares"])
    return row | _fill_by_fill(sums)


def _seconds(sums: dict[str, int], name: str, over: int) -> float | None:
    """Return a sum of times over a count, in seconds."""
    return ratio(with_rest(sums, name), NS_PER_SECOND * over)


def _fill_by_fill(sums: dict[str, int]) -> dict[str, Value]:
    """Return the average fill, how long fills of an order go on, and how long it is from one to the next.

    Of orders whose states alone tell that they filled nothing is known.
    """
    filled = sum(sums[f"{venue}_quantity"] for venue in VENUE_NAMES)
    fills, orders = sums["fills"], sums["fill_span_orders"]
    row: dict[str, Value] = {"average_fill_size": ratio(filled, fills), "fill_span_orders": orders}
    row["fill_span_s"] = _seconds(sums, "fill_span_ns", orders)
    row["time_between_fills_s"] = _seconds(sums, "fill_span_ns", fills - orders)
    return dict.fromkeys(row) if sums["real.unpriced_quantity"] else row


# Of orders with a fill, which fill_span_orders counts.
FILL_BY_FILL: Final = ("average_fill_size", "fill_span_s", "time_between_fills_s")


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


def _fill_rates(sums: dict[str, int], style: TableStyle) -> dict[str, Value]:
    """Return F(h): shares filled within h of arrival, and orders with a fill by then; as counts and as shares of all.

    Nothing is known of when orders filled whose states alone tell of it.
    """
    row: dict[str, Value] = {}
    orders, quantity = sums["orders"], sums["order_quantity"]
    for h, names in enumerate(_within(style.fill_seconds)):
        filled, traded = sums[f"filled_within.{h}"], sums[f"orders_within.{h}"]
        row |= zip(names, (filled, traded, ratio(filled, quantity), ratio(traded, orders)), strict=True)
    if sums["real.unpriced_quantity"]:
        row = dict.fromkeys(row)
    row["orders_filled_share"] = ratio(sums["real.fully_filled"] + sums["real.partially_filled"], orders)
    return row


def replayed_history(scenario: str, sums: dict[str, int], style: TableStyle) -> dict[str, Value]:
    """Return what reality has of the fills of a replayed scenario, as if they had happened; nothing of another one."""
    if scenario not in REPLAYED:
        return {}
    names, standing_for = _in_place_of_real(tuple(sums), scenario)
    row = history(dict(zip(names, standing_for(sums), strict=True)), style)
    for name in NOT_REPLAYED:
        row.pop(name, None)
    return row


@lru_cache(maxsize=64)
def _in_place_of_real(
    names: tuple[str, ...], scenario: str
) -> tuple[list[str], Callable[[dict[str, int]], tuple[int, ...]]]:
    """Return the names of the sums of what happened, and what takes those of a scenario in their place."""
    own = {name.removeprefix(f"{scenario}."): name for name in names if name.startswith(f"{scenario}.")}
    happened = {name: name for name in names if name.partition(".")[0] not in SCENARIO_NAMES}
    sources = happened | own | {f"real.{short}": name for short, name in own.items()}
    return list(sources), itemgetter(*sources.values())
