"""Conversion against a bare pyarrow parse of the same columns and bytes, alternated in one run (decisions 32).

Run: python -m perf.bench_convert [--rows=2000000] [--rounds=3] [--with_peers] [--shuffled]

Peers get what we store, no more: the same columns in the same types, on all cores. They sort nothing, number no
orders, check nothing and sync nothing; our figures include all of that.
"""

import importlib.util
import multiprocessing
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import fire
import numpy as np
import pyarrow as pa
import pyarrow.csv

import tickstore
from tickstore.input.fields import FIELDS, SNAPSHOTS
from tickstore.input.header import parse_header

Work = Callable[[], int]
CORES = len(os.sched_getaffinity(0))
DAY_NS = 86_400 * 10**9
OPEN_NS = 1_717_459_200 * 10**9  # 2024-06-04 10:00 in Sydney
HEADER = [
    "order_id", "exchange", "timestamp", "security_code", "price", "side", "changereason", "orderstatus", "quantity",
    "leavesquantity", "ordertype", "exchangeordertype", "national_bid", "national_offer", "bid", "offer",
    "participantid", "preferenceonly", "midtick", "singlefillminimumquantity", "minimumquantity", "sequence",
    "crossingkey", "totalmatchedquantity", "shortsellquantity", "triggercondition", "timevaliditydecoded", "row_num",
    "timevalidity",
]  # fmt: skip


def order_rows(rows: int, securities: int, days: int, seed: int = 1, first_day: int = 0) -> pa.Table:
    """Return order events in time order: 3.4 an order, in the exchange's 29 columns."""
    rng = np.random.default_rng(seed)
    orders = max(1, int(rows / 3.4))
    day = np.sort(rng.integers(0, days, orders))
    arrival = rng.integers(0, 6 * 3600 * 10**9, orders)
    count = rng.integers(2, 6, orders)
    count[-1] += max(0, rows - count.sum())
    order = np.repeat(np.arange(orders), count)[:rows]
    life = rng.exponential(60e9, len(order)).astype(np.int64)
    first = np.concatenate([[True], np.diff(order) != 0])
    life[first] = 0
    stamp = OPEN_NS + (first_day + day[order]) * DAY_NS + np.minimum(arrival[order] + life, 6 * 3600 * 10**9)
    place = np.argsort(stamp, kind="stable")
    order, stamp = order[place], stamp[place]
    n = len(order)
    quantity = rng.integers(1, 20_000, orders)[order]
    matched = np.where(rng.random(n) < 0.2, rng.integers(0, 20_000, n) % quantity, 0)
    price = (3000 + rng.integers(-100, 100, orders)[order]) * 10
    constant = np.zeros(n, np.int64)
    columns = {
        "order_id": 7_904_794_000_000_000_000 + (seed * 10**9 + order) * 977,
        "timestamp": stamp,
        "security_code": 110_000 + rng.integers(0, securities, orders)[order],
        "price": price,
        "side": 1 + rng.integers(0, 2, orders)[order],
        "changereason": rng.choice([1, 3, 5, 6], n),
        "orderstatus": 1 + rng.integers(0, 2, n),
        "quantity": quantity,
        "leavesquantity": quantity - matched,
        "exchangeordertype": rng.choice([0, 0, 64, 2048, 4096], orders)[order],
        "participantid": rng.integers(1, 300, orders)[order],
        "midtick": rng.integers(0, 3, orders)[order],
        "sequence": 1_000_000 + np.arange(n) * 3,
        "crossingkey": np.where(rng.random(orders) < 0.1, rng.integers(1, 2**30, orders), 0)[order],
        "totalmatchedquantity": matched,
        "timevaliditydecoded": pa.array(["Rest of Day"] * n),
        "row_num": np.arange(n),
        "timevalidity": constant + 256,
        "exchange": constant + 3,
        "ordertype": constant + 1,
        "national_bid": price - 10,
        "national_offer": price + 10,
        "bid": price - 10,
        "offer": price + 10,
    }
    return pa.table({name: columns.get(name, constant) for name in HEADER})


def stored_columns(path: Path) -> dict[str, str]:
    """Return the file's columns that a conversion stores, with the types it stores them in."""
    with path.open("rb") as file:
        found = parse_header(file.readline(), "orders", {}, str(path))
    fields = {field.name: field for field in FIELDS["orders"] if field.name not in SNAPSHOTS}
    return {found.names[place]: fields[name].dtype for name, place in found.columns.items() if name in fields}


def baseline(path: Path) -> Work:
    """Parse the columns that a conversion stores, on one thread, and keep nothing."""
    wanted = list(stored_columns(path))

    def run() -> int:
        table = pa.csv.read_csv(
            pa.memory_map(str(path)),
            pa.csv.ReadOptions(use_threads=False, block_size=4 << 20),
            convert_options=pa.csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.int64()), strings_can_be_null=False
            ),
        )
        return int(table.num_rows)

    return run


def convert(path: Path, workers: int, store: Path) -> Work:
    """Convert the file into a fresh store."""

    def run() -> int:
        report = tickstore.convert(tickstore.ConvertRequest(orders=(path,), store=store, workers=workers))
        return report.tables["orders"].stored

    return run


def polars(path: Path, folder: Path) -> Work:
    """Let Polars put the stored columns, in the stored types, into Parquet."""
    os.environ["POLARS_MAX_THREADS"] = str(CORES)
    import polars as pl

    types = {"i8": pl.Int64, "i4": pl.Int32, "i2": pl.Int16, "i1": pl.Int8}
    wanted = {name: types[kind] for name, kind in stored_columns(path).items()}
    assert pl.thread_pool_size() == CORES

    def run() -> int:
        pl.scan_csv(path, schema_overrides=wanted).select(list(wanted)).sink_parquet(folder / "p.parquet")
        return 0

    return run


def duckdb(path: Path, folder: Path) -> Work:
    """Let DuckDB put the stored columns, in the stored types, into a table of its own."""
    import duckdb

    names = {"i8": "BIGINT", "i4": "INTEGER", "i2": "SMALLINT", "i1": "TINYINT"}
    wanted = {name: names[kind] for name, kind in stored_columns(path).items()}

    def run() -> int:
        with duckdb.connect(str(folder / "d.duckdb"), config={"threads": CORES}) as database:
            database.execute("set enable_progress_bar = false")
            rows = f"select {', '.join(wanted)} from read_csv('{path}', types = {wanted})"
            database.execute(f"create or replace table orders as {rows}")
        return 0

    return run


def timed(prepare: Callable[[], Work], store: Path) -> tuple[float, float]:
    """Run in a child of its own, everything imported, and return the seconds it took and those of the processor."""
    shutil.rmtree(store, ignore_errors=True)
    os.sync()
    ours, theirs = multiprocessing.Pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work = prepare()
            begin, used = time.perf_counter(), processor_seconds()
            work()
            theirs.send((time.perf_counter() - begin, processor_seconds() - used))
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    taken: tuple[float, float] = ours.recv()
    return taken


def processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main(
    *,
    rows: int = 2_000_000,
    securities: int = 40,
    days: int = 3,
    rounds: int = 3,
    with_peers: bool = False,
    shuffled: bool = False,
) -> None:
    """Print one line a variant: minimum and median seconds, and the ratio of minima to the baseline."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        path = folder / "orders.csv"
        table = order_rows(rows, securities, days)
        if shuffled:
            table = table.take(np.random.default_rng(2).permutation(table.num_rows))
        pa.csv.write_csv(table, path)
        del table
        store = folder / "store"
        convert(path, 1, store)()  # loads kernels, warms the page cache
        variants: dict[str, Callable[[], Work]] = {
            "pyarrow parse, 1 thread": lambda: baseline(path),
            "convert, 1 process": lambda: convert(path, 1, store),
            "convert, 2 processes": lambda: convert(path, 2, store),
        }
        if with_peers:
            variants |= {
                f"{name}, {CORES} threads": partial(function, path, folder)
                for name, function in (("polars to Parquet", polars), ("duckdb to table", duckdb))
                if importlib.util.find_spec(function.__name__) is not None
            }
        seconds: dict[str, list[tuple[float, float]]] = {label: [] for label in variants}
        for _ in range(rounds):
            for label, work in variants.items():
                seconds[label].append(timed(work, store))
        base, base_cpu = (min(taken) for taken in zip(*seconds["pyarrow parse, 1 thread"], strict=True))
        print(f"{rows} rows, {path.stat().st_size / 1e6:.0f} MB, {securities * days} partitions")
        for label, taken in seconds.items():
            wall, cpu = zip(*taken, strict=True)
            print(
                f"{label:28} {min(wall):7.2f} s ({statistics.median(wall):.2f})  ratio {min(wall) / base:.2f}"
                f"   processor {min(cpu):6.2f} s  ratio {min(cpu) / base_cpu:.2f}"
            )


if __name__ == "__main__":
    fire.Fire(main)
