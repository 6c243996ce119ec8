"""Aggregation of many small jobs: seconds per run, and per job, at two sizes to show that it is linear.

    python -m perf.bench_aggregate [--jobs=4000] [--orders=200]

Partials of random orders are written to a temporary folder first; only reading, merging and writing the
tables is timed. Target: 50,000 jobs in under a minute.
"""

import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import fire

from driver.plan.jobs import Job, Settings
from driver.sums import partial_file as partials
from driver.sums.partial_file import PARTIAL_NAME
from driver.tables.aggregate import aggregate
from kernels.measure.choices import Session
from tests.driver.job_folders import partial_of
from tests.driver.order_blocks import random_block

DATES_A_SECURITY = 250
FIRST_DATE = date(2024, 1, 1)
SHAPES = 40  # different partials that repeat


def write_jobs(results: Path, count: int, orders: int) -> list[Job]:
    """Write ``count`` partials, ``DATES_A_SECURITY`` dates a security."""
    settings, jobs = Settings(), []
    shapes = [partial_of(seed, "", "", random_block(orders, seed)) for seed in range(SHAPES)]
    size = sum(len(partials.encode(shape)) for shape in shapes) // SHAPES
    print(f"{count:,} jobs of {orders} orders, partials of {size:,} bytes", end=": ", flush=True)
    for index in range(count):
        security = str(index // DATES_A_SECURITY)
        day = (FIRST_DATE + timedelta(index % DATES_A_SECURITY)).isoformat()
        folder = results / security / day
        folder.mkdir(parents=True)
        partial = replace(shapes[index % SHAPES], security=security, date=day, fingerprint="same")
        (folder / PARTIAL_NAME).write_bytes(partials.encode(partial))
        jobs.append(Job(index, security, day, "", str(folder), Session(0, 0, ""), settings, 0, "same"))
    return jobs


def main(*, jobs: int = 4_000, orders: int = 200) -> None:
    """Print one line per size: a quarter of ``jobs``, and all of them."""
    with tempfile.TemporaryDirectory() as folder:
        for count in (jobs // 4, jobs):
            results = Path(folder) / str(count)
            written = write_jobs(results, count, orders)
            aggregate(results, [replace(job) for job in written[:2]], Settings())  # compile
            started, used = time.perf_counter(), time.process_time()
            aggregate(results, written, Settings())
            seconds, processor = time.perf_counter() - started, time.process_time() - used
            print(f"{seconds:.2f} s, {1e3 * seconds / count:.3f} ms a job ({processor:.2f} s of processor time)")


if __name__ == "__main__":
    fire.Fire(main)
