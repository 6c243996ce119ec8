"""What the Dask engine says of workers that differ from the driver's machine, without a cluster."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from driver.engines.dask_engine import DaskEngine, Places
from driver.engines.dask_worker import do_task, seen_here, stamps_here, versions_here
from tickstore.errors import UserError

Change = Callable[[Any], Any]


def engine_of(folder: Path, monkeypatch: pytest.MonkeyPatch, change: Change) -> DaskEngine:
    """Return an engine with one worker, which answers as this process does but for a ``change``."""
    (folder / "day.h5").write_bytes(b"12345")
    places = Places(folder, (folder / "day.h5",))
    engine = DaskEngine("tcp://x:1", (), places, 1, lambda _: None)
    monkeypatch.setattr(engine, "_ask", lambda function, *arguments: {"tcp://w:2": change(function(*arguments))})
    return engine


def test_a_worker_like_this_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(tmp_path, monkeypatch, lambda found: found)
    engine._compare_versions()
    engine._compare_paths()
    assert [path.name for path in tmp_path.iterdir()] == ["day.h5"], "nothing is left behind"


def test_other_versions_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(tmp_path, monkeypatch, lambda found: found | {"numba": "0.1"})
    with pytest.raises(UserError, match=r"worker tcp://w:2 has numba 0\.1, this machine .*install the same versions"):
        engine._compare_versions()
    engine = engine_of(tmp_path, monkeypatch, lambda found: found | {"darkreplay's sources": "other"})
    with pytest.raises(UserError, match="has darkreplay's sources other, this machine"):
        engine._compare_versions()


def test_other_paths_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(found: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(found, "No such file or directory")

    with pytest.raises(UserError, match=r"does not see the results folder .* as this machine does .No such file"):
        engine_of(tmp_path, monkeypatch, lacks)._compare_paths()
    for size, said in ((-1, "does not see"), (9, "sees another")):

        def other(found: dict[str, Any], size: int = size) -> dict[str, Any]:
            return {path: size if path.endswith(".h5") else value for path, value in found.items()}

        with pytest.raises(UserError, match=f"worker tcp://w:2 {said} .*day.h5: all machines need one file system"):
            engine_of(tmp_path, monkeypatch, other)._compare_paths()


def test_what_a_worker_finds(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("token")
    assert seen_here({str(tmp_path / "a"): "", str(tmp_path / "b"): ""}) == {
        str(tmp_path / "a"): "token",
        str(tmp_path / "b"): "No such file or directory",
    }
    assert stamps_here([str(tmp_path / "a"), str(tmp_path / "b")]) == {str(tmp_path / "a"): 5, str(tmp_path / "b"): -1}
    assert versions_here() == versions_here()


def test_what_goes_wrong_with_a_task_is_an_answer() -> None:
    assert do_task(len, "abc") == ("done", 3)
    kind, (line, error) = do_task(int, "x")
    assert (kind, type(error)) == ("failed", RuntimeError)
    assert line.startswith("ValueError: invalid literal")
    assert do_task(Path.read_text, Path("/no such file"))[0] == "exhausted"
