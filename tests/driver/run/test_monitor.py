"""What the monitor says while a stage goes on, on a terminal and off it."""

import io
import os
import time
from dataclasses import replace

import pytest

from driver.plan.jobs import Job
from driver.run.monitor import QUIET, USUAL, VERBOSE, Monitor
from tests.driver.jobs import make_job
from tickstore.engines.supervisor import AtWork


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def jobs_of(*sizes: int) -> list[Job]:
    return [replace(make_job(k, f"s{k}", rows=10 * size), day_bytes=size) for k, size in enumerate(sizes)]


def test_plain_lines_show_jobs_pace_and_time_left_by_bytes(clock: Clock) -> None:
    stream = io.StringIO()
    small, large, last = jobs = jobs_of(1_000_000, 3_000_000, 6_000_000)
    with Monitor(stream, clock) as monitor:
        monitor.start_jobs(jobs, kept=0)
        monitor.watch([AtWork(1, "s1/2024-01-01", 0.5), AtWork(2, "", 0.1)])
        clock.now += 2
        monitor.end_job(small, True)
        clock.now += 2
        monitor.end_job(large, False)
        clock.now += 6
        monitor.end_job(last, True)
    assert stream.getvalue().splitlines() == [
        "jobs: 1/3 jobs, 1 running, 10% of bytes, 5,000,000 events/s, 0.5 MB/s, 2.0 s so far, about 18 s left",
        "jobs: 1/3 jobs, 1 running, 1 failed, 40% of bytes, 2,500,000 events/s, 1.0 MB/s, 4.0 s so far, about 6 s left",
        "jobs: 2/3 jobs, 1 running, 1 failed, 100% of bytes, 7,000,000 events/s, 1.0 MB/s, 10.0 s so far",
    ]


def test_quiet_says_nothing_and_verbose_everything(clock: Clock) -> None:
    said = {}
    for loudness in (QUIET, USUAL, VERBOSE):
        stream = io.StringIO()
        monitor = Monitor(stream, clock, loudness)
        monitor.start("reading", 10, "bytes")
        clock.now += 3
        monitor.reach(5)
        monitor.say("said")
        monitor.detail("detail")
        said[loudness] = stream.getvalue().splitlines()
    assert said[QUIET] == []
    assert said[USUAL] == ["reading: 50% of bytes, 3.0 s so far, about 3 s left", "said"]
    assert said[VERBOSE] == [*said[USUAL], "detail"]


def test_plain_lines_come_each_two_seconds_at_first_and_are_few(clock: Clock) -> None:
    stream = io.StringIO()
    monitor = Monitor(stream, clock)
    monitor.start("generating", 10_000, "the market")
    for done in range(10_000):
        clock.now += 0.01
        monitor.reach(done + 1)
    lines = stream.getvalue().splitlines()
    assert 20 <= len(lines) <= 33
    assert all(f" {2 * k}.0 s so far" in line for k, line in enumerate(lines[:15], start=1))


def test_nothing_is_said_of_what_takes_no_time(clock: Clock) -> None:
    stream = io.StringIO()
    monitor = Monitor(stream, clock)
    monitor.start("reading", 0, "bytes")
    monitor.reach(0)
    monitor.stop()
    assert stream.getvalue() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_workers_below_it_and_lines_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    with Monitor(stream) as monitor:
        jobs = jobs_of(500, 500)
        monitor.start_jobs(jobs, kept=0)
        monitor.watch([AtWork(os.getpid(), "s1/2024-01-01", 3.2)])
        monitor.end_job(jobs[0], True)
        monitor.say("job [101/2024-01-02] failed")
        end = time.monotonic() + 20
        while not all(said in stream.getvalue() for said in ("50% of", "s1/2024")) and time.monotonic() < end:
            time.sleep(0.05)
    text = stream.getvalue()
    assert "1/2 jobs, 1 running, 50% of bytes" in text
    assert "job [101/2024-01-02] failed" in text
    (shown,) = {line.split()[1:4] and " ".join(line.split()[:4]) for line in text.splitlines() if "s1/2024" in line}
    assert shown == f"{os.getpid()} s1/2024-01-01 3 s"
    assert "MB" in text


def test_kernels_are_counted_without_a_guess_of_what_is_left(clock: Clock) -> None:
    """They take so different times that their number tells nothing of it; the time is that of the compilation."""
    stream = io.StringIO()
    monitor = Monitor(stream, clock)
    began = clock.now
    clock.now += 5
    for done in (0, 12, 39):
        monitor.count("compiling the kernels", "kernels", done, 39, began)
        clock.now += 2.5
    monitor.count("reading", "bytes", 0, 10)
    assert stream.getvalue().splitlines() == [
        "compiling the kernels: 12 of 39, 7.5 s so far",
        "compiling the kernels: 39 of 39, 10.0 s so far",
    ]


def test_a_long_job_is_not_silent(clock: Clock) -> None:
    stream = io.StringIO()
    monitor = Monitor(stream, clock)
    monitor.start_jobs(jobs_of(5, 5), kept=0)
    for _ in range(9):
        clock.now += 0.5
        monitor.watch([AtWork(1, "s0/2024-01-01", 0.5)])
    assert stream.getvalue().splitlines() == [
        "jobs: 0/2 jobs, 1 running, 0% of bytes, 2.0 s so far",
        "jobs: 0/2 jobs, 1 running, 0% of bytes, 4.0 s so far",
    ]
