"""Files that appear whole or not at all, whatever happens while they are written.

The lowest layer: store, conversion and driver write by it.
"""

import ctypes
import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR
from typing import IO, Any, Final

from tickstore.errors import UserError

TEMPORARY = ".tmp-"  # prefix of files not yet complete; whatever bears it may be deleted when nobody runs
FSYNC_SECONDS = 0.2  # finished jobs are made durable in groups: at most this much work is repeated after a crash
_MANY: Final = 16  # files beyond which one sync of the file system is cheaper than one of each
_NO_SYNC: Final = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY}  # "no such thing here"
_NO_FOLDER_SYNC: Final = {errno.EPERM, errno.EACCES, errno.EBADF, errno.EISDIR}  # the same, of folders
_WAIT_AND_WRITE: Final = 1 | 2 | 4  # SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE, _WAIT_AFTER


@contextmanager
def atomic_file(path: Path | str) -> Iterator[IO[bytes]]:
    """Open a binary file that replaces ``path`` when the block ends well, and vanishes when it does not."""
    path = Path(path)
    temporary = path.with_name(f"{TEMPORARY}{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            sync_handle(file.fileno(), path)
        temporary.replace(path)
        sync_path(path.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def atomic_write(path: Path | str, data: bytes | memoryview) -> None:
    """Replace the content of ``path`` by ``data``, or leave it as it was."""
    with atomic_file(path) as file:
        file.write(data)


def atomic_writes(folder: Path, contents: Mapping[str, Iterable[bytes]]) -> None:
    """Replace files of a folder, each whole or not at all, and make them durable all at once: disks take their time.

    contents : the parts of each file
    """
    made = {folder / name: folder / f"{TEMPORARY}{name}.{os.getpid()}" for name in contents}
    try:
        for temporary, parts in zip(made.values(), contents.values(), strict=True):
            with temporary.open("wb") as file:
                file.writelines(parts)
        sync_files([*made.values()])
        for path, temporary in made.items():
            temporary.replace(path)
        sync_path(folder)
    except BaseException:
        for temporary in made.values():
            with suppress(OSError):
                temporary.unlink()
        raise


def atomic_json(path: Path | str, content: Any) -> None:
    """Replace ``path`` by ``content`` as indented JSON."""
    atomic_write(path, (json.dumps(content, indent=2, default=str) + "\n").encode())


def sync_path(path: Path) -> None:
    """Make the names in a folder, or the content of a file, durable."""
    try:
        with _opened(path) as handle:
            sync_handle(handle, path)
    except (PermissionError, IsADirectoryError):  # some network folders cannot be opened themselves, their files can
        if not path.is_dir():
            raise


def sync_handle(handle: int, path: Path | str) -> None:
    """Make an open file or folder durable, as far as its file system can: some know nothing of it, folders above all.

    OSError: it was not written, to the disk that ``path`` is on.
    """
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC and not (error.errno in _NO_FOLDER_SYNC and S_ISDIR(os.fstat(handle).st_mode)):
            raise OSError(error.errno, error.strerror, str(path)) from None


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def sync_files(paths: list[Path]) -> None:
    """Make files and directories of one file system durable: one by one, or all at once where they are many."""
    sync_all = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if len(paths) <= _MANY or sync_all is None:
        for path in paths:
            sync_path(path)
        return
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    with _opened(folder) as handle:
        if sync_all(handle) == 0:
            return
        number = ctypes.get_errno()
    if number not in _NO_SYNC | _NO_FOLDER_SYNC:  # else the files can tell, one by one
        raise OSError(number, os.strerror(number), str(folder))
    for path in paths:
        sync_path(path)


def write_out(path: Path) -> None:
    """Have a finished file written out, so that the sync that must follow finds little to do."""
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is not None:
        with suppress(OSError), _opened(path) as handle:  # discarded meanwhile, or the disk is full: the sync says so
            function(handle, ctypes.c_int64(0), ctypes.c_int64(0), ctypes.c_uint(_WAIT_AND_WRITE))


def clear_temporary(folder: Path) -> None:
    """Remove what a killed process left half written in ``folder``; nobody may be writing there."""
    for path in list(folder.glob(f"{TEMPORARY}*")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def file_stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Return name -> (bytes, mtime in ns) of the complete files directly inside ``folder``."""
    with os.scandir(folder) as entries:
        found = {entry.name: entry.stat() for entry in entries if entry.is_file()}
    return {n: (s.st_size, s.st_mtime_ns) for n, s in sorted(found.items()) if not n.startswith(TEMPORARY)}


def make_folders(path: Path) -> list[Path]:
    """Create ``path`` and what is missing above it, durably; return what was made, innermost first."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_path(folder.parent)
    return missing


def make_folder(path: Path, purpose: str) -> None:
    """Create ``path``, or raise a UserError that says why it cannot be written."""
    try:
        make_folders(path)
        probe = path / f"{TEMPORARY}probe.{os.getpid()}"
        probe.touch()
        probe.unlink(missing_ok=True)  # of another machine, whose process has this number
    except FileExistsError:
        raise UserError(f"{purpose} folder {path} is a file: give a folder") from None
    except OSError as error:
        if error.errno == errno.ENOTDIR:
            raise UserError(f"{purpose} folder {path} is below a file: give another path") from None
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(f"{purpose} folder {path} cannot be written ({reason}): give another path") from None
