"""manifest.jsonl: the jobs of a results folder that are complete on disk, one checked line each.

`runner` appends to it as jobs finish; `results_folder` asks it which jobs a resume may keep.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

from tickstore.durable.files import FSYNC_SECONDS, TEMPORARY, atomic_file, file_stamps, sync_handle
from tickstore.durable.json_lines import checked_line, checked_lines
from tickstore.durable.lock import LOCK_NAMES

MANIFEST = "manifest.jsonl"
SHARDS = ".shards"  # a results folder that shards have begun has this before its manifest


@dataclass(frozen=True, slots=True)
class Finished:
    """One line of the manifest: a job that is complete on disk."""

    name: str  # security/date
    fingerprint: str
    files: Mapping[str, tuple[int, int]]  # name -> (bytes, mtime in ns)
    report: Mapping[str, Any]


class Manifest:
    """Append-only record of finished jobs in a results folder: one JSON line with a checksum per job.

    A line that was cut by a crash ends the reading; the jobs behind it are done again.
    """

    HEADER: ClassVar = {"darkreplay": "results", "version": 1}

    def __init__(self, results: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = results / MANIFEST
        self.clock = clock
        self.file: IO[bytes] | None = None
        self.synced = 0.0

    def read(self) -> dict[str, Finished]:
        """Return the last line of each job by name; later lines replace earlier ones."""
        finished: dict[str, Finished] = {}
        for entry in checked_lines(self.path):
            if "name" in entry:
                files = {name: (int(size), int(stamp)) for name, (size, stamp) in entry["files"].items()}
                finished[entry["name"]] = Finished(entry["name"], entry["fingerprint"], files, entry["report"])
        return finished

    def start(self, kept: Mapping[str, Finished]) -> None:
        """Rewrite the manifest so that it lists ``kept`` alone, and open it for appending."""
        with atomic_file(self.path) as file:
            file.write(checked_line(self.HEADER))
            file.writelines(checked_line(asdict(job)) for job in kept.values())
        self.file = self.path.open("ab")
        self.synced = self.clock()

    def append(self, job: Finished) -> None:
        """Add one finished job."""
        if self.file is None:
            raise RuntimeError("the manifest is not started")
        self.file.write(checked_line(asdict(job)))
        self.file.flush()
        if self.clock() - self.synced >= FSYNC_SECONDS:
            sync_handle(self.file.fileno(), self.path)
            self.synced = self.clock()

    def close(self) -> None:
        """Make all lines durable."""
        if self.file is not None:
            sync_handle(self.file.fileno(), self.path)
            self.file.close()
            self.file = None


def is_results_folder(folder: Path) -> bool:
    """Return whether ``folder`` is missing, empty, or one that an earlier run made."""
    if not folder.exists():
        return True
    if (folder / MANIFEST).is_file():
        return next(checked_lines(folder / MANIFEST), None) == Manifest.HEADER
    return {entry.name for entry in folder.iterdir() if not entry.name.startswith(TEMPORARY)} <= LOCK_NAMES | {SHARDS}


def is_intact(job: Finished, folder: Path) -> bool:
    """Return whether every file of a finished job is as it was left."""
    try:
        return file_stamps(folder) == dict(job.files)
    except OSError:
        return False
