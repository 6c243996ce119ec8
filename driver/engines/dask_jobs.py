"""The jobs of a run on a Dask cluster: under absolute paths, since workers start in folders of their own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from driver.config.keys import Config
from driver.engines.jobs import PRELOAD, PRELOAD_REPLAY, Outcome, largest_first, run_jobs
from driver.plan.jobs import Job, replays
from tickstore.durable.user_paths import user_path
from tickstore.errors import UserError

LOOKED_AT = 3  # day files whose sizes are compared on every worker


def run_on_dask(config: Config, jobs: Sequence[Job], work: str, say: Callable[[str], None]) -> Iterator[Outcome]:
    """Yield the outcome of every job as it finishes."""
    try:
        from driver.engines.dask_engine import DaskEngine, Places
    except ImportError as error:
        raise UserError(f'--engine=dask needs Dask ({error}): pip install "darkreplay[dask]"') from None
    ordered = largest_first(jobs)
    files = tuple(Path(job.day_file).absolute() for job in ordered[:LOOKED_AT])
    places = Places(user_path(config.results).absolute(), files)
    preload = PRELOAD_REPLAY if replays(config) else PRELOAD
    with DaskEngine(config.scheduler, preload, places, config.retries, say) as engine:
        there = [replace(job, day_file=_absolute(job.day_file), folder=_absolute(job.folder)) for job in ordered]
        yield from run_jobs(engine, there, work)


def _absolute(path: str) -> str:
    return str(Path(path).absolute())
