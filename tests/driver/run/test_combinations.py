"""Runs that ask for combinations of keys: workers, shards, other settings later, `aggregate`, what reads the folder."""

import json
from pathlib import Path

import pytest

from darkreplay.results import read_results
from driver.command_line.main import main
from tests.driver.tables.from_orders import read
from tests.driver.whole_runs import tables

pytestmark = pytest.mark.usefixtures("in_own_folder")
COARSE = "date,date+participant_id,security_code+hour+size_bucket,security_code+date+phase"
FINE = f"{COARSE},participant_id+hour"
FILES = {"by_date_participant_id.csv", "by_security_code_hour_size_bucket.csv", "by_security_code_date_phase.csv"}
MIXED = "hour+spread,participant_id+date+volatility"
MIXED_FILES = ("by_hour_spread.csv", "by_participant_id_date_volatility.csv")
PARTICIPANT_HOURS = "by_participant_id_hour.csv"


def run(*flags: str, results: str = "out") -> int:
    """Run A and nothing else in this process."""
    usual = ("--store=store", f"--results={results}", "--dark_pool_scenarios=A", "--order_level=false", "--json")
    return main(["run", *usual, *flags])


def jobs(captured: pytest.CaptureFixture[str]) -> dict[str, int]:
    found: dict[str, int] = json.loads(captured.readouterr().out)["jobs"]
    return found


def combined(results: Path) -> dict[str, bytes]:
    """Return the tables of keys that are joined."""
    return {
        path.name: path.read_bytes() for path in results.glob("by_*_*.csv") if path.name in {*FILES, PARTICIPANT_HOURS}
    }


def test_workers_and_shards_give_the_same_tables(tmp_path: Path) -> None:
    assert run(f"--aggregate_by={FINE}", "--mode=sequential") == 0
    assert combined(tmp_path / "out").keys() == FILES | {PARTICIPANT_HOURS}
    assert run(f"--aggregate_by={FINE}", "--max_workers=2", results="two") == 0
    for number in (2, 1):
        assert run(f"--aggregate_by={FINE}", f"--shard={number}/2", "--mode=sequential", results="shards") == 0
    assert main(["aggregate", "shards"]) == 0
    assert tables(tmp_path / "out") == tables(tmp_path / "two") == tables(tmp_path / "shards")


def test_another_setting_reruns_what_it_touches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--mode=sequential") == 0
    small = sum(path.stat().st_size for path in (tmp_path / "out").glob("sec*/*/partial.arrow"))
    capsys.readouterr()
    assert run(f"--aggregate_by={COARSE}", "--mode=sequential") == 0
    assert jobs(capsys) == {"done": 0, "kept": 4, "failed": 0}, "its tables are made of what all jobs keep"
    first = combined(tmp_path / "out")
    assert first.keys() == FILES
    assert not (tmp_path / "out" / "by_security.csv").exists()
    assert run(f"--aggregate_by={FINE}", "--mode=sequential") == 0
    assert jobs(capsys) == {"done": 4, "kept": 0, "failed": 0}, "participants by hour need sums that were not kept"
    assert sum(path.stat().st_size for path in (tmp_path / "out").glob("sec*/*/partial.arrow")) > small
    assert run(f"--aggregate_by={COARSE}", "--mode=sequential") == 0
    assert jobs(capsys) == {"done": 0, "kept": 4, "failed": 0}, "more than is needed serves as well"
    assert combined(tmp_path / "out") == first, "what is not asked for any more is gone"


def test_keys_of_several_sets_together_rerun_what_did_not_keep_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--mode=sequential") == 0
    capsys.readouterr()
    assert run("--aggregate_by=volatility,date+volatility", "--mode=sequential") == 0
    assert jobs(capsys) == {"done": 0, "kept": 4, "failed": 0}, "all jobs keep sums by the range of the mid"
    assert run(f"--aggregate_by={MIXED}", "--mode=sequential") == 0
    assert jobs(capsys) == {"done": 4, "kept": 0, "failed": 0}
    first = {name: (tmp_path / "out" / name).read_bytes() for name in MIXED_FILES}
    assert run("--aggregate_by=hour+volatility,spread+date", "--mode=sequential") == 0
    assert jobs(capsys) == {"done": 0, "kept": 4, "failed": 0}, "these keys are among those kept"
    assert not any((tmp_path / "out" / name).exists() for name in MIXED_FILES), "what is not asked for is gone"
    assert main(["aggregate", "out", f"--aggregate_by={MIXED}"]) == 0
    assert {name: (tmp_path / "out" / name).read_bytes() for name in MIXED_FILES} == first
    capsys.readouterr()
    assert main(["aggregate", "out", "--aggregate_by=hour+spread,date,marketability+hour"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("darkreplay: --aggregate_by=marketability+hour needs sums that jobs in out did not keep: ")
    for shard in ("1/2", "2/2"):
        usual = f"--aggregate_by={MIXED}", f"--shard={shard}", "--max_workers=2"
        assert run(*usual, results="shards") == 0
    assert main(["aggregate", "shards"]) == 0
    assert {name: (tmp_path / "shards" / name).read_bytes() for name in MIXED_FILES} == first


def test_aggregate_takes_other_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--mode=sequential") == 0
    capsys.readouterr()
    assert main(["aggregate", "out", "--aggregate_by=hour+group"]) == 0
    found = read_results(tmp_path / "out")
    assert found.config["aggregate_by"] == ["hour+group"]
    assert {"by_hour_group", "by_group"} <= set(found)
    assert "by_date" not in found
    assert found["by_hour_group"].column_names[:3] == ["hour", "group", "scenario"]
    assert "by_hour_group.csv" in found.run["tables"]
    report = (tmp_path / "out" / "report.html").read_text()
    assert "by_hour_group.csv" in report
    assert "orders by hour, group" in report
    capsys.readouterr()
    before = tables(tmp_path / "out")
    for refused in ("participant_id+hour", "hour+foo", "hour+phase", "hour+hour"):
        assert main(["aggregate", "out", f"--aggregate_by={refused}"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        if refused in ("participant_id+hour", "hour+phase"):
            assert line == (
                f"darkreplay: --aggregate_by={refused} needs sums that jobs in out did not keep: run again with that "
                "setting"
            )
    assert tables(tmp_path / "out") == before, "and nothing is lost"
    assert main(["status", "out"]) == 0
    assert main(["aggregate", "out"]) == 0
    assert tables(tmp_path / "out") == before, "the run's settings are those of its tables"


def test_jobs_of_another_version_are_not_called_unfinished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--mode=sequential") == 0
    capsys.readouterr()
    monkeypatch.setattr("driver.run.results_folder.code_digest", lambda: "other")
    assert main(["aggregate", "out", "--aggregate_by=hour+group"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "darkreplay: 4 of 4 jobs in out are not up to date: use `run` instead"


def test_sums_that_were_kept_once_serve_aggregate(tmp_path: Path) -> None:
    assert run(f"--aggregate_by={FINE}", "--mode=sequential") == 0
    whole = combined(tmp_path / "out")
    assert main(["aggregate", "out", "--aggregate_by=date"]) == 0
    assert combined(tmp_path / "out") == {}
    assert main(["aggregate", "out", f"--aggregate_by={FINE}"]) == 0
    assert combined(tmp_path / "out") == whole
    (real, *_) = read(tmp_path / "out" / "global_summary.csv")
    rows = [row for row in read(tmp_path / "out" / PARTICIPANT_HOURS) if row["scenario"] == "real"]
    assert sum(int(row["orders"]) for row in rows) == int(real["orders"])
    assert len(rows) > 4
