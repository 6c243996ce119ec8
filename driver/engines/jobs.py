"""Jobs on an engine: a job goes in, an outcome comes out. The run is its only caller."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from driver.engines.attempts import Attempts, do_attempt
from driver.plan.estimates import job_memory
from driver.plan.jobs import Job, JobReport
from tickstore.engines.engine import Engine, Task, error_line

ROWS: Final = 25_000  # of order events, which take a worker about as long as it takes to start it
ROWS_OF_ANY: Final = 1_000  # that the smallest job counts for
ROWS_TOGETHER: Final = 20_000  # of small jobs that are given to a worker at once


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: a report, or the reason it failed."""

    job: Job
    report: JobReport | None
    error: str
    attempts: int


def largest_first(jobs: Iterable[Job]) -> list[Job]:
    """Return jobs in the order that leaves no worker alone with a large one at the end."""
    return sorted(jobs, key=lambda job: (-job.event_rows, job.index))


def workers_for(most: int, jobs: Collection[Job]) -> int:
    """Return how many workers are of use: beyond two, each has ``ROWS`` rows at least to be worth its start."""
    return min(most, max(2, sum(job.event_rows for job in jobs) // ROWS))


def rows_together(jobs: Collection[Job], workers: int) -> int:
    """Return up to how many rows small jobs are given to a worker at once: few where that would leave others idle."""
    return min(ROWS_TOGETHER, sum(job.event_rows for job in jobs) // (8 * workers))


def run_jobs(engine: Engine, jobs: Iterable[Job], work: str, replays: bool = False) -> Iterator[Outcome]:
    """Yield the outcome of every job as it finishes; jobs start in the order given.

    work : ``module:function``, imported where the job is done
    replays : the dark book is replayed, which takes more memory
    """
    tasks = (_task(work, job, job, replays) for job in jobs)
    for answer in engine.run(lambda: next(tasks, None)):
        yield Outcome(answer.task.argument, answer.value, answer.failure, answer.attempts)


def run_jobs_apart(engine: Engine, jobs: Iterable[Job], work: str, replays: bool, desks: Attempts) -> Iterator[Outcome]:
    """Do the same where whoever does a job may be taken for dead and still write: each attempt is a folder apart."""
    tasks = (_task(do_attempt, desks.hand_out(work, job), job, replays) for job in jobs)
    for answer in engine.run(lambda: next(tasks, None)):
        attempt, failure, report = answer.task.argument, answer.failure, None
        try:
            report = desks.end(attempt, answer.value)
        except OSError as error:
            failure = error_line(error)
        yield Outcome(attempt.job, report, failure, answer.attempts)


def _task(work: Callable[[Any], Any] | str, argument: Any, job: Job, replays: bool) -> Task:
    weight = max(job.event_rows, ROWS_OF_ANY)
    return Task(work, argument, job.name, weight, job_memory(weight, replays))
