"""Forty jobs, four of which go wrong, each in its way: the others complete, and a resume does those four alone."""

import csv
import json
from pathlib import Path

import pytest

from tests.driver.whole_runs import darkreplay, tables

SPEC = ("--securities=101,102,103,104,105,106,107,108", "--date_start=2024-01-01", "--date_end=2024-01-05")
FAULTS = {
    "101/2024-01-01": ("kill", "its worker was killed by SIGKILL"),
    "103/2024-01-02": ("hang", "no answer within 5 s"),
    "105/2024-01-03": ("raise", "ValueError: a fault"),
    "108/2024-01-05": ("eat", "MemoryError"),
}


def states(results: Path) -> dict[str, dict[str, str]]:
    with (results / "jobs.csv").open(newline="") as file:
        return {f"{row['security']}/{row['date']}": row for row in csv.DictReader(file)}


def assert_it_looks_incomplete(said: str, results: Path) -> None:
    """Terminal, run.json, tables and report say first which jobs are missing, and what share of the rows that is."""
    rows = {name: row["events"] for name, row in states(results.parent / "clean").items()}
    share = sum(int(rows[name]) for name in FAULTS) / sum(map(int, rows.values()))
    line = f"INCOMPLETE: 4 of 40 jobs are in no table, {100 * share:.3g} % of the order events: 101/2024-01-01 failed, "
    assert said.startswith(line)
    assert "next, for 101/2024-01-01 and the like: it may lack memory" in said
    run = json.loads((results / "run.json").read_text())
    assert list(run).index("missing") == 3, "after what it is, its state and plan"
    assert (set(run["missing"]["jobs"]), run["missing"]["share_of_rows"]) == (set(FAULTS), round(share, 6))
    assert run["notes"][0].startswith(line)
    quality = (results / "data_quality.csv").read_text().splitlines()
    days = [name.replace("/", ",") for name in FAULTS]
    assert quality[1:6] == ["all,all,jobs_missing,4", *(f"{day},jobs_missing,1" for day in days)]
    page = (results / "report.html").read_text()
    assert line in page
    assert page.index("INCOMPLETE") < page.index('<section class="cards"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store of forty small partitions, and what a run without faults makes of it."""
    folder = tmp_path_factory.mktemp("forty")
    assert darkreplay("synth", "--out=raw", *SPEC, "--orders=60", folder=folder).returncode == 0
    files = [f"--{table}=raw/{table}.csv" for table in ("orders", "trades", "nbbo")]
    done = darkreplay("run", *files, "--store=store", "--results=clean", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_four_of_forty_jobs_fail_and_a_resume_does_those_alone(folder: Path) -> None:
    faults = ",".join(f"{name}={fault}" for name, (fault, _) in FAULTS.items())
    arguments = ("run", "--store=store", "--results=out", "--max_workers=2", "--deadline=5", "--memory=1024")
    done = darkreplay(*arguments, folder=folder, faults=faults)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "40 jobs: 36 done, 0 kept, 4 failed" in done.stdout
    found = states(folder / "out")
    assert {name for name, row in found.items() if row["state"] == "failed"} == set(FAULTS)
    assert sum(row["state"] == "done" for row in found.values()) == 36
    for name, (fault, reason) in FAULTS.items():
        assert f"FAILED {name}: {reason}" in done.stdout
        assert found[name]["error"].startswith(reason)
        assert found[name]["attempts"] == ("1" if fault == "raise" else "2"), "what raises would raise again"
    clean, out = tables(folder / "clean"), tables(folder / "out")
    of_jobs = {path: data for path, data in clean.items() if path.startswith("sec")}
    whole = {path for path in of_jobs if "/".join(path.removeprefix("sec").split("/")[:2]) not in FAULTS}
    assert {path: out[path] for path in whole} == {path: of_jobs[path] for path in whole}
    assert {path for path in out if path.startswith("sec")} == whole, "nothing is left of the others"
    assert_it_looks_incomplete(done.stdout, folder / "out")
    healed = darkreplay(*arguments, folder=folder)
    assert healed.returncode == 0, healed.stderr
    assert "40 jobs: 4 done, 36 kept, 0 failed" in healed.stdout
    assert {name for name, row in states(folder / "out").items() if row["state"] == "done"} == set(FAULTS)
    assert tables(folder / "out") == clean
    assert "INCOMPLETE" not in healed.stdout + (folder / "out/report.html").read_text()
    assert json.loads((folder / "out/run.json").read_text())["missing"] is None
