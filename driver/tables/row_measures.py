"""The measures every table carries, and how a table becomes text: sums in, columns out.

`aggregate` calls it for the tables of a run, `driver.job.job` for metrics.csv, and `parent_table` takes its ratios.

Every ratio is one division of exact integers, correctly rounded; costs are positive when paid, savings
positive when good (decisions 16). A missing value is an empty field.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from driver.plan.jobs import Settings
from driver.sums.cells import ORDER_METRICS, OUTCOMES, VENUE_NAMES
from driver.sums.totals import SEVERAL_SECURITIES, Totals
from driver.tables.csv_text import Value, csv_bytes
from kernels.conventions import BENCHMARKS, COST_SCALE, REPLAYED
from kernels.measure.derived_columns import CHARGES
from kernels.sums.fill_rows import FILL_METRICS, HORIZON_METRICS
from kernels.sums.order_rows import SCENARIO_SUMS
from kernels.sums.replayed_rows import REPLAYED_SUMS

# Half price units, and the fixed-point scale below them.
COST_UNITS = 2 * COST_SCALE
QUANTILES = {"p5": 0.05, "median": 0.5, "p95": 0.95}
OF_ORDERS = (
    "scenario",
    "orders",
    "order_quantity",
    "priced_orders",
    "benchmark_notional",
)  # the same in every scenario
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
# Shares filled in the dark, which other scenarios fill nowhere else.
DARK = {"real": "dark_quantity"} | {scenario: f"{scenario}.dark_quantity" for scenario in REPLAYED}
ENGAGED = ("mean_engaged", "engaged")  # each order counting the same, or by value


@dataclass(frozen=True, slots=True)
class TableStyle:
    """What a table's text depends on beside its sums."""

    price_decimals: int
    markout_seconds: tuple[float, ...]
    fill_seconds: tuple[float, ...]
    fees: bool  # whether the configuration sets any: net columns then stand beside the gross ones
    quantity_decimals: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "TableStyle":
        """Return the style that belongs to a run's settings."""
        given = settings.simulation
        fees = any(given.fees_bps)
        horizons = given.markout_seconds, given.fill_seconds
        return cls(settings.price_decimals, *horizons, fees, settings.quantity_decimals)

    @property
    def unit(self) -> int:
        """Return how much price x quantity, as they are stored, makes one of the currency."""
        return int(10 ** (self.price_decimals + self.quantity_decimals))


def ratio(numerator: int, denominator: int) -> float | None:
    """Return the correctly rounded quotient, or None without a denominator."""
    return numerator / denominator if denominator else None


def cost_bps(cost: int, base: int) -> float | None:
    """Return a fixed-point cost sum over a sum of Q x M0 (half units), in bps."""
    return ratio(10_000 * cost, COST_SCALE * base)


def measures(totals: Totals, r: int, style: TableStyle) -> list[dict[str, Value]]:
    """Return the measures of one table row, one dict per scenario; all have the same keys in the same order.

    A scenario that is not known of any one order has none: those of the others would be mixed with reality
    (decisions 50).
    """
    sums = totals.row(r)
    spreads, history = _distributions(totals, r), _history(sums, style)
    rows = []
    for s, spread in enumerate(spreads):
        row = _scenario_measures(totals, r, s, sums, style, spread)
        row |= history if s == 0 else dict.fromkeys(history) | _replayed_history(totals.scenarios[s], sums, style)
        exact = {"benchmark_notional": sums["base"], "shortfall_cost": sums[f"{totals.scenarios[s]}.cost"]}
        row |= exact
        if sums[f"{totals.scenarios[s]}.unknown_orders"]:  # the data of some lack what it needs
            row = {name: value if name in OF_ORDERS else None for name, value in row.items()}
        rows.append(row)
    return rows


def _scenario_measures(
    totals: Totals, r: int, s: int, sums: dict[str, int], style: TableStyle, spread: dict[str, Value]
) -> dict[str, Value]:
    """Return what every scenario has; ``spread`` is its own over the orders."""
    names = totals.scenarios
    own, real = ({name: sums[f"{scenario}.{name}"] for name in SCENARIO_SUMS} for scenario in (names[s], names[0]))
    filled, asked, base = own["filled_quantity"], sums["order_quantity"], sums["base"]
    notional = None if own["unpriced_quantity"] else own["notional"]
    one_security = totals.security[r] != SEVERAL_SECURITIES
    unit, priced = style.unit, sums["priced_orders"] > 0
    saved = real["cost"] - own["cost"]
    row: dict[str, Value] = {
        "scenario": names[s],
        "orders": sums["orders"],
        **{name: own[name] for name in OUTCOMES},
        "order_quantity": asked,
        "filled_quantity": filled,
        "fill_ratio": ratio(filled, asked),
        "notional": notional,
        "vwap": ratio(notional, filled) if one_security and notional is not None else None,
        "shortfall_bps": cost_bps(own["cost"], base),
        "saving_bps": cost_bps(saved, base),
        "fill_ratio_in_session": ratio(filled - sums["outside_filled"], asked - sums["outside_quantity"]),
        "of_market_volume": ratio(filled, int(totals.met[0, r])),
        "of_dark_volume": ratio(sums.get(DARK.get(names[s], ""), filled), int(totals.met[1, r])),
        "shortfall_diluted_bps": cost_bps(own["cost"] + sums["outside_cost"], base + sums["outside_base"]),
        "saving_diluted_bps": cost_bps(saved, base + sums["outside_base"]),
        "priced_orders": sums["priced_orders"],
        **spread,
    }
    for charge in CHARGES[1:]:
        cost, charged = own[f"cost{charge}"], sums[f"base{charge}"]
        row[f"shortfall{charge}_bps"] = cost_bps(cost, charged)
        row[f"saving{charge}_bps"] = cost_bps(real[f"cost{charge}"] - cost, charged)
    if style.fees:
        row["net_shortfall_bps"] = cost_bps(own["cost"] + own["fees"], base)
        row["net_saving_bps"] = cost_bps(saved + real["fees"] - own["fees"], base)
    row |= {name: own[name] for name in ("better", "equal", "worse")}
    row["notional_value"] = None if notional is None else ratio(notional, unit)
    row["shortfall_value"] = ratio(own["cost"], COST_UNITS * unit) if priced else None
    row["saving_value"] = ratio(saved, COST_UNITS * unit) if priced else None
    return row | _engagement(names[s], sums)


def _engagement(scenario: str, sums: dict[str, int]) -> dict[str, Value]:
    """Return how many orders a scenario engages, any share that it fills being enough, and their costs (decisions 48).

    A replayed scenario engages those of which its book fills something, of the orders that lived in the session.
    """
    engaged, orders = sums[f"{scenario}.fully_filled"] + sums[f"{scenario}.partially_filled"], sums["orders"]
    if scenario in REPLAYED:
        engaged, orders = sums[f"{scenario}.engaged_orders"], orders - sums["never_in_session"]
    row: dict[str, Value] = {"engaged_orders": engaged, "engagement_rate": ratio(engaged, orders)}
    row |= dict.fromkeys(f"{what}_{mean}_bps" for mean in ENGAGED for what in ("shortfall", "saving"))
    if scenario in REPLAYED:
        of = {name: sums[f"{scenario}.{name}"] for name in REPLAYED_SUMS}
        priced, base = of["engaged_priced_orders"], of["engaged_base"]
        mine, real = of["engaged_shortfall"], of["engaged_real_shortfall"]
        row["shortfall_mean_engaged_bps"] = ratio(mine, COST_SCALE * priced)
        row["saving_mean_engaged_bps"] = ratio(real - mine, COST_SCALE * priced)
        row["shortfall_engaged_bps"] = cost_bps(of["engaged_cost"], base)
        row["saving_engaged_bps"] = cost_bps(of["engaged_real_cost"] - of["engaged_cost"], base)
    return row


def _replayed_history(scenario: str, sums: dict[str, int], style: TableStyle) -> dict[str, Value]:
    """Return what reality has of the fills of a replayed scenario, as if they had happened; nothing of another one."""
    if scenario not in REPLAYED:
        return {}
    own = {name.removeprefix(f"{scenario}."): value for name, value in sums.items() if name.startswith(f"{scenario}.")}
    as_real = sums | own | {f"real.{name}": value for name, value in own.items()}
    return {name: value for name, value in _history(as_real, style).items() if name not in NOT_REPLAYED}


def _distributions(totals: Totals, r: int) -> list[dict[str, Value]]:
    """Return, by scenario, the equal-weighted mean of shortfall and saving over orders, and how they spread."""
    K, n = len(totals.scenarios), int(totals.weight[r, 0])
    mean, co = totals.mean[r, 0].tolist(), totals.comoment_matrix(r).tolist()
    quantiles = totals.quantiles(r, tuple(QUANTILES.values()))
    rows = []
    for s in range(K):
        row: dict[str, Value] = {"shortfall_mean_bps": mean[s] if n else None}
        row["saving_mean_bps"] = mean[0] - mean[s] if n else None
        variance = max(co[0][0] - 2 * co[0][s] + co[s][s], 0.0) / (n - 1) if n > 1 else None
        row["saving_sd_bps"] = None if variance is None else variance**0.5
        saved = [0.0 if n else None] * len(QUANTILES) if s == 0 else quantiles and quantiles[K + s - 1]
        for name, values in (("shortfall", quantiles and quantiles[s]), ("saving", saved)):
            row |= {f"{name}_{label}_bps": values[q] if values else None for q, label in enumerate(QUANTILES)}
        rows.append(row)
    return rows


def _history(sums: dict[str, int], style: TableStyle) -> dict[str, Value]:
    """Return what only really happened: venues, parts of the shortfall, quality of the fills."""
    venues = [f"{venue}_{what}" for what in ("quantity", "notional") for venue in VENUE_NAMES]
    row: dict[str, Value] = {name: sums[name] for name in (*venues, *ORDER_COUNTS)}
    if sums["real.unpriced_quantity"]:  # filled by order states, without trades that say where
        row |= dict.fromkeys([*venues, "report_quantity", "fills", "fills_after_hours"])
    row |= {f"benchmark_{name}": sums[f"benchmark_{name}"] for name in ("arrival", "open", "close", "none")}
    row["execution_bps"] = cost_bps(sums["execution_cost"], sums["base"])
    row["opportunity_bps"] = cost_bps(sums["opportunity_cost"], sums["base"])
    market_cost = sums["real.cost"] - COST_SCALE * sums["booked_cost"]
    row["shortfall_ex_booking_bps"] = cost_bps(market_cost, sums["base"] - sums["booked_base"])
    names = {name: name for name in (*ORDER_METRICS, *FILL_METRICS)}  # column -> its sums
    for h, seconds in enumerate(style.markout_seconds):
        names |= {f"{metric.removesuffix('_bps')}_{seconds:g}s_bps": f"{metric}.{h}" for metric in HORIZON_METRICS}
    row |= {name: cost_bps(sums[f"{source}.sum"], sums[f"{source}.weight"]) for name, source in names.items()}
    row["eq_ratio"] = ratio(sums["effective_spread_bps.sum"], sums["fill_quoted_spread_bps.sum"])
    for h, seconds in enumerate(style.markout_seconds):
        moved, weight = sums[f"impact_bps.{h}.sum"], sums[f"impact_bps.{h}.weight"]
        row[f"adverse_selection_{seconds:g}s_bps"] = cost_bps(-moved, 2 * weight)
    row |= _fill_rates(sums, style)
    row |= {f"{name.removesuffix('_bps')}_orders": sums[f"{source}.orders"] for name, source in names.items()}
    row["time_to_first_fill_orders"] = sums["first_fill_orders"]
    row["time_to_first_fill_s"] = ratio(sums["first_fill_us"], 1_000_000 * sums["first_fill_orders"])
    row["execution_time_s"] = ratio(sums["execution_share_ms"], 1_000 * sums["execution_shares"])
    return row


def _fill_rates(sums: dict[str, int], style: TableStyle) -> dict[str, Value]:
    """Return F(h): shares filled within h of arrival, and orders with a fill by then; as counts and as shares of all.

    Nothing is known of when orders filled whose states alone tell of it.
    """
    row: dict[str, Value] = {}
    orders, quantity = sums["orders"], sums["order_quantity"]
    for h, seconds in enumerate(style.fill_seconds):
        filled, traded = sums[f"filled_within.{h}"], sums[f"orders_within.{h}"]
        row[f"filled_quantity_{seconds:g}s"] = filled
        row[f"orders_filled_{seconds:g}s"] = traded
        row[f"fill_rate_{seconds:g}s"] = ratio(filled, quantity)
        row[f"orders_filled_share_{seconds:g}s"] = ratio(traded, orders)
    if sums["real.unpriced_quantity"]:
        row = dict.fromkeys(row)
    row["orders_filled_share"] = ratio(sums["real.fully_filled"] + sums["real.partially_filled"], orders)
    return row


def totals_csv(
    keys: Sequence[str],
    labels: Iterable[tuple[Sequence[Value], int]],
    totals: Totals,
    style: TableStyle,
    more: Sequence[Mapping[str, Value]] = (),
) -> bytes:
    """Return a table: for each (label, row of the totals), one line per scenario; then ``more`` lines by column."""
    rows = [(label, row) for label, r in labels for row in measures(totals, r, style)]
    names = list(rows[0][1] if rows else measures(totals, 0, style)[0]) if rows or more else []
    lines = [[*label, *row.values()] for label, row in rows]
    lines += [[row.get(name) for name in (*keys, *names)] for row in more]
    return csv_bytes([*keys, *names], lines)
