"""Check a store byte by byte: every file whole, every byte covered by a checksum, nothing missing, nothing foreign.

The top layer of the store, called by the command line.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tickstore.day.check import check_day, stated
from tickstore.day.reader import map_file
from tickstore.durable.json_lines import append_lines, numbered_lines, read_lines, whole_size
from tickstore.durable.lock import folder_lock
from tickstore.errors import StoreError
from tickstore.store.catalog import (
    is_partition_line,
    manifest_partitions,
    rebuild_catalog,
    stored_catalog,
    write_catalog,
)
from tickstore.store.commit import finish_commit
from tickstore.store.names import read_names
from tickstore.store.paths import (
    CATALOG_NAME,
    CONVERT_FOLDER,
    MANIFEST_NAME,
    NAMES_NAME,
    REJECTS_NAME,
    day_path,
    is_decided,
)
from tickstore.store.recovery import existing, settle, writer_of

MISSING: Final = "missing"
DAMAGED: Final = "damaged"
FOREIGN: Final = "foreign"
CATALOG: Final = "catalog"
UNFINISHED: Final = "unfinished"
MANIFEST: Final = "manifest"
_MARKS: Final = (MANIFEST_NAME, CATALOG_NAME, CONVERT_FOLDER, "[!.]*/*.h5")  # a store has one of them at least
_AGAIN: Final = "convert its input again"


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
    store = existing(store, *_MARKS)
    problems: list[Problem] = []
    try:
        settle(store)
    except StoreError as error:
        problems.append(Problem(UNFINISHED, store / CONVERT_FOLDER, error.message))
    settled = not is_decided(store)
    problems += _check_manifest(store, settled)
    known = {day_path(store, *key): line for key, line in manifest_partitions(store).items()}
    problems += [
        Problem(MISSING, path, f"security {line['security']} on {line['date']} was stored and is gone: {_AGAIN}")
        for path, line in sorted(known.items())
        if not path.exists()
    ]
    found = _day_files(store)
    problems += _check_days(store, found, known if settled else None)
    if settled:
        problems += _check_others(store, set(found))
        problems += _check_catalog(store, found, known, problems)
    if settled and (store / CONVERT_FOLDER).exists():
        message = writer_of(store) or "a conversion was interrupted: run it again to finish it"
        problems.append(Problem(UNFINISHED, store / CONVERT_FOLDER, message))
    return VerifyReport(len(found), sum(path.stat().st_size for path in found if path.is_file()), tuple(problems))


def _check_manifest(store: Path, settled: bool) -> list[Problem]:
    path = store / MANIFEST_NAME
    problems = []
    bad = [
        number
        for number, line in numbered_lines(path)
        if line is None or not (is_partition_line(line) or (line.get("kind") == "conversion" and "report" in line))
    ]
    if bad:
        message = f"{len(bad)} lines cannot be read, line {bad[0]} first: remove them; what they were about is foreign "
        problems.append(Problem(MANIFEST, path, message + "then"))
    if settled and path.exists() and whole_size(path) < path.stat().st_size:
        message = "its last line is cut short: what it was about is converted anew the next time, which removes it"
        problems.append(Problem(MANIFEST, path, message))
    return problems


def _day_files(store: Path) -> list[Path]:
    """Return all day files of a store; those being built, in folders of a leading dot, are none yet."""
    return sorted(path for path in store.glob("*/*.h5") if not path.parent.name.startswith("."))


def _check_days(store: Path, found: list[Path], known: Mapping[Path, dict[str, Any]] | None) -> Iterator[Problem]:
    """Yield what is wrong with the day files ``found``; ``known`` are the manifest's lines, None in mid-commit."""
    for path in found:
        line = (known or {}).get(path)
        # opening a pipe would wait for its other end
        message = check_day(path, line) if path.is_file() or path.is_dir() else "not a day file, not even a file"
        if message:
            yield Problem(DAMAGED, path, message.removeprefix(f"{path}: "))
        elif known is not None and line is None:
            yield Problem(FOREIGN, path, _why_foreign(store, path))
        elif line is not None and _misstates(line, path):
            message = f"its line in {MANIFEST_NAME} states another size or digest: `verify --accept` corrects it"
            yield Problem(MANIFEST, path, message)


def _misstates(line: dict[str, Any], path: Path) -> bool:
    """Return whether a line of the manifest states another size or digest than a day file that can be read."""
    return stated(path) not in (None, (line["size"], line["digest"]))


def _why_foreign(store: Path, path: Path) -> str:
    index = map_file(str(path))[1]
    if day_path(store, index["security"], index["date"]) != path:
        return f"not in the manifest, nor where security {index['security']} on {index['date']} would be: remove it"
    return "not in the manifest: remove it, or let `verify --accept` enter it"


def _check_others(store: Path, days: set[Path]) -> Iterator[Problem]:
    """Yield what is in a store and not of it, hidden names at its top apart, and what every store has and is gone."""
    rejects = store / REJECTS_NAME
    if not rejects.exists() and any(line.get("kind") == "conversion" for line in read_lines(store / MANIFEST_NAME)):
        yield Problem(MISSING, rejects, f"the table of the rows that were not stored is gone: {_AGAIN}")
    try:
        read_names(store)
    except StoreError as error:
        yield Problem(DAMAGED, store / NAMES_NAME, error.message.removeprefix(f"{store / NAMES_NAME}: "))
    for path in sorted(store.iterdir()):
        if path.name.startswith(".") or path.name in (CATALOG_NAME, MANIFEST_NAME, NAMES_NAME, REJECTS_NAME):
            continue
        others = [file for file in sorted(path.rglob("*")) if file not in days and not file.is_dir()]
        if path.is_dir() and not any(day.parent == path for day in days):
            others = [path] if others else []
        for other in others if path.is_dir() else [path]:
            yield Problem(FOREIGN, other, "not of this store: move it elsewhere or remove it")


def _check_catalog(
    store: Path, found: list[Path], known: Mapping[Path, dict[str, Any]], problems: list[Problem]
) -> list[Problem]:
    """Compare the catalog with the day files, unless these are damaged themselves; foreign ones may be in it or not."""
    path = store / CATALOG_NAME
    sound = {day for day in found if day in known}
    if not path.exists() or any(problem.kind == DAMAGED for problem in problems):
        return []
    try:
        catalog = stored_catalog(store)
    except StoreError as error:
        return [Problem(CATALOG, path, error.message.removeprefix(f"{path}: "))]
    actual = rebuild_catalog(store)
    excused = (set(found) | set(known)) - sound
    kept = [p for p in catalog.partitions if p.path not in excused]
    made = [p for p in actual.partitions if p.path in sound]
    if kept != made or (not problems and catalog.participants != actual.participants):
        return [Problem(CATALOG, path, "it does not agree with the day files; delete it and it is made again")]
    return []


def accept(store: Path | str) -> tuple[Path, ...]:
    """Enter sound day files that the manifest does not know, or states wrongly, into it and the catalog.

    Returns their paths.
    """
    store = existing(store, *_MARKS)
    with folder_lock(store):
        finish_commit(store)
        known = {day_path(store, *key): line for key, line in manifest_partitions(store).items()}
        lines = []
        accepted = []
        for path in _day_files(store):
            stated = known.get(path)
            if not path.is_file() or (stated and not _misstates(stated, path)) or check_day(path, stated):
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
            write_catalog(rebuild_catalog(store))
    return tuple(accepted)
