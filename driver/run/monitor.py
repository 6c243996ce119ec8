"""Progress for people, on stderr: a live view on a terminal, plain lines elsewhere.

Conversion, compilation and jobs report to it from the driver's process; workers say nothing.
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self, TextIO

from driver.plan.jobs import Job
from driver.run.job_view import JobView, worker_facts

if TYPE_CHECKING:
    from tickstore.engines.supervisor import AtWork

PLAIN_SECONDS = 2.0  # between plain lines at first; a fifteenth of the time so far later on, up to
MOST_SECONDS = 10.0
PLAIN_SHARE = 0.2  # of the work that went by brings a line as well, a second after the last
UNEVEN = "kernels"  # take so different times that their number tells nothing of what is left
QUIET, USUAL, VERBOSE = -1, 0, 1
SHOWN_WORKERS = 16


class Monitor:
    """Says what happens. ``start`` / ``reach`` / ``stop`` frame one phase with a known number of units."""

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic, loudness: int = USUAL
    ) -> None:
        self.stream = stream or sys.stderr
        self.clock = clock
        self.loudness = loudness
        self.keep: Callable[[dict[str, Any]], None] = lambda _: None  # is given what `status` shows elsewhere
        self.live: Any = None
        self.bar: Any = None
        self.bar_task: Any = None
        self.view: JobView | None = None
        self.title = self.unit = ""
        self.total = self.done = 0
        self.began = self.last_line = 0.0
        self.last_share = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def say(self, line: str) -> None:
        """Print one line, above the live view if there is one, unless nothing is to be said."""
        if self.loudness == QUIET:
            return
        if self.live is not None:
            self.live.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=self.stream, flush=True)

    def detail(self, line: str) -> None:
        """Print one line where everything is to be said."""
        if self.loudness == VERBOSE:
            self.say(line)

    def count(self, title: str, unit: str, done: int, total: int, since: float | None = None) -> None:
        """Say how much of a phase is done, which is begun, as of an earlier time or now, if another was under way."""
        if self.title != title:
            self.stop()
            self.start(title, total, unit)
            self.began = self.began if since is None else since
        self.reach(done)

    def start(self, title: str, total: int, unit: str) -> None:
        """Begin a phase of ``total`` units (rows, bytes)."""
        self.title, self.total, self.unit = title, max(total, 1), unit
        self.done = 0
        self.began = self.last_line = self.clock()
        self.last_share = 0.0
        if self.stream.isatty() and self.loudness != QUIET:
            self._go_live()

    def start_jobs(self, jobs: Sequence[Job], kept: int) -> JobView:
        """Begin the jobs; return the view that counts them."""
        size = sum(job.day_bytes for job in jobs)
        self.view = JobView(len(jobs), size, kept, self.clock())
        self.start("jobs", size, "bytes")
        return self.view

    def end_job(self, job: Job, is_done: bool) -> None:
        """Count a job that ended."""
        if self.view is not None:
            self.view.count(job, is_done)
            self.reach(self.view.bytes_done)

    def watch(self, workers: "Sequence[AtWork]") -> None:
        """Take note of what workers do, and say how far it is where nothing was said for a while."""
        if self.view is not None:
            self.view.workers = workers
        self.reach(self.done)

    def reach(self, done: int) -> None:
        """Say that ``done`` units are done by now; a plain line is printed now and then."""
        self.done = done
        self.keep(self.facts())
        if self.live is not None:
            self.bar.update(self.bar_task, completed=self.done, state=self._state())
            return
        now, share = self.clock(), self.view.share if self.view else self.done / self.total
        since = now - self.last_line
        pause = min(MOST_SECONDS, max(PLAIN_SECONDS, (now - self.began) / 15))
        if since < pause and (since < 1 or share - self.last_share < PLAIN_SHARE):
            return
        self.last_line, self.last_share = now, share
        left = self._seconds_left()
        about = "" if left is None else f", about {left:.0f} s left"
        self.say(f"{self.title}: {self._state()}, {now - self.began:.1f} s so far{about}")

    def facts(self) -> dict[str, Any]:
        """Return how far it is, as plain values."""
        left = self._seconds_left()
        return {
            "phase": self.title,
            "text": self._state(),
            "seconds": round(self.clock() - self.began, 1),
            "seconds_left": None if left is None else round(left, 1),
            "workers": [],
        } | (self.view.facts(self.clock()) if self.view is not None else {})

    def _seconds_left(self) -> float | None:
        """Return about how long the rest of the phase takes at the pace so far; None while nothing tells."""
        now = self.clock()
        if self.view is not None:
            return self.view.seconds_left(now)
        share = self.done / self.total
        return (now - self.began) * (1 / share - 1) if 0 < share < 1 and self.unit != UNEVEN else None

    def pass_over(self, phase: str) -> None:
        """Keep that a phase has begun which tells nothing of how far it is; nothing is shown."""
        self.keep({"phase": phase, "text": "under way", "seconds": 0.0, "seconds_left": None, "workers": []})

    def stop(self) -> None:
        """End the phase."""
        self.title, self.view = "", None
        if self.live is not None:
            self.live.stop()
            self.live = None

    def _state(self) -> str:
        if self.view is not None:
            return self.view.text(self.clock())
        if self.unit == UNEVEN:
            seconds = f", {self.clock() - self.began:.0f} s so far" if self.live is not None else ""
            return f"{self.done} of {self.total}{seconds}"
        return f"{self.done / self.total:.0%} of {self.unit}"

    def _go_live(self) -> None:
        """Show a bar, and below it what each worker does, until the phase ends."""
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        title, state, so_far = map(TextColumn, ("{task.description}", "{task.fields[state]}, left", "so far"))
        columns = [title, BarColumn(), state, TimeRemainingColumn(), so_far, TimeElapsedColumn()]
        if self.unit == UNEVEN:
            columns[2:] = [TextColumn("{task.fields[state]}")]
        console = Console(file=self.stream)
        self.bar = Progress(*columns, console=console)
        self.bar_task = self.bar.add_task(self.title, total=self.total, state=self._state())
        self.live = Live(console=console, transient=True, get_renderable=self._shown, refresh_per_second=4)
        self.live.start()

    def _shown(self) -> Any:
        """Return the bar, with a line for each worker that has a job."""
        from rich.console import Group
        from rich.table import Table

        facts = worker_facts(self.view.workers) if self.view is not None else []
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for one in facts[:SHOWN_WORKERS]:
            table.add_row(f"  {one['process']}", one["job"], f"{one['seconds']:.0f} s", f"{one['memory_mb']:,} MB")
        if len(facts) > SHOWN_WORKERS:
            table.add_row(f"  and {len(facts) - SHOWN_WORKERS} more")
        return Group(self.bar, table)
