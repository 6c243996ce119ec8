"""Which partitions an interrupted conversion has built already: one JSON line each, beside the files."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tickstore.build_task import BuiltPartition
from tickstore.catalog import day_path
from tickstore.day_file import open_day
from tickstore.errors import StoreError
from tickstore.store_files import read_lines

JOURNAL_NAME: Final = "built.jsonl"


def built_before(folder: Path, store: Path) -> list[BuiltPartition]:
    """Return the partitions that are finished, their files there in full; of unchanged ones, those in the store."""
    found: dict[int, BuiltPartition] = {}
    for line in read_lines(folder / JOURNAL_NAME):
        duplicates = {t: [(a, b, c) for a, b, c in places] for t, places in line["duplicates"].items()}
        security, date = line["key"]
        partition = BuiltPartition(**line | {"key": (security, date), "duplicates": duplicates})
        path = folder / f"{partition.number:06}.h5"
        if partition.outcome == "unchanged":
            whole = _is_stored(day_path(store, security, date), partition.digest)
        else:
            whole = path.exists() and path.stat().st_size == partition.size
        if whole:
            found[partition.number] = partition
    return list(found.values())


def _is_stored(path: Path, digest: str) -> bool:
    try:
        return bool(open_day(path).attributes["digest"] == digest)
    except (StoreError, ValueError, KeyError, TypeError):
        return False


def note_built(folder: Path, partition: BuiltPartition) -> None:
    """Add a finished partition. No sync: the journal is trusted only until the machine starts again."""
    with (folder / JOURNAL_NAME).open("ab") as file:
        file.write(b"\n" + json.dumps(asdict(partition)).encode() + b"\n")  # the first newline ends a torn line
