"""Runs on file systems without locks, or without syncs of folders: the system's own answers, forged below Python."""

import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, darkreplay, start, tables
from tickstore.durable.lock_file import HELD_NAME

NO_LOCK = "#include <errno.h>\nint flock(int fd, int op) {{ errno = {number}; return -1; }}\n"
NO_SYNC = """#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
int syncfs(int fd) {{ errno = {number}; return -1; }}
int fsync(int fd) {{
    struct stat s;
    if (!fstat(fd, &s) && {which}) {{ errno = {number}; return -1; }}
    return syscall(SYS_fsync, fd);
}}
"""
needs_compiler = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc makes the libraries that stand between")


def library(folder: Path, source: str) -> dict[str, str]:
    """Return the environment in which functions of the system are those of ``source``."""
    (folder / "forged.c").write_text(source)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "forged.so", "forged.c"], cwd=folder, check=True)
    return {"LD_PRELOAD": str(folder / "forged.so")}


@needs_compiler
def test_a_run_needs_no_locks_of_the_system(market: Market, tmp_path: Path) -> None:
    """One of the answers that systems without them give; `tickstore.durable` is tested with all."""
    forged = library(tmp_path, NO_LOCK.format(number=errno.EPERM))
    inputs = [f"--{table}={market.raw}/{table}.csv" for table in ("orders", "trades", "nbbo")]
    done = darkreplay(
        "run", *inputs, "--store=store", "--results=out", "--max_workers=2", folder=tmp_path, environment=forged
    )
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables
    assert not list(tmp_path.rglob(".lock.*"))


@needs_compiler
def test_a_run_without_locks_keeps_others_out_and_leaves_nothing_behind(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = library(tmp_path, NO_LOCK.format(number=errno.ENOLCK))
    monkeypatch.setitem(ENVIRONMENT, "LD_PRELOAD", forged["LD_PRELOAD"])
    arguments = ("run", f"--store={market.store}", "--results=out", "--max_workers=1")
    driver = start(*arguments, folder=tmp_path, faults="all=slow")
    wait_until(lambda: (tmp_path / "out" / "run.json").exists())
    second = darkreplay(*arguments, folder=tmp_path)
    assert second.returncode == 2
    assert second.stderr.startswith(f"darkreplay: out: another run is writing here (process {driver.pid} on ")
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    assert (tmp_path / "out" / HELD_NAME).exists()
    done = darkreplay(*arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables
    assert not list((tmp_path / "out").glob(".lock.*"))


@needs_compiler
@pytest.mark.parametrize(
    ("number", "which"),
    [(errno.EPERM, "S_ISDIR(s.st_mode)"), (errno.ENOSYS, "1")],  # the others: `tickstore.durable`
)
def test_a_run_needs_no_syncs_where_there_are_none(number: int, which: str, market: Market, tmp_path: Path) -> None:
    forged = library(tmp_path, NO_SYNC.format(number=number, which=which))
    inputs = [f"--{table}={market.raw}/{table}.csv" for table in ("orders", "trades", "nbbo")]
    done = darkreplay("run", *inputs, "--store=store", "--results=out", folder=tmp_path, environment=forged)
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables


@needs_compiler
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_sync_that_fails_is_an_error_that_names_the_place(number: int, market: Market, tmp_path: Path) -> None:
    forged = library(tmp_path, NO_SYNC.format(number=number, which="1"))
    new = darkreplay("run", f"--store={market.store}", "--results=new", folder=tmp_path, environment=forged)
    assert (new.returncode, new.stderr) == (
        2,
        f"darkreplay: results folder new cannot be written ({os.strerror(number)}): give another path\n",
    )
    (tmp_path / "out").mkdir()
    done = darkreplay("run", f"--store={market.store}", "--results=out", folder=tmp_path, environment=forged)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.startswith(f"darkreplay: {tmp_path}/out/") or done.stderr.startswith("darkreplay: out/")
    assert os.strerror(number) in done.stderr


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
