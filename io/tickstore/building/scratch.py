"""Working memory of a worker: small arrays as usual, large ones in an unlinked file, used again for every partition.

Called by the build task, used all over building. So a partition of any size is built in the same private memory: the
system may write the file's pages out.
"""

import mmap
import os
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from kernels.base.columns import Array

_SMALL: Final = 1 << 20  # bytes of an array that need not be in the file
_SEGMENT: Final = 64 << 20


class Scratch:
    """Hand out uninitialised arrays; all are taken back at once by `reset`."""

    def __init__(self, folder: Path | None) -> None:
        """``folder`` takes the file; without one, everything is ordinary memory."""
        self._folder = folder
        self._handle = -1
        self._end = 0
        self._segments: list[mmap.mmap] = []
        self._current = 0
        self._used = 0

    def reset(self) -> None:
        """Take all arrays back."""
        self._current, self._used = 0, 0

    def empty(self, items: int, dtype: str) -> Array:
        """Return an array of ``items`` values, not initialised."""
        size = items * np.dtype(dtype).itemsize
        if self._folder is None or size < _SMALL:
            return np.empty(items, dtype)
        size = -(-size // 4096) * 4096
        while self._current < len(self._segments) and self._used + size > len(self._segments[self._current]):
            self._current, self._used = self._current + 1, 0
        if self._current == len(self._segments):
            self._grow(size)
        array = np.frombuffer(self._segments[self._current], dtype, items, self._used)
        self._used += size
        return array

    def _grow(self, size: int) -> None:
        if self._handle < 0:
            self._handle, name = tempfile.mkstemp(prefix="scratch-", dir=self._folder)
            os.unlink(name)  # noqa: PTH108 - a str from mkstemp
        length = max(_SEGMENT, size)
        os.posix_fallocate(self._handle, self._end, length)  # a full disk is an error here, not a crash on first use
        self._segments.append(mmap.mmap(self._handle, length, offset=self._end))
        self._end += length
        self._used = 0
