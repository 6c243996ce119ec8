"""Conversion against a bare pyarrow parse of the same columns and bytes, alternated in one run (decisions 32).

Run: python -m perf.bench_convert [--rows=2000000] [--rounds=3] [--with_peers] [--shuffled]
"""

import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import fire
import numpy as np
import pyarrow as pa
import pyarrow.csv

import tickstore
from tickstore.fields import FIELDS
from tickstore.header import parse_header

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


def baseline(path: Path) -> int:
    """Parse the stored columns with pyarrow: one thread, 4 MiB blocks."""
    with path.open("rb") as file:
        names = parse_header(file.readline(), "orders", {}, str(path))
    wanted = [names.names[names.columns[f.name]] for f in FIELDS["orders"] if f.name in names.columns]
    table = pa.csv.read_csv(
        pa.memory_map(str(path)),
        pa.csv.ReadOptions(use_threads=False, block_size=4 << 20),
        convert_options=pa.csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.int64()), strings_can_be_null=False
        ),
    )
    return int(table.num_rows)


def convert(path: Path, workers: int, store: Path) -> int:
    """Convert the file into a fresh store."""
    report = tickstore.convert(tickstore.ConvertRequest(orders=(path,), store=store, workers=workers))
    return report.tables["orders"].stored


def timed(work: Callable[[], int], store: Path) -> tuple[float, float]:
    """Run in a child of its own, kernels loaded, and return the seconds it took and those of the processor."""
    shutil.rmtree(store, ignore_errors=True)
    os.sync()
    ours, theirs = multiprocessing.Pipe()
    child = os.fork()
    if child == 0:
        begin = time.perf_counter()
        work()
        theirs.send(time.perf_counter() - begin)
        os._exit(0)
    _, _, usage = os.wait4(child, 0)
    return float(ours.recv()), usage.ru_utime + usage.ru_stime


def peers(path: Path, folder: Path) -> dict[str, Callable[[], int]]:
    """Return what Polars and DuckDB do to get the same columns into their own format."""
    found: dict[str, Callable[[], int]] = {}
    for name, code in {
        "polars to Parquet": (
            f"import polars as pl; pl.scan_csv({str(path)!r}).sink_parquet({str(folder / 'p.parquet')!r})"
        ),
        "duckdb to table": (
            f"import duckdb; c = duckdb.connect({str(folder / 'd.duckdb')!r}); "
            "c.execute('set enable_progress_bar = false'); "
            f"c.execute(\"create or replace table t as from read_csv('{path}')\"); c.close()"
        ),
    }.items():
        module = name.split()[0]
        if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:

            def run(code: str = code) -> int:
                cpus = str(len(os.sched_getaffinity(0)))
                env = os.environ | {"POLARS_MAX_THREADS": cpus}
                return subprocess.run([sys.executable, "-c", code], check=True, env=env).returncode

            found[name] = run
    return found


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
        convert(path, 1, store)  # loads kernels, warms the page cache
        variants: dict[str, Callable[[], int]] = {
            "pyarrow parse, 1 thread": lambda: baseline(path),
            "convert, 1 process": lambda: convert(path, 1, store),
            "convert, 2 processes": lambda: convert(path, 2, store),
        }
        if with_peers:
            variants |= peers(path, folder)
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
