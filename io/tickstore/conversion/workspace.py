"""The folders a conversion works in: the store, its temporary files, its logs. For `conversion`."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kernels.base.sources import package_root, source_digest
from tickstore.day.reader import dump_json
from tickstore.durable.files import atomic_write, make_folders
from tickstore.durable.lock import LOCK_NAME, LOCK_NAMES
from tickstore.errors import StoreError
from tickstore.input.files import Chunk, Source
from tickstore.input.text import PLAIN
from tickstore.store.paths import CONVERT_FOLDER

_PLAN_NAME: Final = "plan.json"
_DAY_SHARE: Final = 0.6  # of the input's text: a little below what is usual
_LOG_SHARE: Final = 1 / 3  # all of it is parsed before any of it is built
_UNPACKED: Final = 3  # times the size of a packed file, at least


def make_store(store: Path) -> list[Path]:
    """Make the store's folder and return the folders that were missing, innermost first."""
    try:
        return make_folders(store)
    except OSError as error:
        raise StoreError(f"{store}: the store cannot be made ({error.strerror})") from None


def forget_empty(made: list[Path]) -> None:
    """Remove folders that this conversion made, innermost first, as far as they are empty."""
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


def forget_lock(made: list[Path]) -> None:
    """Remove the lock's file where nothing else is in a store made by this conversion, which must hold the lock."""
    if made and {path.name for path in made[0].iterdir()} <= LOCK_NAMES:
        (made[0] / LOCK_NAME).unlink(missing_ok=True)


def logs_folder(store: Path, temp_dir: Path | None) -> Path:
    """Return where the spill logs of a store's conversions are."""
    if temp_dir is None:
        return store.resolve() / CONVERT_FOLDER / "logs"
    name = hashlib.sha256(os.fsencode(store.resolve())).hexdigest()[:16]
    return temp_dir.resolve() / f"darkreplay-{name}"


def work_digest(sources: tuple[Source, ...], chunks: tuple[Chunk, ...], replace: bool) -> str:
    """Return what names the work of a conversion: what was parsed is known by the number of its byte range alone.

    Files in another order, ranges cut elsewhere, another program: what was begun is of no use then.
    """
    code = source_digest(package_root(Path(__file__)))
    return hashlib.sha256(repr((sources, chunks, replace, code)).encode()).hexdigest()


def range_bytes_before(folder: Path) -> int | None:
    """Return the size of byte ranges of a conversion that was begun, None where there is none."""
    size = _begun(folder).get("range_bytes")
    return size if isinstance(size, int) and size > 0 else None


def is_begun(folder: Path, plan: dict[str, Any]) -> bool:
    """Return whether this very conversion was begun."""
    return dump_json(_begun(folder)) == dump_json(plan)


def _begun(folder: Path) -> dict[str, Any]:
    known = folder / _PLAN_NAME
    try:
        plan = json.loads(known.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return plan if isinstance(plan, dict) else {}


def prepare_folders(folder: Path, logs: Path | None, plan: dict[str, Any]) -> None:
    """Make the working folders, empty unless they are of this very conversion."""
    known = folder / _PLAN_NAME
    same = is_begun(folder, plan)
    stale = _begun(folder).get("logs")
    if stale and not same and Path(stale).is_dir():
        shutil.rmtree(stale)
    for path in (folder, logs):
        if path is not None:
            if path.exists() and not same:
                shutil.rmtree(path)
            path.mkdir(parents=True, exist_ok=True)
    if not same:
        atomic_write(known, dump_json(plan))


def check_space(folder: Path, logs: Path | None, sources: Iterable[Source]) -> None:
    """Raise StoreError when a disk is too small for the day files and, until they are stored, the logs of all rows.

    What an interrupted conversion has there already counts as free: it is part of what is needed.
    """
    total = sum(source.size * (1 if source.form == PLAIN else _UNPACKED) for source in sources)
    needs: dict[int, tuple[Path, int, int]] = {}
    for path, share in ((folder, _DAY_SHARE), (logs, _LOG_SHARE)):
        if path is not None:
            device = path.stat().st_dev
            first, need, held = needs.get(device, (path, 0, 0))
            held += sum(file.stat().st_size for file in path.iterdir() if file.is_file())
            needs[device] = first, need + int(share * total), held
    for path, need, held in needs.values():
        free = shutil.disk_usage(path).free + held
        if free < need:
            option = "--temp_dir" if path == logs else "--store or --temp_dir"
            raise StoreError(
                f"{path}: {_size(free)} free there, about {_size(need)} needed for {_size(total)} of input; "
                f"nothing was stored. Free some, or set {option}"
            )


def _size(count: int) -> str:
    """Return bytes in a unit that leaves digits to compare."""
    units = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
    return next((f"{count / unit:.1f} {name}" for unit, name in units if count >= unit), f"{count} bytes")
