"""Check a store byte by byte: every file whole, every byte covered by a checksum, nothing missing, nothing foreign."""

import hashlib
import mmap
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tickstore.catalog import CATALOG_NAME, catalog_bytes, day_path, rebuild_catalog, stored_catalog
from tickstore.commit import finish_commit, is_decided, manifest_partitions
from tickstore.day_file import HEAD, map_file
from tickstore.errors import StoreError
from tickstore.store_files import CONVERT_FOLDER, MANIFEST_NAME, append_lines, write_atomic
from tickstore.store_lock import store_lock

MISSING: Final = "missing"
DAMAGED: Final = "damaged"
FOREIGN: Final = "foreign"
CATALOG: Final = "catalog"
UNFINISHED: Final = "unfinished"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a store."""

    kind: str  # missing, damaged, foreign, catalog, unfinished
    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a check of a store found. It is sound when there are no problems."""

    files: int
    bytes: int
    problems: tuple[Problem, ...]


def verify(store: Path | str) -> VerifyReport:
    """Read every byte of a store and return what is wrong with it.

    Raises
    ------
    StoreError
        There is no store.
    """
    store = Path(store)
    if not store.is_dir():
        raise StoreError(f"{store}: no store here; `convert` makes one")
    known = manifest_partitions(store)
    settled = not is_decided(store / CONVERT_FOLDER)
    problems: list[Problem] = []
    size = 0
    paths = {day_path(store, *key): line for key, line in known.items()}
    for path, line in sorted(paths.items()):
        if not path.exists():
            message = f"security {line['security']} on {line['date']} was stored and is gone: convert its input again"
            problems.append(Problem(MISSING, path, message))
    found = _day_files(store)
    for path in found:
        size += path.stat().st_size
        message = check_day(path, paths.get(path) if settled else None)
        if message:
            problems.append(Problem(DAMAGED, path, message))
        elif settled and path not in paths:
            problems.append(Problem(FOREIGN, path, "not in the manifest: remove it, or accept it"))
    if settled:
        problems += _check_catalog(store, {path for path in found if path in paths}, problems)
    if (store / CONVERT_FOLDER).exists():
        message = "a conversion was interrupted: run it again to finish it"
        problems.append(Problem(UNFINISHED, store / CONVERT_FOLDER, message))
    return VerifyReport(len(found), size, tuple(problems))


def _day_files(store: Path) -> list[Path]:
    """Return all day files of a store; those being built, in folders of a leading dot, are none yet."""
    return sorted(path for path in store.glob("*/*.h5") if not path.parent.name.startswith("."))


def check_day(path: Path, line: dict[str, Any] | None = None) -> str:
    """Return what is wrong with a day file, "" if nothing. ``line`` is the manifest's about it."""
    try:
        data, index = map_file(str(path))
    except StoreError as error:
        return error.message
    except (ValueError, KeyError, TypeError):
        return "the offset index is damaged"
    try:
        message = _check_bytes(data, index)
    except (ValueError, KeyError, TypeError, IndexError):
        return "the offset index is damaged"
    if not message and line is not None:
        start, length, _ = index["metadata"]
        if hashlib.sha256(data[: start + length]).hexdigest() != line["head"]:
            message = "not the file that was stored: its index differs from the manifest's"
    return message


def _check_bytes(data: mmap.mmap, index: dict[str, Any]) -> str:
    """Check that every byte is either under a checksum or zero."""
    _, _, length, _, zero = HEAD.unpack_from(data)
    start, size, crc = index["metadata"]
    if zero or _not_zero(data, HEAD.size + length, start):
        return "bytes beside the offset index are damaged"
    if zlib.crc32(data[start : start + size]) != crc:
        return "the HDF5 structures are damaged"
    position = start + size
    for name, (dtype, count, offset, column_crc) in sorted(index["columns"].items(), key=lambda item: item[1][2]):
        if count == 0:
            continue
        if _not_zero(data, position, offset):
            return f"bytes before column {name} are damaged"
        position = offset + count * int(dtype[-1])
        if _crc(data, offset, position) != column_crc:
            return f"column {name} is damaged"
    return "bytes after the last column are damaged" if _not_zero(data, position, len(data)) else ""


def _not_zero(data: mmap.mmap, start: int, stop: int) -> bool:
    return stop < start or any(data[start:stop])


def _crc(data: mmap.mmap, start: int, stop: int) -> int:
    view = np.frombuffer(data, np.uint8, stop - start, start)
    return zlib.crc32(view.data)


def _check_catalog(store: Path, sound: set[Path], problems: list[Problem]) -> list[Problem]:
    """Compare the catalog with the day files, unless these are damaged themselves."""
    path = store / CATALOG_NAME
    if not sound or any(problem.kind == DAMAGED for problem in problems):
        return []
    try:
        catalog = stored_catalog(store)
    except StoreError as error:
        return [Problem(CATALOG, path, error.message)]
    actual = rebuild_catalog(store)
    kept, made = ({p.path: p for p in c.partitions if p.path in sound} for c in (catalog, actual))
    if kept != made or (not problems and catalog.participants != actual.participants):
        return [Problem(CATALOG, path, "it does not agree with the day files; delete it and it is made again")]
    return []


def accept(store: Path | str) -> tuple[Path, ...]:
    """Enter sound foreign day files into the manifest and the catalog, and return their paths."""
    store = Path(store)
    with store_lock(store):
        finish_commit(store)
        known = {day_path(store, *key) for key in manifest_partitions(store)}
        lines = []
        accepted = []
        for path in sorted(set(_day_files(store)) - known):
            if check_day(path):
                continue
            data, index = map_file(str(path))
            start, length, _ = index["metadata"]
            if day_path(store, index["security"], index["date"]) != path:
                continue
            head = hashlib.sha256(data[: start + length]).hexdigest()
            line = {"kind": "partition", "security": index["security"], "date": index["date"], "head": head}
            lines.append(line | {"digest": index["attributes"]["digest"], "size": index["size"]})
            accepted.append(path)
        if lines:
            append_lines(store / MANIFEST_NAME, lines)
            write_atomic(store / CATALOG_NAME, catalog_bytes(rebuild_catalog(store)))
    return tuple(accepted)
