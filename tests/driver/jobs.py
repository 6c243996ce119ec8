"""Jobs that go wrong on purpose. The name of the security says how; workers import this module."""

import os
import signal
import time
from pathlib import Path

from driver.plan.jobs import Job, JobReport, Settings
from kernels.measure.choices import Session
from tickstore.engines.worker import SINGLE_THREAD


def make_job(index: int, security: str = "ok", rows: int = 100, folder: str = "/nonexistent") -> Job:
    """Return a job that no real partition stands behind."""
    return Job(
        index=index,
        security=security,
        date="2024-01-01",
        day_file="",
        folder=folder,
        session=Session(0, 1, "file"),
        settings=Settings(),
        event_rows=rows,
        fingerprint=f"{index:032x}",
    )


def run(job: Job) -> JobReport:
    """Do what the job's name says."""
    if job.security == "kill" or (job.security == "kill once" and first_time(job)):
        os.kill(os.getpid(), signal.SIGKILL)
    if job.security == "hang" or (job.security == "hang once" and first_time(job)):
        time.sleep(600)
    if job.security == "exit":
        os._exit(7)
    if job.security == "raise":
        raise ValueError("the numbers\nare wrong")
    if job.security == "memory" or (job.security == "memory once" and first_time(job)):
        raise MemoryError
    if job.security == "threads":
        alone = all(os.environ[name] == "1" for name in SINGLE_THREAD)
        return JobReport(job.index, int(alone), 0, 0, 0, 0.0)
    if job.security == "alone":
        mark = Path(job.folder) / "at work"
        mark.touch(exist_ok=False)  # another one is at work
        time.sleep(0.2)
        mark.unlink()
    if job.security == "slow":
        time.sleep(0.2)
    if job.security == "pid":
        time.sleep(0.05)
        return JobReport(job.index, os.getpid(), 0, 0, 0, 0.0)
    return JobReport(job.index, job.event_rows, 0, 0, 0, 0.0)


def first_time(job: Job) -> bool:
    """Return whether this is the job's first attempt, remembered in its folder."""
    mark = Path(job.folder) / f"{job.index}"
    if mark.exists():
        return False
    mark.touch()
    return True


def sleep_for_ever(job: Job) -> JobReport:
    """Write the worker's process id into the job's folder, then hang."""
    (Path(job.folder) / f"{os.getpid()}.pid").touch()
    time.sleep(600)
    return JobReport(job.index, 0, 0, 0, 0, 0.0)
