"""Aggregation of many small jobs: seconds per run, and per job, at two sizes to show that it is linear.

    python -m perf.bench_aggregate [jobs] [orders a job]

Partials of random orders are written to a temporary folder first; only reading, merging and writing the
tables is timed. Target: 50,000 jobs in under a minute.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from driver import partials
from driver.aggregate import aggregate
from driver.partials import PARTIAL_NAME, Partial
from driver.settings import Job, Session, Settings
from tests.driver.job_folders import cubes_of
from tests.driver.order_blocks import random_block

DATES_A_SECURITY = 250
SHAPES = 40  # different partials that repeat


def write_jobs(results: Path, count: int, orders: int) -> list[Job]:
    """Write ``count`` partials, ``DATES_A_SECURITY`` dates a security."""
    settings = Settings()
    shapes = [cubes_of(random_block(orders, seed)) for seed in range(SHAPES)]
    print(f"{count:,} jobs of {orders} orders, {len(shapes[0][0])} + {len(shapes[0][1])} cells", end=": ", flush=True)
    jobs = []
    for index in range(count):
        security, day = str(index // DATES_A_SECURITY), f"day-{index % DATES_A_SECURITY:03}"
        folder = results / security / day
        folder.mkdir(parents=True)
        partial = Partial(security, day, "same", *shapes[index % SHAPES], {"quotes_valid": 100}, [], {})
        (folder / PARTIAL_NAME).write_bytes(partials.encode(partial))
        jobs.append(Job(index, security, day, "", str(folder), Session(0, 0, ""), settings, 0, "same"))
    return jobs


def main(arguments: Sequence[str]) -> None:
    """Print one line per size."""
    most = int(arguments[0]) if arguments else 4_000
    orders = int(arguments[1]) if len(arguments) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        for count in (most // 4, most):
            results = Path(folder) / str(count)
            jobs = write_jobs(results, count, orders)
            aggregate(results, [replace(job) for job in jobs[:2]], Settings())  # compile
            started, used = time.perf_counter(), time.process_time()
            aggregate(results, jobs, Settings())
            seconds, processor = time.perf_counter() - started, time.process_time() - used
            print(f"{seconds:.2f} s, {1e3 * seconds / count:.3f} ms a job ({processor:.2f} s of processor time)")


if __name__ == "__main__":
    main(sys.argv[1:])
