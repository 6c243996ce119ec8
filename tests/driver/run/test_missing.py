"""What is said of a run that lacks jobs, and of what a conversion warned of."""

import json
import re
from pathlib import Path

import pytest

from driver.run.missing import advice, missing_facts, missing_line, share_of_rows
from driver.run.results_folder import JobState
from tests.command import darkreplay_here
from tests.driver.conftest import Market
from tests.driver.jobs import make_job


def test_a_whole_run_lacks_nothing() -> None:
    states = [JobState(make_job(0), "done"), JobState(make_job(1), "kept")]
    assert (missing_line(states), share_of_rows(states), missing_line([])) == ("", 0.0, "")


def test_missing_jobs_are_counted_by_their_rows() -> None:
    states = [JobState(make_job(k, f"s{k}", rows=10), "done") for k in range(3)]
    states += [
        JobState(make_job(9, "x", rows=70), "failed", error="gone"),
        JobState(make_job(10, "y", rows=0), "waiting"),
    ]
    assert missing_line(states) == (
        "INCOMPLETE: 2 of 5 jobs are in no table, 70 % of the order events: x/2024-01-01 failed, y/2024-01-01 not done"
    )
    facts = missing_facts(states)
    assert facts["jobs"] == {"x/2024-01-01": "gone", "y/2024-01-01": "not done"}
    assert facts["share_of_rows"] == 0.7
    many = [JobState(make_job(k, f"s{k}", rows=0), "failed") for k in range(8)]
    assert missing_line(many).endswith("s4/2024-01-01 failed and 3 more")
    assert share_of_rows(many) == 1.0, "without any rows a run that lacks jobs still lacks them"


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ("its worker was killed by SIGBUS", "verify --store=here"),
        ("StoreError: h.h5: the index is damaged", "verify --store=here"),
        ("its worker was killed by SIGKILL", "fewer --max_workers"),
        ("MemoryError: (job.py:3)", "fewer --max_workers"),
        ("no answer within 3 s", "a larger --deadline"),
        ("OSError: [Errno 28] No space left on device: 'x'", "free some space"),
        ("ValueError: strange (job.py:3)", "please report it"),
    ],
)
def test_each_failure_says_what_to_do_next(error: str, what: str) -> None:
    assert what in advice(error, "here")


def test_warnings_of_the_conversion_reach_report_and_json(market: Market, tmp_path: Path) -> None:
    """Sessions of a security that the files lack: the conversion warns of it, and the run says so to its end."""
    (tmp_path / "sessions.csv").write_text(
        "security,date,start,end\n999,2024-01-02,2024-01-01T23:00:00Z,2024-01-02T05:00:00Z\n"
    )
    files = [f"--{table}={market.raw / table}.csv" for table in ("orders", "trades", "nbbo")]
    words = ("run", *files, "--sessions=sessions.csv", "--store=store", "--results=out", "--json")
    for attempt in ("new", "nothing to convert"):
        done = darkreplay_here(*words, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        (warning,) = [text for text in json.loads(done.stdout)["warnings"] if text.startswith("conversion: ")]
        assert "1 sessions of" in warning, attempt
        assert warning in json.loads((tmp_path / "out/run.json").read_text())["warnings"]
        page = re.sub(r"\s+", " ", (tmp_path / "out/report.html").read_text())
        assert "1 sessions of" in page
        assert "1 warning of the conversion and of jobs" in page
