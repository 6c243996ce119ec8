"""The supervisor, with real worker processes that are killed, hang, raise and run out of memory."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from driver.engines.jobs import ROWS, Outcome, largest_first, run_jobs, workers_for
from driver.plan.estimates import job_memory
from driver.plan.jobs import Job
from tests.driver.jobs import make_job
from tickstore.engines.engine import EngineError, InProcess, error_line
from tickstore.engines.supervisor import AtWork, Options, Supervisor
from tickstore.errors import InputError

WORK = "tests.driver.jobs:run"
ROOT = Path(__file__).resolve().parents[3]


def run_all(jobs: Sequence[Job], workers: int = 2, deadline: float = 0.0, retries: int = 1) -> dict[int, Outcome]:
    options = Options(workers, deadline=deadline, retries=retries, retry_exhausted=True)
    with Supervisor(options) as engine:
        outcomes = {outcome.job.index: outcome for outcome in run_jobs(engine, jobs, WORK)}
    assert len(outcomes) == len(jobs)
    return outcomes


def test_every_job_gives_its_report() -> None:
    outcomes = run_all([make_job(i, rows=i + 1) for i in range(40)])
    for i, outcome in outcomes.items():
        assert outcome.report is not None
        assert (outcome.report.index, outcome.report.events, outcome.attempts) == (i, i + 1, 1)


def test_who_watches_is_shown_now_and_then_what_workers_do() -> None:
    shown: list[Sequence[AtWork]] = []
    options = Options(1, watch=shown.append, deadline=1.6, retries=0)
    with Supervisor(options) as engine:
        (outcome,) = run_jobs(engine, [make_job(0, "hang")], WORK)
    assert outcome.error == "no answer within 1.6 s"
    busy = [worker for workers in shown for worker in workers if worker.label]
    assert len(busy) >= 2
    assert {worker.label for worker in busy} == {"hang/2024-01-01"}
    assert busy[0].pid > 0
    assert 0 <= busy[0].seconds < busy[-1].seconds < 3


def test_small_runs_take_two_workers() -> None:
    small, large = make_job(0, rows=10), make_job(1, rows=4 * ROWS)
    assert [workers_for(most, [small, small, small]) for most in (1, 2, 8)] == [1, 2, 2]
    assert [workers_for(most, [small, large, large]) for most in (1, 2, 8, 16)] == [1, 2, 8, 8]


def test_no_jobs_start_no_workers() -> None:
    assert run_all([]) == {}


def test_jobs_that_kill_exit_hang_or_raise_fail_and_the_others_complete() -> None:
    names = ["ok", "kill", "ok", "exit", "hang", "raise", "memory", *["ok"] * 10]
    outcomes = run_all([make_job(i, name) for i, name in enumerate(names)], workers=3, deadline=1.0)
    failed = {names[i]: (o.error, o.attempts) for i, o in outcomes.items() if o.report is None}
    assert failed == {
        "kill": ("its worker was killed by SIGKILL", 2),
        "exit": ("its worker ended with exit code 7", 2),
        "hang": ("no answer within 1 s", 2),
        "raise": (failed["raise"][0], 1),  # it would raise again
        "memory": (failed["memory"][0], 2),
    }
    assert failed["raise"][0].startswith("ValueError: the numbers are wrong (jobs.py:")
    assert failed["memory"][0].startswith("MemoryError")


@pytest.mark.parametrize("fault", ["kill once", "hang once", "memory once"])
def test_a_passing_trouble_is_tried_again(fault: str, tmp_path: Path) -> None:
    jobs = [make_job(0, fault, folder=str(tmp_path)), make_job(1)]
    outcomes = run_all(jobs, workers=1, deadline=1.0)
    assert [(o.error, o.attempts) for o in (outcomes[0], outcomes[1])] == [("", 2), ("", 1)]


def test_workers_run_one_thread_and_the_driver_keeps_its_own() -> None:
    before = dict(os.environ)
    report = run_all([make_job(0, "threads")])[0].report
    assert report is not None
    assert report.events == 1
    assert dict(os.environ) == before


def test_an_answer_that_waits_for_a_slow_caller_is_no_hang() -> None:
    jobs = [make_job(i, "slow") for i in range(4)]
    outcomes = []
    with Supervisor(Options(2, deadline=1.0)) as engine:
        for outcome in run_jobs(engine, jobs, WORK):
            time.sleep(1.2)
            outcomes.append((outcome.error, outcome.attempts))
    assert outcomes == [("", 1)] * 4


def test_a_fault_among_jobs_that_travel_together_is_its_own() -> None:
    """Those before it are answered, those behind it are given to another worker and have lost no attempt."""
    names = ["ok"] * 5 + ["kill", "ok", "hang", "ok", "raise", "memory"] + ["ok"] * 13
    jobs = [make_job(i, name, rows=10 + i) for i, name in enumerate(names)]
    options = Options(2, deadline=1.0, retry_exhausted=True, batch=100_000)
    with Supervisor(options) as engine:
        outcomes = {outcome.job.index: outcome for outcome in run_jobs(engine, jobs, WORK)}
    failed = {names[i]: outcome.attempts for i, outcome in outcomes.items() if outcome.report is None}
    assert failed == {"kill": 2, "hang": 2, "raise": 1, "memory": 2}
    for i, outcome in outcomes.items():
        if outcome.report:
            assert (names[i], outcome.attempts, outcome.report.events) == ("ok", 1, 10 + i)


def test_jobs_wait_while_others_take_the_memory() -> None:
    """Each is expected to take more than half of it: one at a time, though there are two workers."""
    jobs = [make_job(i, "alone", rows=1_000_000) for i in range(4)]
    options = Options(2, memory_budget=round(1.5 * job_memory(1_000_000, replays=True)))
    with tempfile.TemporaryDirectory() as folder, Supervisor(options) as engine:
        jobs = [replace(job, folder=folder) for job in jobs]
        outcomes = list(run_jobs(engine, jobs, WORK, replays=True))
    assert [outcome.error for outcome in outcomes] == [""] * 4


def test_retries_may_be_switched_off() -> None:
    assert run_all([make_job(0, "kill")], retries=0)[0].attempts == 1


def test_largest_jobs_start_first() -> None:
    jobs = [make_job(i, rows=rows) for i, rows in enumerate([5, 50, 1, 50, 7])]
    with Supervisor(Options(1)) as engine:
        done = [outcome.job.index for outcome in run_jobs(engine, largest_first(jobs), WORK)]
    assert done == [1, 3, 4, 0, 2]


def test_all_workers_take_part_and_no_more_than_wanted() -> None:
    outcomes = run_all([make_job(i, "pid") for i in range(12)], workers=3)
    assert len({o.report.events for o in outcomes.values() if o.report}) == 3


def test_stopping_early_ends_the_workers() -> None:
    jobs = [make_job(0, "ok", rows=9), *(make_job(i, "pid") for i in range(1, 3)), make_job(3, "hang", rows=1)]
    with Supervisor(Options(2)) as engine:
        outcomes = run_jobs(engine, jobs, WORK)
        first = next(outcomes), next(outcomes), next(outcomes)
        pids = [o.report.events for o in first if o.report and o.job.security == "pid"]
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert pids
    assert not any(is_alive(pid) for pid in pids)


def test_what_workers_cannot_load_is_said_after_a_few_tries() -> None:
    with (
        Supervisor(Options(1, preload=("tests.driver.no_such_module",))) as engine,
        pytest.raises(EngineError, match="workers do not start"),
    ):
        list(run_jobs(engine, [make_job(0)], WORK))


@pytest.mark.parametrize("start", ["fork", "forkserver"])
def test_workers_die_with_a_killed_driver(start: str, tmp_path: Path) -> None:
    """kill -9 of the driver: no orphan goes on working."""
    program = (
        f"start = {start!r}\n"
        "from driver.engines.jobs import run_jobs\n"
        "from tests.driver.jobs import make_job\n"
        "from tickstore.engines.supervisor import AtWork, Options, Supervisor\n"
        f"jobs = [make_job(i, folder={str(tmp_path)!r}) for i in range(2)]\n"
        "list(run_jobs(Supervisor(Options(2, start=start)), jobs, 'tests.driver.jobs:sleep_for_ever'))\n"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "io")])
    driver = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"PYTHONPATH": paths})
    wait_until(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    workers = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert all(is_alive(pid) for pid in workers)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in workers))


def test_memory_limit_is_on_private_memory() -> None:
    outcomes = {}
    for limit in (0, 300):
        with Supervisor(Options(1, retries=0, memory_mb=limit)) as engine:
            (outcomes[limit],) = run_jobs(engine, [make_job(0)], f"{__name__}:allocate")
    assert outcomes[0].error == ""
    assert outcomes[300].error.startswith("MemoryError")


def allocate(job: Job) -> object:
    """Take 400 MB, in the worker."""
    from driver.plan.jobs import JobReport

    return JobReport(job.index, len(bytes(400_000_000)), 0, 0, 0, 0.0)


def test_in_process_jobs_have_the_same_outcomes() -> None:
    jobs = [make_job(0), make_job(1, "raise"), make_job(2)]
    here = list(run_jobs(InProcess(), jobs, WORK))
    assert [outcome.error == "" for outcome in here] == [True, False, True]
    assert here[1].error == run_all(jobs)[1].error


def test_errors_become_one_line() -> None:
    assert error_line(InputError("no such\nfile")) == "no such file"
    assert error_line(KeyError()) == "KeyError: KeyError"


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition: object, seconds: float = 20.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
