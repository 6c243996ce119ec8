"""The measures every table carries, and how a table becomes text: sums in, columns out.

`aggregate` calls it for the tables of a run, `driver.job.job` for metrics.csv.

Every ratio is one division of exact integers, correctly rounded; costs are positive when paid, savings
positive when good (decisions 16). A missing value is an empty field.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import NamedTuple

from driver.sums.cells import OUTCOMES
from driver.sums.totals import SEVERAL_SECURITIES, Totals
from driver.tables.csv_text import Value, csv_bytes
from driver.tables.history_measures import counted_metrics, history, replayed_history
from driver.tables.table_style import FEW, TableStyle, cost_bps, few, quotient, ratio, with_rest
from kernels.conventions import COST_SCALE, MEAN_SCALE, REPLAYED, REST_BITS
from kernels.measure.derived_columns import CHARGES
from kernels.sums.order_rows import SCENARIO_SUMS
from kernels.sums.replayed_rows import REPLAYED_SUMS

# Half price units, and the fixed-point scale below them.
COST_UNITS = 2 * COST_SCALE
HALF_UNITS = 2 << REST_BITS  # what ``with_rest`` gives of half units, in one unit
QUANTILES = {"p5": 0.05, "p10": 0.1, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
OF_ORDERS = (
    "scenario",
    "orders",
    "order_quantity",
    "priced_orders",
    "benchmark_notional",
)  # the same in every scenario
# Shares filled in the dark, which other scenarios fill nowhere else.
DARK = {"real": "dark_quantity"} | {scenario: f"{scenario}.dark_quantity" for scenario in REPLAYED}
ENGAGED = ("mean_engaged", "engaged")  # each order counting the same, or by value
ENGAGED_SHORTFALLS = ("engaged_shortfall", "engaged_real_shortfall")


class Beside(NamedTuple):
    """Columns of one table behind those of every table."""

    names: Sequence[str]
    rows: Mapping[tuple[str, str], Mapping[str, Value]]  # by the first label and scenario

    def of(self, label: Sequence[Value], row: Mapping[str, Value]) -> list[Value]:
        """Return what stands in them; label : of the row, which may have none."""
        mine = self.rows.get((str(label[0]), str(row["scenario"])), {}) if self.names else {}
        return [mine.get(name) for name in self.names]


def measures(totals: Totals, r: int, style: TableStyle) -> list[dict[str, Value]]:
    """Return the measures of one table row, one dict per scenario; all have the same keys in the same order.

    A scenario that is not known of any one order has none: those of the others would be mixed with reality
    (decisions 50).
    """
    sums = totals.row(r)
    spreads, happened = _distributions(totals, r), history(sums, style)
    rows = []
    for s, spread in enumerate(spreads):
        row = _scenario_measures(totals, r, s, sums, style, spread)
        row |= happened if s == 0 else dict.fromkeys(happened) | replayed_history(totals.scenarios[s], sums, style)
        exact = {"benchmark_notional": sums["base"], "shortfall_cost": sums[f"{totals.scenarios[s]}.cost"]}
        row |= exact
        row["few_orders"] = few_orders(row, style)
        if sums[f"{totals.scenarios[s]}.unknown_orders"]:  # the data of some lack what it needs
            row = {name: value if name in OF_ORDERS else None for name, value in row.items()}
        rows.append(row)
    return rows


def few_orders(row: Mapping[str, Value], style: TableStyle) -> str:
    """Return which figures of a row are of some orders, but fewer than say much: words, or names of metrics."""
    if few(row["orders"]):
        return "all"
    names, counts = _counted(style.markout_seconds)
    known = zip(names, counts(row), strict=True)  # as ``few`` has it: every row asks it of all its metrics
    return " ".join([name for name, orders in known if orders is not None and 0 < orders < FEW])


@cache
def _counted(markout_seconds: tuple[float, ...]) -> tuple[list[str], Callable[[Mapping[str, Value]], tuple[int, ...]]]:
    """Return what ``few_orders`` says of each figure that some orders have, and what takes how many have it."""
    kinds = [("priced_orders", "costs"), ("engaged_orders", "engaged"), *counted_metrics(markout_seconds)]
    return [name for _, name in kinds], itemgetter(*(counted for counted, _ in kinds))


@cache
def _of_scenario(scenario: str) -> Callable[[dict[str, int]], tuple[int, ...]]:
    """Return what takes a scenario's own sums out of all."""
    return itemgetter(*(f"{scenario}.{name}" for name in SCENARIO_SUMS))


def _scenario_measures(
    totals: Totals, r: int, s: int, sums: dict[str, int], style: TableStyle, spread: dict[str, Value]
) -> dict[str, Value]:
    """Return what every scenario has; ``spread`` is its own over the orders."""
    names = totals.scenarios
    own, real = (dict(zip(SCENARIO_SUMS, _of_scenario(name)(sums), strict=True)) for name in (names[s], names[0]))
    filled, asked, base = own["filled_quantity"], sums["order_quantity"], sums["base"]
    notional2 = None if own["unpriced_quantity"] else with_rest(own, "notional2")
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
        "notional": None if notional2 is None else quotient(notional2, HALF_UNITS),
        "vwap": ratio(notional2, HALF_UNITS * filled) if one_security and notional2 is not None else None,
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
        cost = own[f"cost{charge}"]
        row[f"shortfall{charge}_bps"] = cost_bps(cost, base)
        row[f"saving{charge}_bps"] = cost_bps(real[f"cost{charge}"] - cost, base)
    if style.fees:
        row["net_shortfall_bps"] = cost_bps(own["cost"] + own["fees"], base)
        row["net_saving_bps"] = cost_bps(saved + real["fees"] - own["fees"], base)
    equal = sums["priced_orders"] - own["better"] - own["worse"]
    row |= {"better": own["better"], "equal": equal, "worse": own["worse"]}
    row["notional_value"] = None if notional2 is None else ratio(notional2, HALF_UNITS * unit)
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
        mine, real = (with_rest(of, name) for name in ENGAGED_SHORTFALLS)
        row["shortfall_mean_engaged_bps"] = ratio(mine, MEAN_SCALE * priced)
        row["saving_mean_engaged_bps"] = ratio(real - mine, MEAN_SCALE * priced)
        row["shortfall_engaged_bps"] = cost_bps(of["engaged_cost"], base)
        row["saving_engaged_bps"] = cost_bps(of["engaged_real_cost"] - of["engaged_cost"], base)
    return row


def _distributions(totals: Totals, r: int) -> list[dict[str, Value]]:
    """Return, by scenario, the equal-weighted mean of shortfall and saving over orders, and how they spread."""
    K, n = len(totals.scenarios), int(totals.priced[r])
    mean, co = totals.mean[r].tolist(), totals.comoment_matrix(r).tolist()
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


def unknown_notes(totals: Totals) -> tuple[str, ...]:
    """Return a sentence on scenarios that are known of some orders and not of others: rows with both are empty."""
    sums = totals.row(0)
    counts = {name: sums[f"{name}.unknown_orders"] for name in totals.scenarios}
    some = [f"{name} of {n:,}" for name, n in counts.items() if 0 < n < sums["orders"]]
    if not some:
        return ()
    return (
        f"scenarios are not known of all {sums['orders']:,} orders ({', '.join(some)} are not), and empty in rows that "
        "have such orders: select the securities and dates with quotes and trades to have them of the rest",
    )


def totals_csv(
    keys: Sequence[str],
    labels: Iterable[tuple[Sequence[Value], int]],
    measured: Callable[[int], Sequence[Mapping[str, Value]]],
    more: Sequence[Mapping[str, Value]] = (),
    beside: Beside | None = None,
) -> bytes:
    """Return a table: for each (label, row of the totals), one line per scenario; then ``more`` lines by column.

    measured : gives the ``measures`` of a row
    """
    last = beside or Beside((), {})
    rows = [(label, row) for label, r in labels for row in measured(r)]
    names = list(rows[0][1] if rows else measured(0)[0]) if rows or more else []
    lines = [[*label, *row.values(), *last.of(label, row)] for label, row in rows]
    names += last.names if names else ()
    lines += [[row.get(name) for name in (*keys, *names)] for row in more]
    return csv_bytes([*keys, *names], lines)
