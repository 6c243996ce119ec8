"""Jobs in this process, one after another: for debugging and for machines where processes are scarce.

`driver.run.runner` chooses it with `--mode=sequential`.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module

from driver.engines.engine import Outcome, Work, error_line
from driver.plan.jobs import Job


def run_jobs_here(jobs: Sequence[Job], work_name: str) -> Iterator[Outcome]:
    """Yield the outcome of every job, in the order of the plan. A job that kills its process ends the run."""
    module, _, function = work_name.partition(":")
    work: Work = getattr(import_module(module), function)
    for job in jobs:
        try:
            yield Outcome(job, work(job), "", 1)
        except Exception as error:
            yield Outcome(job, None, error_line(error), 1)
