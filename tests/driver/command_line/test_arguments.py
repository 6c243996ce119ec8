"""Arguments are checked against a command before Fire sees them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.command_line import commands
from driver.command_line.arguments import check_arguments
from tickstore.errors import UserError


def run(*, orders: str = "", max_workers: str = "8", resume: bool = True, no_limit: bool = False) -> None:
    """Run."""


def look(path: str, *, json: bool = False) -> None:
    """Look."""


def again(*, results: str) -> None:
    """Need a flag."""


COMMANDS: dict[str, Callable[..., None]] = {"run": run, "inspect": look, "again": again}


@pytest.mark.parametrize(
    ("argv", "checked"),
    [
        (["run"], ["run"]),
        (["run", "--orders=a.csv"], ["run", "--orders=a.csv"]),
        (["run", "--orders", "a.csv"], ["run", "--orders=a.csv"]),
        (["run", "--orders=a=b#c.csv"], ["run", "--orders=a=b#c.csv"]),
        (["run", "--max-workers=2"], ["run", "--max_workers=2"]),
        (["run", "--max_workers", "-2"], ["run", "--max_workers=-2"]),
        (["run", "--resume"], ["run", "--resume=true"]),
        (["run", "--resume=False"], ["run", "--resume=false"]),
        (["run", "--resume", "no"], ["run", "--resume=false"]),
        (["run", "--no-resume"], ["run", "--resume=false"]),
        (["run", "--noresume"], ["run", "--resume=false"]),
        (["run", "--no_limit"], ["run", "--no_limit=true"]),
        (["run", "--orders="], ["run", "--orders="]),
        (["inspect", "a.csv", "--json"], ["inspect", "--path=a.csv", "--json=true"]),
        (["inspect", "--path=a.csv"], ["inspect", "--path=a.csv"]),
    ],
)
def test_what_fire_gets(argv: list[str], checked: list[str]) -> None:
    assert check_arguments(argv, COMMANDS) == checked


def test_a_folder_without_its_flag_is_taken_for_the_input(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"did you mean --input={tmp_path}\?"):
        check_arguments(["plan", str(tmp_path)], commands.COMMANDS)
    with pytest.raises(UserError, match=r"--name=value$"):
        check_arguments(["plan", str(tmp_path / "absent")], commands.COMMANDS)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["rnu"], r"unknown command rnu: did you mean run\?"),
        (["zzz"], r"unknown command zzz: choose from run, inspect"),
        (["run", "--order=a"], r"unknown flag --order of `run`: did you mean --orders\?"),
        (["run", "--zzz=1"], r"unknown flag --zzz of `run`: see --help"),
        (["run", "-o", "a"], r"unknown flag -o"),
        (["run", "word"], r"does not know what to do with 'word'"),
        (["inspect", "a", "b"], r"does not know what to do with 'b'"),
        (["run", "-"], r"does not know what to do with '-'"),
        (["run", "--orders"], r"--orders needs a value"),
        (["run", "--orders", "--resume"], r"--orders needs a value"),
        (["run", "--resume=maybe"], r"--resume needs true or false, not 'maybe'"),
        (["run", "--no-resume=false"], r"write --resume=false or --no-resume"),
        (["run", "--no-orders"], r"unknown flag --no_orders"),
        (["run", "--resume", "--no-resume"], r"--resume is given twice"),
        (["inspect"], r"`inspect` needs PATH"),
        (["again"], r"`again` needs --results="),
        (["run", "--"], r"unknown flag --"),
    ],
)
def test_mistakes_are_named(argv: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_arguments(argv, COMMANDS)


@given(st.lists(st.text(max_size=10), max_size=5))
def test_no_command_line_crashes(words: list[str]) -> None:
    try:
        checked = check_arguments(["run", *words], COMMANDS)
    except UserError:
        return
    assert all(word.startswith("--") and "=" in word for word in checked[1:])
