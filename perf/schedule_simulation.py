"""How long a large run takes on 8, 64 and 512 cores, and what saturates first: simulated, from rates measured here.

    python -m perf.schedule_simulation [--rows=2000000000] [--days=250] [--securities=200] [--plot_to=FILE.svg]

Jobs, one for each security and day, of sizes as unequal as those of an exchange's securities, are handed to workers
largest first by a driver that serves one answer at a time; what a job takes is measured on two partitions before. The
disk is shared: a stage cannot be faster than it reads and writes its bytes. Conversion's rates are those of the README.
"""

import heapq
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import fire
import numpy as np

from driver.config.loading import load_config
from driver.job.job import run_job
from driver.plan.jobs import Job, Settings, job_settings, replays
from kernels.measure.choices import Session
from kernels.warming import warm
from perf.bench_jobs import write_days
from perf.synthetic_day import CLOSE, OPEN

MEMORY = Path("/dev/shm")
SIZES = (2_000, 100_000)  # events of the partitions that are measured
CSV_BYTES = 138  # of a row (README: 7.8 GB of 50 million)
CONVERT_SECONDS = 1.0e-6  # of a core for a row (README: 25 s on two cores for 50 million)
DRIVER_SECONDS = 155e-6  # for a job (bench_overhead: planning, handing out, answers, manifest)
AGGREGATE_SECONDS = 0.74e-3  # for a job (bench_aggregate)
ZIPF = 0.9  # the k-th security has 1 / k^ZIPF of the rows of the first


@dataclass(frozen=True)
class Rates:
    """What a job takes of a core and of the disk."""

    once: float  # seconds
    event: float  # seconds
    day_bytes: float  # for an event, read
    result_bytes: float  # for an event, written


def measure_rates(rounds: int, scenarios: str) -> Rates:
    """Return what jobs take here: of processor time, the least of the rounds, on a small and on a larger partition."""
    config = load_config({"dark_pool_scenarios": scenarios}).config
    settings: Settings = job_settings(config, ())
    warm(replay=replays(config))
    seconds, day_bytes, result_bytes = [], 0.0, 0.0
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as temporary:
        for events in SIZES:
            (day,) = write_days(Path(temporary) / f"{events}", 1, events)
            taken = []
            for number in range(rounds):
                folder = Path(temporary) / f"{events}-{number}"
                session = Session(OPEN, CLOSE, "synthetic")
                job = Job(0, "1", "2024-09-05", str(day), str(folder), session, settings, events, "")
                start = time.process_time()
                report = run_job(job)
                taken.append(time.process_time() - start)
            seconds.append(min(taken))
            day_bytes, result_bytes = day.stat().st_size / events, report.bytes_written / events
    event = (seconds[1] - seconds[0]) / (SIZES[1] - SIZES[0])
    return Rates(max(0.0, seconds[0] - event * SIZES[0]), event, day_bytes, result_bytes)


def partition_sizes(rows: int, days: int, securities: int) -> list[int]:
    """Return the events of each security and day, largest first."""
    rng = np.random.default_rng(0)
    weights = np.repeat(np.arange(1, securities + 1) ** -ZIPF, days) * rng.lognormal(0, 0.4, days * securities)
    sizes = np.sort((rows * weights / weights.sum()).astype(np.int64))[::-1]
    return [int(size) for size in sizes]


def makespan(seconds: Sequence[float], cores: int, driver: float) -> tuple[float, float]:
    """Return when the last of the jobs ends, and the share of that in which the driver is at work.

    A worker that ends has the driver take its answer and hand it the next job; the driver serves one at a time.
    """
    workers = [0.0] * cores
    driver_free = last = 0.0
    for took in seconds:
        handed = max(heapq.heappop(workers), driver_free) + driver
        driver_free = handed
        heapq.heappush(workers, handed + took)
        last = max(last, handed + took)
    return last, driver * len(seconds) / last


def simulate(sizes: list[int], cores: int, rates: Rates, disk: float) -> dict[str, float | str]:
    """Return what each stage takes on so many cores, and what holds it up."""
    rows = sum(sizes)
    convert = {"cores": rows * CONVERT_SECONDS / cores, "disk": rows * (CSV_BYTES + rates.day_bytes) / disk}
    jobs = [rates.once + rates.event * size for size in sizes]
    spread, busy = makespan(jobs, cores, DRIVER_SECONDS)
    limits = {
        "cores": sum(jobs) / cores,
        "largest job": max(jobs),
        "driver": DRIVER_SECONDS * len(sizes),
        "disk": rows * (rates.day_bytes + rates.result_bytes) / disk,
    }
    run = max(spread, limits["disk"])
    aggregate = AGGREGATE_SECONDS * len(sizes)
    return {
        "cores": cores,
        "convert_s": max(convert.values()),
        "convert_by": max(convert, key=lambda name: convert[name]),
        "jobs_s": run,
        "jobs_by": max(limits, key=lambda name: limits[name]),
        "driver_share": busy,
        "aggregate_s": aggregate,
        "all_s": max(convert.values()) + run + aggregate,
    }


def plot(rows: list[dict[str, float | str]], path: str) -> None:
    """Draw the stages by cores."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams |= {"svg.hashsalt": "darkreplay", "svg.fonttype": "none"}
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    bottom = np.zeros(len(rows))
    for stage, colour in (("convert_s", "#0072b2"), ("jobs_s", "#e69f00"), ("aggregate_s", "#009e73")):
        minutes = np.array([float(row[stage]) / 60 for row in rows])
        axes.bar([f"{row['cores']} cores" for row in rows], minutes, bottom=bottom, label=stage[:-2], color=colour)
        bottom += minutes
    axes.set_ylabel("minutes")
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main(
    *,
    rows: int = 2_000_000_000,
    days: int = 250,
    securities: int = 200,
    cores: tuple[int, ...] = (8, 64, 512),
    disk_mb: int = 1_000,
    scenarios: str | tuple[str, ...] = "A,B,C",
    rounds: int = 3,
    plot_to: str = "",
) -> None:
    """Print what the stages take on each number of cores, and draw it where a file is named."""
    rates = measure_rates(rounds, ",".join(scenarios) if isinstance(scenarios, tuple) else scenarios)
    sizes = partition_sizes(rows, days, securities)
    print(
        f"a job: {rates.once * 1e3:.1f} ms and {rates.event * 1e9:.0f} ns an event; {rates.day_bytes:.0f} bytes an "
        f"event read, {rates.result_bytes:.0f} written; disk {disk_mb:,} MB/s"
    )
    print(f"{len(sizes):,} jobs, {sum(sizes):,} events, {sizes[-1]:,} to {sizes[0]:,} each")
    found = [simulate(sizes, count, rates, disk_mb * 1e6) for count in cores]
    print("| cores | convert | held up by | jobs | held up by | driver at work | aggregate | all |")
    print("|---|---|---|---|---|---|---|---|")
    for row in found:
        stages = [f"{float(row[name]) / 60:.1f} min" for name in ("convert_s", "jobs_s", "aggregate_s", "all_s")]
        print(
            f"| {row['cores']} | {stages[0]} | {row['convert_by']} | {stages[1]} | {row['jobs_by']} | "
            f"{float(row['driver_share']):.0%} | {stages[2]} | {stages[3]} |"
        )
    if plot_to:
        plot(found, plot_to)


if __name__ == "__main__":
    fire.Fire(main)
