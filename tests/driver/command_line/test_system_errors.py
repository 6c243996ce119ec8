"""Errors of the machine as lines that name the place and what helps."""

import errno
import os

import pytest

from driver.command_line.commands import COMMANDS
from driver.command_line.main import main
from driver.command_line.system_errors import system_trouble


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE, errno.EIO, errno.ENOENT])
def test_an_error_of_the_system_names_its_file(number: int) -> None:
    line = system_trouble(OSError(number, os.strerror(number), "/a/file"))
    assert line.startswith(f"/a/file: {os.strerror(number)}")
    assert "\n" not in line


def test_too_little_memory_is_no_internal_error() -> None:
    assert system_trouble(MemoryError()).startswith("there is too little memory: ")
    assert system_trouble(OSError(errno.ENOMEM, "Cannot allocate memory")).startswith("there is too little memory: ")
    unmapped = ImportError("libx.so: failed to map segment from shared object", name="x", path="/lib/libx.so")
    assert system_trouble(unmapped).startswith("there is too little memory to load x: ")


def test_what_cannot_be_imported_is_named() -> None:
    assert "the package numba is missing" in system_trouble(ModuleNotFoundError("No module", name="numba"))
    foreign = system_trouble(ImportError("cannot import name 'njit'", name="numba", path="/x/numba/__init__.py"))
    assert foreign.startswith("numba (/x/numba/__init__.py) cannot be imported: cannot import name 'njit'")


def test_faults_of_the_program_stay_what_they_are() -> None:
    assert system_trouble(ValueError("x")) == system_trouble(OSError("said by a library")) == ""


@pytest.mark.parametrize(("code", "exit_code"), [("it ends here", 1), (None, 1), (1, 1), (0, 0)])
def test_what_ends_the_program_in_words_is_no_success(
    code: str | int | None, exit_code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(*, config: str = "", json: bool = False) -> None:
        raise SystemExit(code)

    monkeypatch.setitem(COMMANDS, "config", ends)
    assert main(["config"]) == exit_code
    said = capsys.readouterr().err
    assert said.endswith(f": {code or 'it gave no reason'}\n") if not isinstance(code, int) else said == ""
