"""What the other `bench_*.py` time, each ready to be called again and again in this process, beside its floor.

`perf.subjects` has kernels, sums, order files, conversion. `tests/perf/test_benchmarks.py` runs all of them, small as
a test and large as a benchmark.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv

from driver.config.loading import load_config
from driver.job.job import run_job
from driver.plan.jobs import Job, Settings
from driver.plan.plan import plan_jobs
from driver.sums.partial_file import PARTIAL_NAME
from driver.tables.aggregate import aggregate
from kernels.base.columns import I64
from kernels.dark.records import new_book
from kernels.measure.choices import Choices, ReplayChoices, Selection, Session, Simulation
from kernels.replay.replay import replay
from marketgen import MarketSpec, generate
from marketgen.sessions import trading_day
from perf import bench_dark_book, bench_overhead, bench_styles
from perf.bench_aggregate import write_jobs
from perf.bench_jobs import write_days
from perf.bench_marketgen import TABLES
from perf.bench_replay import play
from perf.subjects import PARSE, SCAN, SCATTER, WRITE, Subject
from perf.synthetic_day import CLOSE, OPEN
from tickstore import ConvertRequest, convert, open_day

NO_THREADS: Final = pa.csv.ReadOptions(use_threads=False)
SLOTS: Final = 500  # orders of the dark book


def jobs(folder: Path, scale: int) -> Subject:
    """`bench_jobs`: whole jobs, from day files to results."""
    paths, session = write_days(folder, scale, 6_000), Session(OPEN, CLOSE, "synthetic")
    (folder / "results").mkdir()
    planned = [
        Job(number, "1", "2024-09-05", str(path), str(folder / "results" / str(number)), session, Settings(), 0, "")
        for number, path in enumerate(paths)
    ]
    orders = 0
    for path in paths:
        with open_day(path) as day:
            orders += len(day.orders["order_id"])
    scan = lambda: [np.fromfile(path, np.uint8).sum() for path in paths]  # noqa: E731
    return Subject(lambda: sum(run_job(job).orders for job in planned), orders, SCAN, scan)


def overhead(folder: Path, scale: int) -> Subject:
    """`bench_overhead`: planning jobs, beside writing two small files for each."""
    config = replace(load_config({}).config, dark_pool_scenarios=("A",))
    stored = bench_overhead.partitions(200 * scale)
    plan = plan_jobs(config, stored, None, folder, "code")
    write = lambda: [bench_overhead.tiny_job(job) for job in plan.jobs]  # noqa: E731
    return Subject(lambda: len(plan_jobs(config, stored, None, folder, "code").jobs), len(stored), WRITE, write)


def tables(folder: Path, scale: int) -> Subject:
    """`bench_aggregate`: the tables of a run, beside reading the partials of its jobs."""
    written = write_jobs(folder, 20 * scale, 200)
    partials = [folder / job.security / job.date / PARTIAL_NAME for job in written]

    def work() -> int:
        real, *_ = aggregate(folder, written, Settings()).measures
        return int(str(real["orders"]))

    return Subject(work, 200 * len(written), SCAN, lambda: [np.fromfile(path, np.uint8).sum() for path in partials])


def styles(folder: Path, scale: int) -> Subject:
    """`bench_styles`: parsing the plainest style."""
    rows = 5_000 * scale
    source, data = bench_styles.make_file(bench_styles.STYLES["plain: integer ns, sides 1 and 2"], rows, folder)

    def work() -> int:
        bench_styles.parse(source, data, rows)  # raises unless all rows are read
        return rows

    return Subject(work, rows, PARSE, lambda: pa.csv.read_csv(pa.py_buffer(data), NO_THREADS))


def dark_book(folder: Path, scale: int) -> Subject:
    """`bench_dark_book`: the normal stream, beside putting what each event says in its order's place."""
    events = bench_dark_book.stream(3_000 * scale, 0.05, SLOTS, 0.07)
    places = np.zeros((SLOTS, events.shape[1]), np.int64)

    def scatter() -> None:
        places[events[:, bench_dark_book.SLOT]] = events

    return Subject(lambda: dark_fills(events), dark_fills(events), SCATTER, scatter)


def dark_fills(events: I64) -> int:
    """Play events to a fresh book; return the fills."""
    return bench_dark_book.play(new_book(SLOTS + 1, bench_dark_book.TICK, 10**12), events, np.full(SLOTS, -1, np.int64))


def generated(folder: Path, scale: int) -> Subject:
    """`bench_marketgen`: a simulated day as CSV, beside pyarrow's write of the same tables."""
    spec = market(scale)

    def work() -> int:
        files = generate(spec, folder / "made")
        return files.order_rows + files.trade_rows + files.quote_rows

    work()
    tables = [pa.csv.read_csv(folder / "made" / f"{name}.csv") for name in TABLES]

    def write() -> None:
        for table in tables:
            pa.csv.write_csv(table, folder / "written.csv")

    return Subject(work, sum(map(len, tables)), WRITE, write)


def market(scale: int) -> MarketSpec:
    """Return a market of one security and one day."""
    return MarketSpec((101,), date_end="2024-01-01", orders=400 * scale, truth="none")


def replayed(folder: Path, scale: int) -> Subject:
    """`bench_replay`: P and R of some participants on a generated day, beside one read of its columns."""
    files, times = generate(market(scale), folder / "raw"), trading_day(market(scale), 0, market(scale).dates()[0])
    convert(ConvertRequest((files.orders,), folder / "store", (files.trades,), (files.nbbo,)))
    (path,) = (folder / "store").rglob("*.h5")
    day, session = open_day(path), Session(times.open, times.pre_close, "given")
    choices = Choices(
        selection=Selection(participants=(8, 69)),
        simulation=Simulation(scenarios=("P", "R")),
        replay=ReplayChoices(block_tier=20_000),
    )
    rows = replay(day, choices, session).rows_fed
    scan = lambda: np.fromfile(path, np.uint8).sum()  # noqa: E731
    return Subject(lambda: play(day, session, choices, ("R",)), rows, SCAN, scan)


BENCHMARKS: Final[dict[str, Callable[[Path, int], Subject]]] = {
    "jobs": jobs,
    "driver's overhead": overhead,
    "tables": tables,
    "styles": styles,
    "dark book": dark_book,
    "generator": generated,
    "replay": replayed,
}
