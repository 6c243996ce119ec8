"""What runs inside the workers of a Dask cluster: loads the kernels, looks at paths and versions, does tasks.

`dask_engine` sends it there by name; the workers have this program installed.
"""

import importlib.metadata
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from distributed import WorkerPlugin

from driver.job.job import run_job  # noqa: F401 - what most tasks are, imported once
from kernels.base.sources import package_root, source_digest
from tickstore.engines.engine import Task, error_line, travelling

LIBRARIES: Final = ("numpy", "numba", "pyarrow", "h5py")


class WarmKernels(WorkerPlugin):
    """Loads the kernels at the birth of a worker, or compiles them."""

    name = "darkreplay-kernels"
    idempotent = False

    def __init__(self, preload: Sequence[str]) -> None:
        self.preload = tuple(preload)

    def setup(self, worker: Any) -> None:
        """Load; a worker that cannot is not used."""
        for name in self.preload:
            if failure := import_module(name).ensure_loaded():
                raise RuntimeError(f"worker {worker.address}: the kernels cannot be loaded: {failure}")


def versions_here() -> dict[str, str]:
    """Return what decides the bytes of results: versions, and the sources of this program."""
    import driver
    import kernels
    import tickstore

    roots = (package_root(Path(str(package.__file__))) for package in (driver, kernels, tickstore))
    found = {"python": ".".join(map(str, sys.version_info[:2])), "darkreplay's sources": source_digest(*roots)}
    for library in LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[library] = importlib.metadata.version(library)
    return found


def seen_here(tokens: Mapping[str, str]) -> dict[str, str]:
    """Return what each file holds here, or why it cannot be read; by path. Folders must be writable too."""
    seen = {}
    for path in tokens:
        try:
            seen[path] = Path(path).read_text(encoding="utf-8")
            if not os.access(Path(path).parent, os.W_OK):
                seen[path] = "it cannot be written"
        except OSError as error:
            seen[path] = os.strerror(error.errno or 0)
    return seen


def stamps_here(paths: Sequence[str]) -> dict[str, int]:
    """Return the size of each file here, -1 where it is not there."""
    return {path: Path(path).stat().st_size if Path(path).exists() else -1 for path in paths}


def do_task(function: Any, argument: Any) -> tuple[str, Any]:
    """Do a task; what goes wrong with it is an answer, not an error of the cluster."""
    try:
        return "done", Task(function, argument, "").run()
    except (MemoryError, OSError) as error:
        return "exhausted", (error_line(error), travelling(error))
    except Exception as error:
        return "failed", (error_line(error), travelling(error))
