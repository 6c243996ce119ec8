"""Which parts of the kernels are compiled, told by a file for each: a marker. Called by `kernel_cache`."""

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import tickstore
from driver.engines.memory_limits import NEEDED_COLD_MB, NEEDED_MB
from kernels.base.cache_folder import cache_folder
from kernels.base.sealed_files import damaged_files
from kernels.base.sources import source_digest, source_files

# Compiled in this order: a conversion begins a run, and what takes longest must not be begun last.
CONVERT, REPLAY, MEASURE = "convert", "replay", "measure"
PARTS: Final = (CONVERT, REPLAY, MEASURE)
KERNELS = Path(__file__).resolve().parents[2] / "kernels"
TICKSTORE: Final = Path(str(tickstore.__file__)).parent


def is_warm(marker: Path) -> bool:
    """Return whether ``marker`` was written after a full compilation whose files are still there."""
    try:
        folders = json.loads(marker.read_text())["folders"]
        return bool(folders) and all(any(Path(folder).glob("**/*.nbi")) for folder in folders)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def needed_memory() -> int:
    """Return the MB of addresses that a run needs at least, whatever its data: more where it has to compile."""
    return NEEDED_MB if not compiles() or is_warm(marker_path()) else NEEDED_COLD_MB


def compiles() -> bool:
    """Return whether kernels are compiled at all."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def heal(markers: Iterable[Path]) -> list[Path]:
    """Remove the files of warm caches that are damaged, and the markers of those with them; return which."""
    kept: dict[str, list[Path]] = {}  # by folder, which markers share
    for marker in markers:
        with suppress(OSError, ValueError, KeyError, TypeError):  # not warm
            for folder in json.loads(marker.read_text())["folders"]:
                kept.setdefault(folder, []).append(marker)
    found: list[Path] = []
    for folder, of in kept.items():
        with suppress(OSError):
            damaged = damaged_files(Path(folder))
            found += damaged
            for path in [*of, *damaged] if damaged else []:
                with suppress(OSError):  # of another user: what is loaded is checked once more
                    path.unlink(missing_ok=True)
    return found


def marker_path(part: str = MEASURE) -> Path:
    """Return the file that says a part of the kernels of exactly these sources, versions and CPU is compiled.

    The place and the times of the sources count: Numba keeps compiled code by path, and distrusts it when a
    file was written again. A second checkout is cold, whatever the first one has compiled.
    """
    digest = hashlib.sha256(os.fsencode(KERNELS))
    for package in (KERNELS, TICKSTORE) if part == CONVERT else (KERNELS,):
        digest.update(source_digest(package).encode())
        digest.update(repr([source.stat().st_mtime_ns for source in source_files(package)]).encode())
    ways = ("NUMBA_", "DARKREPLAY_PLAIN_JIT")
    environment = sorted((name, value) for name, value in os.environ.items() if name.startswith(ways))
    versions = (importlib.metadata.version("numba"), importlib.metadata.version("numpy"), sys.version)
    digest.update(repr((versions, environment, platform.machine(), _cpu())).encode())
    name = "warm" if part == MEASURE else f"warm-{part}"
    return cache_folder() / f"{name}-{digest.hexdigest()[:16]}.json"


def _cpu() -> str:
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
        return "".join(line for line in lines if line.startswith(("model name", "flags")))
    return platform.processor()
