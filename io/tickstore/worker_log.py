"""Where parsed rows wait on disk for the building of their partitions: one log per worker.

A worker appends the byte ranges it parses to a file of its own, each as one segment of whole pages. Where a segment
is, the coordinator's journal says once it is finished; what is in a log besides is of no use to anybody. A segment
that nobody needs any more is made a hole: the file keeps its length and gives its space back.
"""

import ctypes
import io
import mmap
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

_KEEP_SIZE_AND_PUNCH_HOLE: Final = 1 | 2  # of fallocate(2)
LOG_SUFFIX: Final = ".log"


class Segment(NamedTuple):
    """A finished byte range: its log, where in it it begins, how many bytes it has."""

    path: str
    offset: int
    length: int


class WorkerLog:
    """The log of this process, opened when the first segment begins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = os.getpid()
        self._file: io.FileIO | None = None
        self._begin = 0

    def begin(self) -> io.FileIO:
        """Return the file, at the first page that has not been written to."""
        if self._file is None:
            self._file = _open_new(self.folder)
        self._begin = _whole_pages(os.fstat(self._file.fileno()).st_size)
        self._file.seek(self._begin)
        return self._file

    def end(self) -> Segment:
        """Return where the segment is that was written since its beginning."""
        assert self._file is not None
        return Segment(str(self._file.name), self._begin, self._file.tell() - self._begin)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _open_new(folder: Path) -> io.FileIO:
    """Make a log of a name that was never there: what an interrupted run noted of a lost log is not about this one."""
    return io.FileIO(str(folder / f"{secrets.token_hex(8)}{LOG_SUFFIX}"), "xb")


def _whole_pages(size: int) -> int:
    return -(-size // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY


def give_back(segment: Segment) -> None:
    """Give the space of a segment back to the disk, which a reader may have mapped still.

    A file system that makes no holes keeps it until the conversion is over, and the log is removed.
    """
    handle = os.open(segment.path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        _punch(handle, segment.offset, _whole_pages(segment.length))
    finally:
        os.close(handle)


def _punch(handle: int, offset: int, length: int) -> None:
    fallocate = getattr(ctypes.CDLL(None), "fallocate", None)
    if fallocate is not None and length:
        fallocate(handle, _KEEP_SIZE_AND_PUNCH_HOLE, ctypes.c_int64(offset), ctypes.c_int64(length))


def keep_only(folder: Path, segments: Iterable[Segment]) -> None:
    """Give back whatever logs of an interrupted conversion hold besides ``segments``."""
    kept: dict[str, list[Segment]] = {}
    for segment in segments:
        kept.setdefault(segment.path, []).append(segment)
    for path in folder.glob(f"*{LOG_SUFFIX}"):
        if str(path) not in kept:
            path.unlink()
            continue
        position = 0
        for segment in [*sorted(kept[str(path)]), Segment(str(path), _whole_pages(path.stat().st_size), 0)]:
            give_back(Segment(str(path), position, segment.offset - position))
            position = _whole_pages(segment.offset + segment.length)
