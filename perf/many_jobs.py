"""Fifty thousand jobs of tiny partitions, really run: by worker processes, to tables, and resumed.

    python -m perf.many_jobs [--jobs=50000] [--events=40] [--workers=2] [--folder=DIR]

A few day files stand for all partitions; each job writes a folder of its own, as in any run. Prints what each stage
takes a job, of the clock and of the driver's processor, and the most memory that the driver had so far.
"""

import resource
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import fire

from driver.config.loading import load_config
from driver.plan.plan import plan_jobs
from driver.run import results_folder
from driver.run.job_runs import do_jobs
from driver.run.manifest import Manifest
from driver.run.monitor import Monitor
from driver.run.planning import warm_up_for
from driver.run.run_record import RunRecord, Summary
from driver.run.runner import first_state
from driver.tables.aggregate import aggregate
from perf.bench_jobs import write_days
from perf.bench_overhead import partitions

DAYS = 20


class Stages:
    """Prints what each stage took, of the clock and of this process."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.at = time.monotonic(), time.process_time()

    def done(self, name: str) -> None:
        """End a stage."""
        now = time.monotonic(), time.process_time()
        clock, own = (after - before for after, before in zip(now, self.at, strict=True))
        each = f"{clock / self.jobs * 1e3:.3f} ms a job, {own / self.jobs * 1e3:.3f} of the driver's processor"
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"  {name:24} {clock:8.1f} s, {each}, {most:,} MB", flush=True)
        self.at = time.monotonic(), time.process_time()


def main(*, jobs: int = 50_000, events: int = 40, workers: int = 2, folder: str = "") -> None:
    """Run so many jobs of so many events each."""
    place = Path(tempfile.mkdtemp(dir=folder or None))
    try:
        days, results = write_days(place / "days", DAYS, events), place / "results"
        results.mkdir()
        config = replace(
            load_config({}).config, max_workers=workers, dark_pool_scenarios=("A", "B", "C"), order_level=False
        )
        stages = Stages(jobs)
        stored = [replace(one, path=days[k % DAYS], digest="") for k, one in enumerate(partitions(jobs))]
        plan = plan_jobs(config, stored, None, results)
        stages.done("planning")
        summary = Summary(results, Path("store"), [first_state(job, {}) for job in plan.jobs])
        manifest, monitor = Manifest(results), Monitor()
        manifest.start({})
        with warm_up_for(config, monitor) as warm_up:
            warm_up.finish()
            do_jobs(config, summary, manifest, warm_up, monitor)
        manifest.close()
        print(f"{jobs:,} jobs of {events} events, {workers} workers: {summary.count('done'):,} done")
        stages.done("jobs")
        kept = results_folder.valid_jobs(plan, Manifest(results).read())
        stages.done(f"resuming, {len(kept):,} kept")
        aggregate(results, plan.jobs, plan.jobs[0].settings)
        stages.done("tables")
        with RunRecord(config, "digest", summary):
            pass  # leaving it writes both
        stages.done("jobs.csv, run.json")
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    fire.Fire(main)
