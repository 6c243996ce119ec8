"""Histograms of costs in bps on fixed buckets: exact to merge, sparse as written, dense as summed.

Quantiles read from them are exact to a bucket's width and do not depend on the order of merging.
"""

from typing import Final

import numpy as np

from kernels.base.columns import F64, I16, I32, I64
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
FEW: Final = 8  # orders of a cell whose entries are sorted by insertion; of more, all words of a set are looked at
LANES: Final = 4  # there is room for a multiple of so many scenarios
DE_BRUIJN: Final = 0x077CB531
WORD_MASK: Final = 2**32 - 1
DE_BRUIJN_PLACES: Final = np.argsort([(DE_BRUIJN << place & WORD_MASK) >> 27 for place in range(32)])


def lanes_of(scenarios: int) -> int:
    """Return the number of scenarios there is room for: whole sets of LANES."""
    return scenarios + -scenarios % LANES


def code_columns(scenarios: int) -> int:
    """Return how many columns an order's codes have: a bucket for each measure, and last whether it is priced."""
    return 2 * lanes_of(scenarios)


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


@allocating_kernel
def codes_by_cell(cell: I32, code: I16, start: I64, out: I16) -> None:
    """Sort the buckets of orders by cell: ``out[start[c]:start[c + 1]]`` are those of cell c, in their order.

    code, out : (n, code columns); start : (cells + 1,) zeros on entry. Writing them where they are wanted lets many
    writes be under way; reading them from there when they are counted would wait for one after the other.
    """
    for i in range(cell.shape[0]):
        start[cell[i] + 1] += 1
    for c in range(start.shape[0] - 1):
        start[c + 1] += start[c]
    place = start.copy()
    few = code.shape[1] == 2 * LANES
    for i in range(cell.shape[0]):
        if few:
            for m in range(2 * LANES):
                out[place[cell[i]], m] = code[i, m]
        else:
            for m in range(code.shape[1]):
                out[place[cell[i]], m] = code[i, m]
        place[cell[i]] += 1


@inlined
def _lowest(word: int) -> int:
    """Return the place of the lowest bit set among 32 (a de Bruijn sequence: its windows of five bits differ)."""
    place: int = DE_BRUIJN_PLACES[((word & -word) * DE_BRUIJN & WORD_MASK) >> 27]
    return place


@inlined
def _write_counts(cell: int, counts: I64, used: I64, out_cell: I32, out_code: I32, out_count: I64, written: int) -> int:
    """Write the counts of a cell as entries, by ascending code, and make them 0 again; return where they end.

    used : a bit for each count that is not 0
    """
    for word in range(used.shape[0]):
        while used[word] != 0:
            code = 32 * word + _lowest(used[word])
            used[word] &= used[word] - 1
            out_cell[written], out_code[written], out_count[written] = cell, code, counts[code]
            counts[code] = 0
            written += 1
    return written


@allocating_kernel
def sparse_histograms(start: I64, bucket: I16, measures: int, out_cell: I32, out_code: I32, out_count: I64) -> int:
    """Count priced orders by bucket, for each cell and measure; return the number of entries written.

    start, bucket : from ``codes_by_cell``; the last column is 1 where the order is priced.
    Measures m < S are the shortfall in bps under scenario m; S + m - 1 is the saving of scenario m >= 1.
    The code of an entry is measure x BUCKETS + bucket; entries come sorted by (cell, code).
    """
    width, last = measures * BUCKETS, bucket.shape[1] - 1
    counts, used = np.zeros(width, np.int64), np.zeros((width + 31) // 32, np.int64)
    written = 0
    for c in range(start.shape[0] - 1):
        if start[c + 1] - start[c] <= FEW:
            first = written
            for m in range(measures):
                for j in range(start[c], start[c + 1]):
                    if bucket[j, last] == 0:
                        continue
                    code = m * BUCKETS + np.int64(bucket[j, m])
                    place = written
                    while place > first and out_code[place - 1] > code:
                        place -= 1
                    if place > first and out_code[place - 1] == code:
                        out_count[place - 1] += 1
                        continue
                    for later in range(written, place, -1):
                        out_code[later], out_count[later] = out_code[later - 1], out_count[later - 1]
                    out_cell[written], out_code[place], out_count[place] = c, code, 1
                    written += 1
            continue
        for j in range(start[c], start[c + 1]):
            if bucket[j, last] == 0:
                continue
            for m in range(measures):
                code = m * BUCKETS + np.int64(bucket[j, m])
                if counts[code] == 0:  # rarely
                    used[code >> 5] |= 1 << (code & 31)
                counts[code] += 1
        written = _write_counts(c, counts, used, out_cell, out_code, out_count, written)
    return written


@allocating_kernel
def regroup_histograms(
    start: I64, row: I64, entry: I64, code: I32, count: I64, counts: I64, out_cell: I32, out_code: I32, out_count: I64
) -> int:
    """Add sparse entries of cells up by new cells; return the number of entries written, sorted as they were.

    row[start[c]:start[c + 1]] : the cells of new cell c; entry : (cells + 1,) first entry of each cell
    counts : (measures x BUCKETS,) zeros, before and after
    """
    used, written = np.zeros((counts.shape[0] + 31) // 32, np.int64), 0
    for c in range(start.shape[0] - 1):
        for j in range(start[c], start[c + 1]):
            for e in range(entry[row[j]], entry[row[j] + 1]):
                place = np.int64(code[e])
                counts[place] += count[e]
                used[place >> 5] |= 1 << (place & 31)
        written = _write_counts(c, counts, used, out_cell, out_code, out_count, written)
    return written


@kernel
def merge_histograms(index: I32, cell: I32, code: I32, count: I64, out: I64) -> None:
    """Add sparse histogram entries to ``out`` (rows, measures x BUCKETS) at row ``index[cell]``."""
    for j in range(cell.shape[0]):
        if index[cell[j]] >= 0:
            out[index[cell[j]], code[j]] += count[j]


def bucket_edges() -> F64:
    """Return the (BUCKETS + 1,) ascending edges of the histogram buckets, in bps; the outer ones are infinite."""
    steps = np.arange(HALF_BUCKETS)
    fraction = 1.0 + steps % BUCKETS_PER_OCTAVE / BUCKETS_PER_OCTAVE
    positive = np.ldexp(fraction, FIRST_OCTAVE + steps // BUCKETS_PER_OCTAVE)
    return np.concatenate(([-np.inf], -positive[::-1], positive, [np.inf]))


def warm() -> None:
    """Compile every kernel for the array types that jobs and aggregation use, by calling each on no rows."""
    cell, whole, code = np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros((0, code_columns(1)), np.int16)
    codes_by_cell(cell, code, np.zeros(2, np.int64), code)
    sparse_histograms(np.zeros(1, np.int64), code, 1, cell, cell, whole)
    regroup_histograms(np.zeros(1, np.int64), whole, whole, cell, whole, whole, cell, cell, whole)
    merge_histogram_rows(cell, np.zeros((0, 1), np.int64), np.zeros((3, 1), np.int64))
    merge_histograms(cell, cell, cell, whole, np.zeros((3, 1), np.int64))
