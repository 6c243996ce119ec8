"""kill -9 at random moments, of driver, forkserver, tracker or compiling child: no process stays, all resumes."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.driver.conftest import Market
from tests.driver.processes import MARK, all_gone, marked
from tests.driver.whole_runs import ENVIRONMENT, command, darkreplay, tables

SECONDS = 5.0  # after which no process may be left
SERVERS = ("multiprocessing.forkserver", "multiprocessing.resource_tracker", "driver.engines.compilation")
ARGUMENTS = ("--results=out", "--max_workers=2")


class Disturbed:
    """Runs in a folder that are killed and go on, until one completes."""

    def __init__(self, market: Market, folder: Path, rng: random.Random, **environment: str) -> None:
        self.market, self.folder, self.rng = market, folder, rng
        self.words = ("run", f"--store={market.store}", *ARGUMENTS)
        self.mark = f"{folder}-{rng.random()}"
        self.environment = ENVIRONMENT | environment | {MARK: self.mark}
        self.said: list[str] = []

    def run(self, victim: str, most_seconds: float) -> int:
        """Start a run and kill the driver, or another process of it, at a random moment; return its exit code."""
        driver = subprocess.Popen(
            command(*self.words, faults="all=paced"),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        moment = self.rng.uniform(0, most_seconds)
        time.sleep(moment)
        pids = [driver.pid] if victim == "driver" else []
        while not pids and driver.poll() is None and victim != "driver":
            pids = [pid for pid, words in marked(self.mark).items() if victim in words]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        said, _ = driver.communicate(timeout=240)
        self.said.append(f"{victim} after {moment:.2f} s: exit code {driver.returncode}\n{said}")
        assert all_gone(self.mark, SECONDS) == {}, self.said
        assert "Traceback" not in said, self.said
        return driver.returncode

    def check(self) -> None:
        """Resume without a disturbance: the tables are those of a run that had none, and no debris is left."""
        done = darkreplay(*self.words, folder=self.folder, environment={MARK: self.mark})
        assert done.returncode == 0, (done.stderr, self.said)
        results = self.folder / "out"
        assert tables(results) == self.market.tables, self.said
        assert not [path for path in results.rglob("*") if ".tmp-" in path.name]
        assert (results / ".lock").read_bytes() == b"", "the lock is free"
        assert json.loads((results / "run.json").read_text())["state"] == "complete"
        assert all_gone(self.mark, SECONDS) == {}


@pytest.mark.parametrize("victim", ["driver", "multiprocessing.forkserver"])
def test_killed_at_random_moments_a_run_goes_on_where_it_was(victim: str, market: Market, tmp_path: Path) -> None:
    runs = Disturbed(market, tmp_path, random.Random(victim))
    for _ in range(2):
        code = runs.run(victim, 3.0)
        assert code in ((0, -signal.SIGKILL) if victim == "driver" else (0, 1)), runs.said
    runs.check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_killed_again_and_again(seed: int, market: Market, tmp_path: Path) -> None:
    rng = random.Random(seed)
    runs = Disturbed(market, tmp_path, rng)
    for _ in range(4):
        victim = rng.choice(("driver", "driver", *SERVERS[:2]))
        assert runs.run(victim, 5.0) in (0, 1, -signal.SIGKILL), runs.said
    runs.check()


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["driver", "driver.engines.compilation"])
def test_killed_while_it_compiles(victim: str, market: Market, tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    runs = Disturbed(market, tmp_path, random.Random(victim), **cache)
    for _ in range(3):
        assert runs.run(victim, 15.0) in (0, 2, -signal.SIGKILL), runs.said
    runs.environment = ENVIRONMENT | cache | {MARK: runs.mark}
    runs.check()


def interrupted(market: Market, folder: Path, moment: float) -> tuple[float, str, int]:
    """Interrupt a run so long after it took its lock; return how long it took to stop, its words, its code.

    The whole process group is, as by a terminal.
    """
    mark = f"{folder}-{moment}"
    driver = subprocess.Popen(
        command("run", f"--store={market.store}", *ARGUMENTS, faults="all=slow"),
        cwd=folder,
        env=ENVIRONMENT | {MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not _is_locked(folder / "out", driver.pid) and driver.poll() is None:
        time.sleep(0.01)
    time.sleep(moment)
    began = time.monotonic()
    os.killpg(driver.pid, signal.SIGINT)
    _, errors = driver.communicate(timeout=60)
    took = time.monotonic() - began
    assert all_gone(mark, SECONDS) == {}
    return took, errors, driver.returncode


def _is_locked(results: Path, pid: int) -> bool:
    return (results / ".lock").exists() and f'"pid": {pid},' in (results / ".lock").read_text()


@pytest.mark.slow
def test_ctrl_c_stops_within_two_seconds_at_any_moment(market: Market, tmp_path: Path) -> None:
    for moment in (0.0, 0.1, 0.3, 0.6, 1.0, 1.5, 2.5):
        took, errors, code = interrupted(market, tmp_path, moment)
        assert (code, "Traceback" in errors) == (130, False), errors
        assert "the same command goes on from it" in errors
        assert took < 2.0, moment


def test_ctrl_c_early_in_the_jobs_prints_no_traceback(market: Market, tmp_path: Path) -> None:
    for moment in (0.3, 1.0):
        took, errors, code = interrupted(market, tmp_path, moment)
        assert (code, "Traceback" in errors) == (130, False), errors
        assert errors.splitlines()[-1] == (
            "darkreplay: interrupted; what is finished stays, the same command goes on from it"
        )
        assert took < 5.0, "two on a machine that does nothing else"
