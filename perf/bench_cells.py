"""Time what a job does between measuring its orders and writing them: ns an order, and over one read of its columns.

    python -m perf.bench_cells [--events=1000000] [--partitions=100] [--rounds=5]

Market volume, intervals of the mid, both cubes with their keys, outliers, and the sorted cells at the end; one
thread, no output. First one partition of all the events, then as many small ones as asked. The minimum of the
rounds is the figure; the parts are those of the round with the smallest total.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import fire

import kernels
from driver.sums.conditions import Market, market_volumes
from driver.sums.job_sums import JobSums
from driver.sums.outliers import Extremes
from driver.sums.volatility import interval_ranges
from kernels.base.memory import Buffers
from kernels.measure.choices import Choices, Session
from kernels.measure.measure import measure
from kernels.measure.order_columns import DERIVED
from kernels.measure.result_rows import OrderBlock
from perf.synthetic_day import CLOSE, OPEN, SyntheticDay, make_day

T = TypeVar("T")
BUFFERS = Buffers()  # used again from job to job, as a worker does
SESSION = Session(OPEN, CLOSE, "synthetic")
SETTINGS = Choices()
READ = "one read of the blocks' columns"


class Clock:
    """Processor time of this thread by part, ns."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.spent: Counter[str] = Counter()

    def run(self, part: str, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, its time added to ``part``."""
        start = time.thread_time_ns()
        result = work()
        self.spent[part] += time.thread_time_ns() - start
        return result


def read_columns(block: OrderBlock) -> float:
    """Read every column of a block, once and in order: what memory itself costs."""
    stored = [column.name for column in block.columns() if column.of != DERIVED]
    return sum(float(block[name].sum()) for name in stored)


def sum_day(day: SyntheticDay, clock: Clock) -> int:
    """Do what a job does on one day; return the number of orders."""
    volume, _ = clock.run("market volume", lambda: market_volumes(day.fills["quantity"], day.fills["venue"]))
    ranges = clock.run("intervals of the mid", lambda: interval_ranges(day.quotes, SESSION))
    market = Market(SESSION, SETTINGS.simulation.ticks, volume, ranges)
    sums, outliers = JobSums(market, SETTINGS.timezone, BUFFERS), Extremes(100)
    for block in measure(day, SETTINGS, SESSION, BUFFERS):
        clock.run(READ, lambda block=block: read_columns(block))  # type: ignore[misc]
        clock.run("adding blocks to both cubes", lambda block=block: sums.add(block))  # type: ignore[misc]
        clock.run("outliers", lambda block=block: outliers.add(block))  # type: ignore[misc]
    clock.run("sorting cells, histograms", sums.partial_sums)
    return sums.orders


def report(title: str, days: list[SyntheticDay], rounds: int) -> None:
    """Print one line for each part of the work on ``days``."""
    events, best, orders = sum(len(day.events["timestamp"]) for day in days), Clock(), 0
    for number in range(rounds):
        clock = Clock()
        orders = sum(sum_day(day, clock) for day in days)
        floor = min(best.spent[READ], clock.spent[READ]) if number else clock.spent[READ]
        if number == 0 or clock.spent.total() - clock.spent[READ] < best.spent.total() - best.spent[READ]:
            best = clock
        best.spent[READ] = floor
    print(f"{title}: {events:,} events, {orders:,} orders")
    floor = best.spent.pop(READ)
    for part, spent in [(READ, floor), *best.spent.items(), ("all", best.spent.total())]:
        times = f"{spent / orders:7.1f} ns/order {spent / events:7.1f} ns/event"
        print(f"  {part:32} {times}, {spent / floor:.2f} x the read")


def main(*, events: int = 1_000_000, partitions: int = 100, rounds: int = 5) -> None:
    """Print the parts of one large partition and of many small ones."""
    kernels.warm()
    with tempfile.TemporaryDirectory() as folder:
        report("one partition", [make_day(Path(folder) / "one", events)], rounds)
    with tempfile.TemporaryDirectory() as folder:
        each = events // partitions
        days = [make_day(Path(folder) / str(number), each, seed=number) for number in range(partitions)]
        report(f"{partitions} partitions", days, rounds)


if __name__ == "__main__":
    fire.Fire(main)
