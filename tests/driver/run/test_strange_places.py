"""Runs where paths are not text, where nobody has a home, and where the temporary folder has a long name."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, command, tables

NOT_TEXT = os.fsdecode(b"b\xff")
POSIX = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def run(folder: Path, *words: str, without: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    known = {name: value for name, value in ENVIRONMENT.items() if name != without} | environment
    return subprocess.run(command(*words), cwd=folder, env=known, capture_output=True, timeout=300, check=False)


def inputs(raw: str) -> list[str]:
    return [f"--{table}={raw}/{table}.csv" for table in ("orders", "trades", "nbbo")]


@pytest.mark.parametrize(("name", "locale"), [(NOT_TEXT, {}), (f"é中{NOT_TEXT}", POSIX)])
def test_every_path_may_be_no_text(name: str, locale: dict[str, str], market: Market, tmp_path: Path) -> None:
    shutil.copytree(market.raw, tmp_path / f"raw{name}")
    words = ("run", *inputs(f"raw{name}"), f"--store=store{name}", f"--results=out{name}", "--max_workers=2")
    done = run(tmp_path, *words, "--detailed_logs=true", f"--temp_dir=temp{name}", **locale)
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / f"out{name}") == market.tables
    assert b"report: out" + os.fsencode(name) in done.stdout or locale
    assert (tmp_path / f"out{name}" / "report.html").read_text(encoding="utf-8")
    again = run(tmp_path, *words, "--detailed_logs=true", f"--temp_dir=temp{name}", "--json", **locale)
    assert (again.returncode, b'"up_to_date": true' in again.stdout) == (0, True), again.stderr


def test_commands_that_read_take_paths_that_are_no_text(market: Market, tmp_path: Path) -> None:
    shutil.copytree(market.raw, tmp_path / NOT_TEXT)
    shutil.copytree(market.store, tmp_path / f"store{NOT_TEXT}")
    shutil.copytree(market.folder / "clean", tmp_path / f"out{NOT_TEXT}")
    for words in (
        ("inspect", f"{NOT_TEXT}/orders.csv"),
        ("plan", f"--store=store{NOT_TEXT}"),
        ("verify", f"--store=store{NOT_TEXT}"),
        ("report", f"--results=out{NOT_TEXT}"),
    ):
        done = run(tmp_path, *words)
        assert (done.returncode, done.stderr) == (0, b""), words


def test_a_missing_path_that_is_no_text_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "inspect", NOT_TEXT)
    assert (done.returncode, done.stderr) == (2, b"darkreplay: inspect: file b\xff does not exist\n")


def can_be_nobody() -> bool:
    words = ["unshare", "-U", "--map-user=12345", "true"]
    return (
        shutil.which("unshare") is not None and subprocess.run(words, check=False, capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not can_be_nobody(), reason="needs a user without an entry in passwd")
def test_a_user_without_a_home_has_caches_in_the_temporary_folder(market: Market, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    nobody = ["unshare", "-U", "--map-user=12345", "--map-group=12345", "env", "-u", "HOME", "-u", "XDG_CACHE_HOME"]
    program = "from kernels.base.cache_folder import cache_folder; print(cache_folder('kernels'))"
    environment = ENVIRONMENT | {"TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [*nobody, command()[0], "-c", program]
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{temporary}/darkreplay-12345/kernels"
    for words in (["plan", "--store=~/store"], ["inspect", "~/orders.csv"], ["convert", "--orders=~/orders.csv"]):
        refused = subprocess.run(
            [*nobody, *command(*words)], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert refused.returncode == 2, refused.stderr
        (line,) = refused.stderr.splitlines()
        assert line.startswith("darkreplay: ~/")
        assert "there is no home folder for ~ here (HOME is not set): write the path in full" in line


@pytest.mark.parametrize("home", ["/proc/none", "/dev/null"])
def test_a_home_that_cannot_be_written(home: str, market: Market, tmp_path: Path) -> None:
    done = run(tmp_path, "plan", f"--store={market.store}", without="XDG_CACHE_HOME", HOME=home, TMPDIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("length", [75, 95])
def test_a_temporary_folder_may_be_as_long_as_sockets_hardly_are(length: int, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * length)
    folder.mkdir()
    program = (
        "from tickstore.engines.engine import Task\n"
        "from tickstore.engines.supervisor import Options, Supervisor\n"
        "tasks = iter([Task('os:getpid', None, 'task')])\n"
        "with Supervisor(Options(1)) as engine:\n"
        "    print(len(list(engine.run(lambda: next(tasks, None)))))\n"
    )
    words = [command()[0], "-c", program]
    done = subprocess.run(words, env=ENVIRONMENT | {"TMPDIR": str(folder)}, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1\n", b"")


def test_a_long_temporary_folder_has_room_for_sockets(market: Market, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 240)
    folder.mkdir()
    done = run(
        tmp_path, "run", f"--store={market.store}", "--results=out", "--max_workers=2", TMPDIR=str(folder)
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables
    made = run(
        tmp_path, "synth", "--out=raw", "--orders=20", "--max_workers=2", "--securities=101,102", TMPDIR=str(folder)
    )
    assert made.returncode == 0, made.stderr
