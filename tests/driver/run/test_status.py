"""A run as seen from another terminal, and what its log keeps."""

import io
import json
import signal
import time
from pathlib import Path
from typing import Any

from driver.run.monitor import UNEVEN, Monitor
from driver.run.status import LiveStatus, Status, read_status, status_text
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay, start, tables
from tickstore.durable.lock import folder_lock


def until(results: Path, state: str, jobs: int) -> Status:
    """Wait until a run shows itself in a state, with so many jobs done."""
    end = time.monotonic() + 90
    while True:
        if results.is_dir() and (results / ".lock").exists():
            found = read_status(results)
            if found.state == state and (found.live or {}).get("done", 0) >= jobs:
                return found
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)


def test_another_terminal_sees_what_a_run_does_and_how_it_ended(market: Market, tmp_path: Path) -> None:
    words = ("run", f"--store={market.store}", "--results=out", "--max_workers=2")
    driver = start(*words, folder=tmp_path, faults="101/2024-01-02=raise,all=slow")
    found = until(tmp_path / "out", "running", 1)
    assert found.owner is not None
    assert found.owner["pid"] == driver.pid
    assert found.live is not None
    assert (found.live["jobs"], found.live["failed"] + found.live["done"] >= 1) == (4, True)
    workers = found.live["workers"]
    assert all(one["memory_mb"] > 10 and one["process"] != driver.pid for one in workers)
    assert {one["job"] for one in workers} <= {f"{s}/2024-01-0{d}" for s in (101, 102) for d in (2, 3)}
    shown = darkreplay("status", "--results=out", folder=tmp_path)
    assert (shown.returncode, "Traceback" in shown.stderr) == (0, False), shown.stderr
    assert shown.stdout.startswith(f"out: running (process {driver.pid} on ")
    assert "jobs: " in shown.stdout
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    dead = darkreplay("status", "--results=out", folder=tmp_path)
    assert (dead.returncode, dead.stdout.splitlines()[0]) == (
        1,
        "out: its driver was killed; the same command goes on from what is finished",
    )
    assert darkreplay(*words, "--quiet", folder=tmp_path).stderr == ""
    whole = darkreplay("status", "--results=out", "--json", folder=tmp_path)
    assert whole.returncode == 0
    assert json.loads(whole.stdout)["state"] == "complete"
    assert tables(tmp_path / "out") == market.tables


def test_the_log_has_failures_always_and_all_else_where_it_is_wanted(market: Market, tmp_path: Path) -> None:
    words = ("run", f"--store={market.store}", "--results=out", "--mode=sequential", "-v")
    failed = darkreplay(*words, folder=tmp_path, faults="102/2024-01-02=raise")
    assert failed.returncode == 1, failed.stderr
    assert "job 101/2024-01-02 done in " in failed.stderr
    (line,) = map(json.loads, (tmp_path / "out/run.log").read_text().splitlines())
    assert {name: line[name] for name in ("event", "job", "state", "attempts")} == {
        "event": "job", "job": "102/2024-01-02", "state": "failed", "attempts": 1,
    }  # fmt: skip
    assert line["error"].startswith("ValueError: a fault")
    ended = darkreplay("status", "--results=out", folder=tmp_path)
    assert ended.returncode == 1
    assert ended.stdout.splitlines()[-1].startswith("FAILED 102/2024-01-02: ValueError: a fault")
    done = darkreplay(*words, "--detailed_logs", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(text) for text in (tmp_path / "out/run.log").read_text().splitlines()[1:]]
    assert [one["event"] for one in lines] == ["jobs begin", "job", "end"]
    assert (lines[0]["waiting"], lines[0]["kept"], lines[2]["state"]) == (1, 3, "complete")
    assert lines[1]["events"] > 0
    assert {"plan", "jobs", "tables"} <= set(lines[2]["phases"])


def test_phases_before_and_after_the_jobs_are_shown(tmp_path: Path) -> None:
    said: list[dict[str, Any]] = []
    monitor = Monitor(io.StringIO())
    with LiveStatus(tmp_path, monitor) as live, folder_lock(tmp_path, "run"):
        monitor.count("compiling the kernels", UNEVEN, 22, 49)
        found = read_status(tmp_path)
        assert (found.state, found.jobs) == ("preparing", {})
        assert status_text(tmp_path, found).splitlines()[1] == "compiling the kernels: 22 of 49"
        monitor.count("reading", "bytes", 1, 4)
        assert found != read_status(tmp_path), "another phase is written at once"
        said.append(read_status(tmp_path).live or {})
        monitor.pass_over("tables and report")
        assert status_text(tmp_path, read_status(tmp_path)).splitlines()[1] == "tables and report: under way"
        assert live.path.exists()
    assert [(one["phase"], one["text"], one["workers"]) for one in said] == [("reading", "25% of bytes", [])]
    assert not live.path.exists()


def test_status_of_what_is_no_results_folder(tmp_path: Path) -> None:
    asked = darkreplay("status", "--results=nothing", folder=tmp_path)
    assert (asked.returncode, asked.stderr) == (
        2,
        "darkreplay: --results=nothing is not a results folder: it has no run.json\n",
    )
    both = darkreplay("run", "-q", "-v", folder=tmp_path)
    assert both.returncode == 2
    assert "contradict each other" in both.stderr
