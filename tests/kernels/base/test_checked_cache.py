"""Compiled code that was damaged on disk is not run: the function is compiled anew, its file written again."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kernels.base import checked_cache, compiling
from kernels.base.sealed_files import damaged_files

needs_jit = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")


def add_one(value: int) -> int:
    return value + 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiling, "cache_directory", lambda package: tmp_path)
    checked_cache._tell.cache_clear()
    return tmp_path


@needs_jit
@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage", [lambda content: b"", lambda content: content[:-1], lambda content: content[:9] + b"?" + content[10:]]
)
def test_damage_is_healed(
    kind: str, damage: Callable[[bytes], bytes], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compiling.kernel(add_one)(1) == 2
    (path,) = folder.rglob(f"*.{kind}")
    path.write_bytes(damage(path.read_bytes()))
    assert damaged_files(folder) == [path]
    again = compiling.kernel(add_one)
    assert again(1) == 2
    assert again.stats.cache_misses  # type: ignore[attr-defined]
    said = capsys.readouterr().err
    assert said == f"the kernel cache in {folder} is damaged: what is damaged is compiled anew\n"
    assert damaged_files(folder) == []
    sound = compiling.kernel(add_one)
    assert sound(1) == 2
    assert sound.stats.cache_hits  # type: ignore[attr-defined]


@needs_jit
def test_a_cache_that_cannot_be_written_costs_only_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert compiling.kernel(add_one)(1) == 2
    assert not list(folder.rglob("*.nb?"))
