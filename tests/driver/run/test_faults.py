"""Runs that are disturbed: jobs that fail, a driver that is killed or interrupted, two runs at once."""

import csv
import json
import signal
import subprocess
import time
from pathlib import Path

from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, command, darkreplay, start, tables

JOBS = 4


def states(results: Path) -> dict[str, str]:
    with (results / "jobs.csv").open(newline="") as file:
        return {f"{row['security']}/{row['date']}": row["state"] for row in csv.DictReader(file)}


def run_state(results: Path) -> str:
    return str(json.loads((results / "run.json").read_text())["state"])


def wait_for_jobs(results: Path, count: int) -> None:
    """Wait until the manifest lists ``count`` jobs (its first line is the header)."""
    end = time.monotonic() + 60
    while True:
        manifest = results / "manifest.jsonl"
        if manifest.exists() and manifest.read_bytes().count(b"\n") > count:
            return
        assert time.monotonic() < end, "no job was finished"
        time.sleep(0.02)


def test_failing_jobs_are_listed_and_the_rest_completes_then_resume_heals(market: Market, tmp_path: Path) -> None:
    faults = "101/2024-01-02=kill,101/2024-01-03=hang,102/2024-01-02=raise"
    arguments = ("run", f"--store={market.store}", "--results=out", "--max_workers=2", "--deadline=5")
    done = darkreplay(*arguments, folder=tmp_path, faults=faults)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "FAILED 101/2024-01-02: its worker was killed by SIGKILL" in done.stdout
    assert "FAILED 101/2024-01-03: no answer within 5 s" in done.stdout
    assert "FAILED 102/2024-01-02: ValueError: a fault" in done.stdout
    results = tmp_path / "out"
    expected = dict.fromkeys(("101/2024-01-02", "101/2024-01-03", "102/2024-01-02"), "failed")
    assert states(results) == expected | {"102/2024-01-03": "done"}
    assert run_state(results) == "failed"
    assert {path.parent.name for path in results.rglob("metrics.csv")} == {"2024-01-03"}
    with (results / "by_date.csv").open(newline="") as file:
        assert {row["date"] for row in csv.DictReader(file)} == {"2024-01-03"}
    (tmp_path / "store").symlink_to(market.store)
    again = darkreplay("aggregate", "--results=out", folder=tmp_path)
    assert (again.returncode, again.stdout.count("FAILED ")) == (1, 3), again.stderr
    assert states(results) == expected | {"102/2024-01-03": "kept"}
    assert run_state(results) == "failed"
    healed = darkreplay(*arguments, folder=tmp_path)
    assert healed.returncode == 0, healed.stderr
    assert "4 jobs: 3 done, 1 kept, 0 failed" in healed.stdout
    assert tables(results) == market.tables


def test_a_second_run_is_refused_and_a_killed_one_resumed(market: Market, tmp_path: Path) -> None:
    arguments = ("run", f"--store={market.store}", "--results=out", "--max_workers=1")
    driver = start(*arguments, folder=tmp_path, faults="all=slow")
    wait_for_jobs(tmp_path / "out", 1)
    second = darkreplay(*arguments, folder=tmp_path)
    assert second.returncode == 2
    assert second.stderr.startswith(f"darkreplay: out: another run is writing here (process {driver.pid} on ")
    assert len(second.stderr.splitlines()) == 1
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    assert run_state(tmp_path / "out") == "running"
    assert not list((tmp_path / "out").glob("by_*.csv")), "no table without all jobs"
    done = darkreplay(*arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = json.loads((tmp_path / "out" / "run.json").read_text())["jobs"]["kept"]
    assert 1 <= kept < JOBS
    assert tables(tmp_path / "out") == market.tables
    assert not list((tmp_path / "out").rglob(".tmp-*")), "debris of the killed run is gone"


def test_ctrl_c_keeps_what_is_finished(market: Market, tmp_path: Path) -> None:
    arguments = ("run", f"--store={market.store}", "--results=out", "--max_workers=1")
    driver = start(*arguments, folder=tmp_path, faults="all=slow")
    wait_for_jobs(tmp_path / "out", 1)
    subprocess.run(["kill", "-INT", "--", f"-{driver.pid}"], check=True)  # the whole group, as a terminal does
    _, errors = driver.communicate(timeout=20)
    assert driver.returncode == 130
    assert errors.splitlines()[-1].startswith("darkreplay: interrupted; what is finished stays")
    assert "Traceback" not in errors
    assert run_state(tmp_path / "out") == "interrupted"
    assert set(states(tmp_path / "out").values()) == {"done", "waiting"}
    done = darkreplay(*arguments, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["jobs"]["kept"] >= 1
    assert tables(tmp_path / "out") == market.tables


def test_output_closed_early_is_no_error(tmp_path: Path) -> None:
    driver = subprocess.Popen(
        command("run", "--help"), cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert driver.stdout is not None
    assert driver.stderr is not None
    driver.stdout.close()
    errors = driver.stderr.read()
    driver.stderr.close()
    driver.wait()
    assert errors == b""
