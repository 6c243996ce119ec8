"""What the driver adds to a job: planning it, handing it to a worker, taking its answer, keeping it in the manifest.

    python -m perf.bench_overhead [--jobs=5000] [--workers=2] [--rounds=3]

Jobs do nothing but write the two files that every job has, a few bytes each; what that takes is measured in one process
and taken off. Processor time of the driver and of its workers, from their first job to their last, the least of the
rounds, in memory where the machine has such a folder. The target is 1 ms a job.
"""

import contextlib
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fire

from driver.config.loading import load_config
from driver.plan.jobs import Job, JobReport
from driver.plan.plan import Plan, plan_jobs
from driver.run import job_runs
from driver.run import results_folder as folder
from driver.run.job_runs import do_jobs
from driver.run.manifest import Manifest
from driver.run.monitor import Monitor
from driver.run.planning import warm_up_for
from driver.run.run_record import RunRecord, Summary
from driver.run.runner import first_state
from tickstore.store.catalog import Partition, SessionHints

MEMORY = Path("/dev/shm")
ROWS = 200


def tiny_job(job: Job) -> JobReport:
    """Write what a job writes at least, and nothing in it; report the process and its processor time so far."""
    for name in ("metrics.csv", "partial.bin"):
        path = Path(job.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"nothing")
    return JobReport(job.index, job.event_rows, 1, os.getpid(), 14, time.process_time())


def partitions(count: int) -> list[Partition]:
    """Return partitions of a store that does not exist: up to 1,000 securities, on as many dates as it takes."""
    found = []
    for number in range(count):
        security, date = str(number % 1000), f"20{24 + number // 360_000:02}-{number // 30_000 % 12 + 1:02}-"
        date += f"{number // 1000 % 30 + 1 if number // 30_000 % 12 != 1 else number // 1000 % 28 + 1:02}"
        rows = {"events": ROWS, "orders": ROWS // 3, "fills": ROWS // 3, "quotes": ROWS}
        path, hints = Path(f"store/{security}/{date}.h5"), SessionHints(continuous_prints=0)
        found.append(Partition(security, date, path, rows, 10_000, 0, 1, f"{number:032}", hints))
    return found


def of_workers(summary: Summary) -> float:
    """Return the seconds that workers took of processors between the ends of their first and last jobs."""
    ends: dict[int, list[float]] = {}
    for state in summary.states:
        assert state.report is not None
        ends.setdefault(state.report.fills, []).append(state.report.seconds)
    return sum(max(times) - min(times) for times in ends.values())


@contextlib.contextmanager
def lap(spent: dict[str, float], name: str) -> Iterator[None]:
    """Note the least processor time of a step."""
    start = time.process_time()
    yield
    spent[name] = min(spent.get(name, float("inf")), time.process_time() - start)


def one_round(results: Path, count: int, workers: int, spent: dict[str, float]) -> None:
    """Plan so many jobs, do them, resume them, record them."""
    config = replace(load_config({}).config, max_workers=workers, dark_pool_scenarios=("A",))
    stored = partitions(count)
    with lap(spent, "planning"):
        plan: Plan = plan_jobs(config, stored, None, results, "code")
    with lap(spent, "the jobs' own work"):
        for job in plan.jobs:
            tiny_job(replace(job, folder=f"{job.folder}-alone"))
    summary = Summary(results, Path("store"), [first_state(job, {}) for job in plan.jobs])
    manifest = Manifest(results)
    manifest.start({})
    job_runs.WORK = "perf.bench_overhead:tiny_job"
    few = replace(summary, states=summary.states[:workers])
    monitor = Monitor(io.StringIO())
    with warm_up_for(config, monitor) as warm_up:
        warm_up.finish()
        with lap(spent, "starting workers"):
            do_jobs(config, few, manifest, warm_up, monitor)
        with lap(spent, "doing"):
            do_jobs(config, summary, manifest, warm_up, monitor)
    spent["in workers"] = min(spent.get("in workers", float("inf")), of_workers(summary))
    manifest.close()
    with lap(spent, "resuming"):
        kept = folder.valid_jobs(plan, Manifest(results).read())
    assert len(kept) == count
    with lap(spent, "jobs.csv, run.json"), RunRecord(config, "digest", summary):
        pass


def main(*, jobs: int = 5_000, workers: int = 2, rounds: int = 3) -> None:
    """Print what each step takes a job."""
    spent: dict[str, float] = {}
    began = time.monotonic()
    for _ in range(rounds):
        results = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        try:
            one_round(results, jobs, workers, spent)
        finally:
            shutil.rmtree(results)
    own = spent.pop("the jobs' own work")
    spent["handing out, answers, manifest"] = spent.pop("doing") - spent.pop("starting workers")
    spent["in workers"] -= own
    print(f"{jobs:,} jobs on {workers} workers, {time.monotonic() - began:.0f} s")
    for name, seconds in spent.items():
        print(f"  {name:32} {seconds / jobs * 1e6:8.1f} us a job")
    print(f"  {'all of the driver':32} {sum(spent.values()) / jobs * 1e6:8.1f} us a job")
    print(f"  {'(own work of such a job)':32} {own / jobs * 1e6:8.1f} us a job")


if __name__ == "__main__":
    fire.Fire(main)
