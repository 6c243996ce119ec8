"""A share of a run, beside other shares on other machines: jobs only. `aggregate` makes the tables of all of them.

`run --shard=3/40` calls it. Shards prepare one after the other (the first that comes converts the files, the others
find that done), then work at the same time, each with records of its own (`shard_folders`).
"""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from driver.config.keys import Config
from driver.config.loading import Loaded
from driver.engines.memory_limits import too_little_memory
from driver.engines.warm_markers import needed_memory
from driver.plan.plan import Plan
from driver.plan.shards import Shard, split
from driver.run import results_folder as folder
from driver.run.job_runs import do_jobs
from driver.run.manifest import MANIFEST, Manifest
from driver.run.monitor import Monitor
from driver.run.planning import prepare, resolve, tables_digest, warm_up_for
from driver.run.run_record import PhaseClock, RunRecord, Summary
from driver.run.runner import first_state
from driver.run.sample import ensure_sample
from driver.run.shard_folders import finished_jobs, forget_shards, in_turn, refuse_beside_shards
from driver.run.status import LiveStatus
from tickstore.durable.files import make_folder
from tickstore.durable.lock import LockedError, folder_lock
from tickstore.durable.user_paths import user_path
from tickstore.errors import UserError


def run_shard(loaded: Loaded, shard: Shard, monitor: Monitor) -> Summary:
    """Run one shard's jobs; some may have failed, see the summary. Raises UserError where nothing can be done."""
    if trouble := too_little_memory(needed_memory()):
        raise UserError(trouble)
    config, is_sample = resolve(loaded, monitor.say)
    results = user_path(config.results)
    folder.check_results_folder(results, user_path(config.store))
    make_folder(results, "results")
    summary = Summary(results, user_path(config.store), shard=shard)
    clock = PhaseClock(summary.phases)
    with ExitStack() as held:
        with in_turn(results, monitor.say):
            make_folder(summary.records, "results")
            held.enter_context(folder_lock(summary.records, f"run of shard {shard}"))
            held.enter_context(LiveStatus(summary.records, monitor))
            clock.lap("wait")
            if is_sample:
                ensure_sample(loaded.config.store, monitor.say)
            plan, warm_up = prepare(config, loaded.session_stated, monitor, summary, clock, held)
            own = _own(plan, shard)
            kept = finished_jobs(own, results) if config.resume else {}
            summary.up_to_date = len(kept) == len(own.jobs)
            if not _is_entered(results, tables_digest(config, plan), shard, summary.up_to_date):
                _enter_plan(config, plan, shard, results)
            summary.states = [first_state(job, kept) for job in own.jobs]
        warm_up = warm_up or held.enter_context(warm_up_for(config, monitor))
        manifest = Manifest(summary.records)
        manifest.start(kept)
        with RunRecord(config, tables_digest(config, plan), summary) as record:
            record.write("running")
            clock.lap("plan")
            if not summary.up_to_date:
                warm_up.finish()
                clock.lap("compile")
            try:
                do_jobs(config, summary, manifest, warm_up, monitor)
            finally:
                manifest.close()
            clock.lap("jobs")
            record.write("running")  # once more, with what became of the jobs
    return summary


def _own(plan: Plan, shard: Shard) -> Plan:
    """Return the plan of one shard: its jobs count from 0, since only `aggregate` asks for their place in the whole."""
    share = split(plan.jobs, shard.of)[shard.number - 1]
    return replace(plan, jobs=tuple(replace(job, index=k) for k, job in enumerate(share)))


def _is_entered(results: Path, digest: str, shard: Shard, nothing_to_do: bool) -> bool:
    """Return whether this plan is recorded as one of so many shards; tables stay only where there is nothing to do."""
    try:
        facts = folder.read_run(results)
        entered = facts["plan"] == digest and facts["shards"] == shard.of and (results / MANIFEST).exists()
        return bool(entered and (nothing_to_do or facts["state"] == folder.SHARDED))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _enter_plan(config: Config, plan: Plan, shard: Shard, results: Path) -> None:
    """Record the plan that the shards of a results folder share; the tables of what was done before go.

    UserError: another shard is at work on another plan, whose jobs would be taken for stale.
    """
    try:
        refuse_beside_shards(results, Summary(results, Path(), shard=shard).records)
    except LockedError as error:
        raise UserError(
            f"--shard={shard}: shards of another run (of other settings, other data, or another number of shards) are "
            f"at work in {results}: {error.message}"
        ) from None
    kept = finished_jobs(plan, results) if config.resume else {}
    manifest = Manifest(results)
    manifest.start(kept)
    manifest.close()
    forget_shards(results, but=shard)
    folder.remove_tables(results)
    folder.set_stale_aside(results, plan)
    whole = Summary(results, user_path(config.store), [first_state(job, kept) for job in plan.jobs], shards=shard.of)
    whole.notes, whole.tick_file, whole.names = plan.notes, plan.tick_file, plan.security_names
    RunRecord(config, tables_digest(config, plan), whole).write(folder.SHARDED)
