"""One run from raw files to the report: sample, convert, plan, compile, run jobs, aggregate, write.

The top of the driver below the command line: every other step is called from here, in this order.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from driver.config.keys import Config
from driver.config.loading import Loaded
from driver.config.tick_file import TickFile, read_tick_file
from driver.engines.foreign_modules import foreign_in
from driver.engines.jobs import PRELOAD, PRELOAD_REPLAY, Outcome, largest_first, run_jobs, workers_for
from driver.engines.kernel_cache import WarmUp
from driver.engines.memory_limits import is_limited, memory_trouble, too_little_memory
from driver.engines.warm_markers import needed_memory
from driver.plan.jobs import Job, replays
from driver.plan.plan import Plan, plan_jobs
from driver.run import results_folder as folder
from driver.run.input_files import as_stored, convert_request, has_day_files, input_files
from driver.run.kernels_needed import warm_up_for
from driver.run.manifest import Finished, Manifest
from driver.run.monitor import Monitor
from driver.run.quality_notes import said_of
from driver.run.reference_facts import as_reference_states, named_ticks
from driver.run.results_folder import JobState
from driver.run.run_record import JobLog, PhaseClock, RunRecord, Summary
from driver.run.sample import ensure_sample, use_sample
from driver.run.shard_folders import finished_jobs, forget_shards, refuse_beside_shards
from driver.tables.table_list import TABLES
from tickstore.durable.files import make_folder
from tickstore.durable.lock import folder_lock
from tickstore.durable.user_paths import user_path
from tickstore.engines.engine import EngineError, InProcess
from tickstore.engines.supervisor import Options, Supervisor
from tickstore.errors import UserError

if TYPE_CHECKING:
    from tickstore import ConvertProgress, ConvertReport

FILTERS = ("participant_ids", "hour_start", "hour_end", "population", "order_types")
STAGES = {"parse": "reading", "build": "building", "commit": "storing"}
WORK = "driver.job.job:run_job"  # tests name another function to inject faults


def resolve(loaded: Loaded, say: Callable[[str], None] = lambda _: None) -> tuple[Config, bool]:
    """Return the configuration with its input (the user's files, the user's store, or else the built-in sample).

    Also whether it is the sample: without any setting, or when nothing was converted into the default store.
    Raises an InputError if a file that the user names is not there.
    """
    config = loaded.config
    if config.has_input:
        input_files(config)
        return as_reference_states(loaded, say), False
    if "store" in loaded.given or (loaded.given and has_day_files(config.store)):
        return as_stored(config, loaded.given), False
    return use_sample(config, "results" in loaded.given), True


def run(loaded: Loaded, monitor: Monitor) -> Summary:
    """Run everything; some jobs may have failed, see the summary. Raises UserError where nothing can be done."""
    if trouble := too_little_memory(needed_memory()):
        raise UserError(trouble)
    config, is_sample = resolve(loaded, monitor.say)
    results = user_path(config.results)
    folder.check_results_folder(results)
    make_folder(results, "results")
    with folder_lock(results, "run"), warm_up_for(config, monitor) as warm_up:
        refuse_beside_shards(results)
        summary = Summary(results, user_path(config.store))
        clock = PhaseClock(summary.phases)
        if is_sample:
            ensure_sample(loaded.config.store, monitor.say)
            clock.lap("sample")
        warm_up.await_conversion()
        clock.lap("compile")
        plan, summary.conversion = convert_and_plan(config, monitor, loaded.session_stated)
        summary.notes, summary.tick_file = plan.notes, plan.tick_file
        clock.lap("convert")
        manifest = Manifest(results)
        kept = finished_jobs(plan, results) if config.resume else {}
        summary.states = [first_state(job, kept) for job in plan.jobs]
        digest = tables_digest(config, plan)
        if len(kept) == len(plan.jobs) and folder.tables_are_current(results, digest):
            summary.up_to_date, summary.headline = True, folder.headline(results)
            summary.notes += said_of(results, config)
            return summary
        folder.remove_tables(results)
        summary.stale = folder.set_stale_aside(results, plan)
        manifest.start(kept)
        forget_shards(results)
        with RunRecord(config, digest, summary) as record:
            record.write("running")
            clock.lap("plan")
            if summary.count("waiting"):
                warm_up.finish()
                clock.lap("compile")
            try:
                run_waiting(config, summary, manifest, warm_up, monitor)
            finally:
                manifest.close()
            clock.lap("jobs")
            _check_not_empty(summary, loaded.given)
            make_tables(plan, record, monitor)
            clock.lap("tables")
    return summary


def tables_digest(config: Config, plan: Plan) -> str:
    """Return a digest of all that decides the tables of a run."""
    named = (plan.names.digest,) if plan.names else ()
    return plan.digest(repr((config.aggregate_by, folder.tables_code_digest(), *named)))


def convert_and_plan(config: Config, monitor: Monitor, session_stated: bool) -> tuple[Plan, "ConvertReport | None"]:
    """Convert the input, if there is any, and return the jobs it makes up."""
    tick_file = read_tick_file(config.tick_file)
    report = convert_input(config, monitor) if config.has_input else None
    only = frozenset(report.partitions) if report else None
    return plan_store(config, user_path(config.results), only, tick_file, session_stated), report


def plan_store(
    config: Config,
    results: Path,
    only: frozenset[tuple[str, str]] | None,
    tick_file: TickFile | None,
    session_stated: bool,
) -> Plan:
    """Return the jobs that ``config`` selects from its store, ``only`` those if any are named."""
    from tickstore import read_catalog
    from tickstore.store.names import read_names

    catalog = read_catalog(user_path(config.store))
    names = read_names(user_path(config.store))
    ticks = tick_file or named_ticks(names)
    code = folder.code_digest()
    plan = plan_jobs(config, catalog.partitions, catalog.participants, results, code, only, ticks, session_stated)
    return replace(plan, names=names)


def convert_input(config: Config, monitor: Monitor) -> "ConvertReport":
    """Convert the raw files into the store. Cheap when they are there already."""
    from tickstore import convert

    request = convert_request(config, max(1, min(config.max_workers, os.cpu_count() or 1)))

    def show(progress: "ConvertProgress") -> None:
        unit = "bytes" if progress.stage == "parse" else "day files"
        monitor.count(STAGES.get(progress.stage, progress.stage), unit, progress.done, progress.total)

    with monitor:
        report = convert(request, show)
    for warning in report.warnings:
        monitor.say(f"warning: {warning}")
    return report


def run_waiting(config: Config, summary: Summary, manifest: Manifest, warm_up: WarmUp, monitor: Monitor) -> None:
    """Run the jobs that wait, and enter what becomes of each into the summary and the manifest."""
    waiting = [state.job for state in summary.states if state.state == "waiting"]
    if not waiting:
        return
    log = JobLog(summary.records, config.detailed_logs)
    log.write(f"{len(waiting)} jobs to do, {summary.count('kept')} kept")
    monitor.start("jobs", sum(job.event_rows for job in waiting), "rows", len(waiting))
    with monitor:
        for outcome in _outcomes(config, waiting, warm_up, monitor):
            job = outcome.job
            if outcome.report is None:
                rmtree(job.folder, ignore_errors=True)  # what an earlier run left there is not this run's
                state = JobState(job, "failed", outcome.attempts, None, outcome.error)
                monitor.say(f"job {job.name} failed: {outcome.error}")
            else:
                manifest.append(folder.finished_entry(job, outcome.report))
                state = JobState(job, "done", outcome.attempts, asdict(outcome.report))
            summary.states[job.index] = state
            log.job(state)
            monitor.advance(job.event_rows)


def _outcomes(config: Config, jobs: Sequence[Job], warm_up: WarmUp, monitor: Monitor) -> Iterator[Outcome]:
    """Run jobs on the engine the configuration names. Kernels that no worker can load are loaded here, once."""
    if config.mode == "sequential":
        from kernels.warming import warm

        warm(replay=replays(config))
        yield from run_jobs(InProcess(), jobs, WORK)
        return
    if config.engine == "dask":
        from driver.engines.dask_jobs import run_on_dask

        yield from run_on_dask(config, jobs, WORK, monitor.say)
        return
    options = Options(
        workers=workers_for(config.max_workers, jobs),
        preload=PRELOAD_REPLAY if replays(config) else PRELOAD,
        deadline=config.deadline,
        retries=config.retries,
        retry_exhausted=True,
        memory_mb=config.memory,
        idle=monitor.remind,
    )
    left = {job.index: job for job in largest_first(jobs)}
    for attempt in (1, 2):
        try:
            with Supervisor(options) as engine:
                for outcome in run_jobs(engine, list(left.values()), WORK):
                    del left[outcome.job.index]
                    yield outcome
            return
        except EngineError as error:
            if not error.damaged or attempt == 2:
                trouble = f"no worker process can be started: {error.message}"
                foreign = foreign_in(error.message)
                raise UserError(foreign or (memory_trouble(trouble) if is_limited() else trouble)) from None
            warm_up.rebuild()


def _check_not_empty(summary: Summary, given: Collection[str]) -> None:
    """Raise if all jobs are done and none has an order: naming the filters that the user gave."""
    if not summary.failed and summary.total("orders") == 0:
        filters = [f"--{name}" for name in FILTERS if name in given]
        what = f"no order matches {' with '.join(filters)}" if filters else "there are no orders in the data"
        apart = [line for line in summary.warnings if "contradict themselves" in line]
        if apart and not filters:
            what = f"all orders in the data were set apart: {apart[0]}"
        raise UserError(f"the selection is empty: {what}")


def make_tables(plan: Plan, record: RunRecord, monitor: Monitor) -> None:
    """Aggregate the jobs that are complete into tables and statistics, and make the report of them."""
    summary = record.summary
    left_out = {state.job.index for state in summary.incomplete}
    jobs = [job for job in plan.jobs if job.index not in left_out]
    if not jobs:
        return
    from driver.report.page import write_report
    from driver.tables.aggregate import aggregate

    made = aggregate(summary.results, jobs, jobs[0].settings, plan.names)
    summary.headline = made.measures
    summary.notes += said_of(summary.results, record.config) + made.notes
    record.write("reporting")  # the report quotes run.json
    if trouble := write_report(summary.results):
        monitor.say(trouble)
    for table in TABLES:
        if table.chosen_by not in ("", *record.config.aggregate_by):
            (summary.results / f"{table.name}.csv").unlink()


def first_state(job: Job, kept: Mapping[str, Finished]) -> JobState:
    """Return the state of a job before anything runs: kept from an earlier run, or waiting."""
    earlier = kept.get(job.name)
    return JobState(job, "kept", 0, earlier.report) if earlier else JobState(job, "waiting")
