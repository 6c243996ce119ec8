"""Rows of a table while they are being summed: exact integers beyond 64 bits, moments, histograms.

Between partials and tables: `driver.tables.aggregate` adds cells to them, `driver.job.job` for its metrics.csv.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver.sums.cells import Cells
from kernels.base.columns import F64, I32, I64
from kernels.sums import histograms, moments

_lower = cache(np.tril_indices)  # of a size: rows and columns of the lower triangle of a matrix
NO_SECURITY = -1
SEVERAL_SECURITIES = -2
FAST_HIGH = 2**28  # high parts below it make sums that fit 64 bits, a few of them together too


@dataclass(slots=True)
class Totals:
    """Sums of ``rows`` table rows over cells that arrive in a fixed order; grows when more rows are needed."""

    scenarios: tuple[str, ...]
    names: tuple[str, ...]
    low: I64  # (columns, rows); the sum is high x 2^32 + low
    high: I64
    priced: I64  # (rows,) orders that the moments are of
    mean: F64  # (rows, K)
    comoment: F64
    histogram: I64 | None  # (rows, measures x buckets), where quantiles are wanted
    met: I64  # (3, rows): market and dark volume of the partitions in a row, and the last one of them, plus one
    security: I64  # (rows,) index of the only security summed, or NO_, SEVERAL_SECURITIES

    @classmethod
    def empty(cls, cells: "Cells | Totals", rows: int, quantiles: bool = True, names: tuple[str, ...] = ()) -> "Totals":
        """Return zeroed totals for cells that look like ``cells``; names : of the sums, where these are kept apart."""
        names = names or cells.names
        K, integers = len(cells.scenarios), (len(names), rows)
        width = (2 * K - 1) * histograms.BUCKETS
        return cls(
            scenarios=cells.scenarios,
            names=names,
            low=np.zeros(integers, np.int64),
            high=np.zeros(integers, np.int64),
            priced=np.zeros(rows, np.int64),
            mean=np.zeros((rows, K)),
            comoment=np.zeros((rows, K * (K + 1) // 2)),
            histogram=np.zeros((rows, width), np.int64) if quantiles else None,
            met=np.zeros((3, rows), np.int64),
            security=np.full(rows, NO_SECURITY, np.int64),
        )

    def __len__(self) -> int:
        """Return the number of rows there is room for."""
        return len(self.security)

    def grow(self, rows: int) -> None:
        """Make room for at least ``rows`` rows."""
        more = max(rows, 2 * len(self)) - len(self)
        if rows <= len(self):
            return
        self.low = np.pad(self.low, ((0, 0), (0, more)))
        self.high = np.pad(self.high, ((0, 0), (0, more)))
        self.priced = np.pad(self.priced, (0, more))
        self.mean = np.pad(self.mean, ((0, more), (0, 0)))
        self.comoment = np.pad(self.comoment, ((0, more), (0, 0)))
        self.met = np.pad(self.met, ((0, 0), (0, more)))
        self.security = np.pad(self.security, (0, more), constant_values=NO_SECURITY)
        if self.histogram is not None:
            self.histogram = np.pad(self.histogram, ((0, more), (0, 0)))

    def merge(
        self,
        other: "Cells | Totals",
        rows: I32,
        security: int,
        integers: tuple[I64, I32] | None = None,
        entries: tuple[Cells, I32] | None = None,
    ) -> None:
        """Add cell or row i of ``other`` to row ``rows[i]``, for which there is room; a negative one is left out.

        entries : cells with the histograms of other totals that have none, and the row of each
        """
        if isinstance(other, Cells):
            self.add(other, rows, security, integers)
            return
        moments.merge_rows(rows, other.low, self.low)
        moments.merge_rows(rows, other.high, self.high)
        if self.histogram is not None and entries is not None:
            self._merge_entries(*entries)
        elif self.histogram is not None and other.histogram is not None:
            histograms.merge_histogram_rows(rows, other.histogram, self.histogram)
        self._merge_moments(other, rows, security)

    def add(self, cells: Cells, index: I32, security: int, integers: tuple[I64, I32] | None = None) -> None:
        """Add cell i to row ``index[i]``; a negative one leaves the cell out.

        integers : sums of the same cells added up to fewer, and the row of each, where these are kept apart
        """
        sums, rows = integers or (cells.sums, index)
        if len(sums) != len(self.names):
            raise ValueError(f"{len(sums)} sums cannot be added to {len(self.names)}")
        moments.merge_integers(rows, sums, self.low, self.high)
        self._merge_entries(cells, index)
        self._merge_moments(cells, index, security)

    def meet(self, rows: I32, partition: int, volumes: tuple[int, int]) -> None:
        """Add the volumes of a partition once to each of ``rows``, which may repeat; negative ones are left out."""
        moments.meet_rows(rows, partition + 1, *volumes, self.met)

    def add_again(self, cells: Cells, security: int, row: int, parts: slice) -> None:
        """Add all cells to ``row``, given that they were added to the rows of ``parts``, each to one.

        Integers are taken from there; means and co-moments are merged cell by cell, as everywhere.
        """
        for sums in (self.low, self.high):
            sums[:, row] += sums[:, parts].sum(axis=1)
        if self.histogram is not None:
            self.histogram[row] += self.histogram[parts].sum(axis=0)
        self._merge_moments(cells, np.full(len(cells), row, np.int32), security)

    def _merge_entries(self, cells: Cells, index: I32) -> None:
        """Add histograms where quantiles are wanted."""
        if self.histogram is not None:
            entries = cells.histogram_start, cells.histogram_code, cells.histogram_count
            histograms.merge_histograms(index, *entries, self.histogram)

    def _merge_moments(self, other: "Cells | Totals", index: I32, security: int) -> None:
        priced = other.priced() if isinstance(other, Cells) else other.priced
        moments.merge_moments(index, priced, other.mean, other.comoment, self.priced, self.mean, self.comoment)
        moments.mark_rows(index, security, NO_SECURITY, SEVERAL_SECURITIES, self.security)

    @classmethod
    def joined(cls, parts: Sequence[tuple["Totals", Sequence[int]]]) -> "Totals":
        """Return rows of totals of the same sums, one below the other; there are histograms where all have some."""
        chosen = [(totals, np.asarray(rows, np.int64)) for totals, rows in parts]
        first = chosen[0][0]

        def of(name: str, axis: int = 0) -> NDArray[Any]:
            return np.concatenate([getattr(totals, name).take(rows, axis) for totals, rows in chosen], axis)

        histogram = None if any(totals.histogram is None for totals, _ in chosen) else of("histogram")
        sums = of("low", 1), of("high", 1), of("priced"), of("mean"), of("comoment")
        return cls(first.scenarios, first.names, *sums, histogram, of("met", 1), of("security"))

    def taken(self, rows: Sequence[int]) -> "Totals":
        """Return totals of some rows, in their order."""
        return Totals.joined([(self, rows)])

    def exact(self) -> NDArray[Any]:
        """Return all sums as exact integers, (columns, rows): Python's where 64 bits do not hold them all."""
        return _exact(self.low, self.high)

    def row(self, r: int) -> dict[str, int]:
        """Return the sums of a row by name, as exact integers."""
        return dict(zip(self.names, _exact(self.low[:, r], self.high[:, r]).tolist(), strict=True))

    def some(self, r: int, names: tuple[str, ...]) -> list[int]:
        """Return some of the sums of a row, as exact integers."""
        places = _places(self.names, names)
        pairs = zip(self.low[places, r].tolist(), self.high[places, r].tolist(), strict=True)
        return [(above << moments.LOW_BITS) + below for below, above in pairs]

    def comoment_matrix(self, r: int) -> F64:
        """Return the full K x K co-moment matrix of a row, each order counting the same."""
        K = len(self.scenarios)
        matrix = np.zeros((K, K))
        rows, columns = _lower(K)
        matrix[rows, columns] = matrix[columns, rows] = self.comoment[r]
        return matrix

    def counts(self, r: int) -> I64:
        """Return the histogram of a row, (measures, BUCKETS): shortfalls by scenario, then savings; or no rows."""
        found = np.zeros((0, histograms.BUCKETS), np.int64)
        return found if self.histogram is None else self.histogram[r].reshape(-1, histograms.BUCKETS)

    def quantiles(self, shares: tuple[float, ...]) -> F64:
        """Return quantiles in bps, to a bucket's width: (rows, measures, shares), NaN in rows without orders.

        A measure has the first bucket that holds, with those below, at least that share of the orders.
        """
        measures, rows = 2 * len(self.scenarios) - 1, len(self)
        if self.histogram is None:
            return np.full((rows, measures, len(shares)), np.nan)
        places = quantile_places(self.histogram.reshape(-1, histograms.BUCKETS), shares)
        found: F64 = _middles()[places].reshape(rows, measures, len(shares))
        found[~self.histogram[:, : histograms.BUCKETS].any(axis=1)] = np.nan
        return found

    def spread(self, r: int, measure: int) -> tuple[float, float] | None:
        """Return median and median absolute deviation in bps of one histogram measure; None without orders."""
        if self.histogram is None or not self.counts(r)[:1].any():
            return None
        median = float(self.taken([r]).quantiles((0.5,))[0, measure, 0])
        counts = self.histogram[r, measure * histograms.BUCKETS : (measure + 1) * histograms.BUCKETS]
        distance = np.abs(_middles() - median)
        order = np.argsort(distance, kind="stable")
        running = np.cumsum(counts[order])
        return median, float(distance[order[np.searchsorted(running, 0.5 * running[-1])]])


def _exact(low: I64, high: I64) -> NDArray[Any]:
    """Return high x 2^32 + low: of int64 where all fit, else of Python's integers."""
    above, below = (int(part.max(initial=0)) for part in (low, np.abs(high)))
    if max(below, above >> moments.LOW_BITS) < FAST_HIGH:
        return (high << moments.LOW_BITS) + low
    whole: NDArray[Any] = (high.astype(object) << moments.LOW_BITS) + low.astype(object)
    return whole


def quantile_places(counts: I64, shares: tuple[float, ...]) -> I64:
    """Return, for each row of counts, the first bucket that holds, with those below, at least a share of them."""
    below = counts.cumsum(axis=1)
    total = below[:, -1:]
    wanted = np.ceil(np.array(shares) * total * (1 - 1e-12))  # a tenth of 30 is 3, not a little more
    # Ascending from row to row: one search for all.
    first = np.arange(len(counts))[:, None] * (total.max(initial=0) + 1)
    found = np.searchsorted((below + first).ravel(), wanted.astype(np.int64) + first)
    place: I64 = found - np.arange(len(counts))[:, None] * counts.shape[1]
    return place


@lru_cache(maxsize=64)
def _places(names: tuple[str, ...], wanted: tuple[str, ...]) -> list[int]:
    """Return where some names are among all."""
    return [names.index(name) for name in wanted]


@cache
def _middles() -> F64:
    """Return the value that stands for each bucket: its middle, 0 for the central one, the edge at the ends."""
    edges = histograms.bucket_edges()
    middle = (edges[:-1] + edges[1:]) / 2
    middle[0], middle[-1] = edges[1], edges[-2]
    return middle
