"""One reading of the meter for every subject: pieces of work in processes of their own, and whole processes.

Where valgrind is installed instructions are counted, of kernels compiled for no processor in particular, so that the
baseline is good for other machines too; else processor times in multiples of fixed work.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow.csv

from perf import subjects
from perf.bench_convert import order_rows
from perf.gate import injection, valgrind
from perf.gate.inside import FOUND, MEMORY
from perf.gate.valgrind import COUNTS

ROOT: Final = Path(__file__).resolve().parents[2]
TIMES: Final = "times"
INSIDE: Final = (
    subjects.KERNELS, subjects.NARROW_QUERY, subjects.SUMS, subjects.ORDER_FILES, subjects.GZIP_FILES,
    subjects.CONVERSION, subjects.COMPILING,
)  # fmt: skip
START, RUN = "worker start", "small run"
WHOLE: Final[dict[str, Sequence[str]]] = {
    START: [sys.executable, "-c", "import driver.engines.preload"],  # what a worker has to have at its birth
    RUN: [
        sys.executable, "-m", "driver", "run", "--orders=orders.csv", "--quotes_from_orders", "--session=10:00-16:00",
        "--dark_pool_scenarios=A,B,C", "--mode=sequential", "--resume=false",
    ],
}  # fmt: skip
FIXED: Final = [sys.executable, "-c", "import numpy, numba, pyarrow.parquet, h5py"]  # what whole processes are timed by
ROUNDS: Final = 3
LAYOUT_STAYS: Final = 0x0040000  # personality(2): memory is laid out alike in every process
Found = dict[str, list[float]]  # subject -> what it takes, and what it takes when it was made longer


class Plan(NamedTuple):
    """What is read: the way, by what share each subject is made longer for a second figure, which subjects."""

    way: str
    share: float = 0.0
    only: Collection[str] = (*INSIDE, *WHOLE)


def best_way() -> str:
    """Return the way of measuring that this machine offers."""
    return COUNTS if valgrind.is_installed() else TIMES


def environment(way: str) -> dict[str, str]:
    """Return the variables of the processes that are measured."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "io")])
    fixed = {"PYTHONPATH": paths, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "TZ": "UTC"}
    general = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""} if way == COUNTS else {}
    return dict(os.environ) | fixed | general


def read(plan: Plan) -> Found:
    """Return what the subjects take. Counts are taken side by side, times one after another."""
    inside = [name for name in INSIDE if name in plan.only]
    works: list[Callable[[], Found]] = [partial(_read_inside, plan, inside)] if inside else []
    works += [partial(_read_whole, plan, name) for name in WHOLE if name in plan.only]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)) if plan.way == COUNTS else 1) as pool:
        found = [pool.submit(work) for work in reversed(works)]
        return {name: values for each in reversed(found) for name, values in each.result().items()}


def make_ready(way: str) -> None:
    """Compile what the subjects need, so that none is measured while it compiles."""
    with tempfile.TemporaryDirectory() as folder:
        _run([sys.executable, "-m", "perf.gate.inside", folder, "", "0"], environment(way), ROOT)
    for name in WHOLE:
        with _folder_of_run() as folder:
            _run(WHOLE[name], environment(way), Path(folder))


def _read_inside(plan: Plan, names: Sequence[str]) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        arguments = [plan.way, str(plan.share), *names]
        if plan.way == COUNTS:
            valgrind.run_counted("perf.gate.inside", folder, arguments, environment(plan.way))
        else:
            _run([sys.executable, "-m", "perf.gate.inside", folder, *arguments], environment(plan.way), ROOT)
        found: Found = json.loads((Path(folder) / FOUND).read_text())
        return found


def _read_whole(plan: Plan, name: str) -> Found:
    """Return what a command takes; in times, over what a fixed command takes that alternates with it."""
    with _folder_of_run() as folder:
        if plan.way == COUNTS:
            count = partial(valgrind.count_command, environment=environment(plan.way), folder=Path(folder))
            alone = count(WHOLE[name])
        else:
            count = partial(_seconds, environment=environment(plan.way), folder=Path(folder))
            pairs = [(count(WHOLE[name]), count(FIXED)) for _ in range(ROUNDS)]
            alone, fixed = map(min, zip(*pairs, strict=True))
        found = [alone]
        if plan.share:
            spinning = injection.spin_command(injection.steps_for(plan.share * alone, count))
            found.append(count(WHOLE[name]) + count(spinning))
    return {name: found if plan.way == COUNTS else [value / fixed for value in found]}


def _seconds(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> float:
    """Return the processor time of a command and of what it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command, environment, folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _folder_of_run() -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder with the input of the small run."""
    folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
    pyarrow.csv.write_csv(order_rows(1_000, 1, 1), Path(folder.name) / "orders.csv")
    return folder


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, preexec_fn=_keep_layout
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")


def _keep_layout() -> None:
    """Lay memory out alike in every process, where the system allows it: its places make kernels faster or slower."""
    ctypes.CDLL(None).personality(LAYOUT_STAYS)
