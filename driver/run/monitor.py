"""Progress for people, on stderr: a live bar on a terminal, plain lines elsewhere. Weighed by rows, not by jobs.

Conversion and jobs report to it from the driver's process; workers say nothing.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, Self, TextIO

PLAIN_SECONDS = 2.0  # between plain lines at first; a fifteenth of the time so far later on, up to
MOST_SECONDS = 10.0
PLAIN_SHARE = 0.2  # of the work that went by brings a line as well, a second after the last
UNEVEN = "kernels"  # take so different times that their number tells nothing of what is left


class Monitor:
    """Says what happens. ``start`` / ``advance`` / ``stop`` frame one phase with a known number of units."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream or sys.stderr
        self.clock = clock
        self.bar: Any = None
        self.bar_task: Any = None
        self.title = self.unit = ""
        self.total = self.done = 0
        self.items = self.items_done = 0
        self.began = self.last_line = 0.0
        self.last_share = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def say(self, line: str) -> None:
        """Print one line, above the bar if there is one."""
        if self.bar is not None:
            self.bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=self.stream, flush=True)

    def count(self, title: str, unit: str, done: int, total: int, since: float | None = None) -> None:
        """Say how much of a phase is done, which is begun, as of an earlier time or now, if another was under way."""
        if self.title != title:
            self.stop()
            self.start(title, total, unit)
            self.began = self.began if since is None else since
        self.reach(done)

    def start(self, title: str, total: int, unit: str, items: int = 0) -> None:
        """Begin a phase of ``total`` units (rows, bytes), in ``items`` jobs if it has any."""
        self.title, self.total, self.unit, self.items = title, max(total, 1), unit, items
        self.done = self.items_done = 0
        self.began = self.last_line = self.clock()
        self.last_share = 0.0
        if self.stream.isatty():
            self.bar = self._make_bar()
            self.bar_task = self.bar.add_task(title, total=self.total, state=self._state())
            self.bar.start()

    def _make_bar(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        title, state, so_far = map(TextColumn, ("{task.description}", "{task.fields[state]}, left", "so far"))
        columns = [title, BarColumn(), state, TimeRemainingColumn(), so_far, TimeElapsedColumn()]
        if self.unit == UNEVEN:
            columns[2:] = [TextColumn("{task.fields[state]}")]
        return Progress(*columns, console=Console(file=self.stream), transient=True)

    def _state(self) -> str:
        if self.unit == UNEVEN:
            seconds = f", {self.clock() - self.began:.0f} s so far" if self.bar is not None else ""
            return f"{self.done} of {self.total}{seconds}"
        jobs = f"{self.items_done}/{self.items} jobs, " if self.items else ""
        return f"{jobs}{self.done / self.total:.0%} of {self.unit}"

    def advance(self, units: int, items: int = 1) -> None:
        """Count ``units`` more as done."""
        self.reach(self.done + units, self.items_done + items)

    def reach(self, done: int, items_done: int = 0) -> None:
        """Say that ``done`` units are done by now; a plain line is printed now and then."""
        self.done, self.items_done = done, items_done
        if self.bar is not None:
            self.bar.update(self.bar_task, completed=self.done, state=self._state())
            return
        now, share = self.clock(), self.done / self.total
        since = now - self.last_line
        pause = min(MOST_SECONDS, max(PLAIN_SECONDS, (now - self.began) / 15))
        if since < pause and (since < 1 or share - self.last_share < PLAIN_SHARE):
            return
        self.last_line, self.last_share = now, share
        elapsed = now - self.began
        left = f", about {elapsed / share - elapsed:.0f} s left" if 0 < share < 1 and self.unit != UNEVEN else ""
        self.say(f"{self.title}: {self._state()}, {elapsed:.1f} s so far{left}")

    def remind(self) -> None:
        """Say how far it is where nothing was said for a while."""
        self.reach(self.done, self.items_done)

    def stop(self) -> None:
        """End the phase."""
        self.title = ""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
