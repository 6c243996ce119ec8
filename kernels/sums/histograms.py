"""Histograms of costs in bps on fixed buckets: exact to merge, sparse as written, dense as summed.

Quantiles read from them are exact to a bucket's width and do not depend on the order of merging.
"""

from typing import Final

import numpy as np

from kernels.base.columns import F64, I16, I32, I64
from kernels.base.compiling import inlined, kernel

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
def write_buckets(y: F64, value: F64, bits: I64, out: I16) -> None:
    """Write the buckets of the shortfalls and savings of n orders.

    y : (n, lanes), the shortfalls in bps under each of S scenarios first; out : (n x measures,)
    value : (orders at a time, measures) scratch; bits : the same memory as integers, (orders x measures,)

    Measures m < S are the shortfall in bps under scenario m; S + m - 1 is the saving of scenario m >= 1. Buckets of all
    are found alike, so that it is done for several at once.
    """
    size, measures = value.shape
    scenarios = (measures + 1) // 2
    for first in range(0, y.shape[0], size):
        n = min(size, y.shape[0] - first)
        for j in range(n):
            i = np.uint64(first + j)
            for s in range(scenarios):
                value[j, s] = y[i, s]
            for s in range(1, scenarios):
                value[j, np.uint64(scenarios + s - 1)] = y[i, 0] - y[i, s]
        codes = out[first * measures : (first + n) * measures]
        for k in range(n * measures):
            codes[k] = bucket_of(bits[k])


@kernel
def count_buckets(codes: I16, cell: I32, place: I32, dense: I32) -> None:
    """Count orders by their buckets in the three rows that their cell belongs to.

    codes : (n, measures), from ``write_buckets``; cell : (n,), place : (3, cells), rows of ``dense``
    dense : (rows, measures x BUCKETS) to add to
    """
    for i in range(cell.shape[0]):
        c = np.uint64(cell[i])
        first, second, third = np.uint64(place[0, c]), np.uint64(place[1, c]), np.uint64(place[2, c])
        for m in range(codes.shape[1]):
            code = np.uint64(m * BUCKETS + codes[i, m])
            dense[first, code] += 1
            dense[second, code] += 1
            dense[third, code] += 1


@kernel
def merge_histograms(index: I32, entry: I64, code: I32, count: I32, out: I64) -> None:
    """Add the sparse histogram of cell i, ``entry[i]`` to ``entry[i + 1]``, to row ``index[i]`` of ``out``.

    index : (cells,), negative ones are left out; out : (rows, measures x BUCKETS)
    """
    for i in range(index.shape[0]):
        if index[i] >= 0:
            row = out[index[i]]
            for j in range(np.uint64(entry[i]), np.uint64(entry[i + 1])):  # places without a sign need no check for one
                row[np.uint64(code[j])] += count[j]


def code_bits(scenarios: int) -> int:
    """Return the bits of the codes of sparse histograms, measure x BUCKETS + bucket."""
    return ((2 * scenarios - 1) * BUCKETS - 1).bit_length()


def bucket_edges() -> F64:
    """Return the (BUCKETS + 1,) ascending edges of the histogram buckets, in bps; the outer ones are infinite."""
    steps = np.arange(HALF_BUCKETS)
    fraction = 1.0 + steps % BUCKETS_PER_OCTAVE / BUCKETS_PER_OCTAVE
    positive = np.ldexp(fraction, FIRST_OCTAVE + steps // BUCKETS_PER_OCTAVE)
    return np.concatenate(([-np.inf], -positive[::-1], positive, [np.inf]))


def warm() -> None:
    """Compile every kernel for the array types that jobs and aggregation use, by calling each on no rows."""
    cell, edges, value = np.zeros(0, np.int32), np.zeros(2, np.int64), np.zeros(1)
    codes, table = np.zeros((0, 1), np.int16), np.zeros((3, 1), np.int64)
    write_buckets(np.zeros((0, 4)), value[None], value.view(np.int64), codes[:, 0])
    count_buckets(codes, cell, np.zeros((3, 0), np.int32), np.zeros((3, 0), np.int32))
    merge_histogram_rows(cell, np.zeros((0, 1), np.int64), table)
    merge_histograms(cell, edges, cell, cell, table)
