"""Check a store byte by byte: every file whole, every byte covered by a checksum, nothing missing, nothing foreign."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tickstore.catalog import CATALOG_NAME, catalog_bytes, day_path, is_decided, rebuild_catalog, stored_catalog
from tickstore.commit import finish_commit, manifest_partitions
from tickstore.day_check import check_day
from tickstore.day_file import map_file
from tickstore.errors import StoreError
from tickstore.recovery import settle, writer_of
from tickstore.store_files import (
    CONVERT_FOLDER,
    MANIFEST_NAME,
    append_lines,
    is_partition_line,
    numbered_lines,
    write_atomic,
)
from tickstore.store_lock import store_lock

MISSING: Final = "missing"
DAMAGED: Final = "damaged"
FOREIGN: Final = "foreign"
CATALOG: Final = "catalog"
UNFINISHED: Final = "unfinished"
MANIFEST: Final = "manifest"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a store."""

    kind: str  # missing, damaged, foreign, catalog, manifest, unfinished
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

    What an interrupted conversion had decided to store is put in its place first.

    Raises
    ------
    StoreError
        There is no store.
    """
    store = Path(store)
    if not store.is_dir():
        raise StoreError(f"{store}: no store here; `convert` makes one")
    problems: list[Problem] = []
    try:
        settle(store)
    except StoreError as error:
        problems.append(Problem(UNFINISHED, store / CONVERT_FOLDER, error.message))
    problems += _check_manifest(store)
    known = manifest_partitions(store)
    settled = not is_decided(store)
    size = 0
    paths = {day_path(store, *key): line for key, line in known.items()}
    for path, line in sorted(paths.items()):
        if not path.exists():
            message = f"security {line['security']} on {line['date']} was stored and is gone: convert its input again"
            problems.append(Problem(MISSING, path, message))
    found = _day_files(store)
    for path in found:
        size += path.stat().st_size if path.is_file() else 0
        message = check_day(path, paths.get(path) if settled else None)
        if message:
            problems.append(Problem(DAMAGED, path, message.removeprefix(f"{path}: ")))
        elif settled and path not in paths:
            problems.append(Problem(FOREIGN, path, "not in the manifest: remove it, or let `verify --accept` enter it"))
    if settled:
        problems += _check_catalog(store, {path for path in found if path in paths}, problems)
    if settled and (store / CONVERT_FOLDER).exists():
        message = writer_of(store) or "a conversion was interrupted: run it again to finish it"
        problems.append(Problem(UNFINISHED, store / CONVERT_FOLDER, message))
    return VerifyReport(len(found), size, tuple(problems))


def _check_manifest(store: Path) -> list[Problem]:
    path = store / MANIFEST_NAME
    bad = [
        number
        for number, line in numbered_lines(path)
        if line is None or not (is_partition_line(line) or (line.get("kind") == "conversion" and "report" in line))
    ]
    if not bad:
        return []
    message = f"{len(bad)} lines cannot be read, line {bad[0]} first: remove them; what they were about is foreign then"
    return [Problem(MANIFEST, path, message)]


def _day_files(store: Path) -> list[Path]:
    """Return all day files of a store; those being built, in folders of a leading dot, are none yet."""
    return sorted(path for path in store.glob("*/*.h5") if not path.parent.name.startswith("."))


def _check_catalog(store: Path, sound: set[Path], problems: list[Problem]) -> list[Problem]:
    """Compare the catalog with the day files, unless these are damaged themselves."""
    path = store / CATALOG_NAME
    if not sound or any(problem.kind == DAMAGED for problem in problems):
        return []
    try:
        catalog = stored_catalog(store)
    except StoreError as error:
        return [Problem(CATALOG, path, error.message.removeprefix(f"{path}: "))]
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
