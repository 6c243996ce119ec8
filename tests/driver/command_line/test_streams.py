"""What is printed never decides over results: streams that are closed, full, slow or gone."""

import os
import pty
import subprocess
import time
from pathlib import Path

import pytest

from driver.command_line.streams import SHOWN, LastingFile, steady_streams
from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, command, tables


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a line of the shell in which ``$driver`` is the command line."""
    words = ["bash", "-c", f'set -o pipefail; driver="{" ".join(command())}"; {line}']
    return subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, timeout=300, check=False)


@pytest.mark.parametrize("redirected", [">&-", "2>&-", "<&- >&- 2>&-", "| head -c 1", ">/dev/full 2>/dev/full"])
def test_a_run_completes_whatever_becomes_of_its_output(redirected: str, market: Market, tmp_path: Path) -> None:
    done = shell(f"$driver run --store={market.store} --results=out --max_workers=2 {redirected}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables
    assert b"darkreplay: " not in done.stderr


@pytest.mark.parametrize("redirected", [">&- 2>&-", "| head -c 1"])
@pytest.mark.parametrize(
    "words",
    ["convert {files} --store=new", "plan --store={store}", "inspect {raw}/orders.csv", "run --help", "--version"],
)
def test_other_commands_end_as_they_would(words: str, redirected: str, market: Market, tmp_path: Path) -> None:
    files = " ".join(f"--{table}={market.raw}/{table}.csv" for table in ("orders", "trades", "nbbo"))
    line = words.format(files=files, store=market.store, raw=market.raw)
    done = shell(f"$driver {line} {redirected}", tmp_path)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    assert ("--store=new" not in line) or (tmp_path / "new" / "manifest.jsonl").exists()


def test_a_refusal_keeps_its_code_without_anybody_to_read_it(tmp_path: Path) -> None:
    assert shell("$driver plan --store=nowhere >&- 2>&-", tmp_path).returncode == 2
    assert shell("$driver plan --store=nowhere >/dev/full 2>/dev/full", tmp_path).returncode == 2


def test_output_that_a_full_disk_swallowed_is_said(market: Market, tmp_path: Path) -> None:
    done = shell(f"$driver plan --store={market.store} --json >/dev/full", tmp_path)
    assert (done.returncode, done.stderr.count(b"\n")) == (0, 1)
    assert b"stdout is not all there (No space left on device)" in done.stderr


def test_a_terminal_that_is_closed_does_not_end_the_run(market: Market, tmp_path: Path) -> None:
    """The driver leads the terminal's session, so the system sends it SIGHUP, and every word it says is an error."""
    process, ours = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        words = command("run", f"--store={market.store}", "--results=out", "--max_workers=2")
        os.execvpe(words[0], words, ENVIRONMENT)
    end = time.monotonic() + 60
    while not (tmp_path / "out" / ".lock").exists() and time.monotonic() < end:
        time.sleep(0.02)
    os.close(ours)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert tables(tmp_path / "out") == market.tables


def test_a_stream_that_does_not_wait_gets_everything() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    child = subprocess.Popen(["bash", "-c", "sleep 0.3; wc -c"], stdin=reader, stdout=subprocess.PIPE)
    os.close(reader)
    with LastingFile(writer, "wb") as stream:
        left = memoryview(b"x" * 1_000_000)
        while left:
            left = left[stream.write(left) :]
    assert child.communicate()[0].strip() == b"1000000"


def test_names_that_are_no_text_are_written_as_their_bytes() -> None:
    steady_streams_is_registered()
    name = os.fsdecode(b"R/b\xff")
    assert name.encode("utf-8", SHOWN) == b"R/b\xff"
    assert f"{name}é".encode("ascii", SHOWN) == b"R/b\xff\\xe9"
    assert "\ud800".encode("utf-8", SHOWN) == b"\\ud800"


def steady_streams_is_registered() -> None:
    """Register the error handler without changing the streams of the test's process for longer."""
    import sys

    before = sys.stdout, sys.stderr
    try:
        steady_streams()
    finally:
        sys.stdout, sys.stderr = before
