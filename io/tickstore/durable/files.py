"""Files that appear whole or not at all, whatever happens while they are written."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tickstore.errors import UserError

TEMPORARY = ".tmp-"  # prefix of files not yet complete; whatever bears it may be deleted when nobody runs
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
