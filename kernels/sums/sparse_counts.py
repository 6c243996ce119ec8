"""Counts of the codes of orders, cell by cell, as sparse entries: from dense ones where there are few cells.

Of thousands of cells the codes of each, or the shortfalls that they are of, are brought together first. They are moved,
not looked up where they are: a read from anywhere in memory that decides what is done next is waited for, a write is
not. Of half a million orders in thousands of cells that was three quarters of the time. Codes and entries are looked up
without a sign, which is half of the time again.
"""

import numpy as np

from kernels.base.columns import F64, I16, I32, I64
from kernels.base.compiling import inlined, kernel


@inlined
def count_rows(cell: I32, place: I32, start: I64) -> None:
    """Write where the rows of each place begin, one further on, so that it can move on as they are written.

    cell : (n,), place : (cells,); start : (places + 2,) zeros on entry
    """
    for i in range(cell.shape[0]):
        start[np.uint64(place[np.uint64(cell[i])] + 2)] += 1
    for c in range(2, start.shape[0]):
        start[c] += start[c - 1]


@kernel
def sort_codes(cell: I32, place: I32, codes: I16, start: I64, out: I16) -> None:
    """Sort the codes of n orders by the place of their cell: rows ``start[c]`` to ``start[c + 1]`` are of place c.

    cell : (n,), place : (cells,); codes, out : (n, measures), those of a place in the order of their orders
    start : (places + 2,) zeros on entry
    """
    count_rows(cell, place, start)
    for i in range(cell.shape[0]):
        run = np.uint64(place[np.uint64(cell[i])] + 1)
        at = np.uint64(start[run])
        for m in range(codes.shape[1]):
            out[at, m] = codes[i, m]
        start[run] = at + np.uint64(1)


@kernel
def sort_shortfalls(cell: I32, place: I32, y: F64, other: I32, start: I64, out: F64, out_other: I32) -> None:
    """Sort the shortfalls of n orders, and another cell of each, by the place of their cell.

    cell, other : (n,), place : (cells,); y : (n, lanes)
    start : (places + 2,) zeros on entry; then orders ``start[c]`` to ``start[c + 1]`` are of place c, as they were
    """
    count_rows(cell, place, start)
    for i in range(cell.shape[0]):
        run = np.uint64(place[np.uint64(cell[i])] + 1)
        at = np.uint64(start[run])
        for s in range(y.shape[1]):
            out[at, s] = y[i, s]
        out_other[at] = other[i]
        start[run] = at + np.uint64(1)


@kernel
def count_codes(start: I64, codes: I16, seen: I32, entry: I64, out_code: I32, out_count: I32) -> int:
    """Write how many orders of each cell have each code, as entries of a cell; return how many there are.

    start, codes : sorted by cell, as ``sort_codes`` or ``sort_shortfalls`` leaves them
    seen : (measures x codes there may be,) zeros on entry and on return
    entry : (cells + 1,) to write, first entry of each cell; out_code, out_count : one longer than there are entries

    The code of an entry is measure x codes there may be + code; those of a cell are in the order of their first orders.
    To have them ascend would take longer than to count them.
    """
    written, width = np.uint64(0), seen.shape[0] // codes.shape[1]
    for c in range(entry.shape[0] - 1):
        first = written
        entry[c] = first
        for j in range(np.uint64(start[c]), np.uint64(start[c + 1])):
            for m in range(codes.shape[1]):
                code = np.uint64(m * width + codes[j, m])
                before = seen[code]
                out_code[written] = code  # stays if it is the cell's first
                seen[code] = before + 1
                written += np.uint64(before == 0)
        for e in range(first, written):
            code = np.uint64(out_code[e])
            out_count[e] = seen[code]
            seen[code] = 0
    entry[entry.shape[0] - 1] = written
    return int(written)


@kernel
def entries_of(dense: I32, entry: I64, out_code: I32, out_count: I32) -> int:
    """Write the counts of each row that are not 0 as entries, which ascend; return how many there are.

    dense : (rows, codes); entry : (rows + 1,) to write, the first entry of each row
    out_code, out_count : one longer than there are entries, since the next one is written before it is known for one
    """
    written = 0
    for row in range(dense.shape[0]):
        entry[row] = written
        for code in range(dense.shape[1]):
            out_code[written], out_count[written] = code, dense[row, code]
            written += int(dense[row, code] != 0)
    entry[dense.shape[0]] = written
    return written


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    cell, codes, edges = np.zeros(0, np.int32), np.zeros((0, 2), np.int16), np.zeros(2, np.int64)
    sort_codes(cell, cell, codes, edges, codes)
    y = np.zeros((0, 4))
    sort_shortfalls(cell, cell, y, cell, edges, y, cell)
    count_codes(edges, codes, np.zeros(2, np.int32), edges[:1], cell, cell)
    entries_of(np.zeros((0, 1), np.int32), edges, cell, cell)
