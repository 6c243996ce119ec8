"""Jobs on a Dask cluster: a real scheduler and workers, processes of their own, on this machine."""

import json
import logging
from pathlib import Path

import pytest

from driver.engines import dask_engine
from driver.engines.dask_checks import Places
from driver.engines.dask_engine import DaskEngine, DaskOptions
from tests.driver.conftest import Market
from tests.driver.dask_cluster import Cluster
from tests.driver.run.test_faults import wait_for_jobs
from tests.driver.whole_runs import darkreplay, start, tables
from tickstore.errors import UserError


def run_words(market: Market, cluster: Cluster) -> tuple[str, ...]:
    return "run", f"--store={market.store}", "--results=out", "--engine=dask", f"--scheduler={cluster.address}"


def test_a_worker_that_is_killed_changes_no_table_and_a_scheduler_that_is_lets_the_run_go_on(
    market: Market, tmp_path: Path, cluster: Cluster
) -> None:
    workers = [cluster.add_worker() for _ in range(3)]
    cluster.await_workers(3)
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
    workers[1].kill()
    (tmp_path / "again").mkdir()
    a_scheduler_that_is_killed_is_said_and_the_run_goes_on_from_disk(market, tmp_path / "again", cluster)


def a_scheduler_that_is_killed_is_said_and_the_run_goes_on_from_disk(
    market: Market, tmp_path: Path, cluster: Cluster
) -> None:
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


def test_a_job_that_hangs_is_listed_and_its_worker_said_to_be_lost(
    market: Market, tmp_path: Path, cluster: Cluster
) -> None:
    for _ in range(2):
        cluster.add_worker({"DARKREPLAY_TEST_FAULTS": "101/2024-01-02=hang"})
    cluster.await_workers(2)
    words = (*run_words(market, cluster), "--deadline=6", "--json")
    done = darkreplay(*words, folder=tmp_path, faults="all=well")
    assert done.returncode == 1, done.stderr
    facts = json.loads(done.stdout)
    assert facts["jobs"] == {"done": 3, "kept": 0, "failed": 1}
    assert facts["failed"] == {
        "101/2024-01-02": "no answer within 6 s; Dask cannot end it: its worker has it until it is started again"
    }


def test_what_is_wrong_with_a_cluster_is_one_line(
    market: Market, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = run_words(market, cluster)
    monkeypatch.setattr(dask_engine, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(logging, "disable", lambda _: None)
    nowhere = DaskOptions("tcp://127.0.0.1:1", (), Places((("results folder", tmp_path),), ()), print)
    with pytest.raises(UserError, match=r"--scheduler=tcp://127\.0\.0\.1:1: no Dask scheduler answers there within"):
        DaskEngine(nowhere).__enter__()
    empty = darkreplay(*words, folder=tmp_path)
    assert empty.returncode == 2
    assert "has no workers: start some" in empty.stderr.splitlines()[-1]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "driver.py").write_text("raise ModuleNotFoundError('no such package')\n")  # installed or not
    cluster.add_worker({"PYTHONPATH": str(elsewhere)})
    cluster.await_workers(1)
    lacking = darkreplay(*words, folder=tmp_path)
    assert lacking.returncode == 2
    assert "cannot run this program" in lacking.stderr.splitlines()[-1], lacking.stderr
    assert "Traceback" not in lacking.stderr
