"""What the Dask engine says of workers that differ from the driver's machine, without a cluster."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from driver.engines import dask_engine
from driver.engines.dask_checks import Places, check_paths, check_versions, refused
from driver.engines.dask_engine import DaskEngine, DaskOptions
from driver.engines.dask_memory import Room
from driver.engines.dask_worker import (
    Call,
    Machine,
    at_work_here,
    await_idle,
    do_task,
    seen_here,
    stamps_here,
    versions_here,
)
from tickstore.engines.engine import Task
from tickstore.errors import UserError

Change = Callable[[Any], Any]
GB = 1 << 30


def asked(change: Change) -> Callable[..., dict[str, Any]]:
    """Return what asks one worker, which answers as this process does but for a ``change``."""
    return lambda function, *arguments: {"tcp://w:2": change(function(*arguments))}


def places_in(folder: Path) -> Places:
    (folder / "day.h5").write_bytes(b"12345")
    return Places((("results folder", folder),), (folder / "day.h5",))


def test_a_worker_like_this_machine_is_taken(tmp_path: Path) -> None:
    ask = asked(lambda found: found)
    check_versions(ask)
    check_paths(ask, places_in(tmp_path), "run")
    assert [path.name for path in tmp_path.iterdir()] == ["day.h5"], "nothing is left behind"


def test_other_versions_are_named() -> None:
    with pytest.raises(UserError, match=r"worker tcp://w:2 has numba 0\.1, this machine .*install the same versions"):
        check_versions(asked(lambda found: found | {"numba": "0.1"}))
    with pytest.raises(UserError, match="has darkreplay's sources other, this machine"):
        check_versions(asked(lambda found: found | {"darkreplay's sources": "other"}))


def test_other_paths_are_named(tmp_path: Path) -> None:
    places = places_in(tmp_path)

    def lacks(found: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(found, "No such file or directory")

    with pytest.raises(UserError, match=r"does not see the results folder .* as this machine does .No such file"):
        check_paths(asked(lacks), places, "run")
    for size, said in ((-1, "does not see"), (9, "sees another")):

        def other(found: dict[str, Any], size: int = size) -> dict[str, Any]:
            return {path: size if path.endswith(".h5") else value for path, value in found.items()}

        with pytest.raises(UserError, match=f"worker tcp://w:2 {said} .*day.h5: all machines need one file system"):
            check_paths(asked(other), places, "run")
    assert [path.name for path in tmp_path.iterdir()] == ["day.h5"], "nothing is left behind"


def test_a_worker_that_cannot_run_this_program_is_named() -> None:
    with pytest.raises(UserError, match=r"worker tcp://w:2 cannot run this program .no driver.: install the same"):
        refused({"tcp://w:1": {}, "tcp://w:2": ImportError("no driver")}, "tcp://s:1")


class Client:
    """One that asks workers of which some are gone when they are asked, or while they are."""

    def __init__(self, answers: dict[str, Any], left: list[str], seconds: float = 0.0) -> None:
        self.answers, self.left, self.seconds = answers, left, seconds

    def run(self, *_: object, **__: object) -> dict[str, Any]:
        time.sleep(self.seconds)
        return self.answers

    def scheduler_info(self, **_: object) -> dict[str, Any]:
        return {"workers": {worker: {} for worker in self.left}}


def ask_all(client: Client) -> tuple[dict[str, Any], list[str]]:
    """Return what workers answer, and what is said meanwhile."""
    said: list[str] = []
    engine = DaskEngine(DaskOptions("tcp://s:1", (), Places((("results folder", Path("out")),), ()), said.append))
    engine.client = client
    return engine._ask(versions_here), said


def test_a_worker_that_goes_while_it_is_asked_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was said to lack this program, and the run ended."""
    answers = {"tcp://w:1": {"a": 1}, "tcp://w:2": OSError("Address removed.")}
    monkeypatch.setattr(dask_engine, "SILENT_SECONDS", 0.05)
    assert ask_all(Client(answers, ["tcp://w:1"])) == ({"tcp://w:1": {"a": 1}}, [])
    _, said = ask_all(Client(answers, ["tcp://w:1"], seconds=0.3))
    assert [line.partition(" (")[0] for line in said] == ["note: a worker of the cluster does not answer"]
    with pytest.raises(UserError, match=r"worker tcp://w:2 cannot run this program .Address removed"):
        ask_all(Client(answers, ["tcp://w:1", "tcp://w:2"]))
    with pytest.raises(UserError, match="--scheduler=tcp://s:1 has no workers: start some"):
        ask_all(Client(answers, []))


def test_what_a_worker_finds(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("token")
    assert seen_here([str(tmp_path / "a"), str(tmp_path / "b")]) == {
        str(tmp_path / "a"): "token",
        str(tmp_path / "b"): "No such file or directory",
    }
    assert stamps_here([str(tmp_path / "a"), str(tmp_path / "b")]) == {str(tmp_path / "a"): 5, str(tmp_path / "b"): -1}
    assert versions_here() == versions_here()


def call(function: Any, argument: Any, alone: bool = False) -> Call:
    return Call("/results", "run", Task(function, argument, "101 on Monday"), alone)


def test_what_goes_wrong_with_a_task_is_an_answer() -> None:
    assert do_task(call(len, "abc")) == ("done", 3)
    kind, (line, error) = do_task(call(int, "x"))
    assert (kind, type(error)) == ("failed", RuntimeError)
    assert line.startswith("ValueError: invalid literal")
    assert do_task(call(Path.read_text, Path("/no such file"), alone=True))[0] == "exhausted"


def test_a_worker_says_what_it_does_and_lets_a_run_that_is_over_end_first() -> None:
    begun, end = threading.Event(), threading.Event()

    def work(_: object) -> None:
        begun.set()
        end.wait(30)

    thread = threading.Thread(target=do_task, args=[call(work, None)])
    thread.start()
    assert begun.wait(30)
    (process, label, seconds, memory) = at_work_here("run")[0]
    assert (process, label, at_work_here("another")) == (os.getpid(), "101 on Monday", [])
    assert seconds >= 0
    assert memory > 1 << 20
    asyncio.run(asyncio.wait_for(await_idle("/results", "run"), 5))
    asyncio.run(asyncio.wait_for(await_idle("/elsewhere", "another"), 5))
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(await_idle("/results", "another"), 0.3))
    end.set()
    asyncio.run(asyncio.wait_for(await_idle("/results", "another"), 5))
    thread.join()
    assert at_work_here("run") == []


def test_conversions_take_turns_in_a_process() -> None:
    at_once: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        at_once.append(number)
        most.append(len(at_once))
        time.sleep(0.02)
        at_once.remove(number)

    threads = [threading.Thread(target=do_task, args=[call(work, number, alone=True)]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def room(limit: int = 0, **machines: tuple[int, int]) -> tuple[Room, list[str]]:
    """Return the room of machines of so many workers of a thread each, and bytes that are free."""
    said: list[str] = []
    made = Room(limit, said.append)
    found = {f"{name}:{k}": Machine(name, free) for name, (count, free) in machines.items() for k in range(count)}
    made.count(dict.fromkeys(found, 1), found)
    return made, said


def test_what_is_under_way_fits_each_machine_wherever_it_goes() -> None:
    large, said = room(big=(2, 100 * GB), small=(4, 10 * GB))  # of which 8 GB are for tasks
    assert large.threads == 6
    assert large.has_place([], 20 * GB), "one is begun in any case"
    assert large.has_place([3 * GB], 4 * GB)
    assert said == []
    assert not large.has_place([3 * GB, 3 * GB], 4 * GB), "all three may meet on the small machine"
    assert large.has_place([2 * GB, 2 * GB], 4 * GB)
    assert large.has_place([2 * GB] * 9, 2 * GB), "no more than four of them are done there at a time"
    assert not large.has_place([3 * GB, 3 * GB], 4 * GB)
    assert len(said) == 1, "said once"
    assert "small, where 8,192 MB are free for them" in said[0]


def test_no_more_tasks_are_at_hand_than_threads_can_do_soon() -> None:
    few, _ = room(one=(2, 0))  # free memory is not known
    assert few.has_place([GB] * 7, GB)
    assert not few.has_place([GB] * 8, GB)
    few.count({}, {})
    assert not few.has_place([1] * 4, 1), "no worker is left"


def test_a_task_above_the_limit_is_refused_with_a_reason() -> None:
    limited, _ = room(512 << 20, one=(1, 0))
    assert limited.too_large(512 << 20) == ""
    assert limited.too_large(600 << 20).startswith("it is expected to take 600 MB, more than --memory=512 (")
    assert room(0)[0].too_large(600 << 20) == ""


def test_memory_that_tasks_took_meanwhile_counts_as_theirs() -> None:
    one, _ = room(one=(2, 10 * GB))
    one.count({"one:0": 1, "two:0": 1}, {"one:0": Machine("one", GB), "two:0": Machine("two", 20 * GB)})
    assert one.budgets == {"one": (1, 8 * GB), "two": (1, 16 * GB)}
    assert one.known == {"one:0", "two:0"}
