"""The last step of a conversion: a decision written down first, then carried out, again if need be.

Until the decision is durable, nothing of the conversion can be seen in the store; from then on it will be carried
out, by this process or by the next one that opens the store for writing.
"""

import base64
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tickstore.build_task import BuiltPartition
from tickstore.catalog import CATALOG_NAME, catalog_bytes, day_path, merged_catalog
from tickstore.day_file import dump_json, map_file
from tickstore.request import ConvertProgress, Progress
from tickstore.store_files import MANIFEST_NAME, append_lines, fsync_directory, read_lines, sync_files, write_atomic

CONVERT_FOLDER: Final = ".convert"
_DECISION: Final = "decision.json"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a conversion will change in the store."""

    store: Path
    folder: Path
    built: list[BuiltPartition]
    rejects: bytes
    conversion: dict[str, Any]  # its line in the manifest


def work_folder(store: Path, temp_dir: Path | None) -> Path:
    """Return where the spill logs of a store's conversions are."""
    if temp_dir is None:
        return store / CONVERT_FOLDER / "logs"
    name = hashlib.sha256(str(store.resolve()).encode()).hexdigest()[:16]
    return temp_dir / f"darkreplay-{name}"


def commit(decision: Decision, progress: Progress) -> None:
    """Make the new day files durable, write the decision down, carry it out."""
    lines, moves = [], []
    for partition in decision.built:
        if partition.outcome == "unchanged":
            continue
        temporary = decision.folder / f"{partition.number:06}.h5"
        security, date = partition.key
        moves.append([temporary.name, security, date])
        lines.append(
            {
                "kind": "partition",
                "security": security,
                "date": date,
                "digest": partition.index["attributes"]["digest"],
                "size": partition.index["size"],
                "head": head_digest(temporary),
            }
        )
    manifest = decision.store / MANIFEST_NAME
    plan = {
        "manifest_size": manifest.stat().st_size if manifest.exists() else 0,
        "moves": moves,
        "lines": [*lines, decision.conversion],
        "rejects": base64.b64encode(decision.rejects).decode(),
    }
    sync_files([decision.folder / name for name, _, _ in moves])
    fsync_directory(decision.folder)
    write_atomic(decision.folder / _DECISION, dump_json(plan))
    _carry_out(decision.store, plan, progress)


def is_decided(folder: Path) -> bool:
    """Return whether a decision waits to be carried out: then nothing of it may be removed."""
    return (folder / _DECISION).exists()


def finish_commit(store: Path) -> None:
    """Carry out a decision that an interrupted conversion left behind."""
    path = store / CONVERT_FOLDER / _DECISION
    if path.exists():
        _carry_out(store, json.loads(path.read_bytes()), lambda _: None)


def _carry_out(store: Path, plan: dict[str, Any], progress: Progress) -> None:
    folder = store / CONVERT_FOLDER
    changed: list[Path] = []
    for number, (name, security, date) in enumerate(plan["moves"]):
        path = day_path(store, security, date)
        if not path.parent.exists():
            path.parent.mkdir()
            fsync_directory(store)
        if (folder / name).exists():
            (folder / name).replace(path)
        changed.append(path)
        if number % 64 == 0:
            progress(ConvertProgress("commit", number, len(plan["moves"])))
    sync_files(list(dict.fromkeys(path.parent for path in changed)))
    manifest = store / MANIFEST_NAME
    if manifest.exists() and manifest.stat().st_size > plan["manifest_size"]:
        os.truncate(manifest, plan["manifest_size"])  # an interrupted attempt got this far
    append_lines(manifest, plan["lines"])
    write_atomic(store / "rejects.csv", base64.b64decode(plan["rejects"]))
    write_atomic(store / CATALOG_NAME, catalog_bytes(merged_catalog(store, changed)))
    progress(ConvertProgress("commit", len(plan["moves"]), len(plan["moves"])))
    (folder / _DECISION).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def head_digest(path: Path) -> str:
    """Return a digest of a day file's user block and HDF5 structures: with the checksums in it, of the whole file."""
    data, index = map_file(str(path))
    start, length, _ = index["metadata"]
    return hashlib.sha256(data[: start + length]).hexdigest()


def manifest_partitions(store: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the last line of the manifest about each partition."""
    lines = (line for line in read_lines(store / MANIFEST_NAME) if line.get("kind") == "partition")
    return {(line["security"], line["date"]): line for line in lines}
