"""distributions.csv and histograms.csv: how measures of single orders spread under each scenario, as reality does.

`aggregate` adds partials and asks for the files. All is made of counts on fixed buckets, so that neither the order of
the jobs nor how they were cut changes a byte.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from driver.sums.merging import SecurityCounts
from driver.sums.partial import Partial
from driver.sums.totals import Totals, quantile_places
from driver.tables.column_guide import header
from driver.tables.columns.lines import blocks_csv, table_of
from driver.tables.columns.quotients import Column
from driver.tables.csv_text import Value, text
from driver.tables.distributions.spread_words import (
    DISTRIBUTIONS,
    HISTOGRAMS,
    KINDS,
    QUANTILES,
    SAVING,
    SHORTFALL,
    UNITS,
)
from driver.tables.replay_words import ALL
from kernels.base.columns import F64, I64
from kernels.conventions import REPLAYED
from kernels.sums.histograms import BUCKETS
from kernels.sums.order_histograms import bucket_bounds
from kernels.sums.spread_measures import MEASURES, OF_LIFE, SPREAD

REAL = "real"
FILL_RATIO = "fill_ratio"  # known of every scenario
Spreads = Iterator[tuple[str, str, I64 | None]]  # measure, scenario, counts; None where the scenario is not known


@dataclass(slots=True)
class DistributionSums:
    """Counts of the jobs of a run: of all, and by security while the partials of one follow each other."""

    whole: I64 | None = None  # (scenarios, measures, buckets)
    securities: SecurityCounts | None = None

    def add(self, partial: Partial) -> None:
        """Add the counts of a job."""
        if self.whole is None or self.securities is None:
            self.whole = np.zeros((len(partial.cells.scenarios), len(MEASURES), BUCKETS), np.int64)
            self.securities = SecurityCounts(self.whole.size)
        for counts in (self.whole.ravel(), self.securities.of(partial.security)):
            counts[partial.histograms.code] += partial.histograms.count  # each code stands once

    def tables(self, summary: Totals, securities: Totals, place: Mapping[Value, int]) -> dict[str, bytes]:
        """Return the files, by name.

        summary : sums of all orders; securities : of each, whose rows ``place`` names
        """
        shape = len(summary.scenarios), len(MEASURES), BUCKETS
        whole = np.zeros(shape, np.int64) if self.whole is None else self.whole
        rows = [*_quantile_rows(ALL, summary, 0, whole)]
        found = dict(self.securities.items()) if self.securities is not None else {}
        for security, row in place.items():
            if str(security) in found:  # none of a security that no order is selected of
                counts = found[str(security)].reshape(shape)
                rows += _quantile_rows(security, securities, row, counts)
        before, quantiles = [row for row, _ in rows], np.array([values for _, values in rows])
        distributions = table_of(header(DISTRIBUTIONS), before, [*quantiles.T])
        buckets = blocks_csv(header(HISTOGRAMS), _buckets(summary, whole))
        return {"distributions.csv": distributions, "histograms.csv": buckets}


def _spreads(totals: Totals, row: int, counts: I64) -> Spreads:
    """Yield the counts of each measure and scenario of a row of tables."""
    sums, K = totals.row(row), len(totals.scenarios)
    costs = totals.counts(row)
    for measure in KINDS:
        for s, scenario in enumerate(totals.scenarios):
            if measure == SHORTFALL:
                found = costs[s]
            elif measure == SAVING and s > 0:
                found = costs[K + s - 1]
            elif _counted(measure, scenario):
                found = counts[s, list(MEASURES).index(measure)]
            else:
                continue
            yield measure, scenario, None if sums[f"{scenario}.unknown_orders"] else found


def _counted(measure: str, scenario: str) -> bool:
    """Return whether single orders of a scenario are counted by a measure."""
    own = scenario in REPLAYED and measure not in OF_LIFE
    return measure in MEASURES and (measure == FILL_RATIO or scenario == REAL or own)


def _quantile_rows(security: Value, totals: Totals, row: int, counts: I64) -> Iterator[tuple[str, F64]]:
    """Yield the text that a row begins with, and its quantiles, NaN where there are none."""
    spreads = [*_spreads(totals, row, counts)]
    none = np.zeros(BUCKETS, np.int64)
    held = np.stack([none if found is None else found for _, _, found in spreads])
    orders, places = held.sum(axis=1).tolist(), quantile_places(held, tuple(QUANTILES.values()))
    for n, (measure, scenario, found) in enumerate(spreads):
        unit, values = _values(KINDS[measure])
        known = None if found is None else orders[n]
        before = ",".join([text(value) for value in (security, measure, scenario, unit, known)])
        yield before, values[places[n]] if orders[n] else np.full(len(QUANTILES), np.nan)


def _buckets(totals: Totals, counts: I64) -> Iterator[tuple[Sequence[Value], Sequence[Column]]]:
    """Yield what stands before the buckets of a measure and scenario, then their edges and orders."""
    for measure, scenario, found in _spreads(totals, 0, counts):
        if found is not None:
            unit, edges = _edges(KINDS[measure])
            held = np.flatnonzero(found)
            yield [measure, scenario, unit], [edges[held], edges[held + 1], found[held]]


@cache
def _edges(kind: str) -> tuple[str, F64]:
    """Return the unit of a kind of buckets, and their edges; NaN where there is none."""
    unit, scale = UNITS[kind]
    return unit, _finite(bucket_bounds(kind) * scale)


@cache
def _values(kind: str) -> tuple[str, F64]:
    """Return the unit of a kind of buckets, and the value that stands for each: its middle, or the edge."""
    unit, scale = UNITS[kind]
    edges = bucket_bounds(kind) * scale
    values = (edges[:-1] + edges[1:]) / 2
    values[-1] = edges[-2]
    values[0] = edges[1] if kind == SPREAD else edges[0]
    return unit, _finite(values)


def _finite(values: F64) -> F64:
    found: F64 = np.where(np.isfinite(values), values, np.nan)
    return found
