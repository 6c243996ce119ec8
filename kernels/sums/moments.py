"""Mergeable sums, means and co-moments: scatter by a dense cell number.

Integers add exactly in any order. Means and co-moments of a cell are summed in the order of its orders and merged in
that of the parts, so equal inputs in equal order give equal bits. Every output has the cell on its last axis but for
means and co-moments, which have it first.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import F64, I32, I64
from kernels.base.compiling import allocating_kernel, inlined, kernel
from kernels.conventions import COST_SCALE, NULL

Integers = NDArray[np.integer[Any]]
# A job's fixed-point sums must stay below this; the kernels return what they reached.
FIXED_LIMIT: Final = 2.0**62
LOW_BITS: Final = 32
LOW_MASK: Final = 2**32 - 1
FIXED_SCALE: Final = float(COST_SCALE)
LANES: Final = 4
ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)  # lanes, looked up without a sign


@kernel
def add_integers(cell: I32, column: Integers, out: I64) -> None:
    """Add ``column`` (n,), any integer type, to ``out`` (cells,) at ``cell`` (n,); null counts as 0."""
    for i in range(cell.shape[0]):
        if column[i] != NULL:
            out[cell[i]] += column[i]


@kernel
def add_rounded(cell: I32, column: F64, scale: float, out: I64) -> float:
    """Add ``column * scale`` (n,), each row rounded to an integer, to ``out`` (cells,) at ``cell`` (n,), NaN as 0.

    Returns the sum of magnitudes, which bounds every entry of ``out``: the caller refuses it above FIXED_LIMIT.
    """
    reach = 0.0
    for i in range(cell.shape[0]):
        value = column[i] * scale
        if abs(value) < FIXED_LIMIT:
            out[cell[i]] += np.int64(np.rint(value))
            reach += abs(value)
        elif not math.isnan(value):
            reach = FIXED_LIMIT
    return reach


@kernel
def priced_base(mid2: I64, quantity: I64, cost: F64, out: I64) -> float:
    """Write Q x M0 in half units to ``out`` (n,) where every scenario of ``cost`` (S, n) has a value, else 0.

    An order is priced in all scenarios or in none, so that scenarios are always compared on the same orders.
    Returns the sum, as a bound on sums of ``out``.
    """
    reach = 0.0
    for i in range(out.shape[0]):
        trace = 0.0
        for s in range(cost.shape[0]):
            trace += cost[s, i] * 0.0  # stays 0 while all are finite; without a branch to mispredict
        value = float(mid2[i]) * float(quantity[i])
        priced = trace == 0.0 and mid2[i] > 0 and quantity[i] > 0
        reach += value if priced else 0.0
        out[i] = mid2[i] * quantity[i] if priced and reach < FIXED_LIMIT else 0
    return reach


@kernel
def add_fixed_cost(cell: I32, cost: F64, base: I64, out: I64) -> float:
    """Add the cost of priced orders to ``out`` (cells,), in 1/COST_SCALE of (half unit x share).

    cost : (n,) float64, half units x shares; base : (n,) int64, 0 where the order is not priced.
    Returns the sum of magnitudes, as ``add_rounded`` does.
    """
    reach = 0.0
    for i in range(cell.shape[0]):
        if base[i] > 0:
            value = cost[i] * FIXED_SCALE
            reach += abs(value)
            if abs(value) < FIXED_LIMIT:
                out[cell[i]] += np.int64(np.rint(value))
    return reach


def lanes_of(scenarios: int) -> int:
    """Return the number of scenarios there is room for: whole vectors of LANES."""
    return scenarios + -scenarios % LANES


@inlined
def _means(y: F64, first: np.uint64, last: np.uint64, s: int, mean: F64) -> None:
    """Write the means of orders first .. last - 1 in four lanes from s on."""
    a = b = c = d = 0.0
    for i in range(first, last):
        a, b, c, d = a + y[i, s], b + y[i, s + ONE], c + y[i, s + TWO], d + y[i, s + THREE]
    orders = max(float(last - first), 1.0)
    mean[s], mean[s + ONE], mean[s + TWO], mean[s + THREE] = a / orders, b / orders, c / orders, d / orders


@inlined
def _within(y: F64, first: np.uint64, last: np.uint64, s: int, mean: F64, out: F64) -> None:
    """Write the co-moments of four lanes from s on with each other, the lower triangle."""
    m, n, p, q = mean[s], mean[s + ONE], mean[s + TWO], mean[s + THREE]
    aa = ba = bb = ca = cb = cc = da = db = dc = dd = 0.0
    for i in range(first, last):
        a, b, c, d = y[i, s] - m, y[i, s + ONE] - n, y[i, s + TWO] - p, y[i, s + THREE] - q
        aa, ba, bb, ca, cb = aa + a * a, ba + b * a, bb + b * b, ca + c * a, cb + c * b
        cc, da, db, dc, dd = cc + c * c, da + d * a, db + d * b, dc + d * c, dd + d * d
    out[s, s], out[s + ONE, s], out[s + ONE, s + ONE] = aa, ba, bb
    out[s + TWO, s], out[s + TWO, s + ONE], out[s + TWO, s + TWO] = ca, cb, cc
    out[s + THREE, s], out[s + THREE, s + ONE], out[s + THREE, s + TWO], out[s + THREE, s + THREE] = da, db, dc, dd


@inlined
def _beside(y: F64, first: np.uint64, last: np.uint64, s: int, mean: F64, out: F64) -> None:
    """Write the co-moments of four lanes from s on with each lane before them."""
    m, n, p, q = mean[s], mean[s + ONE], mean[s + TWO], mean[s + THREE]
    for o in range(s):
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        for i in range(first, last):
            away = y[i, o] - mean[o]
            a, b = a + (y[i, s] - m) * away, b + (y[i, s + ONE] - n) * away
            c, d = c + (y[i, s + TWO] - p) * away, d + (y[i, s + THREE] - q) * away
        out[s, o], out[s + ONE, o], out[s + TWO, o], out[s + THREE, o] = a, b, c, d


@kernel
def run_moments(start: I64, y: F64, mean: F64, comoment: F64) -> None:
    """Write the means, and the co-moments about them, of the shortfalls of orders that are sorted by cell.

    The sums of a cell are kept apart from memory: to add each order to its cell took four times as long.

    start : (cells + 1 or more,), orders ``start[c]`` to ``start[c + 1]`` are of cell c; y : (n, lanes)
    mean : (cells, lanes); comoment : (cells, lanes, lanes), of which the lower triangle is written
    """
    for c in range(mean.shape[0]):
        first, last = np.uint64(start[c]), np.uint64(start[c + 1])
        for s in range(np.uint64(0), np.uint64(y.shape[1]), np.uint64(LANES)):
            _means(y, first, last, s, mean[c])
            _within(y, first, last, s, mean[c], comoment[c])
            _beside(y, first, last, s, mean[c], comoment[c])


@allocating_kernel
def merge_moments(
    index: I32, count: I64, mean: F64, comoment: F64, to_count: I64, to_mean: F64, to_comoment: F64
) -> None:
    """Merge row ``i`` of one set of moments into row ``index[i]`` of another (Chan, Golub and LeVeque 1979).

    Rows with a negative index are left out, here and in the other merges. index, count : (n,); mean : (n, S);
    comoment : (n, S (S + 1) / 2); those merged into have rows of their own number.
    """
    scenarios = mean.shape[1]
    delta = np.empty(scenarios)
    for i in range(index.shape[0]):
        if count[i] == 0 or index[i] < 0:
            continue
        r = index[i]
        before = float(to_count[r])
        share = count[i] / (before + count[i])
        for s in range(scenarios):
            delta[s] = mean[i, s] - to_mean[r, s]
        t = 0
        for s in range(scenarios):
            for other in range(s + 1):
                to_comoment[r, t] += comoment[i, t] + delta[s] * delta[other] * before * share
                t += 1
        for s in range(scenarios):
            to_mean[r, s] += delta[s] * share
        to_count[r] += count[i]


@kernel
def merge_integers(index: I32, values: I64, low: I64, high: I64) -> None:
    """Add ``values`` (C, n) into ``low``, ``high`` (C, rows) at ``index`` (n,), exactly beyond 64 bits.

    The sum is high x 2^32 + low; it holds for up to 2^31 additions.
    """
    for c in range(values.shape[0]):
        for i in range(index.shape[0]):
            value = values[c, i]
            if value != 0 and index[i] >= 0:  # most sums of small jobs are 0
                low[c, index[i]] += value & LOW_MASK
                high[c, index[i]] += value >> LOW_BITS


@kernel
def merge_rows(rows: I32, values: I64, out: I64) -> None:
    """Add column i of ``values`` (C, n) to column ``rows[i]`` of ``out`` (C, m)."""
    for c in range(values.shape[0]):
        for i in range(rows.shape[0]):
            if rows[i] >= 0:
                out[c, rows[i]] += values[c, i]


@kernel
def mark_rows(rows: I32, mark: int, unmarked: int, mixed: int, out: I64) -> None:
    """Write ``mark`` to ``out`` (m,) at ``rows`` (n,) where there is none yet, ``mixed`` where there is another."""
    for i in range(rows.shape[0]):
        r = rows[i]
        if r >= 0 and out[r] != mark:
            out[r] = mark if out[r] == unmarked else mixed


@kernel
def meet_rows(rows: I32, mark: int, volume: int, dark: int, out: I64) -> None:
    """Add two volumes to ``out`` (3, m) once at each of ``rows`` (n,), which keeps the last mark in its third row."""
    for i in range(rows.shape[0]):
        r = rows[i]
        if r >= 0 and out[2, r] != mark:
            out[0, r] += volume
            out[1, r] += dark
            out[2, r] = mark


def warm() -> None:
    """Compile every kernel for the array types that jobs and aggregation use, by calling each on no rows."""
    cell = np.zeros(0, np.int32)
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    table, matrix = np.zeros((3, 1), np.int64), np.zeros((2, 0))
    for column in (whole, cell):
        add_integers(cell, column, table[0])
    add_rounded(cell, real, 1.0, table[0])
    priced_base(whole, whole, matrix, whole)
    add_fixed_cost(cell, real, whole, table[0])
    y = np.zeros((0, LANES))
    run_moments(whole, y, y, np.zeros((0, LANES, LANES)))
    merge_moments(cell, whole, matrix, matrix, whole, matrix, matrix)
    merge_integers(cell, np.zeros((1, 0), np.int64), table, table)
    merge_rows(cell, np.zeros((1, 0), np.int64), table)
    mark_rows(cell, 0, -1, -2, whole)
    meet_rows(cell, 1, 0, 0, table)
