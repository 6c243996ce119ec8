"""Where parsed rows wait on disk for the building of their partitions: one log per worker.

For parse tasks and the journal. A worker appends the byte ranges it parses to a file of its own, each as one segment of
whole pages. Where a segment is, the coordinator's journal says once it is finished; what is in a log besides is of no
use to anybody.
"""

import io
import mmap
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from tickstore.durable.files import sync_handle

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
        grain = mmap.ALLOCATIONGRANULARITY
        self._begin = -(-os.fstat(self._file.fileno()).st_size // grain) * grain
        self._file.seek(self._begin)
        return self._file

    def end(self) -> Segment:
        """Return where the segment is that was written since its beginning."""
        assert self._file is not None
        return Segment(str(self._file.name), self._begin, self._file.tell() - self._begin)

    def close(self, durable: bool = False) -> None:
        """Let go of the file, once it is ``durable`` if it has to be."""
        if self._file is not None:
            if durable:
                sync_handle(self._file.fileno(), str(self._file.name))
            self._file.close()
            self._file = None


def _open_new(folder: Path) -> io.FileIO:
    """Make a log of a name that was never there: what an interrupted run noted of a lost log is not about this one."""
    return io.FileIO(str(folder / f"{secrets.token_hex(8)}{LOG_SUFFIX}"), "xb")


def keep_only(folder: Path, segments: Iterable[Segment]) -> None:
    """Remove what the logs of an interrupted conversion hold after the last of ``segments``: nobody knows of it."""
    ends: dict[Path, int] = {}
    for segment in segments:
        path = Path(segment.path)
        ends[path] = max(ends.get(path, 0), segment.offset + segment.length)
    for path in folder.glob(f"*{LOG_SUFFIX}"):
        if path in ends:
            os.truncate(path, ends[path])
        else:
            path.unlink()
