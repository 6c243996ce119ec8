"""Files of a store that appear whole or not at all, and the manifest that says what is finished."""

import ctypes
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_MANY: Final = 16  # files beyond which one sync of the file system is cheaper than one of each
REJECTS_NAME: Final = "rejects.csv"
MANIFEST_NAME: Final = "manifest.jsonl"
CONVERT_FOLDER: Final = ".convert"
FINISHED_FOLDER: Final = ".finished"
DECISION_NAME: Final = "decision.json"


def fsync_directory(path: Path) -> None:
    """Make the names in a directory, or the content of a file, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_files(paths: list[Path]) -> None:
    """Make files and directories of one file system durable: one by one, or all at once where they are many."""
    if len(paths) > _MANY and _sync_file_system(paths[0] if paths[0].is_dir() else paths[0].parent):
        return
    for path in paths:
        fsync_directory(path)


def remove_working_folder(store: Path) -> None:
    """Remove a conversion's temporary files. Its folder is moved away first: killed midway, nothing of it counts."""
    remove_finished(store)
    folder = store / CONVERT_FOLDER
    if folder.exists():
        try:
            folder.rename(store / FINISHED_FOLDER)
            fsync_directory(store)
        except OSError:  # of a full disk, say
            shutil.rmtree(folder, ignore_errors=True)
        remove_finished(store)


def remove_finished(store: Path) -> None:
    """Remove what a conversion that was killed while it cleaned up left behind."""
    shutil.rmtree(store / FINISHED_FOLDER, ignore_errors=True)


def _sync_file_system(path: Path) -> bool:
    """Make everything on a path's file system durable and return whether that can be asked for."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if function is None:
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        if function(handle) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    finally:
        os.close(handle)
    return True


def replace_file(temporary: Path, path: Path) -> None:
    """Move a finished, fsynced file to its place; its directory is fsynced too."""
    temporary.replace(path)
    fsync_directory(path.parent)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a small file: old, new, never half."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        replace_file(temporary, path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


def append_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """Append JSON lines durably; a torn last line of an earlier crash is cut off first."""
    content = "".join(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n" for line in lines).encode()
    with path.open("ab") as file:
        size = file.tell()
        whole = whole_size(path)
        if whole < size:
            file.truncate(whole)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def whole_size(path: Path) -> int:
    """Return how long a file of lines, which may not exist, is without a torn last line."""
    size = path.stat().st_size if path.exists() else 0
    if size == 0:
        return 0
    with path.open("rb") as file:
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return size
        file.seek(0)
        return file.read().rfind(b"\n") + 1


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects, one a line, of a file that may not exist; other and torn lines are left out."""
    for _, value in numbered_lines(path):
        if value is not None:
            yield value


def numbered_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield number and JSON object, None where it is none, of each whole line that is not blank."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n") and line.strip():
                value = None
                with suppress(ValueError):
                    value = json.loads(line)
                yield number, value if isinstance(value, dict) else None


def is_partition_line(line: dict[str, Any]) -> bool:
    """Return whether a line of the manifest says all that is to be said of a partition."""
    texts = all(isinstance(line.get(name), str) for name in ("security", "date", "digest", "head"))
    return line.get("kind") == "partition" and texts and isinstance(line.get("size"), int)
