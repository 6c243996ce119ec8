"""Jobs go to processes one by one, come back as they finish, and survive one death of their worker."""

import contextlib
import multiprocessing.context
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tickstore import InputError, StoreError
from tickstore.conversion.pipeline import processes, results
from tickstore.engines.engine import Answer, Engine, EngineError, Feed, InProcess, Task


def double(number: int) -> int:
    return 2 * number


def die(folder: str) -> str:
    """Die where ``folder`` lacks two files; each attempt leaves one."""
    attempts = len(os.listdir(folder))  # noqa: PTH208
    Path(folder, str(attempts)).touch()
    if attempts < int(Path(folder).name):
        os.kill(os.getpid(), signal.SIGKILL)
    return "lived"


def linger(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def refuse(_: int) -> None:
    raise InputError("no")


def engine_of(workers: int) -> contextlib.AbstractContextManager[Engine]:
    return contextlib.nullcontext(InProcess()) if workers == 1 else processes(workers)


def feed_of(function: Callable[[Any], Any], tasks: list[Any]) -> Callable[[], Task | None]:
    waiting = [Task(function, task, f"task {task}") for task in tasks]
    return lambda: waiting.pop(0) if waiting else None


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_job_is_done_once(workers: int) -> None:
    with engine_of(workers) as engine:
        found = sorted(result for _, result in results(engine, feed_of(double, list(range(20)))))
    assert found == [2 * number for number in range(20)]


@pytest.mark.parametrize("workers", [1, 3])
def test_results_may_bring_new_jobs(workers: int) -> None:
    waiting = [Task(double, 1, "")]
    seen = []
    with engine_of(workers) as engine:
        for _, result in results(engine, lambda: waiting.pop() if waiting else None):
            seen.append(result)
            if result < 100:
                waiting.extend([Task(double, result, ""), Task(double, 1000, "")])
    assert sorted(seen) == [2, 4, 8, 16, 32, 64, 128, 2000, 2000, 2000, 2000, 2000, 2000]


def test_a_job_survives_one_death_of_its_worker(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    with processes(2) as engine:
        assert [result for _, result in results(engine, feed_of(die, [str(tmp_path / "1")]))] == ["lived"]
        assert [result for _, result in results(engine, feed_of(double, [3]))] == [6]


def test_a_job_that_kills_two_workers_is_named(tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    with processes(2) as engine, pytest.raises(StoreError, match=r"workers died on task .*2: out of memory\?"):
        list(results(engine, feed_of(die, [str(tmp_path / "2")])))


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_job_raises_is_raised(workers: int) -> None:
    with engine_of(workers) as engine, pytest.raises(InputError, match="no"):
        list(results(engine, feed_of(refuse, [1, 2])))


def test_a_worker_whose_answer_nobody_awaits_ends_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(multiprocessing.context.ForkProcess, "kill", lambda _: None)  # it gets to its answer
    waiting = [Task(linger, 0.3, ""), Task(refuse, 1, "")]
    with processes(2) as engine, pytest.raises(InputError, match="no"):
        list(results(engine, lambda: waiting.pop(0) if waiting else None))
    assert capfd.readouterr().err == ""


class Lame:
    """An engine whose workers do not start."""

    def run(self, feed: Feed) -> Iterator[Answer]:
        raise EngineError("workers do not start: its worker was killed by SIGKILL")


def test_workers_that_do_not_start_are_an_error_one_can_act_on() -> None:
    with pytest.raises(StoreError, match=r"no worker process can be started: .*SIGKILL; try --max_workers=1"):
        list(results(Lame(), feed_of(double, [1])))
