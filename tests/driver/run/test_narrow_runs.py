"""What the catalog knows of partitions keeps them closed, and changes no table."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from driver.config.loading import load_config
from driver.job.job import run_job
from driver.run.planning import plan_store
from kernels.conventions import TYPE_SWEEP
from tests.command import darkreplay_here
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay, tables
from tests.tickstore.conftest import as_catalog
from tickstore import open_day, read_catalog

SCENARIOS = "--dark_pool_scenarios=A,B,C,P,R,D"


@pytest.fixture(scope="module")
def store(market: Market, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store in which one broker has no order of security 102, of those in the market of all tests."""
    folder = tmp_path_factory.mktemp("narrow")
    header, *rows = (market.raw / "orders.csv").read_text().splitlines()
    broker, security = header.split(",").index("participantid"), header.split(",").index("security_code")
    cells = [row.split(",") for row in rows]
    for row in cells:
        if row[security] == "102" and row[broker] == "69":
            row[broker] = "47"
    (folder / "orders.csv").write_text("\n".join([header, *map(",".join, cells)]) + "\n")
    files = ["--orders=orders.csv", *(f"--{table}={market.raw}/{table}.csv" for table in ("trades", "nbbo"))]
    done = darkreplay_here("convert", *files, "--store=store", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "store"


def without_knowledge(store: Path, folder: Path) -> Path:
    """Return a copy of a store whose catalog does not say who ordered what, nor when."""
    copy = Path(shutil.copytree(store, folder / "ignorant"))
    head, *entries = json.loads((copy / "catalog.json").read_text())
    ignorant = [entry | dict.fromkeys(("participants", "order_types", "first_time", "last_time")) for entry in entries]
    (copy / "catalog.json").write_text(as_catalog([head, *ignorant]))
    return copy


@pytest.mark.parametrize("more", [["--order_types=2048"], ["--hour_start=10", "--hour_end=12", SCENARIOS]])
def test_partitions_that_are_not_opened_change_no_table(store: Path, tmp_path: Path, more: list[str]) -> None:
    found = {}
    for place in (store, without_knowledge(store, tmp_path)):
        flags = [f"--store={place}", f"--results={place.name}-results", "--participant_ids=69", *more]
        done = darkreplay_here("run", *flags, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        results = tmp_path / f"{place.name}-results"
        found[place.name] = {name: data for name, data in tables(results).items() if "sec102" not in name}
        jobs = {path.parent.parent.name for path in results.glob("sec*/*/partial.arrow")}
        assert jobs == ({"sec101"} if place == store else {"sec101", "sec102"})
        assert ("2 of 4 security-days have no order of the selection" in done.stdout) == (place == store)
    assert found["store"] == found["ignorant"]


def test_a_job_without_a_matching_order_adds_nothing_but_says_so_in_its_files(store: Path, tmp_path: Path) -> None:
    """The market of a day counts where the selection has an order, and only there."""
    config = load_config({"store": str(without_knowledge(store, tmp_path)), "participant_ids": "69"}).config
    jobs = plan_store(config, tmp_path / "results", None, None, False).jobs
    assert len(jobs) == 4
    reports = {job.name: run_job(job) for job in jobs}
    for job in jobs:
        asked = int(np.count_nonzero(open_day(job.day_file).orders["participant"] == 69))
        report = reports[job.name]
        assert (report.orders > 0) == (report.events > 0) == (asked > 0)
        assert (Path(job.folder) / "metrics.csv").stat().st_size > 0


def test_the_catalog_knows_who_ordered_what(store: Path) -> None:
    for partition in read_catalog(store).partitions:
        orders = open_day(partition.path).orders
        assert partition.participants == tuple(sorted(Counter(orders["participant"].tolist())))
        assert partition.order_types == tuple(sorted(Counter(orders["order_type"].tolist())))
        assert (69 in partition.participants) == (partition.security == "101")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--participant_ids=69,987654"], "--participant_ids=987654 has no orders in the data: there are those of "),
        (
            ["--participant_ids=69", "--security_codes=102"],
            "the selection is empty: no order on the security-days selected is of --participant_ids=69: there are",
        ),
        (["--order_types=256"], "no order matches --order_types=256; there are orders of the types 0, "),
        (
            ["--hour_start=20"],
            "no order event is in the hours of --hour_start=20 to --hour_end=23; there are events in",
        ),
    ],
)
def test_what_no_partition_can_answer_is_refused_at_once(
    store: Path, tmp_path: Path, flags: list[str], message: str
) -> None:
    """Nothing is compiled: the cache of the kernels stays as empty as it is."""
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = darkreplay("run", f"--store={store}", *flags, folder=tmp_path, environment=cache)
    assert done.returncode == 2
    assert message in done.stderr
    assert "compil" not in done.stderr
    assert not list((tmp_path / "cache").rglob("*.nb*"))


def test_sweeps_are_looked_for_where_there_are_some(store: Path) -> None:
    assert all(any(kind & TYPE_SWEEP for kind in p.order_types or ()) for p in read_catalog(store).partitions)
