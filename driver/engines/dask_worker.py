"""What runs inside the workers of a Dask cluster: loads the kernels, looks at paths and versions, does tasks.

`dask_engine` sends it there by name; the workers have this program installed.
"""

import asyncio
import importlib.metadata
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from distributed import WorkerPlugin

from driver.engines.memory_limits import free_memory, own_memory
from driver.job.job import run_job  # noqa: F401 - what most tasks are, imported once
from kernels.base.sources import package_root, source_digest
from tickstore.engines.engine import Task, error_line, travelling

LIBRARIES: Final = ("numpy", "numba", "pyarrow", "h5py")
LOOK_SECONDS: Final = 0.1


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


def seen_here(tokens: Sequence[str]) -> dict[str, str]:
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


class Machine(NamedTuple):
    """Where a worker is, and the bytes that may still be taken there, 0 if that is not known."""

    name: str
    free: int


def machine_here() -> Machine:
    """Return what is known of this worker's machine, or of its container."""
    return Machine(socket.gethostname(), free_memory())


class Call(NamedTuple):
    """A task on its way to a worker."""

    place: str  # of the results or the store it works for
    run: str  # of the program that asked for it
    task: Task
    alone: bool  # whether no other such task may be at work in the same process


class Doing(NamedTuple):
    """What a worker does, and since when."""

    place: str
    run: str
    label: str
    since: float


_doing: dict[int, Doing] = {}  # by thread
_turn: Final = threading.Lock()
_latest: list[str] = []  # the run whose logs and memory this process keeps


def do_task(call: Call) -> tuple[str, Any]:
    """Do a task; what goes wrong with it is an answer, not an error of the cluster."""
    with _in_turn(call):
        _doing[threading.get_ident()] = Doing(call.place, call.run, call.task.label, time.monotonic())
        try:
            return "done", call.task.run()
        except (MemoryError, OSError) as error:
            return "exhausted", (error_line(error), travelling(error))
        except Exception as error:
            return "failed", (error_line(error), travelling(error))
        finally:
            del _doing[threading.get_ident()]


@contextmanager
def _in_turn(call: Call) -> Iterator[None]:
    """Wait until a task may use what a conversion keeps in a process, empty where another run was the last."""
    if not call.alone:
        yield
        return
    with _turn:
        if _latest != [call.run]:
            forget_conversion()
            _latest[:] = [call.run]
        yield


def forget_conversion() -> None:
    """Let go of the logs that are mapped here, and of scratch memory."""
    from tickstore.building.build_task import forget_logs
    from tickstore.conversion.parse_task import close_logs

    forget_logs()
    close_logs()


def left_here(place: str, run: str) -> list[str]:
    """Return what is at work here for ``place`` that another run asked for, which is over: it must not write any more.

    Dask stops no task that has begun.
    """
    return [one.label for one in list(_doing.values()) if one.place == place and one.run != run]


async def await_idle(place: str, run: str) -> None:
    """Wait until nothing of that kind is at work here."""
    while left_here(place, run):
        await asyncio.sleep(LOOK_SECONDS)


def at_work_here(run: str) -> list[tuple[int, str, float, int]]:
    """Return process, task, seconds and bytes of its own of what is done here for a run."""
    now = time.monotonic()
    mine = [one for one in list(_doing.values()) if one.run == run]
    return [(os.getpid(), one.label, now - one.since, own_memory(os.getpid())) for one in mine]
