"""Workers' server is there before it is asked for where it is of use, and nowhere else; nothing is left of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driver.config.loading import load_config
from driver.engines.early import server
from driver.engines.early.server import start_early_server, stop_early_server
from driver.engines.preloads import PRELOAD, PRELOAD_REPLAY
from tests.driver.conftest import Market
from tests.driver.conftest import market as market
from tests.driver.whole_runs import ENVIRONMENT, ROOT, command, darkreplay, tables


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What would have been started and stopped, on two cores."""
    found: list[Any] = []

    def start(preload: Sequence[str]) -> int:
        found.append(preload)
        return 4_194_305  # beyond the last process there can be

    monkeypatch.setattr(server, "start_server", start)
    monkeypatch.setattr(server, "stop_server", found.append)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    yield found
    server._started = 0


def test_it_loads_what_the_run_needs_and_is_stopped_once(asked: list[Any]) -> None:
    config = load_config({}).config
    start_early_server(replace(config, dark_pool_scenarios=("A",)))
    start_early_server(replace(config, dark_pool_scenarios=("A", "R")))
    stop_early_server()
    stop_early_server()
    assert asked == [PRELOAD, PRELOAD_REPLAY, 4_194_305, 0]


def test_it_is_not_started_where_it_is_of_no_use(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_config({}).config
    start_early_server(replace(config, mode="sequential"))
    start_early_server(replace(config, engine="dask"))
    monkeypatch.setattr(server, "is_limited", lambda: True)
    start_early_server(config)
    monkeypatch.setattr(server, "is_limited", lambda: False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3})
    start_early_server(config)
    assert asked == []


def test_what_goes_wrong_is_left_to_who_wants_workers(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(preload: Sequence[str]) -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(server, "start_server", fail)
    start_early_server(load_config({}).config)
    stop_early_server()
    assert asked == [0]


@pytest.mark.parametrize("stopped", [False, True])
def test_workers_come_from_it_unless_it_was_stopped(stopped: bool, tmp_path: Path) -> None:
    (tmp_path / "nothing_to_load.py").write_text("def ensure_loaded():\n    return ''\n")
    lines = [
        "from tickstore.engines import processes",
        "from tickstore.engines.engine import Task",
        "from tickstore.engines.supervisor import Options, Supervisor",
        "early = processes.start_server(['nothing_to_load'])",
        f"if {stopped}: processes.stop_server(early)",
        "processes.stop_server(early + 1)  # another",
        "tasks = iter([Task('nothing_to_load:parent', None, '')])",
        "with Supervisor(Options(1, preload=('nothing_to_load',))) as engine:",
        "    print(*[early == answer.value for answer in engine.run(lambda: next(tasks, None))])",
    ]
    with (tmp_path / "nothing_to_load.py").open("a") as file:
        file.write("def parent(_):\n    import os\n    return os.getppid()\n")
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "io")])}
    words = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(not stopped), "")


def test_a_run_that_wants_no_workers_leaves_none(market: Market, tmp_path: Path) -> None:
    arguments = ("run", f"--store={market.store}", "--results=out", "--max_workers=2")
    first = darkreplay(*arguments, folder=tmp_path)
    assert first.returncode == 0, first.stderr
    assert tables(tmp_path / "out") == market.tables
    again = subprocess.Popen(command(*arguments), cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    seen = set[int]()
    while again.poll() is None:
        seen.update(children(again.pid))
        time.sleep(0.01)
    assert again.returncode == 0
    await_that(lambda: not any(is_alive(pid) for pid in seen))


def test_it_dies_with_a_driver_that_is_killed_early(market: Market, tmp_path: Path) -> None:
    words = command("run", f"--store={market.store}", "--results=out", "--max_workers=2")
    driver = subprocess.Popen(words, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    await_that(lambda: bool(children(driver.pid)))
    found = children(driver.pid)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    await_that(lambda: not any(is_alive(pid) for pid in found))


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_alive(pid: int) -> bool:
    """Return whether a process is there, and has not ended with nobody to take note."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def await_that(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
