"""One run from raw files to the report: sample, convert, plan, compile, run jobs, aggregate, write.

The top of the driver below the command line: every other step is called from here, in this order.
"""

from collections.abc import Collection, Mapping
from contextlib import ExitStack

from driver.config.combinations import combinations_of
from driver.config.loading import Loaded
from driver.engines.memory_limits import is_limited, too_little_memory
from driver.engines.warm_markers import needed_memory
from driver.plan.jobs import Job, JobReport
from driver.plan.plan import Plan
from driver.run import results_folder as folder
from driver.run.job_runs import do_jobs
from driver.run.manifest import Finished, Manifest
from driver.run.monitor import Monitor
from driver.run.planning import prepare, resolve, tables_digest, warm_up_for
from driver.run.quality_notes import said_of
from driver.run.results_folder import JobState
from driver.run.run_record import PhaseClock, RunRecord, Summary
from driver.run.sample import ensure_sample
from driver.run.shard_folders import finished_jobs, forget_shards, refuse_beside_shards
from driver.run.status import LiveStatus
from driver.tables.table_list import TABLES
from tickstore.durable.files import make_folder
from tickstore.durable.lock import folder_lock
from tickstore.durable.user_paths import user_path
from tickstore.engines.freed_memory import share_with_arrow
from tickstore.errors import UserError

FILTERS = ("participant_ids", "hour_start", "hour_end", "population", "order_types")


def run(loaded: Loaded, monitor: Monitor) -> Summary:
    """Run everything; some jobs may have failed, see the summary. Raises UserError where nothing can be done."""
    if is_limited() and (trouble := too_little_memory(needed_memory())):
        raise UserError(trouble)
    config, is_sample = resolve(loaded, monitor.say)
    results = user_path(config.results)
    folder.check_results_folder(results, user_path(config.store))
    make_folder(results, "results")
    with folder_lock(results, "run"), ExitStack() as stack:
        refuse_beside_shards(results)
        stack.enter_context(LiveStatus(results, monitor))
        summary = Summary(results, user_path(config.store))
        clock = PhaseClock(summary.phases)
        if is_sample:
            ensure_sample(loaded.config.store, monitor.say)
            clock.lap("sample")
        plan, warm_up = prepare(config, loaded.session_stated, monitor, summary, clock, stack)
        manifest = Manifest(results)
        kept = finished_jobs(plan, results) if config.resume else {}
        summary.states = [first_state(job, kept) for job in plan.jobs]
        digest = tables_digest(config, plan)
        if len(kept) == len(plan.jobs) and folder.tables_are_current(results, digest):
            summary.up_to_date, summary.headline = True, folder.headline(results)
            summary.notes += said_of(results, config)
            return summary
        warm_up = warm_up or stack.enter_context(warm_up_for(config, monitor))
        folder.remove_tables(results)
        summary.stale = folder.set_stale_aside(results, plan)
        manifest.start(kept)
        del kept  # as large as the plan
        forget_shards(results)
        with RunRecord(config, digest, summary) as record:
            record.write("running")
            clock.lap("plan")
            if summary.count("waiting"):
                warm_up.finish()
                clock.lap("compile")
            try:
                do_jobs(config, summary, manifest, warm_up, monitor)
            finally:
                manifest.close()
            clock.lap("jobs")
            _check_not_empty(summary, loaded.given)
            make_tables(plan, record, monitor)
            clock.lap("tables")
    return summary


def _check_not_empty(summary: Summary, given: Collection[str]) -> None:
    """Raise if all jobs are done and none has an order: naming the filters that the user gave."""
    if not summary.failed and summary.total("orders") == 0:
        filters = [f"--{name}" for name in FILTERS if name in given]
        what = f"no order matches {' with '.join(filters)}" if filters else "there are no orders in the data"
        apart = [line for line in summary.warnings_of_jobs if "contradict themselves" in line]
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
    monitor.pass_over("tables and report")
    from driver.report.page import write_report
    from driver.tables.aggregate import aggregate

    share_with_arrow()
    missing = [(state.job.security, state.job.date) for state in summary.incomplete]
    combinations = combinations_of(record.config.aggregate_by)
    made = aggregate(summary.results, jobs, jobs[0].settings, plan.names, missing, combinations)
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
    return JobState(job, "kept", 0, JobReport.recorded(earlier.report)) if earlier else JobState(job, "waiting")
