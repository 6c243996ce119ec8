"""The kernels are compiled once, announced; what is damaged is compiled anew, and nothing that is sound thrown away."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

import pytest

from driver.engines import warm_markers
from driver.engines.kernel_cache import DAMAGED, EXPECTED, FAILED, SET_ASIDE, Heard, WarmUp
from driver.engines.warm_markers import CONVERT, MEASURE, PARTS, heal, is_warm, marker_path
from kernels.base.sealed_files import seal
from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, command, darkreplay, tables
from tickstore.durable.files import atomic_json
from tickstore.errors import UserError

T = TypeVar("T")


class Child:
    """A compilation that ends with the exit codes it is given, and says something before."""

    def __init__(self, *codes: int, words: str = "") -> None:
        self.codes = list(codes)
        self.words = words
        self.commands: list[list[str]] = []
        self.caches: list[str | None] = []
        self.returncode = 0
        self.killed = False
        self.stdout: IO[bytes] | None = None

    def start(self, command: list[str], env: dict[str, str], stdout: int, stderr: IO[bytes]) -> "Child":
        self.commands.append(command)
        self.caches.append(env.get("NUMBA_CACHE_DIR"))
        stderr.write(self.words.encode())
        if self.codes[:1] == [0] and self.caches[-1]:
            made = Path(str(self.caches[-1])) / "darkreplay" / "kernels-0" / "dark"
            made.mkdir(parents=True)
            (made / "a.nbi").touch()
        return self

    def wait(self) -> int:
        self.returncode = self.codes.pop(0) if self.codes else 0
        return self.returncode

    def kill(self) -> None:
        self.killed = True


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)


def warm_up_with(child: Child, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(subprocess, "Popen", child.start)
    said: list[str] = []
    with WarmUp(said.append) as warm_up:
        warm_up.finish()
    return said


@pytest.mark.usefixtures("cold")
def test_a_cold_cache_is_compiled_once_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(0)
    said = warm_up_with(child, monkeypatch)
    said_once = "compiling the kernels, once for this version: half a minute or so on two cores"
    assert said == [said_once, "kernels compiled in 0 s"]
    assert len(child.commands) == 1


@pytest.mark.usefixtures("cold")
def test_a_cache_is_set_aside_only_if_an_empty_one_does_better(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = tmp_path / "darkreplay"
    for package in ("kernels-0", "tickstore-0"):
        (root / package).mkdir(parents=True)
        (root / package / "kept").touch()
    with pytest.raises(UserError, match=rf"{FAILED}: No space left;"):
        warm_up_with(Child(1, 1, words="Traceback\nNo space left\n"), monkeypatch)
    assert sorted(path.name for path in root.iterdir()) == ["kernels-0", "tickstore-0"]
    child = Child(-11, 0)
    said = warm_up_with(child, monkeypatch)
    assert child.caches == [None, str(root / f".fresh-{os.getpid()}")]
    assert f"{SET_ASIDE} ({root / 'kernels-0'})" in said
    aside = next(root.glob("kernels-0.damaged-*"))
    assert (aside / "kept").exists()
    assert (root / "tickstore-0" / "kept").exists(), "it was sound"
    assert (root / "kernels-0" / "dark" / "a.nbi").exists()
    assert is_warm(marker_path())
    assert not list(root.glob(".fresh*"))


@pytest.mark.usefixtures("cold")
@pytest.mark.parametrize("words", ["MemoryError", "LLVM ERROR: out of memory", "libx.so: failed to map segment"])
def test_too_little_memory_is_not_blamed_on_the_cache(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(1, words=words)
    with pytest.raises(UserError, match=rf"{FAILED}: (memory is limited|free some memory)"):
        warm_up_with(child, monkeypatch)
    assert len(child.commands) == 1


@pytest.mark.usefixtures("cold")
def test_a_compilation_nobody_waits_for_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child()
    monkeypatch.setattr(subprocess, "Popen", child.start)
    with WarmUp(lambda line: None):
        pass
    assert child.killed


@pytest.mark.usefixtures("cold")
def test_a_warm_cache_is_recognised_by_its_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    marker = marker_path()
    assert marker.parent == tmp_path / "darkreplay"
    assert not is_warm(marker)
    (tmp_path / "kernels").mkdir()
    atomic_json(marker, {"folders": [str(tmp_path / "kernels")]})
    assert not is_warm(marker), "emptied by hand"
    (tmp_path / "kernels" / "a.nbi").write_bytes(seal(b""))
    assert is_warm(marker)
    assert warm_up_with(Child(), monkeypatch) == []
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    assert marker_path() != marker, "other flags are another cache"
    marker.write_text("[1]")
    assert not is_warm(marker)


@pytest.mark.usefixtures("cold")
def test_another_checkout_is_cold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Numba looks for compiled code by the source's path and time: the same text elsewhere is compiled again."""
    here = marker_path()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(warm_markers.KERNELS, elsewhere)
    monkeypatch.setattr(warm_markers, "KERNELS", elsewhere)
    copied = marker_path()
    assert copied != here
    assert marker_path() == copied
    os.utime(elsewhere / "measure" / "stages.py", (1, 1))
    assert marker_path() not in (here, copied)


def test_damaged_files_alone_are_removed(tmp_path: Path) -> None:
    folder, marker = tmp_path / "kernels", tmp_path / "warm.json"
    folder.mkdir()
    assert heal([marker]) == []
    for name in ("a.nbi", "a.1.nbc", "b.nbi", "b.1.nbc"):
        (folder / name).write_bytes(name.encode() * 99 + seal(name.encode() * 99))
    atomic_json(marker, {"folders": [str(folder)]})
    assert heal([marker]) == []
    assert marker.exists()
    os.truncate(folder / "a.1.nbc", 99)
    content = bytearray((folder / "b.nbi").read_bytes())
    content[50] ^= 1
    (folder / "b.nbi").write_bytes(content)
    assert heal([marker, marker]) == [folder / "a.1.nbc", folder / "b.nbi"]
    assert sorted(path.name for path in tmp_path.rglob("*.nb?")) == ["a.nbi", "b.1.nbc"]
    assert not marker.exists()


def test_what_a_compilation_says_is_heard_in_any_pieces() -> None:
    said = b"of convert\nof measure\nkernel a.b 0\nkernel a.b 1\nunit 1\nkernel a.b 1\nunit 0\n"
    for size in (1, 7, len(said)):
        heard = Heard()
        assert not heard.has(CONVERT)
        for place in range(0, len(said), size):
            heard.take(said[place : place + size])
        assert (heard.ready, heard.has(CONVERT), heard.has(MEASURE)) == ({"a.b 0", "a.b 1"}, True, True)
    heard = Heard()
    heard.take(b"of convert\nof measure\nunit 1\n")
    assert (heard.has(CONVERT), heard.has(MEASURE)) == (False, True)


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
@pytest.mark.slow
def test_there_are_as_many_kernels_as_is_said(tmp_path: Path) -> None:
    """From an empty cache; each kernel is compiled by one process only, and a run needs no others."""
    for part in PARTS:
        cache = tmp_path / "caches" / part
        environment = ENVIRONMENT | {"XDG_CACHE_HOME": str(cache)}
        words = [sys.executable, "-m", "driver.engines.compilation", str(tmp_path), str(os.getpid()), part, part]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        told = [line for line in done.stdout.splitlines() if line.startswith("kernel ")]
        assert len(told) == len(set(told)) == len(list(cache.rglob("*.nbc"))) == EXPECTED[part]
        assert is_warm(tmp_path / part)


def test_a_compilation_that_fails_says_why_and_ends_alike(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom driver.engines.compilation import compile_units\n"
        "sys.path.append(sys.argv[1])\ncompile_units(['waiting', sys.argv[2]], 2)"
    )
    waiting = "import os, time\ndef warm():\n    open('began', 'w').write(str(os.getpid()))\n    time.sleep(99)\n"
    (tmp_path / "waiting.py").write_text(waiting)
    (tmp_path / "raising.py").write_text("def warm():\n    raise ValueError('no such kernel')\n")
    (tmp_path / "dying.py").write_text("import os\ndef warm():\n    os.kill(os.getpid(), 11)\n")
    for name, ending in (("raising", 1), ("dying", -signal.SIGSEGV)):
        words = [sys.executable, "-c", code, str(tmp_path), name]
        done = subprocess.run(words, env=ENVIRONMENT, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == ending
        assert ("no such kernel" in done.stderr) == (name == "raising")


def damage(path: Path, how: str) -> None:
    """Damage a file of compiled code; "crash" is code that kills, with a right checksum."""
    content = path.read_bytes()
    half = len(content) // 2
    if how == "crash":
        dead = pickle.dumps(Deadly())
        path.write_bytes(dead + seal(dead))
        return
    damaged = {
        "cut": content[:20],
        "empty": b"",
        "zeros": content[: half // 2] + bytes(half) + content[half // 2 + half :],
    }
    path.write_bytes(damaged[how])


class Deadly:
    """Kills the process that unpickles it."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return eval, (f"__import__('os').kill(__import__('os').getpid(), {signal.SIGSEGV:d})",)


@pytest.mark.slow
def test_a_run_survives_a_damaged_cache(market: Market, tmp_path: Path) -> None:
    """Truncated files, wrong machine code and code that crashes: the run heals what is damaged, and completes."""
    inputs = [f"--{table}={market.raw}/{table}.csv" for table in ("orders", "trades", "nbbo")]
    arguments = ("run", *inputs, "--max_workers=2")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    root = tmp_path / "cache" / "darkreplay"
    cold = darkreplay(*arguments, "--store=s0", "--results=cold", folder=tmp_path, environment=environment)
    assert cold.returncode == 0, cold.stderr
    assert "compiling the kernels, once" in cold.stderr
    folders = sorted(path.name for path in root.iterdir() if path.is_dir())
    cases = (
        ("kernels", "nb?", "cut"),
        ("kernels", "nbc", "zeros"),
        ("tickstore", "nbc", "zeros"),
        ("tickstore", "nbi", "empty"),
    )
    for number, (package, kind, how) in enumerate(cases):
        sound = {path: path.read_bytes() for path in root.rglob("*.nbc")}
        for path in sorted(root.glob(f"{package}-*/**/*.{kind}"))[::5]:
            damage(path, how)
            of_it = path.name.split(".py")[0]  # the code of a function whose index is lost is written again
            sound = {path: content for path, content in sound.items() if not path.name.startswith(f"{of_it}.py")}
        names = f"--store=s{number + 1}", f"--results=r{number}"
        healed = darkreplay(*arguments, *names, folder=tmp_path, environment=environment)
        assert healed.returncode == 0, healed.stderr
        assert DAMAGED in healed.stderr
        assert tables(tmp_path / f"r{number}") == market.tables
        assert sorted(path.name for path in root.iterdir() if path.is_dir()) == folders, "nothing was moved away"
        assert {path: path.read_bytes() for path in sound} == sound, "what was sound is as it was"
    for path in root.glob("kernels-*/**/*.nbc"):
        damage(path, "crash")
    crashed = darkreplay("run", "--store=s0", "--results=crash", folder=tmp_path, environment=environment)
    assert crashed.returncode == 0, crashed.stderr
    assert SET_ASIDE in crashed.stderr
    assert tables(tmp_path / "crash") == market.tables
    after = darkreplay("run", "--store=s0", "--results=after", folder=tmp_path, environment=environment)
    assert "compiling" not in after.stderr


def test_a_compilation_dies_with_a_killed_driver(market: Market, tmp_path: Path) -> None:
    words = command("run", f"--store={market.store}", "--results=out")
    environment = ENVIRONMENT | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    driver = subprocess.Popen(words, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    child = wait_for(lambda: children(driver.pid))
    wait_for(lambda: [*(tmp_path / "cache").rglob("*.nbi")])  # well under way
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    wait_for(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() and cmdline(pid) for pid in child), 5.0)


def test_a_compilation_whose_driver_is_gone_does_not_begin(tmp_path: Path) -> None:
    """The child that compiles stops at its parent's death even if that came first."""
    words = [sys.executable, "-m", "driver.engines.compilation", str(tmp_path), "1", MEASURE, "marker"]
    done = subprocess.run(words, env=ENVIRONMENT, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert not (tmp_path / "marker").exists()


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def cmdline(pid: int) -> bytes:
    """Return the words of a process, none if it is dead and nobody has taken note."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def wait_for(found: Callable[[], T], seconds: float = 60.0) -> T:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return value
