"""The parts of the kernels that a run needs, compiled side by side; the run holds them as it would hold one."""

from collections.abc import Callable
from typing import Self

from driver.engines.kernel_cache import MEASURE, REPLAY, WarmUp


class WarmUps:
    """Compiles what measuring needs, and beside it what a replay of the dark book needs, where one is asked for."""

    def __init__(self, announce: Callable[[str], None], replays: bool) -> None:
        self.parts = [WarmUp(announce, part) for part in ((MEASURE, REPLAY) if replays else (MEASURE,))]

    def __enter__(self) -> Self:
        for part in self.parts:
            part.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for part in self.parts:
            part.__exit__()

    def finish(self) -> None:
        """Wait until all parts are compiled."""
        for part in self.parts:
            part.finish()

    def rebuild(self) -> None:
        """Load, or compile, what workers could not load."""
        for part in self.parts:
            part.rebuild()
