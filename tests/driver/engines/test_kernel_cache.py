"""The kernels are compiled once, announced, and a damaged cache is rebuilt."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from driver.engines import kernel_cache
from driver.engines.kernel_cache import DAMAGED, WarmUp, is_cache_damage, is_warm, marker_path, with_sound_cache
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay, tables
from tickstore.durable.files import atomic_json
from tickstore.errors import UserError


class Child:
    """A compilation that ends with the exit codes it is given."""

    commands: list[list[str]]

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.commands = []
        self.killed = False

    def start(self, command: list[str], **options: object) -> "Child":
        self.commands.append(command)
        return self

    def wait(self) -> int:
        return self.codes.pop(0) if self.codes else 0

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
    said_once = "compiling the kernels, once for this version: a quarter of a minute or so"
    assert said == [said_once, "kernels compiled in 0 s"]
    assert len(child.commands) == 1


@pytest.mark.usefixtures("cold")
def test_a_compilation_that_dies_is_tried_with_the_cache_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(-11, 0)
    assert DAMAGED in warm_up_with(child, monkeypatch)
    assert [command[-1] == "--set-aside" for command in child.commands] == [False, True]
    with pytest.raises(UserError, match="the kernels cannot be compiled"):
        warm_up_with(Child(1, 1), monkeypatch)


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
    (tmp_path / "kernels" / "a.nbi").touch()
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
    shutil.copytree(kernel_cache.KERNELS, elsewhere)
    monkeypatch.setattr(kernel_cache, "KERNELS", elsewhere)
    copied = marker_path()
    assert copied != here
    assert marker_path() == copied
    os.utime(elsewhere / "measure" / "stages.py", (1, 1))
    assert marker_path() not in (here, copied)


def test_only_errors_of_the_cache_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    set_aside = []
    monkeypatch.setattr(kernel_cache, "set_aside_caches", lambda: set_aside.append(True))
    calls = []

    def fail() -> None:
        calls.append(True)
        raise EOFError("Ran out of input")

    with pytest.raises(EOFError, match="Ran out"):
        with_sound_cache(fail, lambda line: None)
    assert (len(calls), set_aside) == (1, [])
    code = compile(
        "def load():\n    raise EOFError('Ran out of input')\n", f"/site-packages/{kernel_cache.CACHING}", "exec"
    )
    numba: dict[str, object] = {}
    exec(code, numba)

    def fail_in_numba() -> str:
        calls.append(True)
        if len(calls) == 2:
            numba["load"]()  # type: ignore[operator]
        return "fine"

    said: list[str] = []
    assert with_sound_cache(fail_in_numba, said.append) == "fine"
    assert (said, set_aside) == ([DAMAGED], [True])
    assert not is_cache_damage(ValueError("raised nowhere"))


@pytest.mark.slow
def test_a_run_survives_a_damaged_cache(market: Market, tmp_path: Path) -> None:
    """Truncated index files make Numba raise rather than compile: workers notice, the run rebuilds and completes."""
    arguments = ("run", f"--store={market.store}", "--max_workers=2")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    cold = darkreplay(*arguments, "--results=cold", folder=tmp_path, environment=environment)
    assert cold.returncode == 0, cold.stderr
    assert "compiling the kernels, once" in cold.stderr
    compiled = sorted((tmp_path / "cache").rglob("kernels-*/**/*.nb?"))
    for path in compiled:
        os.truncate(path, 20)
    damaged = darkreplay(*arguments, "--results=damaged", folder=tmp_path, environment=environment)
    assert damaged.returncode == 0, damaged.stderr
    assert DAMAGED in damaged.stderr
    assert tables(tmp_path / "damaged") == market.tables
    after = darkreplay(*arguments, "--results=after", folder=tmp_path, environment=environment)
    assert "compiling" not in after.stderr
