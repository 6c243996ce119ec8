"""Jobs on a Dask cluster: a real scheduler and workers, processes of their own, on this machine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver.conftest import Market
from tests.driver.run.test_faults import wait_for_jobs
from tests.driver.whole_runs import ENVIRONMENT, darkreplay, start, tables

SLOW = {"DARKREPLAY_TEST_FAULTS": "all=slow"}  # jobs take a second and a half where the driver asks for such


class Cluster:
    """A scheduler and workers of one thread each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self.file)
        )
        end = time.monotonic() + 60
        while not self.file.exists():
            assert time.monotonic() < end, "no scheduler"
            time.sleep(0.05)
        self.address = str(json.loads(self.file.read_text())["address"])

    def _start(self, kind: str, *flags: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{kind}{len(self.processes)}.log").open("wb")
        dashboard = ["--no-dashboard"]
        words = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *flags, *dashboard]
        settings = ENVIRONMENT | SLOW | (environment or {})
        process = subprocess.Popen(words, cwd=self.folder, env=settings, stdout=log, stderr=log, start_new_session=True)
        log.close()
        self.processes.append(process)
        return process

    def add_worker(self, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        flags = ("--no-nanny", "--nthreads", "1", "--memory-limit", "0", "--host", "127.0.0.1", "--death-timeout", "60")
        return self._start("worker", self.address, *flags, environment=environment)

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    try:
        yield made
    finally:
        made.close()


def run_words(market: Market, cluster: Cluster) -> tuple[str, ...]:
    return "run", f"--store={market.store}", "--results=out", "--engine=dask", f"--scheduler={cluster.address}"


def test_three_workers_of_which_one_is_killed_give_the_tables_of_one_run(
    market: Market, tmp_path: Path, cluster: Cluster
) -> None:
    workers = [cluster.add_worker() for _ in range(3)]
    _await_workers(cluster, 3)
    driver = start(*run_words(market, cluster), folder=tmp_path, faults="all=slow")
    wait_for_jobs(tmp_path / "out", 1)
    workers[0].kill()
    try:
        out, errors = driver.communicate(timeout=120)
    finally:
        driver.kill()
    assert driver.returncode == 0, out + errors
    assert "4 jobs: 4 done" in out
    assert tables(tmp_path / "out") == market.tables


def test_a_scheduler_that_is_killed_is_said_and_the_run_goes_on_from_disk(
    market: Market, tmp_path: Path, cluster: Cluster
) -> None:
    cluster.add_worker()
    _await_workers(cluster, 1)
    driver = start(*run_words(market, cluster), folder=tmp_path, faults="all=slow")
    wait_for_jobs(tmp_path / "out", 1)
    cluster.scheduler.kill()
    try:
        _, errors = driver.communicate(timeout=120)
    finally:
        driver.kill()
    assert driver.returncode == 2, errors
    assert errors.splitlines()[-1].startswith(
        f"darkreplay: the Dask scheduler {cluster.address} is gone; what is finished"
    )
    assert "Traceback" not in errors
    cluster.close()
    done = darkreplay("run", f"--store={market.store}", "--results=out", "--json", "--max_workers=1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 1 <= json.loads(done.stdout)["jobs"]["kept"] < 4
    assert tables(tmp_path / "out") == market.tables


def test_what_is_wrong_with_a_cluster_is_one_line(market: Market, tmp_path: Path, cluster: Cluster) -> None:
    words = run_words(market, cluster)
    nowhere = darkreplay(*words[:-1], "--scheduler=tcp://127.0.0.1:1", folder=tmp_path)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "--scheduler=tcp://127.0.0.1:1: no Dask scheduler answers there within" in nowhere.stderr.splitlines()[-1]
    empty = darkreplay(*words, folder=tmp_path)
    assert empty.returncode == 2
    assert "has no workers: start some" in empty.stderr.splitlines()[-1]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "driver.py").write_text("raise ModuleNotFoundError('no such package')\n")  # installed or not
    cluster.add_worker({"PYTHONPATH": str(elsewhere)})
    _await_workers(cluster, 1)
    lacking = darkreplay(*words, folder=tmp_path)
    assert lacking.returncode == 2
    assert "cannot run this program" in lacking.stderr.splitlines()[-1], lacking.stderr
    assert "Traceback" not in lacking.stderr


def _await_workers(cluster: Cluster, count: int) -> None:
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=120)
