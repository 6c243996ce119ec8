"""Progress for people, on stderr: a live bar on a terminal, plain lines elsewhere. Weighed by rows, not by jobs."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

PLAIN_SECONDS = 10.0  # between plain lines, unless a fifth of the rows went by
PLAIN_SHARE = 0.2


class Monitor:
    """Says what happens. ``start`` / ``advance`` / ``stop`` frame one phase with a known number of units."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream or sys.stderr
        self.clock = clock
        self.bar: Any = None
        self.bar_task: Any = None
        self.title = ""
        self.total = self.done = 0
        self.items = self.items_done = 0
        self.began = self.last_line = 0.0
        self.last_share = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def say(self, line: str) -> None:
        """Print one line, above the bar if there is one."""
        if self.bar is not None:
            self.bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=self.stream, flush=True)

    def start(self, title: str, total: int, items: int) -> None:
        """Begin a phase of ``total`` units (rows or bytes) in ``items`` things (jobs)."""
        self.title, self.total, self.items = title, max(total, 1), items
        self.done = self.items_done = 0
        self.began = self.last_line = self.clock()
        self.last_share = 0.0
        if self.stream.isatty():
            self.bar = self._make_bar()
            self.bar_task = self.bar.add_task(title, total=self.total, items=f"0/{items}")
            self.bar.start()

    def _make_bar(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[items]} jobs, {task.percentage:>3.0f} % of rows, left"),
            TimeRemainingColumn(),
            TextColumn("so far"),
            TimeElapsedColumn(),
            console=Console(file=self.stream),
            transient=True,
        )

    def advance(self, units: int, items: int = 1) -> None:
        """Count ``units`` more as done."""
        self.done += units
        self.items_done += items
        if self.bar is not None:
            self.bar.update(self.bar_task, completed=self.done, items=f"{self.items_done}/{self.items}")
            return
        now, share = self.clock(), self.done / self.total
        if now - self.last_line < PLAIN_SECONDS and share - self.last_share < PLAIN_SHARE and share < 1:
            return
        self.last_line, self.last_share = now, share
        elapsed = now - self.began
        left = elapsed / share - elapsed if share else 0.0
        self.say(
            f"{self.title}: {self.items_done}/{self.items} jobs, {share:.0%} of rows, "
            f"{elapsed:.1f} s so far, about {left:.1f} s left"
        )

    def stop(self) -> None:
        """End the phase."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
