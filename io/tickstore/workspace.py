"""The folders a conversion works in: the store, its temporary files, its logs."""

import hashlib
import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from tickstore.day_file import dump_json
from tickstore.errors import StoreError
from tickstore.store_files import CONVERT_FOLDER, write_atomic
from tickstore.store_lock import LOCK_NAME


def make_store(store: Path) -> list[Path]:
    """Make the store's folder and return the folders that were missing, innermost first."""
    missing = [folder for folder in (store, *store.parents) if not folder.exists()]
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{store}: the store cannot be made ({error.strerror})") from None
    return missing


def forget_empty(made: list[Path]) -> None:
    """Remove folders that this conversion made, innermost first, as far as they are empty."""
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


def forget_lock(made: list[Path]) -> None:
    """Remove the lock's file where nothing else is in a store made by this conversion, which must hold the lock."""
    if made and {path.name for path in made[0].iterdir()} == {LOCK_NAME}:
        (made[0] / LOCK_NAME).unlink()


def logs_folder(store: Path, temp_dir: Path | None) -> Path:
    """Return where the spill logs of a store's conversions are."""
    if temp_dir is None:
        return store / CONVERT_FOLDER / "logs"
    name = hashlib.sha256(str(store.resolve()).encode()).hexdigest()[:16]
    return temp_dir / f"darkreplay-{name}"


def prepare_folders(folder: Path, logs: Path | None, plan: dict[str, Any]) -> None:
    """Make the working folders, empty unless they are of this very conversion."""
    known = folder / "plan.json"
    same = known.exists() and known.read_bytes() == dump_json(plan)
    if known.exists() and not same:
        stale = json.loads(known.read_bytes())["logs"]
        if stale and Path(stale).is_dir():
            shutil.rmtree(stale)
    for path in (folder, logs):
        if path is not None:
            if path.exists() and not same:
                shutil.rmtree(path)
            path.mkdir(parents=True, exist_ok=True)
    if not same:
        write_atomic(known, dump_json(plan))


def check_space(folder: Path, logs: Path | None, total: int) -> None:
    """Raise StoreError when the disk is surely too small: a day file takes about 0.75, a log 0.5 of its CSV."""
    needs: dict[int, tuple[Path, int]] = {}
    for path, share in ((folder, 0.6), (logs, 0.35)):
        if path is not None:
            device = path.stat().st_dev
            _, before = needs.get(device, (path, 0))
            needs[device] = path, before + int(share * total)
    for path, need in needs.values():
        held = sum(file.stat().st_size for file in path.iterdir())
        free = shutil.disk_usage(path).free + held
        if free < need:
            raise StoreError(
                f"{path}: {free / 1e9:.1f} GB free, about {need / 1e9:.1f} GB needed for {total / 1e9:.1f} GB of "
                "input: free some, or set --temp_dir or --store"
            )
