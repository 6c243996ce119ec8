"""Peak private memory of conversions and space of their logs, watched from outside: 1 x and 10 x the input.

Run: python -m perf.convert_memory [--rows=2000000] [--workers=2]
Private memory is the anonymous resident memory of the converting process and of each of its workers. Logs are what
the disk gives for them.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fire
import pyarrow as pa
import pyarrow.csv

from perf.bench_convert import order_rows

CODE = """
import sys, time
from pathlib import Path
import tickstore
begin = time.perf_counter()
report = tickstore.convert(
    tickstore.ConvertRequest(orders=(Path(sys.argv[1]),), store=Path(sys.argv[2]), workers=int(sys.argv[3]))
)
print(report.tables["orders"].stored, len(report.partitions), round(time.perf_counter() - begin, 1))
"""


def write_orders(path: Path, rows: int, parts: int, securities: int, days: int) -> None:
    """Write ``parts`` times ``rows`` order events: other days in each part, or the same day where days is 0."""
    with path.open("wb") as file:
        for part in range(parts):
            table = order_rows(rows, securities, max(1, days), seed=part + 1, first_day=part * days)
            pa.csv.write_csv(table, file, pa.csv.WriteOptions(include_header=part == 0))


def private_bytes(pid: int) -> dict[int, int]:
    """Return the anonymous resident bytes of a process and its children."""
    found = {}
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for process in [pid, *map(int, children.read_text().split())]:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                found[process] = int(line.split()[1]) * 1024
    return found


def bytes_of_logs(store: Path) -> int:
    """Return the bytes that a conversion's logs take on the disk."""
    return sum(path.stat().st_blocks * 512 for path in (store / ".convert" / "logs").glob("*.log"))


def convert_watched(path: Path, store: Path, workers: int) -> tuple[int, int, str]:
    """Convert in a process of its own; return the most private memory of a process, of logs, and what it said."""
    shutil.rmtree(store, ignore_errors=True)
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(path), str(store), str(workers)], stdout=subprocess.PIPE, text=True
    )
    peak = logs = 0
    while process.poll() is None:
        with contextlib.suppress(OSError, TypeError):
            peak = max(peak, *private_bytes(process.pid).values())
            logs = max(logs, bytes_of_logs(store))
        time.sleep(0.02)
    assert process.stdout is not None
    return peak, logs, process.stdout.read().strip()


def main(*, rows: int = 2_000_000, workers: int = 2) -> None:
    """Print one line a case: ``rows`` order rows, and ten times as many; BENCH_DIR names a folder with room."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        path, store = Path(name) / "orders.csv", Path(name) / "store"
        write_orders(path, 10_000, 1, 1, 0)
        convert_watched(path, store, 1)  # compiles kernels if need be, which takes memory of its own
        for label, parts, part_rows, securities, days in (
            ("many partitions, 1 x", 1, rows, 40, 3),
            ("many partitions, 10 x", 10, rows, 40, 3),
            ("one partition, 1 x", 10, rows // 10, 1, 0),  # ten sorted parts in both cases: out of order alike
            ("one partition, 10 x", 10, rows, 1, 0),
        ):
            write_orders(path, part_rows, parts, securities, days)
            peak, logs, said = convert_watched(path, store, workers)
            stored, partitions, seconds = said.split()
            print(
                f"{label:24} {int(stored):>11,} rows {path.stat().st_size / 1e9:5.2f} GB {partitions:>5} partitions "
                f"{seconds:>6} s  peak private {peak / 1e6:6.1f} MB  logs {logs / path.stat().st_size:5.1%} of text",
                flush=True,
            )


if __name__ == "__main__":
    fire.Fire(main)
