"""The last step of a conversion: a decision written down first, then carried out, again if need be.

Until the decision is durable, nothing of the conversion can be seen in the store; from then on it will be carried
out, by this process or by the next one that opens the store for writing. Conversions and readers' recovery call it.
"""

import base64
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tickstore.day.reader import dump_json
from tickstore.day.schema import Key
from tickstore.durable.files import atomic_write, clear_temporary, sync_files, sync_path
from tickstore.durable.json_lines import append_lines, whole_size
from tickstore.errors import StoreError
from tickstore.request import ConvertProgress, Progress
from tickstore.store.catalog import merged_catalog, write_catalog
from tickstore.store.paths import (
    CONVERT_FOLDER,
    DECISION_NAME,
    FINISHED_FOLDER,
    MANIFEST_NAME,
    REJECTS_NAME,
    day_path,
    is_decided,
)

_DURABLE: Final = "durable"
_PLAN: Final = {"boot": str, "manifest_size": int, "moves": list, "lines": list, "rejects": str}  # and "logs"


Removed = tuple[str, int, list[str]]  # table, rows, base names of their files


@dataclass(slots=True)
class BuiltPartition:
    """What became of a partition."""

    number: int
    key: Key
    outcome: str  # new, mended, remade, unchanged, session, completed, merged, replaced, conflict
    digest: str  # of the content
    size: int  # of the file
    head: str  # digest of the file's index and structures
    duplicates: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)  # byte range, block, row there
    given: dict[str, int] = field(default_factory=dict)  # rows of each table in the file that this input gave
    removed: list[Removed] = field(default_factory=list)  # stored rows whose place others take
    others: list[str] = field(default_factory=list)  # tables that differ from the store's, of a conflict
    contradictions: dict[str, int] = field(default_factory=dict)  # column -> rows that differ from their order's first
    odd: list[tuple[str, int, str]] = field(default_factory=list)  # what cannot be: kind, how often, the first
    waits_as: str = ""  # name of its file, if that is not the one by its number yet


@dataclass(frozen=True, slots=True)
class Decision:
    """What a conversion will change in the store."""

    store: Path
    logs: Path | None
    built: list[BuiltPartition]
    rejects: bytes
    conversion: dict[str, Any]  # its line in the manifest


def commit(decision: Decision, progress: Progress) -> None:
    """Write the decision down, make the new day files durable, carry it out."""
    moves, lines = [], []
    for partition in decision.built:
        if partition.outcome != "unchanged":
            security, date = partition.key
            moves.append([f"{partition.number:06}.h5", security, date])
            line = {"kind": "partition", "security": security, "date": date, "digest": partition.digest}
            lines.append(line | {"size": partition.size, "head": partition.head})
    manifest = decision.store / MANIFEST_NAME
    plan = {
        "boot": boot_id(),
        "manifest_size": whole_size(manifest),
        "moves": moves,
        "lines": [*lines, decision.conversion],
        "rejects": base64.b64encode(decision.rejects).decode(),
        "logs": None if decision.logs is None else str(decision.logs),
    }
    folder = decision.store / CONVERT_FOLDER
    path = folder / DECISION_NAME
    try:
        atomic_write(path, dump_json(plan))
        if decision.logs is not None:  # not needed any more: spare the disk from writing them
            shutil.rmtree(decision.logs, ignore_errors=True)
        _make_durable(folder, plan)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    _carry_out(decision.store, plan, progress)


def _make_durable(folder: Path, plan: dict[str, Any]) -> None:
    sync_files([folder / name for name, _, _ in plan["moves"] if (folder / name).exists()])
    sync_path(folder)
    atomic_write(folder / _DURABLE, b"")


def finish_commit(store: Path) -> None:
    """Carry out a decision that an interrupted conversion left behind, and remove what else it left for good.

    If the machine stopped before the day files were surely on disk, the decision is dropped instead.
    """
    remove_finished(store)
    clear_temporary(store)
    folder = store / CONVERT_FOLDER
    if not is_decided(store):
        return
    try:
        plan = json.loads((folder / DECISION_NAME).read_bytes())
        if not _PLAN.items() <= {name: type(value) for name, value in plan.items()}.items():
            raise ValueError
    except (ValueError, AttributeError):
        raise StoreError(
            f"{folder / DECISION_NAME}: damaged; remove {folder}, see what `verify` says, and convert again"
        ) from None
    if not (folder / _DURABLE).exists():
        if plan["boot"] != boot_id():
            remove_working_folder(store)
            return
        _make_durable(folder, plan)
    if plan.get("logs") is not None:
        shutil.rmtree(plan["logs"], ignore_errors=True)
    _carry_out(store, plan, lambda _: None)


def boot_id() -> str:
    """Return what changes with every start of the machine: files not synced are trusted only until then."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def _carry_out(store: Path, plan: dict[str, Any], progress: Progress) -> None:
    folder = store / CONVERT_FOLDER
    changed: list[Path] = []
    for number, (name, security, date) in enumerate(plan["moves"]):
        path = day_path(store, security, date)
        if not path.parent.exists():
            path.parent.mkdir()
        if (folder / name).exists():
            (folder / name).replace(path)
        changed.append(path)
        if number % 64 == 0:
            progress(ConvertProgress("commit", number, len(plan["moves"])))
    sync_files([store, *dict.fromkeys(path.parent for path in changed)])
    manifest = store / MANIFEST_NAME
    if manifest.exists() and manifest.stat().st_size > plan["manifest_size"]:
        os.truncate(manifest, plan["manifest_size"])  # an interrupted attempt got this far
    append_lines(manifest, plan["lines"])
    atomic_write(store / REJECTS_NAME, base64.b64decode(plan["rejects"]))
    write_catalog(merged_catalog(store, changed))
    progress(ConvertProgress("commit", len(plan["moves"]), len(plan["moves"])))
    remove_working_folder(store)


def remove_working_folder(store: Path) -> None:
    """Remove a conversion's temporary files. Its folder is moved away first: killed midway, nothing of it counts."""
    remove_finished(store)
    folder = store / CONVERT_FOLDER
    if folder.exists():
        try:
            folder.rename(store / FINISHED_FOLDER)
            sync_path(store)
        except OSError:  # of a full disk, say
            shutil.rmtree(folder, ignore_errors=True)
        remove_finished(store)


def remove_finished(store: Path) -> None:
    """Remove what a conversion that was killed while it cleaned up left behind."""
    shutil.rmtree(store / FINISHED_FOLDER, ignore_errors=True)
