"""Time and memory against workers, rows and partitions, and what they project to for a whole exchange.

    python -m perf.scale table                  # every kind of run by number of workers, as many as there are cores
    python -m perf.scale rows                   # 0.1 to 50 million order events in 16 partitions
    python -m perf.scale partitions             # 10 to 50,000 partitions of 200 order events
    python -m perf.scale figures                # draws what was measured and writes it into perf/README.md
    python -m perf.scale all --quick            # each at a small size, nothing kept

What is measured is kept in perf/scaling/measured.json, part by part. BENCH_DIR names a folder with room, else that of
temporary files; partitions, whose files are small and many, are in memory where the machine has such a folder.
"""

import csv
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import fire

from marketgen import GeneratedFiles, MarketSpec, generate
from perf.scaling import charts
from perf.scaling.watched import ROOT, Watched, driver

MEMORY: Final = Path("/dev/shm")
FOUND: Final = ROOT / "perf" / "scaling" / "measured.json"
FIGURES: Final = ROOT / "perf" / "figures"
README: Final = ROOT / "perf" / "README.md"
EVENTS_AN_ORDER: Final = 3.33
SECURITIES: Final = 5  # simulated; the others are copies
MONDAY: Final = date(2024, 1, 1)
YEAR: Final = 250  # trade dates
CORES: Final = len(os.sched_getaffinity(0))
SCENARIOS: Final = "--dark_pool_scenarios=A,B,C"  # of all runs but the last kind
REPLAYED: Final = "A,B,C,P,R,D"
NARROW: Final = ("--hour_start=10", "--hour_end=12")  # and one participant
ONE: Final = "run: jobs, one participant, 3 hours"
RUNS: Final = {  # of a store that is there
    "run: jobs without order files": ("--order_level=false",),
    "run: jobs, Parquet order files, core columns": (),
    "run: jobs, Parquet, all columns": ("--order_columns=all",),
    "run: jobs, plain CSV": ("--format=csv",),
    "run: jobs, gzip CSV": ("--format=gzip",),
    ONE: NARROW,
    "run: jobs, the dark book replayed too": (f"--dark_pool_scenarios={REPLAYED}",),
}
DEFAULT: Final = "run: jobs, Parquet order files, core columns"
STARTS: Final = {"start of workers: convert": "convert", "start of workers: jobs": "jobs"}  # one small partition
FEW_ROWS: Final = 40


@contextmanager
def working_folder(in_memory: bool = False) -> Iterator[Path]:
    """Give a folder that goes away."""
    where = str(MEMORY) if in_memory and MEMORY.is_dir() else os.environ.get("BENCH_DIR")
    with tempfile.TemporaryDirectory(dir=where) as name:
        yield Path(name)


def market(folder: Path, events: int, partitions: int, dates: int = 1) -> GeneratedFiles:
    """Write a market of about so many order events, of some securities on so many dates, weeks repeating."""
    securities = partitions // dates
    simulated = next(n for n in range(min(SECURITIES, securities), 0, -1) if securities % n == 0)
    spec = MarketSpec(
        tuple(range(101, 101 + simulated)),
        MONDAY.isoformat(),
        (MONDAY + timedelta(days=dates // 5 * 7 + dates % 5 - (1 if dates % 5 else 3))).isoformat(),
        orders=max(1, round(events / EVENTS_AN_ORDER / partitions)),
        replicate=securities // simulated,
        simulated_weeks=int(dates > 5),
        truth="none",
    )
    assert len(spec.dates()) == dates
    return generate(spec, folder, min(CORES, simulated))


def dates_of(partitions: int) -> int:
    """Return how many dates a market of many partitions has: those of a year, or fewer that divide them."""
    most = min(YEAR, max(partitions // SECURITIES, 1))
    return next(n for n in range(most, 0, -1) if partitions % n == 0)


def inputs(files: GeneratedFiles) -> list[str]:
    """Return the flags that name the files of a market."""
    return [f"--orders={files.orders}", f"--trades={files.trades}", f"--nbbo={files.nbbo}"]


def once(folder: Path, workers: int, *flags: str) -> Watched:
    """Run in fresh results."""
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    where = f"--store={folder / 'store'}", f"--results={results}"
    scenarios = () if any(flag.startswith("--dark_pool_scenarios") for flag in flags) else (SCENARIOS,)
    return driver("run", *where, f"--max_workers={workers}", *scenarios, *flags)


def busiest(results: Path) -> str:
    """Return the participant with the most orders of a run."""
    with (results / "by_participant.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["scenario"] == "real"]
    return max(rows, key=lambda row: int(row["orders"]))["participant_id"]


def from_csv(folder: Path, files: GeneratedFiles, workers: int) -> Watched:
    """Convert into a fresh store and run."""
    shutil.rmtree(folder / "store", ignore_errors=True)
    return once(folder, workers, *inputs(files))


def table(events: int, partitions: int, workers: list[int], minutes: float) -> dict[str, Any]:
    """Return the seconds of each kind of run by number of workers, as many as there is time for.

    What the projection needs comes first: conversion and runs with the default order files.
    """
    end = time.monotonic() + 60 * minutes
    names = "convert", *RUNS, "tables and report", *STARTS
    seconds: dict[str, dict[str, float]] = {name: {} for name in names}
    private: dict[str, int] = {}
    with working_folder() as folder:
        files = market(folder / "market", events, partitions)
        from_csv(folder, files, workers[-1])  # kernels are compiled, files in the page cache
        one = (f"--participant_ids={busiest(folder / 'results')}",)
        for number in map(str, workers):
            found = from_csv(folder, files, int(number))
            private[number] = max(found.driver, found.worker)
            for name, phase in (("convert", "convert"), (DEFAULT, "jobs"), ("tables and report", "tables")):
                seconds[name][number] = found.seconds[phase]
        few = folder / "few"
        small = market(few / "market", FEW_ROWS, 1)
        for number in map(str, workers):
            found = from_csv(few, small, int(number))
            for name, phase in STARTS.items():
                seconds[name][number] = found.seconds[phase]
        for number in map(str, reversed(workers)):
            for name, flags in RUNS.items():
                if name != DEFAULT and time.monotonic() < end:
                    found = once(folder, int(number), *flags, *(one if name == ONE else ()))
                    seconds[name][number] = found.seconds["jobs"]
        facts = {"order_rows": files.order_rows, "trade_rows": files.trade_rows, "csv_bytes": files.bytes}
    return facts | {"partitions": partitions, "cores": CORES, "seconds": seconds, "private": private}


def growth(sizes: list[tuple[int, int, int, int]], workers: int, in_memory: bool) -> dict[str, Any]:
    """Return time and memory of converting and running at each (size, events, partitions, dates)."""
    points: list[dict[str, Any]] = []
    for size, events, partitions, dates in sizes:
        with working_folder(in_memory) as folder:
            files = market(folder / "market", events, partitions, dates)
            if not points:
                from_csv(folder, files, workers)  # kernels are compiled
            found = from_csv(folder, files, workers)
            shown = files.order_rows if size == events else size
            memory = {"driver": found.driver, "worker": found.worker, "together": found.together}
            points.append({"size": shown, "seconds": found.seconds, **memory})
            told = ", ".join(f"{name} {found.seconds[name]:.2f} s" for name in ("convert", "jobs", "tables"))
            print(
                f"{shown:>12,}: {told}; {found.worker / 1e6:.0f} MB a worker, driver {found.driver / 1e6:.0f}",
                flush=True,
            )
    return {"workers": workers, "points": points}


def keep(part: str, found: dict[str, Any], path: Path) -> None:
    """Keep what was measured beside the other parts, and beside the other sizes of its own."""
    known = json.loads(path.read_text()) if path.exists() else {}
    if "points" in found:
        points = {point["size"]: point for point in (*known.get(part, found)["points"], *found["points"])}
        found = found | {"points": [points[size] for size in sorted(points)]}
    path.write_text(json.dumps(known | {part: found}, indent=1, sort_keys=True) + "\n")


def figures(path: Path, readme: Path, folder: Path) -> None:
    """Draw what was measured and write it into the README, between its marks."""
    found = json.loads(path.read_text())
    folder.mkdir(exist_ok=True)
    for name, text in charts.charts(found).items():
        (folder / f"{name}.svg").write_text(text)
    text = readme.read_text()
    before, _, rest = text.partition(charts.BEGIN)
    readme.write_text(before + charts.block(found) + rest.partition(charts.END)[2])


def main(
    what: str = "table",
    *,
    quick: bool = False,
    events: int = 0,
    sizes: int | tuple[int, ...] = (),
    workers: int | tuple[int, ...] = (),
    minutes: float = 6.5,
    found: str = str(FOUND),
) -> None:
    """Measure a part, or ``all``, and keep it; or draw the ``figures``.

    Args:
        what: table, rows, partitions, all, figures
        quick: at a small size, nothing is kept
        events: of the table, or of a partition
        sizes: of rows, or of partitions
        workers: of the table, each; of the others the last is taken
        minutes: after which the table begins no other run
        found: where what was measured is kept
    """
    path = Path(found)
    if what == "figures":
        figures(path, README, FIGURES)
        return
    counts = [workers] if isinstance(workers, int) else list(workers)
    counts = counts or [n for n in (1, 2, 4, 8, 16, 32, 64) if n <= CORES]
    asked = [sizes] if isinstance(sizes, int) else list(sizes)
    if what in ("table", "all"):
        measured = table(events or (60_000 if quick else 10_000_000), 10 if quick else 80, counts, minutes)
        print(
            charts.table_text(measured),
            charts.projection_text(charts.basis_of({"table": measured})),
            sep="\n\n",
            flush=True,
        )
        if not quick:
            keep("table", measured, path)
    if what in ("rows", "all"):
        rows = asked or (
            [20_000, 60_000] if quick else [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 50_000_000]
        )
        part = growth([(n, n, 4 if quick else 16, 1) for n in rows], counts[-1], False)
        print(charts.growth_text(part, "order events"), flush=True)
        if not quick:
            keep("rows", part, path)
    if what in ("partitions", "all"):
        numbers = asked or ([10, 50] if quick else [10, 100, 1_000, 10_000, 50_000])
        part = growth([(n, (events or 200) * n, n, dates_of(n)) for n in numbers], counts[-1], True)
        print(charts.growth_text(part, "partitions"), flush=True)
        if not quick:
            keep("partitions", part, path)


if __name__ == "__main__":
    fire.Fire(main)
