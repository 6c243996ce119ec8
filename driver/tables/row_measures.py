"""The measures every table carries, and how a table becomes text: sums in, columns out.

`aggregate` calls it for the tables of a run, many rows at a time, `driver.job.job` for metrics.csv: a column of a
hundred rows takes hardly longer than one of few.

Every ratio is one division of exact integers, correctly rounded (those of sums in two integers, means of what is no
whole number, to two units in the last place); costs are positive when paid, savings
positive when good (decisions 16). A missing value is an empty field.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

import numpy as np

from driver.sums.cells import OUTCOMES
from driver.sums.totals import SEVERAL_SECURITIES, Totals
from driver.tables.columns.formulas import ONE, UNIT, Count, Formula, Half, SumsBy, costs_bps, mean, ratio
from driver.tables.columns.measured import Measured
from driver.tables.columns.quotients import Column, is_known
from driver.tables.columns.sheet import Sheet, in_lines
from driver.tables.csv_text import Value, csv_bytes, text
from driver.tables.history_measures import counted_metrics, history
from driver.tables.table_style import FEW, TableStyle
from kernels.base.columns import F64
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
# Each order counting the same, then by value.
ENGAGED_COSTS = (
    "shortfall_mean_engaged_bps", "saving_mean_engaged_bps", "shortfall_engaged_bps", "saving_engaged_bps",
)  # fmt: skip
# Of the orders of a row, each counting the same.
DISTRIBUTED = (
    "shortfall_mean_bps", "saving_mean_bps", "saving_sd_bps",
    *(f"{what}_{label}_bps" for what in ("shortfall", "saving") for label in QUANTILES),
)  # fmt: skip
# What columns are made of beside the sums of orders: 1, what was traded, and 1 where there are orders of several
# securities, and where none has a benchmark.
BESIDE_SUMS = (ONE, "market_volume", "dark_volume", "several_securities", "without_prices")


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

    Of tables of many rows `driver.tables.columns.tables_together` asks for some at a time: what is worked out on the
    way is then small, and stays in the processor's caches.
    """
    names, sheet = _table(totals.scenarios, totals.names, style)
    columns, unknown = sheet.lines(_values(totals))
    columns |= zip(DISTRIBUTED, in_lines(_distributions(totals), unknown), strict=True)
    columns["scenario"] = np.array(totals.scenarios * len(totals), np.object_)
    columns["few_orders"] = few_orders(columns, style)
    columns["few_orders"][unknown.T.ravel()] = None
    nothing = np.full(unknown.size, np.nan)  # in columns that no scenario of the run has
    return Measured.of(totals.scenarios, {name: columns.get(name, nothing) for name in names})


@lru_cache(maxsize=64)
def _table(scenarios: tuple[str, ...], names: tuple[str, ...], style: TableStyle) -> tuple[list[str], Sheet]:
    """Return the columns of all tables of such sums: their names in order, and what is made of sums."""
    every = (*names, *BESIDE_SUMS)
    by = [SumsBy(scenario, frozenset(every)) for scenario in scenarios]
    table = [_of_scenario(sums, style) | history(sums, style) | _last(sums) for sums in by]
    return [*table[0]], Sheet(table, every, [sums.own("unknown_orders") for sums in by], OF_ORDERS)


def _values(totals: Totals) -> Column:
    """Return the sums that columns are made of, (sums, n): those of orders, then ``BESIDE_SUMS``."""
    sums, beside = totals.exact(), len(BESIDE_SUMS)
    values = np.empty((len(sums) + beside, len(totals)), sums.dtype)
    values[:-beside] = sums
    values[-beside] = 1
    values[1 - beside : 3 - beside] = totals.met[:2]
    values[-2] = totals.security == SEVERAL_SECURITIES
    values[-1] = sums[totals.names.index("priced_orders")] <= 0
    return values


def few_orders(columns: Mapping[str, Column], style: TableStyle) -> Column:
    """Return which figures of a line are of some orders, but fewer than say much: words, or names of metrics."""
    kinds = [("priced_orders", "costs"), ("engaged_orders", "engaged"), *counted_metrics(style.markout_seconds)]
    counts = np.array([columns[counted] for counted, _ in kinds])
    counts = np.where(is_known(counts), counts, 0)
    few = (counts > 0) & (counts < FEW)
    orders, words = columns["orders"], np.full(few.shape[1], "", np.object_)
    for place in np.flatnonzero(few.any(axis=0)).tolist():
        words[place] = " ".join(compress((name for _, name in kinds), few[:, place].tolist()))
    words[(orders > 0) & (orders < FEW)] = "all"
    return words


def _of_scenario(sums: SumsBy, style: TableStyle) -> dict[str, Formula]:
    """Return what every scenario has."""
    asked, base, priced = sums.all("order_quantity"), sums.all("base"), sums.all("priced_orders")
    filled, cost, saved = sums.own("filled_quantity"), sums.own("cost"), sums.real("cost") - sums.own("cost")
    notional2, unpriced = sums.two_own("notional2"), sums.own("unpriced_quantity")
    dark = DARK.get(sums.scenario, "")
    columns: dict[str, Formula] = {
        "scenario": None,
        "orders": Count(sums.all("orders")),
        **{name: Count(sums.own(name)) for name in OUTCOMES},
        "order_quantity": Count(asked),
        "filled_quantity": Count(filled),
        "fill_ratio": ratio(filled, asked),
        "notional": Half(notional2, unpriced),
        "vwap": mean(notional2, filled, down=2, unless=unpriced + sums.all("several_securities")),
        "shortfall_bps": costs_bps(cost, base),
        "saving_bps": costs_bps(saved, base),
        "fill_ratio_in_session": ratio(filled - sums.all("outside_filled"), asked - sums.all("outside_quantity")),
        "of_market_volume": ratio(filled, sums.all("market_volume")),
        "of_dark_volume": ratio(sums.all(dark) if dark in sums.names else filled, sums.all("dark_volume")),
        "shortfall_diluted_bps": costs_bps(cost + sums.all("outside_cost"), base + sums.all("outside_base")),
        "saving_diluted_bps": costs_bps(saved, base + sums.all("outside_base")),
        "priced_orders": Count(priced),
        **dict.fromkeys(DISTRIBUTED),
    }
    for charge in CHARGES[1:]:
        other = f"cost{charge}"
        columns[f"shortfall{charge}_bps"] = costs_bps(sums.own(other), base)
        columns[f"saving{charge}_bps"] = costs_bps(sums.real(other) - sums.own(other), base)
    if style.fees:
        fees = sums.own("fees")
        columns["net_shortfall_bps"] = costs_bps(cost + fees, base)
        columns["net_saving_bps"] = costs_bps(saved + sums.real("fees") - fees, base)
    better, worse = sums.own("better"), sums.own("worse")
    columns |= {"better": Count(better), "equal": Count(priced - better - worse), "worse": Count(worse)}
    columns["notional_value"] = mean(notional2, UNIT, down=2 * style.unit, unless=unpriced)
    for name, value in (("shortfall_value", cost), ("saving_value", saved)):
        columns[name] = ratio(value, UNIT, down=COST_UNITS * style.unit, unless=sums.all("without_prices"))
    return columns | _engagement(sums)


def _engagement(sums: SumsBy) -> dict[str, Formula]:
    """Return how many orders a scenario engages, any share that it fills being enough, and their costs (decisions 48).

    A replayed scenario engages those of which its book fills something, of the orders that lived in the session.
    """
    engaged, orders = sums.own("fully_filled") + sums.own("partially_filled"), sums.all("orders")
    if sums.scenario in REPLAYED:
        engaged, orders = sums.own("engaged_orders"), orders - sums.all("never_in_session")
    columns: dict[str, Formula] = {"engaged_orders": Count(engaged), "engagement_rate": ratio(engaged, orders)}
    if sums.scenario == "real":
        return columns | dict.fromkeys(ENGAGED_COSTS)
    priced, base = sums.own("engaged_priced_orders"), sums.own("engaged_base")
    mine, real = sums.two_own("engaged_shortfall"), sums.two_own("engaged_real_shortfall")
    cost, real_cost = sums.own("engaged_cost"), sums.own("engaged_real_cost")
    found = (
        mean(mine, priced, down=COST_SCALE),
        mean(real.less(mine), priced, down=COST_SCALE),
        costs_bps(cost, base),
        costs_bps(real_cost - cost, base),
    )
    return columns | dict(zip(ENGAGED_COSTS, found, strict=True))


def _last(sums: SumsBy) -> dict[str, Formula]:
    """Return the sums that others of a table's lines are made of, and what is said of few orders."""
    return {
        "benchmark_notional": Count(sums.all("base")),
        "shortfall_cost": Count(sums.own("cost")),
        "few_orders": None,
    }


def _distributions(totals: Totals) -> F64:
    """Return the equal-weighted mean of shortfall and saving over orders, and how they spread: as ``DISTRIBUTED``."""
    K, n, co = len(totals.scenarios), totals.priced, totals.comoment.T
    row = np.arange(K)
    with_real, own = co[row * (row + 1) // 2], co[row * (row + 3) // 2]  # of the lower triangle, row by row
    squares = np.maximum(co[0] - 2 * with_real + own, 0.0)
    variance = np.where(n > 1, squares / np.maximum(n - 1, 1), np.nan)
    found, shares = np.empty((len(DISTRIBUTED), K, len(n))), len(QUANTILES)
    found[0] = mean = np.where(n == 0, np.nan, totals.mean.T)
    found[1] = mean[0] - mean
    found[2] = [[value**0.5 for value in values] for values in variance.tolist()]
    quantiles = totals.quantiles(tuple(QUANTILES.values())).transpose(2, 1, 0)  # by share, measure and row
    found[3 : 3 + shares] = quantiles[:, :K]
    found[3 + shares :, 0] = np.where(n > 0, 0.0, np.nan)  # reality saves nothing of itself
    found[3 + shares :, 1:] = quantiles[:, K:]
    return found


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
    return csv_bytes([*keys, *names], []) + content + (csv_bytes([], lines)[1:] if lines else b"")
