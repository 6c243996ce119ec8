"""What the monitor says while a stage goes on, on a terminal and off it."""

import io

import pytest

from driver.run.monitor import Monitor


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_plain_lines_show_share_and_time_left_by_rows(clock: Clock) -> None:
    stream = io.StringIO()
    with Monitor(stream, clock) as monitor:
        monitor.start("jobs", 1_000, "rows", 4)
        clock.now += 2
        monitor.advance(400)
        clock.now += 3
        monitor.advance(600, 3)
    assert stream.getvalue().splitlines() == [
        "jobs: 1/4 jobs, 40% of rows, 2.0 s so far, about 3 s left",
        "jobs: 4/4 jobs, 100% of rows, 5.0 s so far",
    ]


def test_plain_lines_come_each_two_seconds_at_first_and_are_few(clock: Clock) -> None:
    stream = io.StringIO()
    monitor = Monitor(stream, clock)
    monitor.start("jobs", 10_000, "rows", 10_000)
    for _ in range(10_000):
        clock.now += 0.01
        monitor.advance(1)
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


def test_a_terminal_gets_a_bar_and_lines_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with Monitor(stream) as monitor:
        monitor.start("jobs", 10, "rows", 2)
        monitor.advance(5)
        monitor.say("job [101/2024-01-02] failed")
    text = stream.getvalue()
    assert "1/2 jobs, 50% of rows" in text
    assert "job [101/2024-01-02] failed" in text


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
    monitor.start("jobs", 10, "rows", 2)
    for _ in range(9):
        clock.now += 0.5
        monitor.remind()
    assert stream.getvalue().splitlines() == [
        "jobs: 0/2 jobs, 0% of rows, 2.0 s so far",
        "jobs: 0/2 jobs, 0% of rows, 4.0 s so far",
    ]
