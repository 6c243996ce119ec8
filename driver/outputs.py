"""Files that are old, new or absent, never half: atomic writes, the manifest of finished jobs, the run lock."""

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar, Self
from zlib import crc32

from tickstore.errors import UserError

TEMPORARY = ".tmp-"  # prefix of files not yet complete; whatever bears it may be deleted when nobody runs
MANIFEST = "manifest.jsonl"
LOCK = ".lock"
FSYNC_SECONDS = 0.2  # finished jobs are made durable in groups: at most this much work is repeated after a crash


@contextmanager
def atomic_file(path: Path | str) -> Iterator[IO[bytes]]:
    """Open a binary file that replaces ``path`` when the block ends well, and vanishes when it does not."""
    path = Path(path)
    temporary = path.with_name(f"{TEMPORARY}{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def atomic_write(path: Path | str, data: bytes) -> None:
    """Replace the content of ``path`` by ``data``, or leave it as it was."""
    with atomic_file(path) as file:
        file.write(data)


def atomic_json(path: Path | str, content: Any) -> None:
    """Replace ``path`` by ``content`` as indented JSON."""
    atomic_write(path, (json.dumps(content, indent=2, default=str) + "\n").encode())


def sync_folder(folder: Path) -> None:
    """Make renames inside ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def clear_temporary(folder: Path) -> None:
    """Remove what a killed process left half written in ``folder``; nobody may be writing there."""
    with os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if entry.name.startswith(TEMPORARY)]:
            (folder / name).unlink(missing_ok=True)


def file_stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Return name -> (bytes, mtime in ns) of the complete files directly inside ``folder``."""
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if entry.is_file() and not entry.name.startswith(TEMPORARY)]
        return {entry.name: (entry.stat().st_size, entry.stat().st_mtime_ns) for entry in sorted(found, key=_name)}


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def make_folder(path: Path, purpose: str) -> None:
    """Create ``path``, or raise a UserError that says why it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f"{TEMPORARY}probe.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except FileExistsError:
        raise UserError(f"{purpose} folder {path} is a file: give a folder") from None
    except OSError as error:
        if error.errno == errno.ENOTDIR:
            raise UserError(f"{purpose} folder {path} is below a file: give another path") from None
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(f"{purpose} folder {path} cannot be written ({reason}): give another path") from None


class RunLock:
    """One run at a time on a folder. The lock dies with its owner, so a killed run never blocks the next."""

    def __init__(self, folder: Path, purpose: str) -> None:
        self.path = folder / LOCK
        self.purpose = purpose
        self.file: IO[str] | None = None

    def __enter__(self) -> Self:
        file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            file.close()
            raise UserError(
                f"{self.purpose} folder {self.path.parent} is in use by {owner}: wait for it, or give another folder"
            ) from None
        file.truncate(0)
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        file.write(f"process {os.getpid()} on {socket.gethostname()} since {since}\n")
        file.flush()
        self.file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.file is not None:
            self.file.truncate(0)
            self.file.close()


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
        for entry in _good_lines(self.path):
            if "name" in entry:
                files = {name: (int(size), int(stamp)) for name, (size, stamp) in entry["files"].items()}
                finished[entry["name"]] = Finished(entry["name"], entry["fingerprint"], files, entry["report"])
        return finished

    def start(self, kept: Mapping[str, Finished]) -> None:
        """Rewrite the manifest so that it lists ``kept`` alone, and open it for appending."""
        lines = [_line(self.HEADER), *(_line(_entry(job)) for job in kept.values())]
        atomic_write(self.path, b"".join(lines))
        self.file = self.path.open("ab")
        self.synced = self.clock()

    def append(self, job: Finished) -> None:
        """Add one finished job."""
        if self.file is None:
            raise RuntimeError("the manifest is not started")
        self.file.write(_line(_entry(job)))
        self.file.flush()
        if self.clock() - self.synced >= FSYNC_SECONDS:
            os.fsync(self.file.fileno())
            self.synced = self.clock()

    def close(self) -> None:
        """Make all lines durable."""
        if self.file is not None:
            os.fsync(self.file.fileno())
            self.file.close()
            self.file = None


def is_results_folder(folder: Path) -> bool:
    """Return whether ``folder`` is missing, empty, or one that an earlier run made."""
    if not folder.exists():
        return True
    if (folder / MANIFEST).is_file():
        return next(_good_lines(folder / MANIFEST), None) == Manifest.HEADER
    return {entry.name for entry in folder.iterdir() if not entry.name.startswith(TEMPORARY)} <= {LOCK}


def is_intact(job: Finished, folder: Path) -> bool:
    """Return whether every file of a finished job is as it was left."""
    try:
        return file_stamps(folder) == dict(job.files)
    except OSError:
        return False


def _entry(job: Finished) -> dict[str, Any]:
    return {"name": job.name, "fingerprint": job.fingerprint, "files": dict(job.files), "report": dict(job.report)}


def _line(entry: Mapping[str, Any]) -> bytes:
    text = json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()
    return b"%08x %s\n" % (crc32(text), text)


def _good_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield entries up to the first line that is torn or damaged."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines[:-1]:
        checksum, _, text = line.partition(b" ")
        if checksum != b"%08x" % crc32(text):
            return
        yield json.loads(text)
