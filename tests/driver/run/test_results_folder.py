"""Which finished jobs stay valid, what is stale, and what run.json and jobs.csv say."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from driver.config.loading import load_config
from driver.engines.jobs import Outcome
from driver.plan.jobs import Job, JobReport
from driver.plan.plan import Plan, job_folder
from driver.run import job_runs
from driver.run import results_folder as folder
from driver.run.manifest import Manifest
from driver.run.monitor import Monitor
from driver.run.results_folder import JobState
from driver.run.run_record import RunRecord, Summary
from tests.driver.jobs import make_job
from tests.driver.whole_runs import ENVIRONMENT
from tickstore.durable.files import file_stamps
from tickstore.errors import UserError


def plan_in(results: Path, *securities: str) -> Plan:
    jobs = [
        make_job(i, name, folder=str(results / job_folder(name, "2024-01-01"))) for i, name in enumerate(securities)
    ]
    return Plan(tuple(jobs), 0, {})


def write_job(job: Job) -> JobReport:
    Path(job.folder).mkdir(parents=True)
    (Path(job.folder) / "metrics.csv").write_text(job.security)
    (Path(job.folder) / ".tmp-left-by-a-killed-attempt").touch()
    return JobReport(job.index, 7, 5, 3, 11, 0.25)


def finish(results: Path, plan: Plan) -> None:
    manifest = Manifest(results)
    manifest.start({})
    for job in plan.jobs:
        manifest.append(folder.finished_entry(job, write_job(job)))
    manifest.close()


def test_finished_jobs_are_valid_until_fingerprint_or_files_change(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, "a", "b", "c")
    finish(tmp_path, plan)
    assert list(file_stamps(Path(plan.jobs[0].folder))) == ["metrics.csv"]
    read = Manifest(tmp_path).read
    assert set(folder.valid_jobs(plan, read())) == {f"{name}/2024-01-01" for name in "abc"}
    (Path(plan.jobs[1].folder) / "metrics.csv").unlink()
    os.utime(Path(plan.jobs[2].folder) / "metrics.csv", ns=(0, 0))
    assert set(folder.valid_jobs(plan, read())) == {"a/2024-01-01"}
    other = Plan((make_job(5, "a", folder=plan.jobs[0].folder),), 0, {})
    assert folder.valid_jobs(other, read()) == {}


def test_jobs_that_left_the_plan_move_to_stale(tmp_path: Path) -> None:
    finish(tmp_path, plan_in(tmp_path, "a", "b"))
    assert folder.set_stale_aside(tmp_path, plan_in(tmp_path, "a")) == 1
    assert (tmp_path / "seca/2024-01-01/metrics.csv").exists()
    assert not (tmp_path / "secb").exists()
    assert (tmp_path / ".stale/secb/2024-01-01/metrics.csv").exists()
    write_job(plan_in(tmp_path, "b").jobs[0])
    assert folder.set_stale_aside(tmp_path, plan_in(tmp_path, "a")) == 1, "again, over the older one"


def test_foreign_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="holds other files: give an empty or new folder"):
        folder.check_results_folder(tmp_path, tmp_path / "store")
    with pytest.raises(UserError, match="is a file: give a folder"):
        folder.check_results_folder(tmp_path / "notes.txt", tmp_path / "store")
    folder.check_results_folder(tmp_path / "new", tmp_path / "store")
    with pytest.raises(UserError, match="new is the store: give another folder"):
        folder.check_results_folder(tmp_path / "new", tmp_path / "notes" / ".." / "new")


def test_jobs_csv_has_a_line_per_job_in_plan_order(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, "a", "b", "c")
    report = JobReport(0, 7, 5, 3, 11, 0.25)
    states = [
        JobState(plan.jobs[0], "done", 2, report),
        JobState(plan.jobs[1], "failed", 2, None, "killed, twice"),
        JobState(plan.jobs[2], "kept", 0, report),
    ]
    folder.write_jobs(tmp_path, states, {"other": "Other"})
    plain = (tmp_path / "jobs.csv").read_text()
    folder.write_jobs(tmp_path, states, {"b": "Name, b"})
    with (tmp_path / "jobs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [*rows[0]][1:4] == ["security", "security_name", "date"]
    assert [row.pop("security_name") for row in rows] == ["", "Name, b", ""]
    assert rows == list(csv.DictReader(plain.splitlines()))
    assert [row["state"] for row in rows] == ["done", "failed", "kept"]
    assert (rows[0]["events"], rows[0]["orders"], rows[0]["fills"], rows[0]["bytes"]) == ("7", "5", "3", "11")
    assert (rows[1]["error"], rows[1]["events"]) == ("killed, twice", "")


def test_tables_are_current_only_after_a_complete_run_of_the_same_plan(tmp_path: Path) -> None:
    config = load_config({}).config
    (tmp_path / "by_date.csv").write_text("1")
    assert not folder.tables_are_current(tmp_path, "digest")
    for state, expected in (("running", False), ("failed", False), ("complete", True)):
        folder.write_run(tmp_path, state, config, "digest", {"tables": folder.table_stamps(tmp_path)})
        assert folder.tables_are_current(tmp_path, "digest") is expected
    assert not folder.tables_are_current(tmp_path, "other digest")
    (tmp_path / "by_date.csv").write_text("2 edited by hand")
    assert not folder.tables_are_current(tmp_path, "digest")
    folder.refresh_stamps(tmp_path)
    assert folder.tables_are_current(tmp_path, "digest")
    (tmp_path / "my own notes.csv").touch()
    assert folder.tables_are_current(tmp_path, "digest")
    folder.remove_tables(tmp_path)
    assert not (tmp_path / "by_date.csv").exists()
    assert (tmp_path / "my own notes.csv").exists(), "not ours to remove"
    assert json.loads((tmp_path / "run.json").read_text())["config"]["max_workers"] == 8


def test_damaged_run_json_is_not_current(tmp_path: Path) -> None:
    for text in ("", "[]", '{"tables": 3}', '{"tables": {"a": 1}, "state": "complete", "plan": "d"}'):
        (tmp_path / "run.json").write_text(text)
        assert not folder.tables_are_current(tmp_path, "d")


def test_versions_and_code_are_recorded() -> None:
    assert {"python", "numpy", "numba", "darkreplay"} <= set(folder.versions())
    assert len(folder.code_digest()) == 32


@pytest.mark.parametrize("name", ["python", *folder.OF_JOBS])
def test_a_job_done_with_other_libraries_is_not_kept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are the same bytes for one set of them: a resume must not mix two."""
    before, changed = folder.code_digest(), folder.versions() | {name: "0.1.0"}
    monkeypatch.setattr(folder, "versions", lambda: changed)
    assert folder.code_digest.__wrapped__() != before


def test_the_digest_of_results_covers_what_a_job_imports() -> None:
    loaded = "(m.__file__ for n, m in sys.modules.items() if n.startswith('driver.'))"
    program = f"import sys, driver.job.job; print(*{loaded})"
    done = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    parts = [folder.OURS / part for part in folder.MAKES_RESULTS]
    paths = [path for path in map(Path, done.stdout.split()) if path.name != "__init__.py"]
    left = [path for path in paths if not any(path.is_relative_to(part) for part in parts)]
    assert paths
    # Settings reach a job as values, which its fingerprint has: not the code that read them.
    assert [path for path in left if "config" not in path.parts] == []


def test_a_results_folder_that_is_taken_away_ends_the_run_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty thousand jobs would fail there one after the other."""
    results, config = tmp_path / "out", load_config({}).config
    jobs = [make_job(number, folder=str(results / "sec101" / str(number))) for number in range(3)]
    summary = Summary(results, tmp_path / "store", [JobState(job, "waiting") for job in jobs])
    told: list[str] = []

    def outcomes(*_: object) -> Iterator[Outcome]:
        results.rename(tmp_path / "elsewhere")
        yield from (Outcome(job, None, "there is no such folder", 2) for job in jobs)

    monkeypatch.setattr(job_runs, "_outcomes", outcomes)
    monitor, any_engine, manifest = Monitor(), cast(Any, None), Manifest(results)
    monkeypatch.setattr(monitor, "say", told.append)
    results.mkdir()
    manifest.start({})
    said = r"out is gone: it was moved or removed .* give that folder with --results"
    with pytest.raises(UserError, match=said), RunRecord(config, "digest", summary):
        job_runs.do_jobs(config, summary, manifest, any_engine, monitor)
    manifest.close()
    assert len(told) == 1
    assert not results.exists()
