"""What a conversion has to do on disk that nobody waits for: write out finished files."""

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_WAIT_AND_WRITE: Final = 1 | 2 | 4  # SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE, _WAIT_AFTER


class DiskChores:
    """A thread that writes out one file after the other while the workers work."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "disk chores")

    def write_out(self, path: Path) -> None:
        """Have a file written out, so that the sync that must follow finds little to do."""
        self._thread.submit(_write_out, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=kind is not None)


def _write_out(path: Path) -> None:
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is None:
        return
    with suppress(OSError):  # discarded meanwhile, or the disk is full: the sync says so
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            function(handle, ctypes.c_int64(0), ctypes.c_int64(0), ctypes.c_uint(_WAIT_AND_WRITE))
        finally:
            os.close(handle)
