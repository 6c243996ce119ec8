"""The jobs of a run, done on the engine that the configuration names. The middle of `runner`."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

from driver.config.keys import Config
from driver.engines.early.meanwhile import import_meanwhile
from driver.engines.foreign_modules import foreign_in, foreign_needed
from driver.engines.jobs import Outcome, largest_first, rows_together, run_jobs, workers_for
from driver.engines.kernel_cache import WarmUp
from driver.engines.memory_limits import FREE_SHARE, free_memory, is_limited, memory_trouble
from driver.engines.preloads import preload_for
from driver.plan.jobs import Job, replays
from driver.run import results_folder as folder
from driver.run.manifest import Manifest
from driver.run.monitor import Monitor
from driver.run.results_folder import JobState
from driver.run.run_log import RunLog
from driver.run.run_record import Summary
from tickstore.durable.files import sync_files
from tickstore.engines.engine import EngineError, InProcess
from tickstore.engines.supervisor import Options, Supervisor
from tickstore.errors import UserError

GONE = (
    "is gone: it was moved or removed while its jobs ran; what is finished is where it went: give that folder with "
    "--results, and the same command goes on from it"
)
AT_THE_END = ("driver.tables.aggregate", "driver.report.page")  # what is imported then
WORK = "driver.job.job:run_job"  # tests name another function to inject faults


def do_jobs(config: Config, summary: Summary, manifest: Manifest, warm_up: WarmUp, monitor: Monitor) -> None:
    """Do the jobs that wait, and note in the summary and the manifest what became of each as it finishes."""
    waiting = [state.job for state in summary.states if state.state == "waiting"]
    if not waiting:
        return
    log = RunLog(summary.records, config.detailed_logs)
    log.write("jobs begin", waiting=len(waiting), kept=summary.count("kept"))
    monitor.start_jobs(waiting, summary.count("kept"))
    try:
        with monitor:
            for job in {job.security: job for job in waiting}.values():
                Path(job.folder).parent.mkdir(parents=True, exist_ok=True)
            for outcome in _outcomes(config, waiting, summary.records, warm_up, monitor):
                number = outcome.job.index
                state = summary.states[number] = _ended(summary.states[number].job, outcome, manifest)
                log.job(state)
                monitor.end_job(state.job, state.state == "done")
                _tell(state, monitor)
                if state.state == "failed" and not summary.results.is_dir():
                    raise UserError(f"{summary.results} {GONE}")
    finally:
        if not isinstance(sys.exception(), KeyboardInterrupt):  # which ends at once; lost jobs would be done again
            _make_durable(summary)


def _ended(job: Job, outcome: Outcome, manifest: Manifest) -> JobState:
    """Return what became of a job of the plan, which the manifest has once it is done."""
    if outcome.report is None:
        rmtree(job.folder, ignore_errors=True)  # what an earlier run left there is not this run's
        return JobState(job, "failed", outcome.attempts, None, outcome.error)
    manifest.append(folder.finished_entry(job, outcome.report))
    return JobState(job, "done", outcome.attempts, outcome.report)


def _make_durable(summary: Summary) -> None:
    """Make the names of the jobs' new folders durable, all at once: their files are."""
    folders = {Path(state.job.folder).parent for state in summary.states if state.state == "done"}
    with suppress(OSError):  # of a full disk: a job whose folder is lost is done again
        sync_files([summary.results, *sorted(folders)])


def _tell(state: JobState, monitor: Monitor) -> None:
    if state.report is None:
        monitor.say(f"job {state.job.name} failed: {state.error}")
    else:
        again = f", attempt {state.attempts}" if state.attempts > 1 else ""
        monitor.detail(f"job {state.job.name} done in {state.report.seconds:.2f} s{again}")


def _outcomes(
    config: Config, jobs: Sequence[Job], records: Path, warm_up: WarmUp, monitor: Monitor
) -> Iterator[Outcome]:
    """Run jobs on the engine the configuration names. Kernels that no worker can load are loaded here, once."""
    if config.mode == "sequential":
        from kernels.warming import warm

        warm(replay=replays(config))
        yield from run_jobs(InProcess(), _placed(jobs), WORK)
        return
    if config.engine == "dask":
        from driver.engines.dask_jobs import run_on_dask

        yield from run_on_dask(config, jobs, WORK, records, monitor.say, monitor.watch)
        return
    import_meanwhile(AT_THE_END)
    workers = workers_for(config.max_workers, jobs)
    options = Options(
        workers=workers,
        preload=preload_for(config),
        deadline=config.deadline,
        retries=config.retries,
        retry_exhausted=True,
        memory_mb=config.memory,
        batch=rows_together(jobs, workers),
        memory_budget=round(FREE_SHARE * free_memory()),
        watch=monitor.watch,
    )
    left = {job.index: job for job in largest_first(jobs)}
    for attempt in (1, 2):
        try:
            with Supervisor(options) as engine:
                for outcome in run_jobs(engine, _placed([*left.values()]), WORK, replays(config)):
                    del left[outcome.job.index]
                    yield outcome
            return
        except EngineError as error:
            if not error.damaged or attempt == 2:
                trouble = f"no worker process can be started: {error.message}"
                foreign = foreign_in(error.message) or foreign_needed()
                raise UserError(foreign or (memory_trouble(trouble) if is_limited() else trouble)) from None
            warm_up.rebuild()


def _placed(jobs: Iterable[Job]) -> Iterator[Job]:
    """Yield jobs as they are handed out, when the folders above theirs have been made."""
    return (replace(job, placed=True) for job in jobs)
