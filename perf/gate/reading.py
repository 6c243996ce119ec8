"""One reading of the meter for every subject: what a process of its own finds. Times are the least of some processes.

Where valgrind is installed instructions are counted, of kernels compiled for no processor in particular, so that the
baseline is good for other machines too; else processor times are taken.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow.csv

from perf.bench_convert import order_rows
from perf.gate.measured import FOUND, ORDERS
from perf.gate.meters import COUNTS, READY, TIMES, counted

ROOT: Final = Path(__file__).resolve().parents[2]
MEMORY: Final = Path("/dev/shm")
ROWS: Final = 1_000  # of the small run
PROCESSES: Final = {COUNTS: 1, TIMES: 3}
Found = dict[str, list[float]]  # subject -> what it takes, and what it takes made longer
Read = Callable[..., Found]  # by what share each subject is made longer


def best_way() -> str:
    """Return the way of measuring that this machine offers."""
    return COUNTS if shutil.which("valgrind") else TIMES


@contextmanager
def reader(way: str) -> Iterator[Read]:
    """Return what reads, again and again, with all kernels compiled.

    They are in a cache of their own: a run looks through the whole cache, so that what others left there would count.
    """
    with tempfile.TemporaryDirectory() as cache:
        environment = environment_of(way, cache)
        _measured(READY, 0.0, environment)

        def read(share: float = 0.0) -> Found:
            found = [_measured(way, share, environment) for _ in range(PROCESSES[way])]
            return {name: list(map(min, zip(*(each[name] for each in found), strict=True))) for name in found[0]}

        yield read


def _measured(way: str, share: float, environment: dict[str, str]) -> Found:
    """Return what one process finds."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        folder = Path(name)
        pyarrow.csv.write_csv(order_rows(ROWS, 1, 1), folder / ORDERS)
        measured = [sys.executable, "-m", "perf.gate.measured", name, way, str(share)]
        command = counted(measured, folder) if way == COUNTS else measured
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
        found: Found = json.loads((folder / FOUND).read_text())
        return found


def environment_of(way: str, cache: str) -> dict[str, str]:
    """Return the variables of the processes that are measured.

    They keep what Python compiles, and the first one does so, whatever the user's Python does: a start takes half as
    much again where every module is compiled anew.
    """
    fixed = {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "io")]),
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "TZ": "UTC",
        "XDG_CACHE_HOME": cache,
        "NUMBA_CACHE_DIR": cache,
    }
    general = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""} if way == COUNTS else {}
    others = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return others | fixed | general
