"""Means and co-moments of the shortfalls of orders, and the histogram codes of each, for any number of scenarios.

A row of moments has n, the sum of w and of w^2; then means and co-moments (full matrices), unweighted and weighted,
with room for whole LANES of scenarios. Reality and algebra are one of these: loops whose length is known when they are
compiled take half of the time there, so each of the two functions is compiled in either way.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from kernels.base.columns import F64, I16, I32, I64
from kernels.base.compiling import inlined, kernel
from kernels.sums.histograms import LANES, bucket_of, lanes_of

MEAN: Final = 4
LINE: Final = 8  # values of a cache line


def moments_width(scenarios: int) -> int:
    """Return the length of a row of moments, whole cache lines."""
    lanes = lanes_of(scenarios)
    width = MEAN + 2 * lanes + 2 * lanes * lanes
    return width + -width % LINE


def adding_moments(known: int) -> Callable[[F64, I64, int, int, I32, F64, F64], None]:
    """Return what adds orders to moments; known : the lanes, or 0 where ``work`` tells them when it runs."""

    @inlined
    def add(y: F64, base: I64, n: int, first: int, cell: I32, moments: F64, work: F64) -> None:
        """Add the shortfalls of n orders to the moments of their cells, unweighted and weighted by base.

        y : (n 2 lanes,), of each order the shortfalls first; work : (2 lanes,) scratch. Whole vectors at a time: what a
        loop wrote one by one, the next could not read at once.
        """
        lanes = known if known > 0 else work.shape[0] // 2
        for t in range(n):
            if base[t] <= 0:
                continue
            c, at, weight = cell[first + t], t * 2 * lanes, float(base[t])
            moments[c, 0] += 1.0
            moments[c, 1] += weight
            moments[c, 2] += weight * weight
            for kind in range(2):
                w = weight if kind == 1 else 1.0
                share = w / moments[c, kind]
                mean, comoment = MEAN + kind * lanes, MEAN + (2 + kind * lanes) * lanes
                for k in range(lanes):
                    work[k] = y[at + k] - moments[c, mean + k]
                for k in range(lanes):
                    moments[c, mean + k] += work[k] * share
                for k in range(lanes):
                    work[lanes + k] = y[at + k] - moments[c, mean + k]
                for j in range(lanes):
                    amount = w * work[j]
                    for k in range(lanes):
                        moments[c, comoment + j * lanes + k] += amount * work[lanes + k]

    return add


def writing_codes(known: int) -> Callable[[I64, I64, int, int, I16], None]:
    """Return what writes the codes of orders; known : the lanes, or 0 where ``code`` tells them when it runs."""

    @inlined
    def write(seen: I64, base: I64, n: int, first: int, code: I16) -> None:
        """Write the buckets of the shortfalls and savings of n orders, and whether each is priced.

        seen : (n 2 lanes,), floats seen as integers; base : (n,); code : (orders, 2 lanes)
        """
        width = 2 * known if known > 0 else code.shape[1]
        for t in range(n):
            for m in range(width - 1):
                code[first + t, m] = bucket_of(seen[t * width + m])
            code[first + t, width - 1] = int(base[t] > 0)

    return write


add_moments, add_moments_of_few = adding_moments(0), adding_moments(LANES)
write_codes, write_codes_of_few = writing_codes(0), writing_codes(LANES)


@kernel
def moments_of_rows(table: F64, order: I64, weight: F64, mean: F64, comoment: F64) -> None:
    """Take rows of moments, in the given ``order``, apart as ``kernels.sums.moments`` has them.

    table : (cells, width); order : (cells,); weight : (cells, 3); mean : (cells, 2, S); comoment : (cells, 2, pairs)
    """
    scenarios = mean.shape[2]
    lanes = scenarios + -scenarios % LANES
    for c in range(order.shape[0]):
        for v in range(3):
            weight[c, v] = table[order[c], v]
        for kind in range(2):
            t = 0
            for j in range(scenarios):
                mean[c, kind, j] = table[order[c], MEAN + kind * lanes + j]
                for k in range(j + 1):
                    comoment[c, kind, t] = table[order[c], MEAN + (2 + kind * lanes + j) * lanes + k]
                    t += 1


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no rows."""
    table = np.zeros((0, moments_width(1)))
    moments_of_rows(table, np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros((0, 2, 1)), np.zeros((0, 2, 1)))
