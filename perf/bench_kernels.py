"""Time the kernels of a job: ns per order event, and as a multiple of one sequential read of the same columns.

    python -m perf.bench_kernels [--events=10000000] [--partitions=1000] [--rounds=5]

Select, groups, all metrics with two markout horizons, A, B and C, one thread, columns mapped and warm, no
output (decisions 33). First one partition of all the events, then as many small ones as asked. The minimum
of the rounds is the figure; the median shows what else the machine was doing. What the same jobs cost on
days without rows is Python around the kernels, which decisions 33 does not count.
"""

import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import fire
import numpy as np

import kernels
from kernels.base.columns import FillColumns, OrderColumns, QuoteColumns
from kernels.base.memory import Buffers
from kernels.measure.choices import Choices, Selection, Session
from kernels.measure.measure import measure
from perf.synthetic_day import CLOSE, OPEN, SyntheticDay, make_day

BUFFERS = Buffers()  # used again from job to job, as a worker does
SESSION = Session(OPEN, CLOSE, "synthetic")
EVERYTHING = Choices()
NARROW = Choices(selection=Selection(participants=(3, 7), hour_start=11, hour_end=13))


def read_columns(days: list[SyntheticDay]) -> int:
    """Read every column a job reads, once and in order: what memory itself costs."""
    total = 0
    for day in days:
        total += int(day.events["timestamp"][-1])  # events are touched at the ends of the hours only
        for table, kind in ((day.orders, OrderColumns), (day.fills, FillColumns), (day.quotes, QuoteColumns)):
            for name in kind._fields:
                total += int(np.sum(table[name])) if name in table else 0
    return total


def run_jobs(days: list[SyntheticDay], settings: Choices) -> int:
    """Measure every day and return the number of orders."""
    return sum(len(block) for day in days for block in measure(day, settings, SESSION, BUFFERS))


def nanoseconds(work: Callable[[], int], events: int, rounds: int) -> tuple[float, float]:
    """Return the minimum and the median of ``rounds`` runs, in ns per event, of this thread's processor time."""
    times = []
    for _ in range(rounds):
        start = time.thread_time_ns()
        work()
        times.append((time.thread_time_ns() - start) / events)
    return min(times), statistics.median(times)


def without_rows(day: SyntheticDay) -> SyntheticDay:
    """Return a day of the same columns, all empty: what a job costs before it looks at a row."""
    events, orders, fills, quotes = (
        {name: column[:0] for name, column in table.items()}
        for table in (day.events, day.orders, day.fills, day.quotes)
    )
    return SyntheticDay(events, orders, fills, quotes)


def report(title: str, days: list[SyntheticDay], rounds: int) -> None:
    """Print one line for each kind of query on ``days``."""
    events = sum(len(day.events["timestamp"]) for day in days)
    floor, _ = nanoseconds(lambda: read_columns(days), events, rounds)
    print(f"{title}: {events:,} events, {sum(len(day.orders['order_id']) for day in days):,} orders")
    print(f"  {'one sequential read of the columns':36} {floor:7.1f} ns/event")
    empty = [without_rows(day) for day in days]
    for name, settings in (("all orders, all metrics, A, B, C", EVERYTHING), ("2 participants, 3 hours", NARROW)):
        orders = run_jobs(days, settings)
        best, median = nanoseconds(partial(run_jobs, days, settings), events, rounds)
        around, _ = nanoseconds(partial(run_jobs, empty, settings), events, rounds)
        times = f"{best:7.1f} ns/event (median {median:.1f}), {best / floor:.1f} x the read"
        print(f"  {name:36} {times}, {around:.1f} of it Python's per job, {orders:,} orders")


def main(*, events: int = 10_000_000, partitions: int = 1_000, rounds: int = 5) -> None:
    """Print the lines of one large partition and of many small ones."""
    kernels.warm()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)  # four a day
    with tempfile.TemporaryDirectory() as folder:
        report("one partition", [make_day(Path(folder) / "one", events)], rounds)
    with tempfile.TemporaryDirectory() as folder:
        each = events // partitions
        days = [make_day(Path(folder) / str(number), each, seed=number) for number in range(partitions)]
        report(f"{partitions} partitions", days, rounds)


if __name__ == "__main__":
    fire.Fire(main)
