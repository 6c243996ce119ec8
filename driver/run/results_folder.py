"""The results folder of a run: which jobs are still valid, what is stale, run.json and jobs.csv.

What `runner` and `from_results` know of files: they decide, this looks and writes.
"""

import csv
import importlib.metadata
import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import driver
from driver.config.keys import Config
from driver.plan.fingerprints import digest_of
from driver.plan.jobs import Job, JobReport
from driver.plan.plan import Plan
from driver.run.manifest import Finished, is_intact, is_results_folder
from driver.tables.csv_text import csv_bytes
from driver.tables.table_list import is_table
from kernels.base.sources import package_root, source_digest
from tickstore.durable.files import atomic_json, atomic_write, clear_temporary, file_stamps
from tickstore.errors import UserError

RUN_FILE = "run.json"
JOBS_FILE = "jobs.csv"
LOG_FILE = "run.log"
STALE = ".stale"
SHARDED = "sharded"  # the state of a run whose shards do the jobs, until `aggregate`
LIBRARIES = ("darkreplay", "numpy", "numba", "pyarrow", "h5py", "scipy")
OF_JOBS = ("numpy", "numba", "pyarrow")  # those a job runs
JOB_COLUMNS = (
    "job", "security", "date", "session", "state", "attempts", "events", "orders", "fills", "bytes", "seconds", "error",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class JobState:
    """One line of jobs.csv."""

    job: Job
    state: str  # done, kept (from an earlier run), failed, waiting
    attempts: int = 0
    report: JobReport | None = None
    error: str = ""

    @property
    def is_missing(self) -> bool:
        """Return whether the job is in no table: failed, or never done."""
        return self.state in ("failed", "waiting")


def check_results_folder(results: Path, store: Path) -> None:
    """Raise a UserError if ``results`` is the store, or holds something no run of this program made."""
    if results.resolve() == store.resolve():
        raise UserError(f"--results={results} is the store: give another folder")
    if results.exists() and not results.is_dir():
        raise UserError(f"--results={results} is a file: give a folder")
    if results.is_dir() and not is_results_folder(results):
        raise UserError(f"--results={results} holds other files: give an empty or new folder")


def valid_jobs(plan: Plan, finished: Mapping[str, Finished]) -> dict[str, Finished]:
    """Return the jobs of ``plan`` that an earlier run finished with the same data and settings, still intact."""
    valid = {}
    for job in plan.jobs:
        earlier = finished.get(job.name)
        if earlier and job.is_done_by(earlier.fingerprint) and is_intact(earlier, Path(job.folder)):
            valid[earlier.name] = earlier
    return valid


def finished_entry(job: Job, report: JobReport) -> Finished:
    """Return the manifest's entry for a job that has just been done."""
    clear_temporary(Path(job.folder))  # of an earlier attempt
    return Finished(job.name, job.fingerprint, file_stamps(Path(job.folder)), asdict(report))


def set_stale_aside(results: Path, plan: Plan) -> int:
    """Move the folders of jobs that are not in the plan to ``.stale``; return how many."""
    planned = {job.folder for job in plan.jobs}
    stale = [folder for folder in sorted(results.glob("sec*/*")) if str(folder) not in planned and folder.is_dir()]
    for folder in stale:
        target = results / STALE / folder.relative_to(results)
        if target.exists():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(target)
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()
    return len(stale)


def remove_tables(results: Path) -> None:
    """Remove the tables and the report of an earlier run: they would not match the jobs any more."""
    clear_temporary(results)
    for name in file_stamps(results):
        if is_table(name):
            (results / name).unlink(missing_ok=True)


def read_run(results: Path) -> dict[str, Any]:
    """Return run.json as an earlier run left it."""
    facts: dict[str, Any] = json.loads((results / RUN_FILE).read_text(encoding="utf-8"))
    return facts


def tables_are_current(results: Path, digest: str) -> bool:
    """Return whether an earlier run completed exactly this plan and its tables are as it left them."""
    try:
        before = read_run(results)
        stamps = {name: tuple(stamp) for name, stamp in before["tables"].items()}
        return bool(before["state"] == "complete" and before["plan"] == digest and table_stamps(results) == stamps)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def headline(results: Path) -> list[dict[str, Any]]:
    """Return the global rows that an earlier, complete run left in run.json."""
    return [dict(row) for row in read_run(results).get("summary", [])]


def refresh_stamps(results: Path) -> None:
    """Record the current size and mtime of tables and report in run.json, so that a resume trusts them."""
    atomic_json(results / RUN_FILE, read_run(results) | {"tables": table_stamps(results)})


def table_stamps(results: Path) -> dict[str, tuple[int, int]]:
    """Return name -> (bytes, mtime) of the tables and the report; what else lies in the folder is not ours."""
    return {name: stamp for name, stamp in file_stamps(results).items() if is_table(name)}


def write_jobs(results: Path, states: Sequence[JobState], names: Mapping[str, str]) -> None:
    """Write jobs.csv: one line per job of the plan, in its order.

    names : of securities; where any of the jobs has one they stand after the codes
    """
    rows, at = [], JOB_COLUMNS.index("security") + 1
    named = {state.job.security for state in states} & {*names}
    for state in states:
        report, job = state.report, state.job
        about = [job.index, job.security, job.date, job.session.source, state.state, state.attempts]
        counts = [report.events, report.orders, report.fills, report.bytes_written] if report else [""] * 4
        seconds = f"{report.seconds:.6f}" if report else ""
        row = [*about, *counts, seconds, state.error]
        rows.append([*row[:at], names.get(job.security, ""), *row[at:]] if named else row)
    columns = [*JOB_COLUMNS[:at], *["security_name"] * bool(named), *JOB_COLUMNS[at:]]
    atomic_write(results / JOBS_FILE, csv_bytes(columns, rows))


def recorded_states(results: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the lines of jobs.csv by (security, date)."""
    try:
        with (results / JOBS_FILE).open(newline="", encoding="utf-8") as file:
            return {(row["security"], row["date"]): row for row in csv.DictReader(file)}
    except (OSError, ValueError, KeyError):
        raise UserError(f"{results / JOBS_FILE} is missing or damaged: use `run` instead") from None


def write_run(results: Path, state: str, config: Config, digest: str, facts: Mapping[str, Any]) -> None:
    """Write run.json: what was run, with what, and what came out."""
    # state: running, complete, failed (some jobs), interrupted
    head = {"darkreplay": "run", "state": state, "plan": digest}
    atomic_json(results / RUN_FILE, {**head, **facts, "config": asdict(config), "versions": versions()})


def versions() -> dict[str, str]:
    """Return what else decides the last digits: versions of Python, the libraries and the CPU's kind."""
    found = {"python": sys.version.split()[0], "machine": platform.machine(), "cores": str(os.cpu_count())}
    for library in LIBRARIES:
        found[library] = "absent"
        with suppress(importlib.metadata.PackageNotFoundError):
            found[library] = importlib.metadata.version(library)
    return found


OURS: Final = package_root(Path(str(driver.__file__)))
# What of this package a job runs. The rest says things, or makes tables of finished jobs: they stay valid without it.
MAKES_RESULTS: Final = (
    "job", "plan", "sums", "tables/columns",
    *(f"tables/{name}.py" for name in ("csv_text", "row_measures", "history_measures", "table_style")),
)  # fmt: skip


@cache
def code_digest() -> str:
    """Return a digest of the code that makes results, libraries included: a job done by other code is not valid."""
    import kernels
    import tickstore

    others = (package_root(Path(str(package.__file__))) for package in (kernels, tickstore))
    sources, found = source_digest(*others, *(OURS / part for part in MAKES_RESULTS)), versions()
    return digest_of([sources, found["python"].rpartition(".")[0], *(found[library] for library in OF_JOBS)])


def tables_code_digest() -> str:
    """Return a digest of the sources that make tables and report out of finished jobs, words included."""
    return source_digest(OURS)
