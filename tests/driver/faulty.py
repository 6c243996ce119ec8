"""The command line with jobs that go wrong: ``python -m tests.driver.faulty FAULTS run ...``.

FAULTS is ``security/date=fault,...`` with the faults kill, hang, raise and eat (memory), or ``all=slow`` (1.5 s more)
or ``all=paced`` (0.2 s more). ``begin`` and ``midst`` stop the process of the job, until somebody continues it, before
it has written anything and when it has written a part; it then says that it ended by a file ``ended``.
"""

import os
import signal
import sys
import time
from pathlib import Path
from unittest import mock

from driver.job import job as real
from driver.plan.jobs import Job, JobReport
from tickstore.durable.files import atomic_write

VARIABLE = "DARKREPLAY_TEST_FAULTS"


def run_job(job: Job) -> JobReport:
    """Run the real job, or what FAULTS says of it. Faults strike half way, with files written."""
    faults = dict(entry.split("=") for entry in os.environ[VARIABLE].split(",") if entry)
    fault = faults.get(f"{job.security}/{job.date}") or faults.get("all", "")
    if fault in ("begin", "midst"):
        return _stopped(job, fault)
    report = real.run_job(job)
    if fault:
        (Path(job.folder) / f".tmp-half.{os.getpid()}").touch()
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "hang":
        time.sleep(600)
    if fault == "raise":
        raise ValueError("a fault")
    if fault == "eat":
        eaten = []
        while True:
            eaten.append(bytearray(64 << 20))
    if fault == "slow":
        time.sleep(1.5)  # long enough for another run to start
    if fault == "paced":
        time.sleep(0.2)
    return report


def _stopped(job: Job, where: str) -> JobReport:
    """Run the real job in a process that is stopped on the way: it may have been taken for dead meanwhile."""

    def stop_and_write(path: Path, data: bytes) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)
        atomic_write(path, data)

    try:
        if where == "begin":
            os.kill(os.getpid(), signal.SIGSTOP)
            return real.run_job(job)
        with mock.patch.object(real, "atomic_write", stop_and_write):  # of the table; the order files are there by now
            return real.run_job(job)
    finally:
        Path("ended").touch()


if __name__ == "__main__":
    from driver.entry import enter
    from driver.run import job_runs

    os.environ[VARIABLE] = sys.argv[1]
    job_runs.WORK = "tests.driver.faulty:run_job"
    sys.exit(enter(sys.argv[2:]))
