"""Tables and report made again from what a results folder holds, without running a job.

Beside `runner`: the commands `aggregate` and `report` call it.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from driver.config.combinations import check_combinations, needs_more
from driver.config.keys import Config
from driver.config.tick_file import read_tick_file
from driver.engines.memory_limits import too_little_memory
from driver.plan.jobs import Job
from driver.run import results_folder as folder
from driver.run.manifest import Finished
from driver.run.monitor import Monitor
from driver.run.planning import plan_store, tables_digest
from driver.run.results_folder import JobState
from driver.run.run_record import PhaseClock, RunRecord, Summary
from driver.run.runner import first_state, make_tables
from driver.run.shard_folders import failed_jobs, finished_jobs, missing_shards, refuse_beside_shards
from tickstore.durable.lock import folder_lock
from tickstore.errors import InputError, UserError


def aggregate_again(results: Path, monitor: Monitor, aggregate_by: tuple[str, ...] | None = None) -> Summary:
    """Make the tables and the report from the jobs that are finished in ``results``.

    Jobs that failed there, or that were never done, are still part of the run: they stay listed as such.
    ``aggregate_by`` takes the place of the run's own.
    """
    config = recorded_config(results)
    if aggregate_by is not None:
        check_combinations(aggregate_by)
        config = replace(config, aggregate_by=aggregate_by)
    with folder_lock(results, "run"):
        refuse_beside_shards(results)
        recorded, before = folder.recorded_states(results) | failed_jobs(results), folder.read_run(results)
        facts = frozenset(recorded), read_tick_file(config.tick_file), "stated" in before.get("sessions", {})
        plan = plan_store(config, results, *facts)
        kept = finished_jobs(plan, results)
        if len(kept) < len(plan.jobs):
            _check_kept_sums(config, results, facts, len(kept))
        states = [_state_now(job, kept, recorded) for job in plan.jobs]
        left = len(recorded) - len(plan.jobs) + sum(state is None for state in states)
        if left:
            raise UserError(f"{left} of {len(recorded)} jobs in {results} are not up to date: use `run` instead")
        if not kept:
            raise UserError(f"{results} has no finished job: run it first")
        summary = Summary(results, Path(config.store), [state for state in states if state is not None])
        summary.shards, summary.tick_file = int(before.get("shards", 0)), plan.tick_file
        summary.names = plan.security_names
        missing = frozenset(state.job.index for state in summary.incomplete)
        summary.notes = *missing_shards(plan, summary.shards, missing), *plan.notes
        clock = PhaseClock(summary.phases)
        with RunRecord(config, tables_digest(config, plan), summary) as record:
            folder.remove_tables(results)
            make_tables(plan, record, monitor)
            clock.lap("tables")
    return summary


def _check_kept_sums(config: Config, results: Path, facts: tuple[Any, ...], kept: int) -> None:
    """Raise a UserError if ``config`` asks for sums that finished jobs did not keep; ``kept``: how many have all."""
    if not (more := [value for value in config.aggregate_by if needs_more(value)]):
        return

    def count(*values: str) -> int:
        return len(finished_jobs(plan_store(replace(config, aggregate_by=values), results, *facts), results))

    if (done := count()) > kept:
        lacking = next((value for value in more if count(value) < done), more[0])
        what = f"--aggregate_by={lacking} needs sums that jobs in {results} did not keep"
        raise UserError(f"{what}: run again with that setting")


def _state_now(
    job: Job, kept: Mapping[str, Finished], recorded: Mapping[tuple[str, str], Mapping[str, str]]
) -> JobState | None:
    """Return a job's state: finished and intact, or as jobs.csv has it; None if what it finished is no longer good."""
    state = first_state(job, kept)
    if state.state == "kept":
        return state
    before = recorded[job.security, job.date]
    if before["state"] == "failed":
        return JobState(job, "failed", int(before["attempts"]), None, before["error"])
    return state if before["state"] == "waiting" else None


def report_again(results: Path) -> Path:
    """Make report.html from the tables in ``results``; return its path."""
    from driver.report.page import REPORT, write_report

    recorded_config(results)  # says what is wrong if this is no results folder
    with folder_lock(results, "run"):
        if trouble := write_report(results):
            raise UserError(trouble)
        folder.refresh_stamps(results)
    return results / REPORT


def recorded_config(results: Path) -> Config:
    """Return the configuration that run.json of a results folder records."""
    if trouble := too_little_memory():
        raise UserError(trouble)
    try:
        return Config(**{name: _frozen(value) for name, value in folder.read_run(results)["config"].items()})
    except OSError:
        raise InputError(f"--results={results} is not a results folder: it has no {folder.RUN_FILE}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{results / folder.RUN_FILE} is damaged or of another version: use `run`") from None


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
