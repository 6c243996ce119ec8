"""The same question to the project: the store, the jobs as a run plans them, and what a run writes of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import kernels
import tickstore
from driver.config.loading import load_config
from driver.engines.jobs import largest_first, run_jobs
from driver.engines.preloads import PRELOAD
from driver.plan.jobs import Job
from driver.run.job_runs import WORK
from driver.run.planning import plan_store
from driver.tables.aggregate import aggregate
from kernels.base.local_time import local_instant
from perf.peers.question import HOUR, Market, Partition
from tickstore.engines.engine import Engine, InProcess
from tickstore.engines.supervisor import Options, Supervisor

ZONE = "Australia/Sydney"
EVENING = 19 * 3_600  # from when on rows belong to the next trade date
FILES = ("orders", "trades", "nbbo")


def convert(files: dict[str, str], store: Path, workers: int) -> None:
    """Convert the exchange's files into a store."""
    orders, trades, nbbo = ((Path(files[name]),) for name in FILES)
    request = tickstore.ConvertRequest(orders=orders, trades=trades, nbbo=nbbo, store=store, workers=workers)
    tickstore.convert(request)


def plan(store: Path, results: Path, order_files: bool = True) -> list[Job]:
    """Return the jobs of the question."""
    flags = {
        "store": str(store), "results": str(results), "mid": "arrival", "dark_pool_scenarios": "A,B,C",
        "markout_seconds": "1,60", "order_level": str(order_files).lower(),
    }  # fmt: skip
    return list(plan_store(load_config(flags).config, results, None, None, False).jobs)


def describe(files: dict[str, str], store: Path) -> Market:
    """Return the market that a store was converted from, with the sessions that a run takes."""
    rows = {(p.security, p.date): p.rows["events"] for p in tickstore.read_catalog(store).partitions}
    partitions = []
    for job in plan(store, store):
        noon = local_instant(ZONE, job.date, 43_200)
        offset = noon // HOUR // 24 * 24 * HOUR + 12 * HOUR - noon
        evening = local_instant(ZONE, job.date, EVENING)
        before = 24 * HOUR * (3 if date.fromisoformat(job.date).weekday() == 0 else 1)  # rows of a Friday's evening
        bounds = evening - before, evening, job.session.start, job.session.end
        partitions.append(Partition(job.security, job.date, *bounds, offset))
    return Market(**{name: files[name] for name in FILES}, event_rows=sum(rows.values()), partitions=tuple(partitions))


@contextmanager
def engine(workers: int) -> Iterator[Engine]:
    """Give what does jobs: this process, or as many worker processes."""
    if workers == 1:
        kernels.warm()
        yield InProcess()
        return
    with Supervisor(Options(workers=workers, preload=PRELOAD)) as supervisor:
        yield supervisor


def answer(store: Path, results: Path, doing: Engine, order_files: bool = True) -> None:
    """Plan, run all jobs, write their order files and add them up into tables."""
    jobs = plan(store, results, order_files)
    for outcome in run_jobs(doing, largest_first(jobs), WORK):
        if outcome.report is None:
            raise RuntimeError(f"{outcome.job.name}: {outcome.error}")
    aggregate(results, jobs, jobs[0].settings)
