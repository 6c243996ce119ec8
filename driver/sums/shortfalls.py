"""The shortfalls of a job's priced orders once it ends, sorted by cell: moments of each cell, and histograms.

`job_sums` keeps them order by order and asks for both cubes.
"""

from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I16, I32, I64
from kernels.base.memory import Buffers
from kernels.sums import histograms, moments, sparse_counts

CELLS: Final = 8_192  # whose products are worked out at a time: there may be as many cells as orders
AT_A_TIME: Final = 256  # orders whose buckets are found at a time: their values stay in the cache


class Shortfalls(NamedTuple):
    """Shortfalls of priced orders by cell; those of a cell are in the order of its orders."""

    start: I64  # (cells + 2,) orders ``start[c]`` to ``start[c + 1]`` are of cell c
    y: F64  # (n, lanes) in bps under each scenario, then zeros
    other: I32  # (n,) their cells of the other cube

    def moments(self, scenarios: int) -> tuple[I64, F64, F64]:
        """Return the number, the means and the co-moments of the orders of each cell."""
        cells, lanes = len(self.start) - 2, self.y.shape[1]
        lower = [lanes * row + column for row in range(scenarios) for column in range(row + 1)]
        mean, comoment = np.empty((cells, lanes)), np.empty((cells, len(lower)))
        products = np.empty((min(cells, CELLS), lanes * lanes))
        for first in range(0, cells, CELLS):
            part = slice(first, min(first + CELLS, cells))
            here = products[: part.stop - first]
            square = here.reshape(len(here), lanes, lanes)
            moments.run_moments(self.start[first:], self.y, mean[part], square)
            np.take(here, lower, axis=1, out=comoment[part])
        return np.diff(self.start[: cells + 1]), mean[:, :scenarios].copy(), comoment

    def buckets(self, scenarios: int, buffers: Buffers) -> I16:
        """Return the buckets of the orders' shortfalls and savings, (n, measures)."""
        measures = 2 * scenarios - 1
        codes: I16 = buffers.take("codes", (len(self.y), measures), np.int16)
        value = np.empty((AT_A_TIME, measures))
        histograms.write_buckets(self.y, value, value.view(np.int64).reshape(-1), codes.reshape(-1))
        return codes


def sorted_by_cell(cell: I32, place: I32, y: F64, other: I32, buffers: Buffers) -> Shortfalls:
    """Return shortfalls sorted by the place of their orders' cells; good until others are sorted.

    cell, other : (n,); place : (cells,); y : (n, lanes)
    """
    start = np.zeros(len(place) + 2, np.int64)
    out = buffers.take("shortfalls", y.shape, np.float64)
    out_other = buffers.take("shortfalls.other", other.shape, np.int32)
    sparse_counts.sort_shortfalls(cell, place, y, other, start, out, out_other)
    return Shortfalls(start, out, out_other)
