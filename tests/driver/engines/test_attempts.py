"""A worker that is taken for dead and goes on: it changes nothing of a job that is another's meanwhile."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driver.engines.attempts import Attempts, do_attempt
from driver.plan.jobs import Job, JobReport
from tests.driver.conftest import Market
from tests.driver.dask_cluster import Cluster
from tests.driver.jobs import make_job
from tests.driver.whole_runs import darkreplay, start, tables

SOON_LOST = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "2s"}  # without a word, a worker is taken for dead


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster", **SOON_LOST)
    try:
        yield made
    finally:
        made.close()


def words(market: Market) -> tuple[str, ...]:
    return "run", f"--store={market.store}", "--results=out"


def everything(results: Path) -> dict[str, tuple[int, bytes]]:
    """Return when each file was written and what it holds; folders too."""
    found = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    return {str(path): (stamp, path.read_bytes() if path.is_file() else b"") for path, stamp in found.items()}


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def go_on(cluster: Cluster, pid: int, results: Path) -> None:
    """Let a stopped worker go on to the end of its job: nothing is as much as touched."""
    before = everything(results)
    assert before
    os.kill(pid, signal.SIGCONT)
    wait_until((cluster.folder / "ended").exists)
    assert everything(results) == before


def test_a_worker_that_comes_back_when_its_job_is_done_by_another(
    market: Market, tmp_path: Path, hasty: Cluster
) -> None:
    lost = hasty.add_worker({"DARKREPLAY_TEST_FAULTS": "all=begin"})
    hasty.add_worker({"DARKREPLAY_TEST_FAULTS": ""})
    hasty.await_workers(2)
    there = ("--engine=dask", f"--scheduler={hasty.address}")
    driver = start(*words(market), *there, folder=tmp_path, faults="all=well")
    try:
        wait_until(lambda: is_stopped(lost.pid))
        out, errors = driver.communicate(timeout=120)
    finally:
        driver.kill()
    assert driver.returncode == 0, out + errors
    assert is_stopped(lost.pid), "it has its job still"
    assert tables(tmp_path / "out") == market.tables
    go_on(hasty, lost.pid, tmp_path / "out")
    again = darkreplay(*words(market), folder=tmp_path)
    assert (again.returncode, "up to date" in again.stdout) == (0, True), again.stdout + again.stderr


def test_a_worker_that_comes_back_after_a_run_elsewhere_with_other_settings(
    market: Market, tmp_path: Path, cluster: Cluster
) -> None:
    lost = cluster.add_worker({"DARKREPLAY_TEST_FAULTS": "all=midst"})
    cluster.await_workers(1)
    there = ("--engine=dask", f"--scheduler={cluster.address}", "--price_impact_percent=0.5")
    driver = start(*words(market), *there, folder=tmp_path, faults="all=well")
    try:
        wait_until(lambda: is_stopped(lost.pid))
    finally:
        driver.kill()
        driver.communicate()
    done = darkreplay(*words(market), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables
    go_on(cluster, lost.pid, tmp_path / "out")


def job_in(results: Path) -> Job:
    (results / "sec101").mkdir()
    return make_job(0, folder=str(results / "sec101" / "2024-01-02"))


def write_a_file(job: Job) -> JobReport:
    folder = Path(job.folder)
    folder.mkdir()
    (folder / "metrics.csv").write_text(job.fingerprint)
    return JobReport(job.index, 1, 1, 0, 1, 0.0)


WORK = "tests.driver.engines.test_attempts:write_a_file"


def test_the_folder_of_the_attempt_that_answers_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    (Path(job.folder) / "of an earlier run").mkdir(parents=True)
    with Attempts(tmp_path) as desks:
        attempt = desks.hand_out(WORK, job)
        first, second = do_attempt(attempt), do_attempt(attempt)
        assert first.folder != second.folder
        assert desks.end(attempt, second) == second.report
        assert [path.name for path in Path(job.folder).iterdir()] == ["metrics.csv"]
        with pytest.raises(FileNotFoundError):
            do_attempt(attempt)
        failed = desks.hand_out(WORK, job)
        assert desks.end(failed, None) is None
        with pytest.raises(FileNotFoundError):
            do_attempt(failed)
        under_way = desks.hand_out(WORK, job)
    with pytest.raises(FileNotFoundError):
        do_attempt(under_way)
    assert [path.name for path in tmp_path.iterdir()] == ["sec101"]


def test_what_a_killed_run_had_under_way_is_gone_once_another_begins(tmp_path: Path) -> None:
    attempt = Attempts(tmp_path).__enter__().hand_out(WORK, job_in(tmp_path))
    with Attempts(tmp_path), pytest.raises(FileNotFoundError):
        do_attempt(attempt)
    assert [path.name for path in tmp_path.iterdir()] == ["sec101"]
