"""Compiles the kernels, a process on each core, and says which are ready. `kernel_cache` starts it as a process.

`python -m driver.engines.compilation` alone compiles everything and shows what goes wrong.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from numba.core import event

from driver.engines.early.numba_alone import import_without_blas
from driver.engines.warm_markers import CONVERT, PARTS, TICKSTORE
from kernels.base.compiling import cache_directory, kernels_ready
from kernels.warming import units
from tickstore.durable.files import atomic_json
from tickstore.engines.parent_death import die_with_parent


def units_of(part: str) -> list[str]:
    """Return the modules whose ``warm`` make a part ready; they can be compiled side by side."""
    return ["driver.engines.conversion_kernels"] if part == CONVERT else units(part)


class Reporter(event.Listener):
    """Says on stdout which kernels became ready in this process, a line each: ``kernel NAME NUMBER``."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def tell(self) -> None:
        """Say what is new: compiled, or loaded from the cache."""
        names = kernels_ready() - self.told
        self.told |= names
        if names:
            os.write(1, "".join(f"kernel {name}\n" for name in sorted(names)).encode())

    def on_start(self, event: object) -> None:
        """Hear that Numba begins to compile: what it had begun before may be ready."""
        self.tell()

    def on_end(self, event: object) -> None:
        """Hear that Numba has compiled something."""


def compile_units(names: Sequence[str], cores: int) -> None:
    """Make units ready in forked processes, which take the next one as they finish; exit as one that failed did."""
    read, write = os.pipe()
    os.write(write, bytes(range(len(names))))
    os.close(write)
    parent, running = os.getpid(), set[int]()
    for _ in range(min(cores, len(names))):
        if (pid := os.fork()) == 0:
            die_with_parent(parent)
            _in_worker(lambda: _work(names, read))
        running.add(pid)
    while running:
        pid, status = os.wait()
        running.discard(pid)
        if status:
            for other in running:
                os.kill(other, signal.SIGKILL)
            if os.WIFSIGNALED(status):
                os.kill(os.getpid(), os.WTERMSIG(status))
            os._exit(1)


def _in_worker(work: Callable[[], None]) -> None:
    """Do it and end the process, which must never return into its parent's code."""
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def _work(names: Sequence[str], queue: int) -> None:
    reporter = Reporter()
    event.register("numba:compile", reporter)
    while number := os.read(queue, 1):
        import_module(names[number[0]]).warm()
        reporter.tell()
        os.write(1, f"unit {number[0]}\n".encode())


def main(arguments: Sequence[str]) -> None:
    """Compile the parts that are named, then write a marker for each.

    arguments : folder of the markers, process that waits, then for each part its name and the name of its marker
    """
    if arguments:
        die_with_parent(int(arguments[1]))
    import driver.job.job  # noqa: F401  (once, for all that are forked)

    import_without_blas()

    parts = dict(zip(arguments[2::2], arguments[3::2], strict=True)) if arguments else dict.fromkeys(PARTS, "")
    units = [(part, name) for part in PARTS if part in parts for name in units_of(part)]
    os.write(1, "".join(f"of {part}\n" for part, _ in units).encode())
    compile_units([name for _, name in units], len(os.sched_getaffinity(0)))
    if arguments:
        for part, marker in parts.items():
            folder = cache_directory(TICKSTORE if part == CONVERT else None)  # a part's kernels are all in one package
            atomic_json(Path(arguments[0]) / marker, {"folders": [str(folder)]})


if __name__ == "__main__":
    main(sys.argv[1:])
