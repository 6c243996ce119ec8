"""Completion as a shell does it: the script is sourced, and asked as the Tab key asks."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from driver.command_line.commands import COMMANDS
from driver.command_line.completion import SHELLS, completion_script
from driver.config.keys import KINDS, Config
from tests.driver.whole_runs import ENVIRONMENT, darkreplay

ASK = """
source "$1"; shift
compopt() { :; }  # which only a completion that a key began may call
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _darkreplay; printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script for bash, as the program prints it."""
    folder = tmp_path_factory.mktemp("completion")
    done = darkreplay("completion", "bash", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    path = folder / "darkreplay.bash"
    path.write_text(done.stdout)
    return path


def ask(script: Path, *words: str) -> list[str]:
    """Return what bash offers for the last of the words behind the program's name."""
    command = ["bash", "--norc", "-c", ASK, "ask", str(script), "darkreplay", *words]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands(script: Path) -> None:
    assert ask(script, "") == list(COMMANDS)
    assert ask(script, "ver") == ["verify"]
    assert ask(script, "zzz") == []


def test_bash_completes_flags_of_the_command(script: Path) -> None:
    assert ask(script, "run", "--dark_p") == ["--dark_pool_scenarios="]
    assert ask(script, "run", "--resu") == ["--results=", "--resume"]
    assert ask(script, "verify", "") == ["--accept", "--json"]
    assert "--securities=" in ask(script, "synth", "--")
    offered = {word.strip("-=") for word in ask(script, "run", "--")}
    assert offered >= set(Config.__dataclass_fields__)


def test_bash_completes_values(script: Path) -> None:
    for before in (["--engine", "="], ["--engine"]):  # bash takes --engine=d apart
        assert ask(script, "run", *before, "d") == ["dask"]
    assert ask(script, "run", "--format", "=") == ["csv", "gzip", "parquet"]
    assert ask(script, "run", "--resume", "=", "") == ["true", "false"]
    assert ask(script, "inspect", "--table", "=", "n") == ["nbbo"]
    assert ask(script, "completion", "") == list(SHELLS)


def test_bash_completes_what_is_behind_the_last_comma(script: Path) -> None:
    assert ask(script, "run", "--aggregate_by", "=", "date,sec") == ["date,security_code"]
    assert ask(script, "run", "--aggregate_by", "=", "date,hour+part") == ["date,hour+participant_id"]
    assert ask(script, "aggregate", "--aggregate_by", "=", "gr") == ["group"]


def test_bash_completes_paths_where_nothing_is_to_choose(script: Path) -> None:
    assert ask(script, "run", "--orders", "=", "dark") == ["darkreplay.bash"]
    assert ask(script, "inspect", "dark") == ["darkreplay.bash"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_of_other_shells_know_every_flag_and_choice(shell: str, tmp_path: Path) -> None:
    script = completion_script(shell, COMMANDS)
    for name, kind in KINDS.items():
        entry = rf"'--{name}=?[:']" if shell == "zsh" else rf"from run' -l {name}\b"
        (line,) = [line for line in _of_run(shell, script) if re.search(entry, line)]
        assert kind.is_flag or " ".join(kind.options) in line
    if program := shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([program, "-n", str(tmp_path / "script")], check=True)


def _of_run(shell: str, script: str) -> list[str]:
    """Return the lines of a script on the command run."""
    if shell == "fish":
        return script.splitlines()
    return script.partition("    run)")[2].partition(";;")[0].splitlines()


def test_completion_needs_no_kernels(tmp_path: Path) -> None:
    program = (
        "import sys; from driver.command_line.commands import completion; completion('bash'); "
        "sys.exit('numba' in sys.modules or 'pyarrow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, cwd=tmp_path, capture_output=True, check=True)


def test_another_shell_is_a_mistake(tmp_path: Path) -> None:
    done = darkreplay("completion", "tcsh", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "darkreplay: --shell needs one of bash, zsh, fish, not 'tcsh'\n"
