"""Times a piece of work in multiples of fixed pieces that take turns with it, for machines that count no instructions.

A machine's speed drifts by a third from hour to hour, and by what its neighbours do; a search with branches, a sort,
one read of memory, Python's own objects, a write and a parse of text are slowed down as the work is. They use nothing
of this project, so that no change of it changes them.
"""

import io
import math
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numba import njit

MOST: Final = 60  # rounds
LEAST: Final = 7
ENOUGH: Final = 1.5  # seconds of processor time, after which more rounds than the least are not needed
LOW: Final = 0.1  # the quantile that counts: the least is one lucky moment
SORTED: Final = np.sort(np.random.default_rng(1).integers(0, 1 << 40, 20_000))
SHUFFLED: Final = np.random.default_rng(2).permutation(SORTED)
LARGE: Final = np.arange(500_000)
ROWS: Final = pa.table({f"c{k}": SHUFFLED[k::60] for k in range(20)})


@njit(nogil=True)
def _search(values: np.ndarray, among: np.ndarray) -> int:
    total = 0
    for value in values:
        low, high = 0, len(among)
        while low < high:
            middle = (low + high) // 2
            if among[middle] < value:
                low = middle + 1
            else:
                high = middle
        total += low
    return total


def _python() -> None:
    found: dict[int, str] = {}
    for k in range(6_000):
        found[k % 97] = f"{k}x"
    sorted(found.items())


def _text() -> None:
    written = io.BytesIO()
    pa.csv.write_csv(ROWS, written)
    written.seek(0)
    pa.csv.read_csv(written, pa.csv.ReadOptions(use_threads=False))


@cache
def calibrators() -> Sequence[Callable[[], object]]:
    """Return the fixed pieces, warm."""
    found = (lambda: _search(SHUFFLED, SORTED), lambda: np.sort(SHUFFLED), LARGE.sum, _python, _text)
    for work in found:
        work()
    return found


def timed_ratio(work: Callable[[], object]) -> float:
    """Return the processor time of a piece of work over the geometric mean of the fixed ones."""
    all_of_them = [work, *calibrators()]
    spent: list[list[int]] = [[] for _ in all_of_them]
    began = time.process_time()
    for number in range(MOST):
        if number >= LEAST and time.process_time() - began > ENOUGH:
            break
        for piece, times in zip(all_of_them, spent, strict=True):
            start = time.process_time_ns()
            piece()
            times.append(time.process_time_ns() - start)
    low = [math.log(float(np.quantile(times, LOW))) for times in spent]
    return math.exp(low[0] - sum(low[1:]) / len(low[1:]))
