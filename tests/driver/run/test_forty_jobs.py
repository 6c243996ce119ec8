"""Forty jobs, four of which go wrong, each in its way: the others complete, and a resume does those four alone."""

import csv
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
    healed = darkreplay(*arguments, folder=folder)
    assert healed.returncode == 0, healed.stderr
    assert "40 jobs: 4 done, 36 kept, 0 failed" in healed.stdout
    assert {name for name, row in states(folder / "out").items() if row["state"] == "done"} == set(FAULTS)
    assert tables(folder / "out") == clean
