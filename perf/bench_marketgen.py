"""Generator against a plain pyarrow CSV write of the same tables, on as many processes, in the same run.

    python perf/bench_marketgen.py [--orders 50000] [--securities 4] [--replicate 4] [--workers 2] [--rounds 3]

Targets (decisions 36): replicated <= 1.5 x, simulated <= 4 x the pyarrow write. Minimum of the rounds is quoted.
"""

import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import fire
import pyarrow as pa
import pyarrow.csv as pc

from marketgen import GeneratedFiles, MarketSpec, generate

TABLES = ("orders", "trades", "nbbo")


def write_share(folder: str, part: int, parts: int) -> float:
    """Read a part of each table, wait for nobody, write it as CSV; return the seconds of writing alone."""
    seconds = 0.0
    for name in TABLES:
        table = pc.read_csv(Path(folder) / f"{name}.csv")
        rows = table.num_rows // parts + 1
        share = table.slice(part * rows, rows)
        pa.set_cpu_count(1)
        start = time.perf_counter()
        pc.write_csv(share, Path(folder) / f"{name}.{part}.pyarrow")
        seconds += time.perf_counter() - start
    return seconds


def pyarrow_seconds(files: GeneratedFiles, workers: int) -> float:
    """Return the slowest process's time for writing its share of all three tables."""
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        futures = [pool.submit(write_share, str(files.orders.parent), k, workers) for k in range(workers)]
        return max(future.result() for future in futures)


def generated(spec: MarketSpec, folder: Path, workers: int) -> tuple[float, GeneratedFiles]:
    """Return the wall time of generating everything, processes started and files joined included."""
    start = time.perf_counter()
    files = generate(spec, folder, workers)
    return time.perf_counter() - start, files


def main(*, orders: int = 50_000, securities: int = 4, replicate: int = 4, workers: int = 2, rounds: int = 3) -> None:
    codes = tuple(range(1, securities + 1))
    simulated = MarketSpec(codes, orders=orders, truth="none")
    single = MarketSpec(codes[:1], orders=orders, truth="none", replicate=securities * replicate)
    with TemporaryDirectory() as name:
        folder = Path(name)
        generate(MarketSpec((1,), date_end="2024-01-01", orders=100), folder / "warm")
        for label, spec, target in (("simulated", simulated, 4.0), ("replicated", single, 1.5)):
            times, base = [], []
            for _ in range(rounds):
                seconds, files = generated(spec, folder / label, workers)
                times.append(seconds)
                base.append(pyarrow_seconds(files, workers))
            rows = files.order_rows + files.trade_rows + files.quote_rows
            ratio = min(times) / min(base)
            print(
                f"{label}: {rows:,} rows, {files.bytes / 1e6:,.0f} MB; "
                f"generator {min(times):.2f} s ({min(times) / rows * workers * 1e9:.0f} ns a row and process), "
                f"pyarrow write {min(base):.2f} s; ratio {ratio:.2f} (target {target})"
            )
            shutil.rmtree(folder / label)


if __name__ == "__main__":
    fire.Fire(main)
