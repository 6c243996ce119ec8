"""The processes behind worker processes: a forkserver or a resource tracker that is killed, one that never lives."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path

import pytest

from driver.engines.jobs import run_jobs
from tests.driver.conftest import Market
from tests.driver.conftest import market as market
from tests.driver.jobs import make_job
from tests.driver.whole_runs import ENVIRONMENT, ROOT, start, tables
from tickstore.engines import short_sockets
from tickstore.engines.engine import EngineError
from tickstore.engines.processes import death_of, start_process
from tickstore.engines.short_sockets import keep_sockets_short
from tickstore.engines.supervisor import Options, Supervisor
from tickstore.errors import UserError

WORK = "tests.driver.jobs:run"


@pytest.mark.parametrize("server", ["multiprocessing.forkserver", "multiprocessing.resource_tracker"])
def test_a_server_that_is_killed_is_replaced(server: str, market: Market, tmp_path: Path) -> None:
    arguments = ("run", f"--store={market.store}", "--results=out", "--max_workers=2")
    driver = start(*arguments, folder=tmp_path, faults="all=slow")
    wait_until(lambda: len(children(child_called(driver.pid, "multiprocessing.forkserver"))) == 2)
    time.sleep(0.5)  # the jobs are under way
    workers = children(child_called(driver.pid, "multiprocessing.forkserver"))
    os.kill(child_called(driver.pid, server), signal.SIGKILL)
    said, errors = driver.communicate(timeout=120)
    assert driver.returncode == 0, errors
    assert "4 jobs: 4 done, 0 kept, 0 failed" in said
    assert "resource_tracker" not in errors
    assert tables(tmp_path / "out") == market.tables
    assert not any(words_of(pid) for pid in workers)


def test_a_server_dies_with_its_owner_while_it_loads(tmp_path: Path) -> None:
    """It would look for its owner's death only when all is loaded."""
    (tmp_path / "slow_to_load.py").write_text(
        f"import os, time\nopen({str(tmp_path / 'loading')!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    )
    program = (
        "from driver.engines.jobs import run_jobs\n"
        "from tests.driver.jobs import make_job\n"
        "from tickstore.engines.supervisor import Options, Supervisor\n"
        f"list(run_jobs(Supervisor(Options(1, preload=('slow_to_load',))), [make_job(0)], {WORK!r}))\n"
    )
    paths = os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "io")])
    environment = ENVIRONMENT | {"PYTHONPATH": paths}
    owner = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment)
    wait_until(lambda: (tmp_path / "loading").exists() and (tmp_path / "loading").read_text() != "")
    server = int((tmp_path / "loading").read_text())
    owner.kill()
    owner.wait()
    wait_until(lambda: not words_of(server), 5.0)


def test_a_server_ignores_ctrl_c_from_its_first_instruction(tmp_path: Path) -> None:
    """Where it loads for long, Ctrl-C reaches it before multiprocessing has it ignored: it printed a traceback."""
    (tmp_path / "slow_to_load.py").write_text(
        f"import os, time\nopen({str(tmp_path / 'loading')!r}, 'w').write(str(os.getpid()))\ntime.sleep(1.5)\n"
        "def ensure_loaded():\n    return ''\n"
    )
    program = (
        "from driver.engines.jobs import run_jobs\n"
        "from tests.driver.jobs import make_job\n"
        "from tickstore.engines.supervisor import Options, Supervisor\n"
        "with Supervisor(Options(1, preload=('slow_to_load',))) as engine:\n"
        f"    print(*[outcome.error for outcome in run_jobs(engine, [make_job(0)], {WORK!r})], 'done')\n"
    )
    paths = os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "io")])
    owner = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=ENVIRONMENT | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: bool(words_of(child_called(owner.pid, "multiprocessing.forkserver"))))
    server = child_called(owner.pid, "multiprocessing.forkserver")
    assert is_deaf_to_interrupts(server), "blocked at its birth"
    wait_until(lambda: (tmp_path / "loading").exists() and (tmp_path / "loading").read_text() != "")
    os.kill(server, signal.SIGINT)
    said, errors = owner.communicate(timeout=60)
    assert (said.strip(), errors) == ("done", "")


WAYS_TO_GO = {"killed": "os.kill(os.getpid(), signal.SIGKILL)", "interrupted": "raise KeyboardInterrupt"}
MOMENTS = {
    "asked": "forkserver.reduction.sendfds = lambda *_: go()",
    "forked": "forkserver.connect_to_new_process = lambda fds: go(ask(fds))",
    "begun to tell": "forkserver.connect_to_new_process = lambda fds: go(ask(fds), b'\\x80\\x04\\x95')",
}

SERVER_ENDS = "os.waitpid(forkserver._forkserver._forkserver_pid, 0)"  # as it was asked, and for nothing


@pytest.mark.parametrize("way", WAYS_TO_GO)
@pytest.mark.parametrize("moment", MOMENTS)
def test_who_goes_while_a_worker_starts_leaves_neither_words_nor_processes(moment: str, way: str) -> None:
    """The worker has then nothing to read, or the server: each printed a traceback (EOFError: Ran out of input)."""
    program = (
        "import os, signal, sys\n"
        "from multiprocessing import forkserver\n"
        "from tickstore.engines.engine import Task\n"
        "from tickstore.engines.supervisor import Options, Supervisor\n"
        "ask = forkserver.connect_to_new_process\n"
        "def go(ends=(), part=b''):\n"
        "    if ends:\n"
        "        print(forkserver.read_signed(ends[0]), flush=True)\n"
        "        os.write(ends[1], part)\n"
        f"    {WAYS_TO_GO[way]}\n"
        f"{MOMENTS[moment]}\n"
        "tasks = iter([Task('os:getpid', None, 'task')])\n"
        "try:\n"
        "    with Supervisor(Options(1)) as engine:\n"
        "        list(engine.run(lambda: next(tasks, None)))\n"
        "except KeyboardInterrupt:\n"
        f"    {SERVER_ENDS if moment == 'asked' else 'pass'}\n"
        "    os._exit(130)\n"
    )
    owner = ended(program)
    assert (owner.returncode, owner.stderr) == ({"killed": -signal.SIGKILL, "interrupted": 130}[way], "")
    worker = owner.stdout.strip()
    assert bool(worker) == (moment != "asked")
    assert not worker or not words_of(int(worker)), "it had stderr, which is closed"


def test_a_forked_worker_that_is_told_to_end_at_its_birth_does_nothing_else() -> None:
    """Schedulers tell all processes of a job: it would run what its parent does then, or print a traceback."""
    program = (
        "import os, signal, sys\n"
        "from tickstore.engines.engine import Task\n"
        "from tickstore.engines.supervisor import Options, Supervisor\n"
        "def end(number, frame):\n"
        "    raise KeyboardInterrupt\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "births = []\n"
        "os.register_at_fork(before=lambda: births.append(0), after_in_child=lambda: len(births) == 1 and\n"
        "    os.kill(os.getpid(), signal.SIGTERM))\n"
        "tasks = iter([Task('os:getppid', None, 'task')])\n"
        "with Supervisor(Options(1, start='fork')) as engine:\n"
        "    print(*[answer.attempts for answer in engine.run(lambda: next(tasks, None))])\n"
        "print(len(births))\n"
    )
    owner = ended(program)
    assert (owner.returncode, owner.stdout.split(), owner.stderr) == (0, ["1", "2"], "")


def test_a_worker_whose_server_dies_before_it_is_set_up_dies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would go on beside the one that is started in its place, on the same pipe."""
    vars(forkserver)["_forkserver"]._stop()  # one that somebody else started, for another purpose, has no guard
    ask, born = forkserver.connect_to_new_process, list[int]()

    def with_a_death(fds: list[int]) -> tuple[int, int]:
        monkeypatch.undo()
        said, told = ask(fds)
        born.append(forkserver.read_signed(said))
        os.kill(parent_of(born[0]), signal.SIGKILL)
        wait_until(lambda: not words_of(born[0]), 5.0)
        return said, told

    monkeypatch.setattr(forkserver, "connect_to_new_process", with_a_death)
    with Supervisor(Options(1)) as engine:
        (outcome,) = run_jobs(engine, [make_job(0, "pid")], WORK)
    assert outcome.report is not None
    assert born


def ended(program: str) -> subprocess.CompletedProcess[str]:
    """Return what a program of Python, run in a process of its own, has said, and how it ended."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "io")])},
        capture_output=True,
        text=True,
        timeout=60,
    )


def is_deaf_to_interrupts(pid: int) -> bool:
    """Return whether a process blocks or ignores SIGINT."""
    status = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return any(int(status[mask], 16) >> (signal.SIGINT - 1) & 1 for mask in ("SigBlk", "SigIgn"))


class Unborn:
    """A process that its server, dead, cannot start, so many times."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures = failures
        self.error = error
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        if self.starts <= self.failures:
            raise self.error


def test_a_start_is_tried_again_and_given_up() -> None:
    late = Unborn(2, EOFError())
    start_process(late)
    assert late.starts == 3
    with pytest.raises(EngineError, match="workers do not start: EOFError") as dead:
        start_process(Unborn(9, EOFError()))
    assert dead.value.damaged
    with pytest.raises(EngineError, match=r"workers do not start: BlockingIOError: .*unavailable") as full:
        start_process(Unborn(9, BlockingIOError(11, "Resource temporarily unavailable")))
    assert not full.value.damaged
    assert death_of(255) == "the server of its worker was killed"


def test_sockets_go_where_their_names_fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[str | None] = []
    monkeypatch.setattr("multiprocessing.util.get_temp_dir", lambda: made.append(tempfile.tempdir))
    long = str(tmp_path / ("x" * 100))
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    keep_sockets_short()
    assert made == []
    monkeypatch.setattr(tempfile, "tempdir", long)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(short_sockets, "SHORT", (long, "/proc/none", "/dev/shm"))
    keep_sockets_short()
    assert (made, tempfile.tempdir) == (["/dev/shm"], long)
    monkeypatch.setattr(short_sockets, "SHORT", ("/proc/none",))
    with pytest.raises(UserError, match=r"is too long for the sockets of worker processes.*--mode=sequential"):
        keep_sockets_short()
    assert tempfile.tempdir == long


def test_workers_of_a_killed_server_do_not_go_on_beside_their_successors(tmp_path: Path) -> None:
    jobs = [make_job(0, "pid"), make_job(1, "pid")]
    with Supervisor(Options(2, retries=2)) as engine:
        outcomes = run_jobs(engine, jobs, WORK)
        first = next(outcomes)
        worker = engine.workers[0].process.pid
        os.kill(parent_of(worker), signal.SIGKILL)
        rest = list(outcomes)
    assert all(outcome.report for outcome in (first, *rest))
    wait_until(lambda: not words_of(worker), 5.0)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def child_called(pid: int, words: str) -> int:
    return next((child for child in children(pid) if words.encode() in words_of(child)), 0)


def words_of(pid: int) -> bytes:
    """Return the command line of a process, nothing if it is dead."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        ("raise EOFError('damaged')", True),
        ("import pickle; pickle.loads(b'damaged')", True),
        ("import os, multiprocessing.spawn as spawn; r, w = os.pipe(); os.close(w); spawn._main(r, 0)", False),
    ],
)
def test_a_server_is_silent_about_those_who_are_gone_alone(fails: str, told: bool) -> None:
    lines = f"import tickstore.engines.server_guard; {fails}"
    done = subprocess.run([sys.executable, "-c", lines], env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert bool(done.stderr) == told, done.stderr
