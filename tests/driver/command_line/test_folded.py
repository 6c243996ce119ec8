"""What is printed on a terminal is folded to its width, what goes elsewhere is not."""

import io
import sys
from typing import Any

import pytest

from driver.command_line import commands
from driver.command_line.printed import folded

NOTE = "note: " + "the replay gives back what history gave, or nothing is said of what it would have given; " * 4
TABLE = "scenario    saving_bps  " + "0.123456  " * 9
PATH = "report: /" + "a-folder-with-hyphens/" * 6


class Terminal(io.StringIO):
    """Says that somebody looks at it."""

    def isatty(self) -> bool:
        return True


def test_sentences_are_folded_between_words() -> None:
    lines = folded(NOTE, 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(line.strip() for line in lines) == NOTE.strip()
    assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize("line", [TABLE, f"  {NOTE}", "short", ""])
def test_tables_and_lines_of_their_own_stay(line: str) -> None:
    assert folded(f"{line}\nnext", 80) == f"{line}\nnext"


def test_a_path_is_never_cut() -> None:
    assert PATH.removeprefix("report: ") in folded(PATH, 80).split()


@pytest.mark.parametrize(("out", "most"), [(Terminal(), 60), (io.StringIO(), len(NOTE))])
def test_only_terminals_have_it_folded(monkeypatch: pytest.MonkeyPatch, out: Any, most: int) -> None:
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", "60")
    commands._print(False, NOTE, {})
    assert max(map(len, out.getvalue().splitlines())) in range(most - 20, most + 1)


def test_json_is_left_to_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    commands._print(True, NOTE, {"note": NOTE})
    assert NOTE in out.getvalue()
