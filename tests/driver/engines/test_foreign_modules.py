"""An error is blamed on a file with the name of a module only where it came from it, or speaks of it."""

import sys
from pathlib import Path

import pytest

from driver.engines.foreign_modules import foreign_files, foreign_in


@pytest.fixture
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return tmp_path


def test_a_package_that_was_installed_there_is_not_foreign(first: Path) -> None:
    (first / "numpy").mkdir()
    (first / "numpy" / "__init__.py").touch()
    assert [found.module for found in foreign_files()] == ["numpy"]
    (first / "numpy-2.0.0.dist-info").mkdir()
    assert foreign_files() == []


def test_a_file_that_the_error_does_not_speak_of_is_not_blamed(first: Path) -> None:
    (first / "queue.py").touch()
    assert foreign_in("division by zero") == foreign_in("cannot import name 'x' from 'numpy' (numpy.py)") == ""
    for words in (f'File "{first}/queue.py", line 1', "module 'queue' has no attribute 'Queue'"):
        assert foreign_in(words).startswith(f"{first}/queue.py is another module called queue, and is found first")
    assert "queue.py" in foreign_in("ImportError: cannot import name Queue")  # as compiled modules say it
