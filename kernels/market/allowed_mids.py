"""The first mid of a window that a limit allows, found without looking at every quote (decisions 14).

Most orders are allowed at once. The others may wait all day for a mid that never comes: extremes over blocks of
quotes, and over blocks of blocks, let the search pass over those that have none.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I64, Array
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL

BLOCK: Final = 64
LARGE: Final = BLOCK * BLOCK
LOW, HIGH = 0, 1
HIGHEST: Final = 2**62  # above any mid


@kernel
def fill_extremes(marks: Array, blocks: Array, large: Array) -> None:
    """Write the lowest and highest mid that prevails of each block of quotes; of none what no limit allows.

    A quote that another of the same instant follows prevails at no time.

    marks : (n + 1, 2) time and mid of quotes; blocks, large : (k, 2) int64, of BLOCK and of LARGE quotes each
    """
    for extremes in (blocks, large):
        for b in range(extremes.shape[0]):
            extremes[b, LOW], extremes[b, HIGH] = HIGHEST, -HIGHEST
    for i in range(marks.shape[0] - 1):
        mid2 = marks[i, 1]
        if mid2 != NULL and marks[i, 0] < marks[i + 1, 0]:
            b = i // BLOCK
            blocks[b, LOW], blocks[b, HIGH] = min(blocks[b, LOW], mid2), max(blocks[b, HIGH], mid2)
    for b in range(blocks.shape[0]):
        k = b // BLOCK
        large[k, LOW], large[k, HIGH] = min(large[k, LOW], blocks[b, LOW]), max(large[k, HIGH], blocks[b, HIGH])


def mid_extremes(marks: I64, wanted: bool, buffers: Buffers) -> tuple[I64, I64]:
    """Return the extremes of blocks of quotes and of blocks of them; none unless ``wanted``."""
    quotes = len(marks) - 1 if wanted else 0
    sizes = {"mid blocks": -(-quotes // BLOCK), "large mid blocks": -(-quotes // LARGE)}
    blocks, large = (buffers.take(name, (size, 2), np.int64) for name, size in sizes.items())
    fill_extremes(marks[: quotes + 1], blocks, large)
    return blocks, large


@inlined
def may_allow(extremes: Array, b: int, side: int, limit2: int) -> bool:
    """Return whether a block has a mid at or better than the limit."""
    best = extremes[b, LOW] if side > 0 else extremes[b, HIGH]
    return bool(side * best <= side * limit2)


@inlined
def first_allowed(marks: Array, blocks: Array, large: Array, row: int, last: int, side: int, limit2: int) -> int:
    """Return the first quote in [row, last] that prevails with a mid at or better than ``limit2``, or -1."""
    i = row
    while i <= last:
        if i % LARGE == 0 and not may_allow(large, i // LARGE, side, limit2):
            i += LARGE
        elif i % BLOCK == 0 and not may_allow(blocks, i // BLOCK, side, limit2):
            i += BLOCK
        else:
            mid2 = marks[i, 1]
            if mid2 != NULL and side * mid2 <= side * limit2 and marks[i, 0] < marks[i + 1, 0]:
                return i
            i += 1
    return -1
