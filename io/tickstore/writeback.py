"""Finished files on their way to the disk while others are built, so that the last sync finds little to do."""

import ctypes
import os
import queue
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_WAIT_AND_WRITE: Final = 1 | 2 | 4  # SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE, _WAIT_AFTER


class Writeback:
    """A thread that has one file after the other written out. It promises nothing: a sync must follow.

    It waits for the disk in the place of the workers, which never wait for each other's files.
    """

    def __init__(self) -> None:
        self._paths: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._function = getattr(ctypes.CDLL(None), "sync_file_range", None)

    def add(self, path: Path) -> None:
        """Have a file written out, some time soon."""
        if self._function is None:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="writeback", daemon=True)
            self._thread.start()
        self._paths.put(path)

    def _work(self) -> None:
        while (path := self._paths.get()) is not None:
            with suppress(OSError):  # discarded meanwhile, or the disk is full: the sync says so
                handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    assert self._function is not None
                    self._function(handle, ctypes.c_int64(0), ctypes.c_int64(0), ctypes.c_uint(_WAIT_AND_WRITE))
                finally:
                    os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            if kind is not None:  # nobody needs the files any more
                with suppress(queue.Empty):
                    while True:
                        self._paths.get_nowait()
            self._paths.put(None)
            self._thread.join()
            self._thread = None
