"""Jobs of a run, and conversions, on a Dask cluster: under absolute paths, since workers start in their own folders."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from driver.config.keys import Config
from driver.engines.attempts import Attempts
from driver.engines.jobs import Outcome, largest_first, run_jobs_apart
from driver.engines.preloads import PRELOAD_CONVERT, preload_for
from driver.plan.jobs import Job, replays
from tickstore import convert
from tickstore.durable.user_paths import user_path
from tickstore.engines.supervisor import AtWork
from tickstore.errors import UserError

if TYPE_CHECKING:
    from tickstore.request import ConvertProgress, ConvertReport, ConvertRequest, Progress

LOOKED_AT = 3  # day files whose sizes are compared on every worker
Say = Callable[[str], None]


def run_on_dask(
    config: Config, jobs: Sequence[Job], work: str, records: Path, say: Say, watch: Callable[[Sequence[AtWork]], None]
) -> Iterator[Outcome]:
    """Yield the outcome of every job as it finishes. ``records``: the folder that is this run's own."""
    check_dask()
    from driver.engines.dask_checks import Places
    from driver.engines.dask_engine import DaskEngine, DaskOptions

    ordered = largest_first(jobs)
    folders = (("results folder", user_path(config.results).absolute()),)
    places = Places(folders, tuple(Path(job.day_file).absolute() for job in ordered[:LOOKED_AT]))
    preload = preload_for(config)
    options = DaskOptions(
        config.scheduler, preload, places, say, config.retries, deadline=config.deadline, memory=config.memory << 20,
        watch=watch,
    )  # fmt: skip
    with DaskEngine(options) as engine, Attempts(records.absolute()) as desks:
        there = (
            replace(job, day_file=_absolute(job.day_file), folder=_absolute(job.folder), placed=True) for job in ordered
        )
        yield from run_jobs_apart(engine, there, work, replays(config), desks)


def convert_on_dask(scheduler: str, request: "ConvertRequest", show: "Progress", say: Say) -> "ConvertReport":
    """Convert on the workers of a cluster; see `tickstore.convert`."""
    check_dask()
    from driver.engines.dask_checks import Places
    from driver.engines.dask_engine import DaskEngine, DaskOptions

    latest: list[ConvertProgress] = []

    def told(progress: "ConvertProgress") -> None:
        latest[:] = [progress]
        show(progress)

    def tell_again(_: object) -> None:
        for progress in latest:
            show(progress)

    def there(folders: Sequence[tuple[str, Path]], files: Sequence[Path]) -> DaskEngine:
        shared = tuple((what, folder.absolute()) for what, folder in folders)
        places = Places(shared, tuple(path.absolute() for path in files))
        return DaskEngine(DaskOptions(scheduler, PRELOAD_CONVERT, places, say, alone=True, watch=tell_again))

    return convert(request, told, there)


def check_dask() -> None:
    """Raise a UserError where Dask is not installed."""
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise UserError(f'--engine=dask needs Dask ({error}): pip install "darkreplay[dask]"') from None


def _absolute(path: str) -> str:
    return str(Path(path).absolute())
