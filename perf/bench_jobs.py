"""Time whole jobs part by part: opening, measuring, order file, cells, metrics, partial.

    python -m perf.bench_jobs [--events=10000] [--partitions=60] [--rounds=7] [--formats=parquet,csv]

Partitions of random orders are written as day files, where temporary files go, as a store is on a disk: a folder in
memory maps each page by itself. One thread runs a job on each, its results in memory where the machine has such a
folder. Processor time, the minimum of the rounds by part: parts are timed where they are called, so
that what is inside another part counts there alone.
"""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fire
import numpy as np

import kernels
import tickstore
from driver.job import job as whole_job
from driver.job import quality
from driver.job.order_file import OrderFile
from driver.job.order_sums import OrderSums
from driver.plan.jobs import Job, Settings
from driver.sums.job_sums import JobSums
from driver.sums.orders.deal_sources import DealSums
from driver.sums.orders.fill_times import FillTimeSums
from driver.sums.orders.histograms import OrderHistograms
from driver.sums.orders.kinds import KindSums
from driver.sums.orders.rank_sums import RankSums
from driver.sums.orders.saving_split import SavingSplit
from driver.sums.outliers import Extremes
from kernels.measure.choices import Session
from perf.synthetic_day import CLOSE, OPEN, make_day
from tickstore.day.schema import GROUPS
from tickstore.engines.freed_memory import keep_freed_memory

JOB: Any = whole_job
MEMORY = Path("/dev/shm")
RESULTS = MEMORY if MEMORY.is_dir() else None  # the folder that those of results are made in
SPENT: Counter[str] = Counter()
INSIDE: list[int] = []  # time of the parts inside each part that is running
PARTS = (
    (tickstore, "open_day", "open"),
    (JOB, "judge", "what is plausible"),
    (JOB, "count_kinds", "data quality"),
    (JOB, "market_volumes", "market volume"),
    (JOB, "interval_ranges", "intervals of the mid"),
    (JOB, "prepare", "quote book and prints"),
    (quality, "_note_impossible", "impossible spreads"),
    (JOB, "OrderIds", "ids of orders"),
    (JOB, "OrderSums", "starting sums"),
    (OrderSums, "found", "other results"),
    (OrderFile, "write", "order file"),
    (OrderFile, "close", "order file"),
    (JobSums, "add", "adding to cells"),
    (JobSums, "partial_sums", "sorting cells, histograms"),
    (SavingSplit, "add", "saving split"),
    (SavingSplit, "ranked", "saving split"),
    (FillTimeSums, "add", "fill times"),
    (FillTimeSums, "found", "fill times, at the end"),
    (OrderHistograms, "add", "histograms of orders"),
    (OrderHistograms, "found", "histograms of orders"),
    (KindSums, "add", "kinds"),
    (KindSums, "found", "kinds"),
    (RankSums, "add", "rank sums"),
    (DealSums, "__init__", "deal sources"),
    (DealSums, "add", "deal sources"),
    (DealSums, "found", "deal sources"),
    (JOB, "market_panel", "market panel"),
    (Extremes, "add", "outliers"),
    (JOB, "broken_rule", "conservation"),
    (JOB, "metrics_csv", "metrics"),
    (JOB, "atomic_write", "metrics"),
    (JOB, "write_partial", "partial"),
)


def timed(function: Callable[..., Any], part: str) -> Callable[..., Any]:
    """Return ``function`` with its time added to ``part``, less that of the parts inside."""

    def run(*arguments: Any, **named: Any) -> Any:
        start = time.thread_time_ns()
        INSIDE.append(0)
        try:
            return function(*arguments, **named)
        finally:
            took = time.thread_time_ns() - start
            SPENT[part] += took - INSIDE.pop()
            if INSIDE:
                INSIDE[-1] += took

    return run


def timed_blocks(measure: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Return ``measure`` with the time of making each block added to a part of its own."""

    def run(*arguments: Any) -> Iterator[Any]:
        following = timed(measure(*arguments).__next__, "measuring")
        while True:
            try:
                block = following()
            except StopIteration:
                return
            yield block

    return run


def write_days(folder: Path, partitions: int, events: int) -> list[Path]:
    """Write day files of random orders."""
    paths = []
    for number in range(partitions):
        made = make_day(folder / "columns", events, seed=number)
        groups = {}
        for name, columns in GROUPS.items():
            table = getattr(made, name)
            rows = len(next(iter(table.values())))
            wanted = [column for column in columns if column.name in table or not column.optional]
            groups[name] = {
                column.name: table.get(column.name, np.zeros(rows)).astype(column.dtype) for column in wanted
            }
        paths.append(folder / f"{number}.h5")
        tickstore.write_day(paths[-1], "1", "2024-09-05", groups)
    return paths


def run_jobs(days: list[Path], folder: Path, output_format: str) -> tuple[int, int]:
    """Run a job on each day; return events and orders."""
    session, settings = Session(OPEN, CLOSE, "synthetic"), Settings(output_format=output_format)
    folder.mkdir(exist_ok=True)
    jobs = [
        Job(k, "1", "2024-09-05", str(day), str(folder / str(k)), session, settings, 0, "")
        for k, day in enumerate(days)
    ]
    reports = [timed(JOB.run_job, "the rest")(job) for job in jobs]
    return sum(report.events for report in reports), sum(report.orders for report in reports)


def main(
    *, events: int = 10_000, partitions: int = 60, rounds: int = 7, formats: str | tuple[str, ...] = "parquet"
) -> None:
    """Print the parts of jobs of one size, for each format of the order file."""
    kernels.warm()
    keep_freed_memory()  # as a worker does
    for owner, name, part in PARTS:
        setattr(owner, name, timed(getattr(owner, name), part))
    JOB.measured = timed_blocks(JOB.measured)
    with tempfile.TemporaryDirectory() as store, tempfile.TemporaryDirectory(dir=RESULTS) as temporary:
        days = write_days(Path(store), partitions, events)
        for output_format in (formats,) if isinstance(formats, str) else formats:
            best: dict[str, int] = {}
            for _ in range(rounds):
                SPENT.clear()
                found = run_jobs(days, Path(temporary) / "results", output_format)
                SPENT["all"] = SPENT.total()
                best = {part: min(spent, best.get(part, spent)) for part, spent in SPENT.items()}
            shutil.rmtree(Path(temporary) / "results")
            print(f"{partitions} jobs, {output_format}: {found[0]:,} events, {found[1]:,} orders")
            for part, spent in sorted(best.items(), key=lambda item: item[1]):
                print(f"  {part:26} {spent / partitions / 1e3:9.1f} us a job {spent / found[1]:9.1f} ns/order")


if __name__ == "__main__":
    fire.Fire(main)
