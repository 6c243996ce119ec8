"""What a conversion has to do on disk that nobody waits for: write out finished files, give space back."""

import ctypes
import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tickstore.worker_log import Segment, give_back

_WAIT_AND_WRITE: Final = 1 | 2 | 4  # SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE, _WAIT_AFTER
Chore = Callable[[], None]


class DiskChores:
    """A thread that does one thing after the other while the workers work."""

    def __init__(self) -> None:
        self._chores: queue.SimpleQueue[Chore | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._function = getattr(ctypes.CDLL(None), "sync_file_range", None)

    def write_out(self, path: Path) -> None:
        """Have a file written out, so that the sync that must follow finds little to do."""
        if self._function is not None:
            self._add(lambda: self._write_out(path))

    def give_back(self, segment: Segment) -> None:
        """Give back the space of rows that nobody needs any more."""
        self._add(lambda: give_back(segment))

    def _write_out(self, path: Path) -> None:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            assert self._function is not None
            self._function(handle, ctypes.c_int64(0), ctypes.c_int64(0), ctypes.c_uint(_WAIT_AND_WRITE))
        finally:
            os.close(handle)

    def _add(self, chore: Chore) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="disk chores", daemon=True)
            self._thread.start()
        self._chores.put(chore)

    def _work(self) -> None:
        while (chore := self._chores.get()) is not None:
            with suppress(OSError):  # discarded meanwhile, or the disk is full: the sync says so
                chore()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            if kind is not None:  # what is not done is done when the conversion is taken up, or given up
                with suppress(queue.Empty):
                    while True:
                        self._chores.get_nowait()
            self._chores.put(None)
            self._thread.join()
            self._thread = None
