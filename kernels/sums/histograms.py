"""Histograms of costs in bps on fixed buckets: exact to merge, sparse as written, dense as summed.

Quantiles read from them are exact to a bucket's width and do not depend on the order of merging.
"""

from typing import Final

import numpy as np

from kernels.base.columns import F64, I32, I64
from kernels.base.compiling import allocating_kernel, inlined, kernel

# Histogram buckets in bps: eight to the octave from 2^-6 to 2^14 on either side of a central one, so a
# quantile read from them is within 6.25 % of the value. What is larger falls into the last bucket.
BUCKETS_PER_OCTAVE: Final = 8
FIRST_OCTAVE: Final = -6
OCTAVES: Final = 20
HALF_BUCKETS: Final = BUCKETS_PER_OCTAVE * OCTAVES
BUCKETS: Final = 2 * HALF_BUCKETS + 1
# How a double's bits number the buckets: sign off, then exponent and log2(BUCKETS_PER_OCTAVE) bits of the fraction.
MAGNITUDE_BITS: Final = 2**63 - 1
FRACTION_SHIFT: Final = 52 - 3
FIRST_PLACE: Final = (1023 + FIRST_OCTAVE) * BUCKETS_PER_OCTAVE


@kernel
def merge_histogram_rows(rows: I32, values: I64, out: I64) -> None:
    """Add row i of ``values`` (n, W) to row ``rows[i]`` of ``out`` (m, W)."""
    for i in range(rows.shape[0]):
        if rows[i] >= 0:
            for b in range(values.shape[1]):
                out[rows[i], b] += values[i, b]


@inlined
def bucket_of(bits: int) -> int:
    """Return the histogram bucket of a value, ascending with it; ``bits`` are a float64 seen as an integer.

    The top bits of a double are its exponent and the first bits of its fraction: shifted down, they number
    the eighths of octaves, so no logarithm is taken.
    """
    place = ((bits & MAGNITUDE_BITS) >> FRACTION_SHIFT) - FIRST_PLACE
    step = min(max(place, -1), HALF_BUCKETS - 1) + 1
    sign = bits >> 63  # 0 or -1; a branch on it is mispredicted every other time
    return HALF_BUCKETS + ((step ^ sign) - sign)


@kernel
def orders_by_cell(cell: I32, place: I32, start: I64, out: I32) -> None:
    """Sort n orders by the place of their cell: ``out[start[c]:start[c + 1]]`` are those of place c, in their order.

    cell, out : (n,); place : (cells,); start : (places + 2,) zeros on entry
    """
    for i in range(cell.shape[0]):
        start[place[cell[i]] + 2] += 1
    for c in range(2, start.shape[0]):
        start[c] += start[c - 1]
    for i in range(cell.shape[0]):
        c = place[cell[i]] + 1
        out[start[c]] = i
        start[c] += 1


@allocating_kernel
def count_buckets(
    start: I64, order: I32, y: F64, other_cell: I32, place: I32, dense: I32, entry: I64, out_code: I32, out_count: I32
) -> int:
    """Count orders by the buckets of their shortfalls and savings, for each cell; return the number of entries.

    start, order : from ``orders_by_cell``; y : (n, lanes), the shortfalls in bps under each of S scenarios first
    other_cell : (n,), place : (cuts, cells of the other cube): the rows of ``dense`` that an order is counted in, too:
        (rows, measures x BUCKETS) zeros on entry; of few groups that is less than to sort orders by them as well
    entry : (cells + 1,) to write, first entry of each cell; out_code, out_count : one longer than there are entries

    Measures m < S are the shortfall in bps under scenario m; S + m - 1 is the saving of scenario m >= 1.
    The code of an entry is measure x BUCKETS + bucket; those of a cell are in the order of their first orders. To have
    them ascend would take longer than to count them.
    """
    measures, written = dense.shape[1] // BUCKETS, 0
    scenarios = (measures + 1) // 2
    counts, codes, value = np.zeros(measures * BUCKETS, np.int32), np.zeros(measures, np.int64), np.zeros(measures)
    bits = value.view(np.int64)
    for c in range(len(entry) - 1):
        entry[c] = first = written
        for j in range(start[c], start[c + 1]):
            i = order[j]
            for s in range(scenarios):
                value[s] = y[i, s]
            for s in range(1, scenarios):
                value[scenarios + s - 1] = value[0] - y[i, s]
            for m in range(measures):
                codes[m] = m * BUCKETS + bucket_of(bits[m])
            for m in range(measures):
                before = counts[codes[m]]
                out_code[written] = codes[m]  # stays if it is the cell's first
                counts[codes[m]] = before + 1
                written += int(before == 0)
            for cut in range(place.shape[0]):
                row = dense[place[cut, other_cell[i]]]
                for m in range(measures):
                    row[codes[m]] += 1
        for e in range(first, written):
            out_count[e] = counts[out_code[e]]
            counts[out_code[e]] = 0
    entry[len(entry) - 1] = written
    return written


@kernel
def merge_histograms(index: I32, entry: I64, code: I32, count: I32, out: I64) -> None:
    """Add the sparse histogram of cell i, ``entry[i]`` to ``entry[i + 1]``, to row ``index[i]`` of ``out``.

    index : (cells,), negative ones are left out; out : (rows, measures x BUCKETS)
    """
    for i in range(index.shape[0]):
        if index[i] >= 0:
            for j in range(entry[i], entry[i + 1]):
                out[index[i], code[j]] += count[j]


def bucket_edges() -> F64:
    """Return the (BUCKETS + 1,) ascending edges of the histogram buckets, in bps; the outer ones are infinite."""
    steps = np.arange(HALF_BUCKETS)
    fraction = 1.0 + steps % BUCKETS_PER_OCTAVE / BUCKETS_PER_OCTAVE
    positive = np.ldexp(fraction, FIRST_OCTAVE + steps // BUCKETS_PER_OCTAVE)
    return np.concatenate(([-np.inf], -positive[::-1], positive, [np.inf]))


def warm() -> None:
    """Compile every kernel for the array types that jobs and aggregation use, by calling each on no rows."""
    cell, edges = np.zeros(0, np.int32), np.zeros(2, np.int64)
    orders_by_cell(cell, cell, edges, cell)
    none = np.zeros((2, 0), np.int32)
    count_buckets(edges, cell, np.zeros((0, 4)), cell, none, none, edges[:1], cell, cell)
    merge_histogram_rows(cell, np.zeros((0, 1), np.int64), np.zeros((3, 1), np.int64))
    merge_histograms(cell, edges, cell, cell, np.zeros((3, 1), np.int64))
