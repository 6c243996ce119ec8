"""Runs that ask for combinations of keys: workers, shards, other settings later, `aggregate`, what reads the folder."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from driver.command_line.main import main
from tests.driver.conftest import Market
from tests.driver.whole_runs import tables

COARSE = "date,date+participant_id,security_code+hour+size_bucket,security_code+date+phase"
FINE = f"{COARSE},participant_id+hour"
FILES = {"by_date_participant_id.csv", "by_security_code_hour_size_bucket.csv", "by_security_code_date_phase.csv"}
PARTICIPANT_HOURS = "by_participant_id_hour.csv"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, market: Market, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in a folder of one's own, whose ``store`` is the market's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "store").symlink_to(market.store)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


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
