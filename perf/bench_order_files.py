"""Time jobs with order files over the same jobs without, and what each way to write Parquet costs.

    python -m perf.bench_order_files [--events=400000] [--partitions=40] [--rounds=5] [--encodings=true]

Partitions of random orders are written as day files, where temporary files go, as a store is on a disk; one thread
runs a job on each, its results in memory where the machine has such a folder. Kinds of order files take turns in every
round; processor time, minima of the rounds. With ``--encodings`` the same blocks of orders, or those of a ``--store``,
are written by Arrow too, in several ways: from arrays that are made before the time is taken.
"""

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import fire
import pyarrow as pa
from pyarrow import parquet

import kernels
import tickstore
from driver.job.job import run_job
from driver.job.order_arrays import Shown, arrays, order_columns, partition_columns
from driver.job.parquet_orders import ParquetOrders
from driver.job.table_file import parquet_options
from driver.plan.jobs import Job, Settings
from kernels.measure.choices import Session
from kernels.measure.measure import measure
from kernels.measure.order_columns import ALL, CORE
from perf.bench_jobs import RESULTS, write_days
from perf.synthetic_day import CLOSE, OPEN
from tickstore.engines.freed_memory import keep_freed_memory

SESSION: Final = Session(OPEN, CLOSE, "synthetic")
WITHOUT: Final = "none"
KINDS: Final = {
    WITHOUT: Settings(order_level=False),
    "parquet, core": Settings(),
    "parquet, all": Settings(order_columns=ALL),
    "gzip, core": Settings(output_format="gzip"),
    "gzip, all": Settings(output_format="gzip", order_columns=ALL),
    "csv, core": Settings(output_format="csv"),
}
TARGETS: Final = {"parquet, core": 2, "parquet, all": 3, "gzip, core": 8}
PLAIN: Final[dict[str, Any]] = {"use_byte_stream_split": False}
FLOATS: Final = "floats too"
CHOSEN: Final = "chosen"
WAYS: Final[dict[str, dict[str, Any]]] = {  # of Arrow's: what is different from how it writes matches
    "Arrow's, as for matches": {},
    "not packed": PLAIN | {"compression": "none"},
    "lz4, not split by byte": PLAIN,
    "floats split by byte too": {"use_byte_stream_split": FLOATS},
    "zstd 1": {"compression": "zstd", "compression_level": 1},
    "zstd 1, not split by byte": PLAIN | {"compression": "zstd", "compression_level": 1},
    "snappy": {"compression": "snappy"},
    "no dictionaries": {"use_dictionary": False},
    "minima and maxima of all": {"write_statistics": True},
    "no checksums": {"write_page_checksum": False},
    "Arrow's defaults": PLAIN | {"compression": "snappy", "use_dictionary": True, "write_statistics": True},
}


def spent(work: Callable[[], int]) -> tuple[int, int]:
    """Return the processor time of a piece of work in ns, and what it returns."""
    start = time.thread_time_ns()
    result = work()
    return time.thread_time_ns() - start, result


def run_jobs(days: list[Path], folder: Path, settings: Settings) -> int:
    """Run a job on each day; return the bytes of order files."""
    folder.mkdir(exist_ok=True)
    jobs = [
        Job(k, "1", "2024-09-05", str(day), str(folder / str(k)), SESSION, settings, 0, "")
        for k, day in enumerate(days)
    ]
    for job in jobs:
        run_job(job)
    return sum(path.stat().st_size for path in folder.rglob("orders.*"))


def time_jobs(days: list[Path], folder: Path, rounds: int) -> dict[str, tuple[int, int]]:
    """Return the least processor time of each kind, and its bytes."""
    found: dict[str, list[tuple[int, int]]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, settings in KINDS.items():
            found[kind].append(spent(lambda settings=settings: run_jobs(days, folder, settings)))  # type: ignore[misc]
    return {kind: min(times) for kind, times in found.items()}


def blocks_of(days: list[Path], files: tuple[str, ...]) -> Iterator[dict[str, Shown]]:
    """Return the order columns of each block of the days, each over memory of its own."""
    for path in days:
        with tickstore.open_day(path) as day:
            for block in measure(day, Settings(), SESSION):
                yield partition_columns("1", "2024-09-05", len(block)) | order_columns(block, files)


def write_own(blocks: list[dict[str, Shown]]) -> int:
    """Write blocks as order files are written, in memory; return the bytes."""
    sink = io.BytesIO()
    file = ParquetOrders(sink)
    for block in blocks:
        file.write(block)
    file.close()
    return sink.tell()


def write(tables: list[pa.Table], way: dict[str, Any]) -> int:
    """Write tables as one Parquet file of Arrow's in memory; return its bytes."""
    sink, schema = io.BytesIO(), tables[0].schema
    options = parquet_options(schema) | way
    if options["use_byte_stream_split"] == FLOATS:
        floats = [field.name for field in schema if field.type == pa.float64()]
        options["use_byte_stream_split"] = [*floats, *parquet_options(schema)["use_byte_stream_split"]]
    with parquet.ParquetWriter(sink, schema, **options) as writer:
        for table in tables:
            writer.write_table(table)
    return sink.tell()


def time_ways(days: list[Path], files: tuple[str, ...], rounds: int) -> None:
    """Print what an order costs in each way to write Parquet."""
    blocks = list(blocks_of(days, files))
    tables = [pa.table(arrays(block)) for block in blocks]
    orders = sum(map(len, tables))
    found: dict[str, list[tuple[int, int]]] = {CHOSEN: [], **{name: [] for name in WAYS}}
    for _ in range(rounds):
        found[CHOSEN].append(spent(lambda: write_own(blocks)))
        for name, way in WAYS.items():
            found[name].append(spent(lambda way=way: write(tables, way)))  # type: ignore[misc]
    print(f"{files[-1]}: {tables[0].num_columns} columns, {orders:,} orders")
    for name, times in found.items():
        took, size = min(times)
        print(f"  {name:26} {took / orders:8.0f} ns/order {size / orders:8.1f} bytes/order")


def main(
    *, events: int = 400_000, partitions: int = 40, rounds: int = 5, encodings: bool = False, store: str = ""
) -> None:
    """Print the ratio of jobs with each kind of order file to jobs without."""
    kernels.warm()
    keep_freed_memory()  # as a worker does
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=RESULTS) as temporary:
        days = write_days(Path(folder), partitions, events // partitions)
        run_jobs(days[:1], Path(temporary) / "warm", replace(KINDS[WITHOUT], order_level=True))
        best = time_jobs(days, Path(temporary) / "results", rounds)
        floor = best[WITHOUT][0]
        print(f"{partitions} jobs, {events:,} events in all, without order files {floor / events:.0f} ns an event")
        for kind, (took, size) in best.items():
            if kind != WITHOUT:
                target = f"target {TARGETS[kind]} x" if kind in TARGETS else ""
                print(f"  {kind:14} {took / floor:6.2f} x {size / events:7.1f} bytes/event  {target}")
        for files in ((CORE,), (CORE, ALL)) if encodings else ():
            time_ways(sorted(Path(store).rglob("*.h5")) if store else days, files, rounds)


if __name__ == "__main__":
    fire.Fire(main)
