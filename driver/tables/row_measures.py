"""The measures every table carries, and how a table becomes text: sums in, columns out.

`aggregate` calls it for the tables of a run, `driver.job.job` for metrics.csv: with all rows there are, since a column
of many takes hardly longer than one of few.

Every ratio is one division of exact integers, correctly rounded (those of sums in two integers, means of what is no
whole number, to two units in the last place); costs are positive when paid, savings
positive when good (decisions 16). A missing value is an empty field.
"""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np

from driver.sums.cells import OUTCOMES
from driver.sums.totals import SEVERAL_SECURITIES, Totals
from driver.tables.columns.exact_sums import Sums
from driver.tables.columns.measured import Measured
from driver.tables.columns.quotients import Column, costs_bps, halves, is_known, means, missing_in, ratios
from driver.tables.csv_text import Value, csv_bytes, text
from driver.tables.history_measures import counted_metrics, history
from driver.tables.table_style import FEW, TableStyle
from kernels.conventions import COST_SCALE, REPLAYED
from kernels.measure.derived_columns import CHARGES

# Half price units, and the fixed-point scale below them.
COST_UNITS = 2 * COST_SCALE
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

    def of(self, label: Sequence[Value], scenario: str) -> list[Value]:
        """Return what stands in them; label : of the row."""
        mine = self.rows.get((str(label[0]), scenario), {})
        return [mine.get(name) for name in self.names]


def measures(totals: Totals, style: TableStyle) -> Measured:
    """Return the measures of rows of sums, one line per scenario; all have the same columns in the same order.

    A scenario that is not known of any one order has none: those of the others would be mixed with reality
    (decisions 50).
    """
    sums = Sums(totals.scenarios, totals.names, totals.exact())
    columns = _of_scenarios(totals, sums, style) | history(sums, style)
    columns |= {"benchmark_notional": sums["base"], "shortfall_cost": sums.under("cost")}
    shape, unknown = (len(totals.scenarios), len(totals)), sums.under("unknown_orders") != 0
    columns = {
        name: column if column.shape == shape else np.broadcast_to(column, shape) for name, column in columns.items()
    }
    columns["few_orders"] = few_orders(columns, style)
    if unknown.any():  # the data of some lack what it needs
        columns = {name: column if name in OF_ORDERS else missing_in(column, unknown)
                   for name, column in columns.items()}  # fmt: skip
    return Measured.of(totals.scenarios, {name: column.T.ravel() for name, column in columns.items()})


def few_orders(columns: Mapping[str, Column], style: TableStyle) -> Column:
    """Return which figures of a line are of some orders, but fewer than say much: words, or names of metrics."""
    kinds = [("priced_orders", "costs"), ("engaged_orders", "engaged"), *counted_metrics(style.markout_seconds)]
    counts = np.array([columns[counted] for counted, _ in kinds])
    counts = np.where(is_known(counts), counts, 0)
    few = (counts > 0) & (counts < FEW)
    orders, words = columns["orders"], np.full(few.shape[1:], "", np.object_)
    for place in zip(*np.nonzero(few.any(axis=0)), strict=True):
        words[place] = " ".join(compress((name for _, name in kinds), few[:, *place].tolist()))
    words[(orders > 0) & (orders < FEW)] = "all"
    return words


def _of_scenarios(totals: Totals, sums: Sums, style: TableStyle) -> dict[str, Column]:
    """Return what every scenario has."""
    asked, base, priced = sums["order_quantity"], sums["base"], sums["priced_orders"]
    filled, cost = sums.under("filled_quantity"), sums.under("cost")
    notional2, unpriced, saved = sums.two_under("notional2"), sums.under("unpriced_quantity") != 0, cost[0] - cost
    several = totals.security == SEVERAL_SECURITIES
    dark = np.array([sums.get(DARK.get(name, ""), own) for name, own in zip(totals.scenarios, filled, strict=True)])
    columns: dict[str, Column] = {
        "scenario": np.array(totals.scenarios, np.object_)[:, None],
        "orders": sums["orders"],
        **{name: sums.under(name) for name in OUTCOMES},
        "order_quantity": asked,
        "filled_quantity": filled,
        "fill_ratio": ratios(filled, asked),
        "notional": missing_in(halves(notional2), unpriced),
        "vwap": missing_in(means(notional2, filled, down=2), unpriced | several),
        "shortfall_bps": costs_bps(cost, base),
        "saving_bps": costs_bps(saved, base),
        "fill_ratio_in_session": ratios(filled - sums["outside_filled"], asked - sums["outside_quantity"]),
        "of_market_volume": ratios(filled, totals.met[0]),
        "of_dark_volume": ratios(dark, totals.met[1]),
        "shortfall_diluted_bps": costs_bps(cost + sums["outside_cost"], base + sums["outside_base"]),
        "saving_diluted_bps": costs_bps(saved, base + sums["outside_base"]),
        "priced_orders": priced,
        **_distributions(totals),
    }
    for charge in CHARGES[1:]:
        other = sums.under(f"cost{charge}")
        columns[f"shortfall{charge}_bps"] = costs_bps(other, base)
        columns[f"saving{charge}_bps"] = costs_bps(other[0] - other, base)
    if style.fees:
        fees = sums.under("fees")
        columns["net_shortfall_bps"] = costs_bps(cost + fees, base)
        columns["net_saving_bps"] = costs_bps(saved + fees[0] - fees, base)
    better, worse = sums.under("better"), sums.under("worse")
    columns |= {"better": better, "equal": priced - better - worse, "worse": worse}
    columns["notional_value"] = missing_in(means(notional2, np.array(style.unit), down=2), unpriced)
    columns["shortfall_value"] = missing_in(ratios(cost, 1, down=COST_UNITS * style.unit), priced <= 0)
    columns["saving_value"] = missing_in(ratios(saved, 1, down=COST_UNITS * style.unit), priced <= 0)
    return columns | _engagement(sums)


def _engagement(sums: Sums) -> dict[str, Column]:
    """Return how many orders a scenario engages, any share that it fills being enough, and their costs (decisions 48).

    A replayed scenario engages those of which its book fills something, of the orders that lived in the session.
    """
    replayed = sums.replayed
    engaged = sums.under("fully_filled") + sums.under("partially_filled")
    orders = np.broadcast_to(sums["orders"], engaged.shape).copy()
    orders[replayed] -= sums["never_in_session"]
    engaged[replayed] = sums.of_replayed("engaged_orders")
    columns: dict[str, Column] = {"engaged_orders": engaged, "engagement_rate": ratios(engaged, orders)}
    priced, base = sums.simulated("engaged_priced_orders"), sums.simulated("engaged_base")
    mine, real = (sums.two_simulated(name) for name in ENGAGED_SHORTFALLS)
    cost, real_cost = sums.simulated("engaged_cost"), sums.simulated("engaged_real_cost")
    found = (
        means(mine, priced, down=COST_SCALE),
        means(real.less(mine), priced, down=COST_SCALE),
        costs_bps(cost, base),
        costs_bps(real_cost - cost, base),
    )
    names = (f"{what}_{mean}_bps" for mean in ENGAGED for what in ("shortfall", "saving"))
    for name, values in zip(names, found, strict=True):
        columns[name] = np.full(engaged.shape, np.nan)
        columns[name][1:] = values
    return columns


def _distributions(totals: Totals) -> dict[str, Column]:
    """Return the equal-weighted mean of shortfall and saving over orders, and how they spread."""
    K, n, co = len(totals.scenarios), totals.priced, totals.comoment.T
    row = np.arange(K)
    with_real, own = co[row * (row + 1) // 2], co[row * (row + 3) // 2]  # of the lower triangle, row by row
    squares = np.maximum(co[0] - 2 * with_real + own, 0.0)
    variance = np.where(n > 1, squares / np.maximum(n - 1, 1), np.nan)
    columns: dict[str, Column] = {
        "shortfall_mean_bps": missing_in(totals.mean.T, n == 0),
        "saving_mean_bps": missing_in(totals.mean[:, 0] - totals.mean.T, n == 0),
        "saving_sd_bps": np.array([[value**0.5 for value in values] for values in variance.tolist()]),
    }
    quantiles = totals.quantiles(tuple(QUANTILES.values())).transpose(2, 1, 0)  # by share, measure and row
    nothing = np.where(n > 0, 0.0, np.nan)[None]  # reality saves nothing of itself
    for label, values in zip(QUANTILES, quantiles, strict=True):
        columns[f"shortfall_{label}_bps"] = values[:K]
    for label, values in zip(QUANTILES, quantiles, strict=True):
        columns[f"saving_{label}_bps"] = np.concatenate([nothing, values[K:]])
    return columns


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
    labels: Sequence[tuple[Sequence[Value], int]],
    measured: Measured,
    more: Sequence[Mapping[str, Value]] = (),
    beside: Beside | None = None,
) -> bytes:
    """Return a table: for each label, its row of ``measured`` as a line per scenario; then ``more`` lines by column."""
    last = beside or Beside((), {})
    names = [*(measured.columns if labels or more else ()), *last.names]
    lines = [[row.get(name) for name in (*keys, *names)] for row in more]
    before = ["".join([f"{text(value)}," for value in label]) for label, _ in labels]
    behind = [
        ",".join([text(value) for value in last.of(label, scenario)])
        for label, _ in labels for scenario in measured.scenarios
    ] if last.names else []  # fmt: skip
    content = measured.content(before, [row for _, row in labels], behind)
    return csv_bytes([*keys, *names], []) + content + csv_bytes([], lines)[1:]
