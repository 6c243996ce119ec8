"""Every table of whole runs, added up a second time from the order files alone, and conservation order by order."""

import csv
import json
from pathlib import Path
from random import Random

import pytest

from tests.command import darkreplay_here as darkreplay
from tests.driver.tables.from_orders import differences, style_of
from tests.driver.tables.others_from_orders import other_differences
from tests.oracles.raw_market import days_of

MARKETS = {  # prices below a cent and spreads of five ticks among them
    "spreads of five ticks": (
        ["--securities=201,202", "--date_start=2024-04-05", "--date_end=2024-04-08", "--spread=5", "--price=90"],
        ["--outliers=7"],
    ),
    "prices below a cent": (
        ["--securities=7", "--date_start=2024-01-02", "--date_end=2024-01-03", "--spread=1", "--price=60"],
        ["--lit_bps=1.5", "--dark_bps=0.5", "--booking_bps=0.25", "--fill_seconds=5,600"],
    ),
    "three price steps": (
        ["--securities=1,2,3", "--date_start=2024-01-02", "--date_end=2024-01-02"],
        ["--dark_pool_scenarios=A,C", "--mid=arrival", "--markout_seconds=0.5,30,300", "--outliers=1000"],
    ),
}


def run(raw: Path, folder: Path, *flags: str) -> Path:
    """Run raw files with plain order files and return the results folder."""
    files = [f"--{table}={raw / table}.csv" for table in ("orders", "trades", "nbbo")]
    usual = "--store=store", "--results=results", "--format=csv", "--order_columns=all"
    done = darkreplay("run", *files, *usual, *flags, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "results"


def add_parents(path: Path) -> None:
    """Give most orders of a file a parent, with few children, and some a time of decision."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rng, given = Random(5), dict[str, dict[str, object]]()
    for row in rows:
        parent = f"{row['security_code']}{row['participantid']}{rng.randrange(9)}" if rng.random() < 0.9 else ""
        decided = int(row["timestamp"]) - rng.randrange(10**12) if rng.random() < 0.5 else ""
        given.setdefault(row["order_id"], {"parentid": parent, "decisiontime": decided})
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "parentid", "decisiontime"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | given[row["order_id"]] for row in rows)


@pytest.mark.parametrize("name", MARKETS)
def test_generated_markets_add_up(name: str, tmp_path: Path) -> None:
    spec, flags = MARKETS[name]
    done = darkreplay("synth", "--out=raw", *spec, "--orders=300", "--seed=11", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    if name == "prices below a cent":
        add_parents(tmp_path / "raw" / "orders.csv")
    results = run(tmp_path / "raw", tmp_path, *flags)
    assert list(differences(results, tmp_path / "raw"))[:20] == []
    assert list(other_differences(results, days_of(results, tmp_path / "raw"), style_of(results)))[:20] == []


def test_the_real_day_adds_up(real_day: Path, tmp_path: Path) -> None:
    assert list(differences(run(real_day, tmp_path), real_day))[:20] == []


@pytest.mark.parametrize("lost", ["nbbo", "trades"])
def test_a_scenario_that_is_not_known_of_some_orders_is_empty_where_they_are(lost: str, tmp_path: Path) -> None:
    """One of two securities lacks a table: rows of the other have every scenario, rows of both have reality alone."""
    flags = ["--securities=7,8", "--date_start=2024-01-02", "--date_end=2024-01-02", "--orders=200", "--seed=4"]
    done = darkreplay("synth", "--out=raw", *flags, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "raw" / f"{lost}.csv"
    head, *rows = path.read_text().splitlines()
    security = head.split(",").index("orderbookid" if lost == "nbbo" else "securitycode")
    path.write_text("\n".join([head, *(row for row in rows if row.split(",")[security] == "7"), ""]))
    results = run(tmp_path / "raw", tmp_path)
    if lost == "nbbo":
        assert list(differences(results, tmp_path / "raw"))[:20] == []
    with (results / "global_summary.csv").open(newline="") as file:
        whole = {row["scenario"]: row["fill_ratio"] for row in csv.DictReader(file)}
    with (results / "by_security.csv").open(newline="") as file:
        parts = {(row["security_code"], row["scenario"]): row["fill_ratio"] for row in csv.DictReader(file)}
    replayed = {"P", "R", "R_optimistic", "R_conservative", "D"}
    unknown = replayed | ({"A", "B", "C"} if lost == "nbbo" else {"B"})
    assert {name for name, filled in whole.items() if not filled} == unknown
    assert {key for key, filled in parts.items() if not filled} == {("8", name) for name in unknown}
    with (results / "statistics.csv").open(newline="") as file:
        refused = {row["scenario"] for row in csv.DictReader(file) if "not known of 200 orders" in row["note"]}
    assert {name for name in refused if "+" not in name} == unknown  # tests of several are refused with them
    (note,) = [note for note in json.loads((results / "run.json").read_text())["notes"] if "not known" in note]
    assert all(f"{name} of 200" in note for name in unknown)
