"""Shares of a run, one after the other in any order and several at once, then `aggregate`: the tables of one run."""

import json
import random
from pathlib import Path

import pytest

from driver.command_line.main import main
from driver.run import job_runs
from driver.run.status import read_status, status_text
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay, start, tables

pytestmark = pytest.mark.usefixtures("in_own_folder")
OF = 7  # more than there are jobs: some shards have none


def shard(number: int, *flags: str, of: int = OF) -> int:
    """Run a shard in this process."""
    return main(
        ["run", f"--shard={number}/{of}", "--store=store", "--results=out", "--mode=sequential", "--json", *flags]
    )


def facts(captured: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(captured.readouterr().out)
    return found


def test_seven_shards_in_random_order_give_the_tables_of_one_run(
    market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = random.Random(14).sample(range(1, OF + 1), OF)
    done = 0
    for number in order:
        assert shard(number) == 0
        found = facts(capsys)
        assert found["shard"] == f"{number}/{OF}"
        done += found["jobs"]["done"]  # type: ignore[index]
        assert not list((tmp_path / "out").glob("*.csv")) or {p.name for p in (tmp_path / "out").glob("*.csv")} == {
            "jobs.csv"
        }
    assert done == 4
    assert main(["aggregate", "--results=out"]) == 0
    assert tables(tmp_path / "out") == market.tables
    capsys.readouterr()
    assert shard(order[0]) == 0, "a shard that is done again finds all done"
    assert facts(capsys)["up_to_date"] is True
    assert tables(tmp_path / "out") == market.tables, "and leaves the tables"
    assert main(["run", "--store=store", "--results=out", "--json"]) == 0
    assert facts(capsys)["jobs"] == {"done": 0, "kept": 4, "failed": 0}
    assert tables(tmp_path / "out") == market.tables


def test_shards_at_once_convert_once_and_give_the_tables_of_one_run(market: Market, tmp_path: Path) -> None:
    files = [f"--{table}={market.raw / table}.csv" for table in ("orders", "trades", "nbbo")]
    common = ("run", *files, "--store=own", "--results=out", "--max_workers=1")
    at_work = [start(*common, f"--shard={number}/3", folder=tmp_path) for number in (2, 3, 1)]
    ended = [process.communicate(timeout=300) for process in at_work]
    assert [process.returncode for process in at_work] == [0, 0, 0], ended
    assert sum("4 day files" in out or "stored" in out for out, _ in ended) == 3
    done = darkreplay("aggregate", "--results=out", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables


def test_aggregate_says_which_shards_are_missing(
    market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shard(1, of=4) == 0
    capsys.readouterr()
    assert main(["aggregate", "--results=out"]) == 1
    (note,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ") and "missing" in line]
    assert note == (
        "note: 3 of 4 jobs are missing, of 3 shards: 2/4 (1 jobs), 3/4 (1 jobs), 4/4 (1 jobs); "
        "run these with --shard=, then aggregate again"
    )
    monkeypatch.setattr(job_runs, "WORK", "tests.driver.faulty:run_job")
    monkeypatch.setenv("DARKREPLAY_TEST_FAULTS", "101/2024-01-02=raise,101/2024-01-03=raise")
    assert sorted(shard(number, of=4) for number in (2, 3, 4)) in ([0, 0, 1], [0, 1, 1])
    assert not (tmp_path / "out/by_date.csv").exists(), "tables of fewer jobs are withdrawn"
    capsys.readouterr()
    assert main(["aggregate", "--results=out"]) == 1
    text = capsys.readouterr().out
    assert "ValueError: a fault" in text
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert [shard(number, of=4) for number in (4, 3, 2)] == [0, 0, 0]
    assert main(["aggregate", "--results=out"]) == 0
    assert tables(tmp_path / "out") == market.tables


def test_a_run_an_aggregate_and_the_same_or_other_shards_are_refused_while_a_shard_is_at_work(
    market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--store=store", "--results=out", "--max_workers=1")
    busy = start("run", "--shard=1/2", *flags, folder=tmp_path, faults="all=slow")
    try:
        from tests.driver.run.test_faults import wait_for_jobs

        wait_for_jobs(tmp_path / "out/.shards/1of2", 0)
        found = read_status(tmp_path / "out")
        assert (found.state, found.is_under_way, found.jobs["in all"]) == ("sharded", True, 4)
        assert [(one["shard"], one["owner"]["pid"]) for one in found.shards] == [("1/2", busy.pid)]
        assert f"  1/2: process {busy.pid} on " in status_text(tmp_path / "out", found)
        refused = "out/.shards/1of2: another shard 1/2 is writing here (process"
        for command, said in (
            (["run", *flags], refused),
            (["aggregate", "--results=out"], refused),
            (["run", "--shard=1/2", *flags], "another run of shard 1/2 is writing here (process"),
            (["run", "--shard=1/3", *flags], "shards of another run (of other settings"),
            (["run", "--shard=2/2", "--hour_start=11", *flags], "shards of another run (of other settings"),
        ):
            assert main(command) == 2, command
            assert said in capsys.readouterr().err, command
    finally:
        busy.kill()
        busy.communicate()
    assert shard(1, of=2) == 0, "a shard that was killed goes on"
    assert shard(2, of=2) == 0
    assert read_status(tmp_path / "out").jobs == {"in all": 4, "finished": 4}
    assert main(["aggregate", "--results=out"]) == 0
    assert read_status(tmp_path / "out").state == "complete"
    assert tables(tmp_path / "out") == market.tables


def test_another_number_of_shards_or_another_setting_keeps_what_is_valid(
    market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shard(1, of=2) == 0
    assert len(list((tmp_path / "out").glob("sec*/*/metrics.csv"))) == 2
    capsys.readouterr()
    assert shard(1, "--aggregate_by=date", of=1) == 0
    assert facts(capsys)["jobs"] == {"done": 2, "kept": 2, "failed": 0}
    assert shard(1, of=1) == 0
    assert facts(capsys)["jobs"] == {"done": 0, "kept": 4, "failed": 0}
    assert main(["aggregate", "--results=out"]) == 0
    assert tables(tmp_path / "out") == market.tables
