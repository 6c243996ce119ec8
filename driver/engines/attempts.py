"""Jobs on machines that may be taken for dead and still write: each attempt has a folder of its own.

A job that is handed out has a desk, a folder that is there as long as the job is under way. Whoever does it makes the
job's folder on the desk; the run moves that of the attempt that answers to its place, and takes the desk away. A worker
whose job went to another meanwhile then finds no desk: it can make no folder there, and what it still writes into one
has no name any more.
"""

import secrets
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple, Self

from driver.plan.jobs import Job, JobReport
from tickstore.durable.files import TEMPORARY
from tickstore.engines.engine import resolve

FOLDER: Final = f"{TEMPORARY}attempts"


class Attempt(NamedTuple):
    """A job on its way to whoever does it."""

    work: str  # ``module:function``
    job: Job
    desk: str


class Attempted(NamedTuple):
    """What an attempt that came to its end gave."""

    report: JobReport
    folder: str  # on the desk


def do_attempt(attempt: Attempt) -> Attempted:
    """Do a job in a folder that no other attempt has."""
    folder = Path(attempt.desk) / secrets.token_hex(8)
    report: JobReport = resolve(attempt.work)(replace(attempt.job, folder=str(folder)))
    return Attempted(report, folder.name)


class Attempts:
    """The desks of a run's jobs, below its records. What an earlier run left there is gone once it is entered."""

    def __init__(self, records: Path) -> None:
        self.place = records / _name()  # never there before: network file systems remember folders for a while

    def __enter__(self) -> Self:
        for left in list(self.place.parent.glob(f"{FOLDER}-*")):
            _remove(left, self.place.with_name(_name()))
        self.place.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        _remove(self.place, self.place.with_name(_name()))

    def hand_out(self, work: str, job: Job) -> Attempt:
        """Return a job as it is handed out, with its desk."""
        desk = self.place / secrets.token_hex(8)
        desk.mkdir()
        return Attempt(work, job, str(desk))

    def end(self, attempt: Attempt, done: Attempted | None) -> JobReport | None:
        """Put what was done in its place, whatever was there before, and take the desk away."""
        try:
            if done is None:
                return None
            self._remove(Path(attempt.job.folder))
            (Path(attempt.desk) / done.folder).rename(attempt.job.folder)
            return done.report
        finally:
            self._remove(Path(attempt.desk))

    def _remove(self, folder: Path) -> None:
        _remove(folder, self.place / secrets.token_hex(8))


def _name() -> str:
    return f"{FOLDER}-{secrets.token_hex(8)}"


def _remove(folder: Path, gone: Path) -> None:
    """Take a folder its name, then what is in it: others may write there, and must not while it is emptied."""
    with suppress(FileNotFoundError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
