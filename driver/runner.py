"""One run from raw files to the report: sample, convert, plan, compile, run jobs, aggregate, write."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver import results as folder
from driver.config import Config, Loaded
from driver.inputs import convert_request, find_files
from driver.local_pool import Outcome, PoolError, PoolOptions, run_jobs
from driver.monitor import Monitor
from driver.outputs import Finished, Manifest, RunLock, make_folder
from driver.plan import Plan, plan_jobs
from driver.results import JobState, job_name
from driver.settings import Job
from tickstore.errors import UserError

if TYPE_CHECKING:
    from tickstore import ConvertReport

WORK = "driver.job:run_job"  # tests name another function to inject faults


@dataclass(slots=True)
class Summary:
    """What a run did, for people and for --json."""

    results: Path
    store: Path
    states: list[JobState] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)  # name -> seconds
    conversion: "ConvertReport | None" = None
    headline: list[dict[str, Any]] = field(default_factory=list)  # the global row of each scenario
    up_to_date: bool = False
    stale: int = 0

    @property
    def failed(self) -> list[JobState]:
        """Return the jobs that failed."""
        return [state for state in self.states if state.state == "failed"]

    def count(self, state: str) -> int:
        """Return the number of jobs in ``state``."""
        return sum(one.state == state for one in self.states)

    def rate(self) -> float:
        """Return events measured a second, over the workers together."""
        seconds = self.phases.get("jobs", 0.0)
        events = sum(int(one.report["events"]) for one in self.states if one.report and one.state == "done")
        return events / seconds if seconds else 0.0

    def total(self, name: str) -> int:
        """Return the sum of one number of the job reports."""
        return sum(int(one.report[name]) for one in self.states if one.report)


def resolve(loaded: Loaded, monitor: Monitor) -> Config:
    """Return the configuration with its input: the user's files, the user's store, or the built-in sample."""
    config = loaded.config
    if config.has_input or "store" in loaded.given:
        return config
    from driver.sample import use_sample

    return use_sample(config, "results" in loaded.given, monitor.say)


def run(loaded: Loaded, monitor: Monitor) -> Summary:
    """Run everything; some jobs may have failed, see the summary. Raises UserError where nothing can be done."""
    for flag in ("orders", "trades", "nbbo"):
        find_files(flag, getattr(loaded.config, flag))
    config = resolve(loaded, monitor)
    results = Path(config.results).expanduser()
    folder.check_results_folder(results)
    make_folder(results, "results")
    with RunLock(results, "results"):
        summary = Summary(results, Path(config.store).expanduser())
        clock = _PhaseClock(summary.phases)
        plan, summary.conversion = convert_and_plan(config, monitor)
        clock.lap("convert")
        manifest = Manifest(results)
        kept = folder.valid_jobs(plan, manifest.read()) if config.resume else {}
        digest = plan.digest(repr((config.aggregate_by, folder.code_digest())))
        summary.states = [_first_state(job, kept) for job in plan.jobs]
        if len(kept) == len(plan.jobs) and folder.tables_are_current(results, digest):
            summary.up_to_date = True
            return summary
        folder.remove_tables(results)
        summary.stale = folder.set_stale_aside(results, plan)
        manifest.start(kept)
        clock.lap("plan")
        book = _Book(config, digest, summary)
        try:
            book.write("running")
            _run_jobs(config, summary, manifest, monitor)
            clock.lap("jobs")
            _check_not_empty(summary)
            _make_tables(plan, summary)
            book.write("reporting")
            _make_report(summary, monitor)
            clock.lap("tables")
        except KeyboardInterrupt:
            book.write("interrupted")
            raise
        finally:
            manifest.close()
        book.write("failed" if summary.failed else "complete", tables=folder.table_stamps(results))
        return summary


@dataclass(frozen=True, slots=True)
class _Book:
    """Keeps run.json and jobs.csv in step with what has happened."""

    config: Config
    digest: str
    summary: Summary

    def write(self, state: str, **more: Any) -> None:
        """Write both files; ``jobs.csv`` first, since run.json says which files belong to the run."""
        if "tables" not in more:
            folder.write_jobs(self.summary.results, self.summary.states)
        facts = _facts(self.summary) | more
        folder.write_run(self.summary.results, state, self.config, self.digest, facts)


def convert_and_plan(config: Config, monitor: Monitor) -> tuple[Plan, "ConvertReport | None"]:
    """Convert the input, if there is any, and return the jobs it makes up."""
    from tickstore import read_catalog

    report = convert_input(config, monitor) if config.has_input else None
    catalog = read_catalog(Path(config.store).expanduser())
    only = frozenset(report.partitions) if report else None
    results = Path(config.results).expanduser()
    return plan_jobs(config, catalog.partitions, catalog.participants, results, folder.code_digest(), only), report


def convert_input(config: Config, monitor: Monitor) -> "ConvertReport":
    """Convert the raw files into the store. Cheap when they are there already."""
    from tickstore import convert

    request = convert_request(config, max(1, min(config.max_workers, os.cpu_count() or 1)))
    make_folder(request.store, "store")
    report = convert(request, None)
    for warning in report.warnings:
        monitor.say(f"warning: {warning}")
    return report


def _run_jobs(config: Config, summary: Summary, manifest: Manifest, monitor: Monitor) -> None:
    waiting = [state.job for state in summary.states if state.state == "waiting"]
    if not waiting:
        return
    place = {id(state.job): position for position, state in enumerate(summary.states)}
    monitor.start("jobs", sum(job.event_rows for job in waiting), len(waiting))
    with monitor:
        for outcome in _outcomes(config, waiting, monitor):
            position = place[id(outcome.job)]
            if outcome.report is None:
                state = JobState(outcome.job, "failed", outcome.attempts, None, outcome.error)
                monitor.say(f"job {job_name(outcome.job)} failed: {outcome.error}")
            else:
                manifest.append(folder.finished_entry(outcome))
                state = JobState(outcome.job, "done", outcome.attempts, asdict(outcome.report))
            summary.states[position] = state
            monitor.advance(outcome.job.event_rows)


def _outcomes(config: Config, jobs: Sequence[Job], monitor: Monitor) -> Iterator[Outcome]:
    """Run jobs on the engine the configuration names. A kernel cache found damaged is rebuilt, once."""
    from driver.warm import ensure_warm

    ensure_warm(monitor.say)
    if config.mode == "sequential":
        from driver.in_process import run_jobs_here

        yield from run_jobs_here(jobs, WORK)
        return
    options = PoolOptions(WORK, config.max_workers, config.deadline, config.retries, config.memory)
    left = {job.index: job for job in jobs}
    for attempt in (1, 2):
        try:
            for outcome in run_jobs(list(left.values()), options):
                del left[outcome.job.index]
                yield outcome
            return
        except PoolError as error:
            if not error.damaged or attempt == 2:
                raise UserError(f"no worker process can be started: {error.message}") from None
            ensure_warm(monitor.say, force=True)


def _check_not_empty(summary: Summary) -> None:
    if not summary.failed and summary.total("orders") == 0:
        raise UserError(
            "the selection is empty: no order matches --participant_ids, --hour_start, --hour_end, "
            "--population and --order_types"
        )


def _make_tables(plan: Plan, summary: Summary) -> None:
    """Aggregate the jobs that are complete into tables and statistics."""
    failed = {id(state.job) for state in summary.failed}
    jobs = [job for job in plan.jobs if id(job) not in failed]
    if jobs:
        from driver.aggregate import aggregate

        summary.headline = aggregate(summary.results, jobs, jobs[0].settings).measures


def _make_report(summary: Summary, monitor: Monitor) -> None:
    if summary.headline:
        from driver.report import write_report

        if trouble := write_report(summary.results):
            monitor.say(trouble)


def _facts(summary: Summary) -> dict[str, Any]:
    """Return the part of run.json that tells what was read and done."""
    conversion = summary.conversion
    tables = conversion.tables if conversion else {}
    return {
        "store": summary.store,
        "results": summary.results,
        "jobs": {name: summary.count(name) for name in ("done", "kept", "failed", "waiting")},
        "failed": {job_name(state.job): state.error for state in summary.failed},
        "sessions": {job_name(state.job): state.job.session.source for state in summary.states},
        "totals": {
            "events": summary.total("events"),
            "orders": summary.total("orders"),
            "fills": summary.total("fills"),
            "rejected_rows": sum(table.rejected for table in tables.values()),
        },
        "input": {name: asdict(table) for name, table in tables.items()},
        "phases": {name: round(seconds, 3) for name, seconds in summary.phases.items()},
    }


def _first_state(job: Job, kept: Mapping[str, Finished]) -> JobState:
    earlier = kept.get(job_name(job))
    return JobState(job, "kept", 0, earlier.report) if earlier else JobState(job, "waiting")


class _PhaseClock:
    """Seconds of each phase."""

    def __init__(self, phases: dict[str, float]) -> None:
        self.phases = phases
        self.last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.phases[name] = now - self.last
        self.last = now
