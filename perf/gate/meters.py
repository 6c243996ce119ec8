"""What a piece of work takes: instructions that valgrind counts, or processor time over that of fixed work.

Of valgrind's tools DHAT in its ad-hoc mode counts instructions at the least cost: it adds to one number once a block
of code. (Cachegrind calls a function for every few instructions and takes twice as long.) It counts all that a process
does and cannot be told to begin or to stop. But a process that was forked counts on from what its parent had: so work
is done in a child, which inherits all that was imported, loaded and warmed, and what it has more than a child that did
nothing is what the work took.

Times are for machines without valgrind. A machine's speed drifts by a third from hour to hour and by what its
neighbours do, so fixed work takes turns with the work that is timed: a sort, a read of memory, Python's own objects.
It uses nothing of this project, so that no change of it changes it. The least of the rounds counts.
"""

import json
import os
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

Work = Callable[[], object]
COUNTS, TIMES = "instructions", "times"
READY = "ready"  # no measure: all is done once, so that it is compiled
LEAST: Final = {TIMES: 5, READY: 1}  # rounds
ENOUGH: Final = {TIMES: 0.5, READY: 0.0}  # seconds, after which more rounds than the least are not needed
SPIN: Final = 100_000
TOOL: Final = "dhat"
# Most code runs a few times, so that translating it costs more than running it. Longer and better blocks do not pay.
QUICKLY: Final = (
    "--vex-guest-chase=no",
    "--vex-iropt-unroll-thresh=0",
    "--vex-iropt-level=1",
    "--vex-iropt-register-updates=sp-at-mem-access",
)


class Meter(Protocol):
    """Takes the measure of work."""

    def of(self, work: Work) -> float:
        """Return what a piece of work takes."""

    def here(self, work: Work) -> float:
        """Return what a piece of work takes, whose imports and loaded kernels stay for what is measured later."""

    def since_birth(self, work: Work) -> float:
        """Return what this process has taken since it was started, and the work on top."""


def nothing() -> None:
    """Do nothing."""


def spin(steps: int) -> None:
    """Do nothing useful."""
    for _ in range(steps):
        pass


class Instructions:
    """Reads the counts that DHAT leaves in a folder for each process that ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, work: Work) -> float:
        before = self.since_birth(nothing)
        return self.since_birth(work) - before

    def here(self, work: Work) -> float:
        before = self.since_birth(nothing)
        work()
        return self.since_birth(nothing) - before

    def since_birth(self, work: Work) -> float:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                work()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        if os.waitpid(child, 0)[1]:
            raise RuntimeError("work that is measured failed: the lines before say how")
        path = self.folder / f"counts.{child}"
        found = float(json.loads(path.read_text())["te"])  # the time at the end, which it counts in instructions
        path.unlink()
        return found


def counted(command: Sequence[str], folder: Path) -> list[str]:
    """Return a command with words before it that make DHAT leave its counts in a folder."""
    return [
        "valgrind",
        "-q",
        f"--tool={TOOL}",
        "--mode=ad-hoc",
        "--soname-synonyms=somalloc=nouserintercepts",  # libc's own allocator counts, not one of valgrind's
        *QUICKLY,
        f"--dhat-out-file={folder}/counts.%p",
        *command,
    ]


class Times:
    """Processor time in multiples of what the fixed work takes."""

    def __init__(self, way: str = TIMES) -> None:
        self.least, self.enough = LEAST[way], ENOUGH[way]
        self.born = time.process_time()
        self.shuffled = np.random.default_rng(2).permutation(100_000)
        self.large = np.arange(1_000_000)

    def of(self, work: Work) -> float:
        spent, fixed = self._least(work)
        return spent / fixed

    def here(self, work: Work) -> float:
        return self.of(work)

    def since_birth(self, work: Work) -> float:
        spent, fixed = self._least(work)
        return (self.born + spent) / fixed

    def _least(self, work: Work) -> tuple[float, float]:
        """Return the least seconds of the work and of the fixed work, which take turns."""
        rounds: list[tuple[float, float]] = []
        began = time.process_time()
        while len(rounds) < self.least or time.process_time() - began < self.enough:
            rounds.append((_seconds(work), _seconds(self._fixed)))
        least, fixed = map(min, zip(*rounds, strict=True))
        return least, fixed

    def _fixed(self) -> None:
        np.sort(self.shuffled)
        self.large.sum()
        sorted({f"{number}x": number for number in range(6_000)}.items())


def _seconds(work: Work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def longer(work: Work, share: float, took: float, meter: Meter) -> Work:
    """Return a piece of work that takes a share more than it ``took``, to see whether the gate finds it."""
    steps = round(share * took / meter.of(lambda: spin(SPIN)) * SPIN)

    def run() -> None:
        work()
        spin(steps)

    return run
