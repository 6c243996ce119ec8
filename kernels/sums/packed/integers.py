"""The integers of a table in the narrowest of four types that holds all of a row, and back; zeros take nothing.

A table has n keys, with or without entries of histograms of each, which ``entries`` packs, and rows of n sums.
"""

from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import I8, I16, I32, I64, U16
from kernels.base.compiling import inlined, kernel
from kernels.sums.packed.entries import ENTRY_BITS, pack_entries

WIDTHS: Final = (1, 2, 4, 8)  # bytes


class Packed(NamedTuple):
    """Lists of integers, those of one table after the other."""

    width: I8  # of each row, in bytes; 0 : it is zeros
    one: I8  # the rows of this width, one after the other
    two: I16
    four: I32
    eight: I64
    entry: U16
    large: I32


LISTS: Final = len(Packed._fields)
ROW_LISTS: Final = 1 + len(WIDTHS)


@inlined
def _write_row(row: I64, at: I64, out: Packed) -> None:
    """Write one row behind what there is."""
    reach, held, n = 0, 0, row.shape[0]
    for i in range(n):
        held |= row[i]
        reach |= row[i] ^ (row[i] >> 63)  # a type holds as many integers below 0 as from 0 on, which are turned over
    place = int(reach >> 7 != 0) + int(reach >> 15 != 0) + int(reach >> 31 != 0)
    out.width[at[0]] = 1 << place if held != 0 else 0
    at[0] += 1
    if held == 0:
        return
    start = at[1 + place]
    if place == 0:
        for i in range(n):
            out.one[start + i] = row[i]
    elif place == 1:
        for i in range(n):
            out.two[start + i] = row[i]
    elif place == 2:
        for i in range(n):
            out.four[start + i] = row[i]
    else:
        for i in range(n):
            out.eight[start + i] = row[i]
    at[1 + place] += n


@kernel
def pack_table(key: I64, start: I64, sums: I64, code: I32, count: I32, code_bits: int, at: I64, out: Packed) -> None:
    """Write the rows of a table, its keys, where the entries of each end, and its sums; and the entries themselves.

    key : (n,); start : (n + 1,), or (0,) of a table without entries; sums : (k, n); code, count : of the entries
    at : (LISTS,) where each list of ``out`` ends, which is moved
    """
    _write_row(key, at, out)
    if start.shape[0] > 0:
        _write_row(start[1:], at, out)
    for k in range(sums.shape[0]):
        _write_row(sums[k], at, out)
    first, written = at[ROW_LISTS], at[ROW_LISTS + 1]
    last = first + code.shape[0]
    at[ROW_LISTS] = last
    at[ROW_LISTS + 1] += pack_entries(code, count, code_bits, out.entry[first:last], out.large[written:])


@kernel
def unpack_rows(stored: Packed, at: I64, rows: I64) -> None:
    """Write rows (k, n) as they were before they were packed; at : (LISTS,) where each list has the first of them."""
    width, at1, at2, at4, at8 = at[0], at[1], at[2], at[3], at[4]
    n = rows.shape[1]
    for k in range(rows.shape[0]):
        size = stored.width[width + k]
        if size == 0:
            for i in range(n):
                rows[k, i] = 0
        elif size == 1:
            for i in range(n):
                rows[k, i] = stored.one[at1 + i]
            at1 += n
        elif size == 2:
            for i in range(n):
                rows[k, i] = stored.two[at2 + i]
            at2 += n
        elif size == 4:
            for i in range(n):
                rows[k, i] = stored.four[at4 + i]
            at4 += n
        else:
            for i in range(n):
                rows[k, i] = stored.eight[at8 + i]
            at8 += n


def warm() -> None:
    """Compile the kernels for the array types that partials have, by calling each on no rows."""
    key, rows, at = np.zeros(0, np.int64), np.zeros((0, 0), np.int64), np.zeros(LISTS, np.int64)
    large, types = np.zeros(0, np.int32), ("i1", *(f"i{size}" for size in WIDTHS), "u2", "i4")
    lists = Packed(*(np.zeros(1, kind) for kind in types))
    pack_table(key, key, rows, large, large, ENTRY_BITS - 1, at, lists)
    unpack_rows(lists, at, rows)
