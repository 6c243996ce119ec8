"""Makes a piece of work longer by a share of what it takes, to see whether the gate finds it."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

Count = Callable[[Callable[[], object]], float]
STEPS: Final = 20_000


def spin(steps: int) -> None:
    """Do nothing useful."""
    for _ in range(steps):
        pass


def longer(work: Callable[[], object], share: float, count: Count) -> Callable[[], object]:
    """Return a piece of work with a ``share`` of what it takes more in it."""
    steps = round(share * count(work) / count(lambda: spin(STEPS)) * STEPS)

    def run() -> None:
        work()
        spin(steps)

    return run


def spin_command(steps: int) -> Sequence[str]:
    """Return a command that does nothing useful, in a process of its own."""
    return [sys.executable, "-I", "-S", "-c", f"for _ in range({steps}): pass"]


def steps_for(amount: float, count: Callable[[Sequence[str]], float]) -> int:
    """Return with how many steps ``spin_command`` takes an amount."""
    few, many = count(spin_command(0)), count(spin_command(100 * STEPS))
    return max(0, round((amount - few) / (many - few) * 100 * STEPS))
