"""A conversion by byte ranges on a Dask cluster: a real scheduler and workers, which die while it goes on."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from driver.engines.dask_jobs import convert_on_dask
from tests.driver.conftest import Market
from tests.driver.dask_cluster import Cluster
from tests.driver.whole_runs import darkreplay, tables
from tests.tickstore.conftest import market_rows, tree, write_market
from tests.tickstore.interrupted import request, small
from tickstore import ConvertProgress, convert, verify
from tickstore.engines.engine import EngineGoneError
from tickstore.store.paths import CONVERT_FOLDER


def lost_store(folder: Path) -> dict[str, str]:
    """Return the files of the store of a folder, and take it away."""
    found = tree(folder / "store")
    shutil.rmtree(folder / "store")
    return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster of two workers: they take a while to start."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        for _ in range(2):
            made.add_worker()
        made.await_workers(2)
        yield made
    finally:
        made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_market(tmp_path / "market", market_rows())


def test_a_run_converts_and_does_its_jobs_on_the_cluster(market: Market, tmp_path: Path, cluster: Cluster) -> None:
    """Paths are relative: workers start in other folders."""
    shutil.copytree(market.raw, tmp_path / "raw")
    files = [f"--{table}=raw/{table}.csv" for table in ("orders", "trades", "nbbo")]
    there = ("--engine=dask", f"--scheduler={cluster.address}")
    converted = darkreplay(
        "convert", *files, "--store=store", "--temp_dir=temporary", "--json", *there, folder=tmp_path
    )
    assert converted.returncode == 0, converted.stderr
    assert len(json.loads(converted.stdout)["written"]) == 4
    assert list((tmp_path / "temporary").iterdir()) == []
    for path in market.store.rglob("*.h5"):
        assert (tmp_path / "store" / path.relative_to(market.store)).read_bytes() == path.read_bytes()
    done = darkreplay("run", *files, "--store=store", "--results=out", "--json", *there, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["jobs"] == {"done": 4, "kept": 0, "failed": 0}
    assert tables(tmp_path / "out") == market.tables
    again = ("run", "--store=store", "--results=out", "--memory=50", "--resume=false", "--json")
    refused = darkreplay(*again, *there, folder=tmp_path)
    assert refused.returncode == 1, refused.stderr
    reasons = json.loads(refused.stdout)["failed"].values()
    assert len(reasons) == 4
    assert all("MB, more than --memory=50 (a cluster's workers are held to the expectation" in one for one in reasons)


def test_a_worker_and_the_scheduler_die_and_the_day_files_are_the_same_bytes(folder: Path, cluster: Cluster) -> None:
    """The last that the cluster is asked for."""
    asked = request(folder, limits=small())
    convert(asked)
    here = lost_store(folder)
    told: list[ConvertProgress] = []

    def kill_a_worker(progress: ConvertProgress) -> None:
        told.append(progress)
        if progress.stage == "parse" and progress.done:
            cluster.processes[1].kill()

    said: list[str] = []
    report = convert_on_dask(cluster.address, asked, kill_a_worker, said.append)
    assert len({one.done for one in told if one.stage == "parse"}) > 10, "by byte ranges"
    assert (len(report.written), said) == (6, [])
    assert cluster.processes[1].poll() is not None
    assert not verify(folder / "store").problems
    assert lost_store(folder) == here

    def kill_the_scheduler(progress: ConvertProgress) -> None:
        if progress.stage == "build" and progress.done:
            cluster.scheduler.kill()

    with pytest.raises(EngineGoneError, match=r"the Dask scheduler .* is gone; what is finished stays"):
        convert_on_dask(cluster.address, asked, kill_the_scheduler, said.append)
    left = [path for path in (folder / "store").rglob("*.h5") if CONVERT_FOLDER not in path.parts]
    assert left == [], "nothing of it can be seen"
    cluster.close()
    told.clear()
    convert(asked, told.append)
    assert [one.done for one in told if one.stage == "parse"][-1] == report.input_bytes
    assert min(one.done for one in told if one.stage == "build" and one.done) >= 1
    assert len([one for one in told if one.stage == "build"]) == 7, "none is built twice"
    assert tree(folder / "store") == here
