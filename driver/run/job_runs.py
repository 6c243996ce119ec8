"""The jobs of a run, done on the engine that the configuration names. The middle of `runner`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from shutil import rmtree
from typing import Final

from driver.config.keys import Config
from driver.engines.foreign_modules import foreign_in
from driver.engines.jobs import PRELOAD, PRELOAD_REPLAY, Outcome, largest_first, rows_together, run_jobs, workers_for
from driver.engines.kernel_cache import WarmUp
from driver.engines.memory_limits import free_memory, is_limited, memory_trouble
from driver.plan.jobs import Job, replays
from driver.run import results_folder as folder
from driver.run.manifest import Manifest
from driver.run.monitor import Monitor
from driver.run.results_folder import JobState
from driver.run.run_record import JobLog, Summary
from tickstore.engines.engine import EngineError, InProcess
from tickstore.engines.supervisor import Options, Supervisor
from tickstore.errors import UserError

FREE_SHARE: Final = 0.8  # of the memory that is free when jobs begin: what they may be expected to take together
WORK = "driver.job.job:run_job"  # tests name another function to inject faults


def do_jobs(config: Config, summary: Summary, manifest: Manifest, warm_up: WarmUp, monitor: Monitor) -> None:
    """Do the jobs that wait, and note in the summary and the manifest what became of each as it finishes."""
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
    workers = workers_for(config.max_workers, jobs)
    options = Options(
        workers=workers,
        preload=PRELOAD_REPLAY if replays(config) else PRELOAD,
        deadline=config.deadline,
        retries=config.retries,
        retry_exhausted=True,
        memory_mb=config.memory,
        batch=rows_together(jobs, workers),
        memory_budget=round(FREE_SHARE * free_memory()),
        watch=lambda _: monitor.remind(),
    )
    left = {job.index: job for job in largest_first(jobs)}
    for attempt in (1, 2):
        try:
            with Supervisor(options) as engine:
                for outcome in run_jobs(engine, list(left.values()), WORK, replays(config)):
                    del left[outcome.job.index]
                    yield outcome
            return
        except EngineError as error:
            if not error.damaged or attempt == 2:
                trouble = f"no worker process can be started: {error.message}"
                foreign = foreign_in(error.message)
                raise UserError(foreign or (memory_trouble(trouble) if is_limited() else trouble)) from None
            warm_up.rebuild()
