"""The order of a table's rows: by (timestamp, sequence, place in the input).

The kernels of `ordered_tables` and `repetitions`.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from kernels.base.columns import I32, I64
from kernels.base.compiling import allocating_kernel, inlined, kernel
from tickstore.building.scratch import Scratch

_RUN: Final = 1 << 19  # rows sorted at once: bounds the memory that sorting takes
UNSORTED, SORTED, TIED = 0, 1, 2


@kernel
def sortedness(timestamp: I64, sequence: I64) -> int:
    """Return 0 if rows do not ascend by (timestamp, sequence), 1 if they do, 2 if some share both (sequence not 0).

    Parameters
    ----------
    timestamp, sequence : (n,) int64
    """
    answer = SORTED
    for i in range(1, timestamp.shape[0]):
        if timestamp[i] < timestamp[i - 1]:
            return UNSORTED
        if timestamp[i] == timestamp[i - 1]:
            if sequence[i] < sequence[i - 1]:
                return UNSORTED
            if sequence[i] == sequence[i - 1] and sequence[i] != 0:
                answer = TIED
    return answer


@inlined
def _sift(timestamp: I64, sequence: I64, runs: I32, starts: I64, heap: I64, size: int, place: int) -> None:
    """Let the run at ``place`` sink until the heap's order holds again."""
    moving = heap[place]
    row = runs[starts[moving]]
    while 2 * place + 1 < size:
        least, best, best_row = place, moving, row
        for child in range(2 * place + 1, min(2 * place + 3, size)):
            other = heap[child]
            r = runs[starts[other]]
            less = timestamp[r] < timestamp[best_row]
            if timestamp[r] == timestamp[best_row]:
                less = sequence[r] < sequence[best_row] or (sequence[r] == sequence[best_row] and other < best)
            if less:
                least, best, best_row = child, other, r
        if least == place:
            break
        heap[place] = heap[least]
        place = least
    heap[place] = moving


@allocating_kernel
def merge_runs(timestamp: I64, sequence: I64, runs: I32, starts: I64, heap: I64, out: I32) -> None:
    """Merge sorted runs of row numbers into one; of equal rows the earlier run's comes first.

    Parameters
    ----------
    timestamp, sequence : (n,) int64, in the order of the input
    runs : (n,) int32 row numbers, each run sorted
    starts : (r + 1,) int64, where the runs begin; used up
    heap : (r,) int64, working space
    out : (n,) int32, filled
    """
    ends = starts[1:].copy()
    size = starts.shape[0] - 1
    for h in range(size):
        heap[h] = h
    for root in range(size // 2 - 1, -1, -1):
        _sift(timestamp, sequence, runs, starts, heap, size, root)
    for i in range(out.shape[0]):
        run = heap[0]
        out[i] = runs[starts[run]]
        starts[run] += 1
        if starts[run] == ends[run]:
            size -= 1
            heap[0] = heap[size]
        if size > 0:
            _sift(timestamp, sequence, runs, starts, heap, size, 0)


def time_order(timestamp: I64, sequence: I64, scratch: Scratch, run: int = _RUN) -> I32 | None:
    """Return the permutation that sorts rows by (timestamp, sequence, place), or None when they are sorted."""
    n = len(timestamp)
    if sortedness(timestamp, sequence) != UNSORTED:
        return None
    runs: I32 = scratch.empty(n, "i4")
    starts = [*range(0, n, run), n]
    for a, b in pairwise(starts):
        runs[a:b] = np.lexsort((sequence[a:b], timestamp[a:b])) + a
    if len(starts) == 2:
        return runs
    out: I32 = scratch.empty(n, "i4")
    merge_runs(timestamp, sequence, runs, np.array(starts, np.int64), np.empty(len(starts) - 1, np.int64), out)
    return out
