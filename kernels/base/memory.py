"""Memory that is used again: from block to block and from job to job.

Fresh pages cost more than what is written to them: a small job spent a third of its time in page faults.
"""

import math

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kernels.base.columns import Array

LINE = 64  # bytes of a cache line


def aligned_bytes(size: int) -> NDArray[np.uint8]:
    """Return ``size`` bytes that start on a cache line: numpy's own large arrays start 16 bytes after one."""
    raw = np.empty(size + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + size]


class Buffers:
    """Arrays by name, for one thread. What was taken is overwritten when its name is taken again."""

    def __init__(self) -> None:
        """Start without any memory."""
        self._kept: dict[str, NDArray[np.uint8]] = {}
        self._bytes = 0
        self._last: dict[str, tuple[tuple[int, ...], DTypeLike, Array]] = {}  # what was taken, and what was asked for

    def bytes_of(self, *names: str) -> int:
        """Return how much memory is kept, under ``names`` or in all."""
        return sum(len(self._kept[name]) for name in names if name in self._kept) if names else self._bytes

    def take(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return an array of this shape, not initialised, its first item on a cache line.

        What is asked for block after block is the same object: to make an array takes longer than to find it.
        """
        last = self._last.get(name)
        if last is not None and last[0] == shape and last[1] is dtype:
            return last[2]
        kind = np.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        kept = self._kept.get(name)
        if kept is None or len(kept) < size:
            self._bytes -= 0 if kept is None else len(kept)
            kept = self._kept[name] = aligned_bytes(size if kept is None else size + size // 4)
            self._bytes += len(kept)
        array: Array = np.ndarray(shape, kind, kept.data)
        self._last[name] = shape, dtype, array
        return array
