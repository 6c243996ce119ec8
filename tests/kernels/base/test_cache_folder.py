"""Where compiled code is kept: a folder that can be written, and that is nobody else's."""

from pathlib import Path

import pytest

from kernels.base.cache_folder import cache_folder


def test_what_is_asked_for_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder("k", str(tmp_path / "numba")) == tmp_path / "numba" / "darkreplay" / "k"
    assert cache_folder("k") == tmp_path / "xdg" / "darkreplay" / "k"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "darkreplay"


def test_the_temporary_folder_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert cache_folder("k").parent.parent == tmp_path
    monkeypatch.setattr("pathlib.Path.expanduser", no_home)
    assert cache_folder("k").parent.parent == tmp_path


def no_home(path: Path) -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can write there decides what code is run."""
    monkeypatch.setattr("pathlib.Path.expanduser", no_home)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = cache_folder().parent / cache_folder().name
    folder.chmod(0o777)
    with pytest.raises(OSError, match="set XDG_CACHE_HOME to one of your own"):
        cache_folder("k")
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="others may write"):
        cache_folder("k")
