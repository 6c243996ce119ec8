"""Run the command line as a user does: a new process, its output captured; or quicker, in this process."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

from driver.command_line.main import main

WORKERS = ("run", "convert", "synth")  # commands that take a number of them


def darkreplay(*arguments: str, folder: Path, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
    """Run ``python -m driver ARGUMENTS`` in ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "driver", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def darkreplay_here(command: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Do the same in this process, for tests of what comes out: starting a program takes longer than a small run."""
    alone = [] if any(word.startswith("--max_workers") for word in arguments) else ["--max_workers=1"]
    words = [command, *arguments, *(alone if command in WORKERS else [])]
    if command == "run" and not any(word.startswith("--mode") for word in words):
        words.append("--mode=sequential")
    out, errors = io.StringIO(), io.StringIO()
    before, place = signal.getsignal(signal.SIGTERM), Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = main(words)
    finally:
        os.chdir(place)
        signal.signal(signal.SIGTERM, before)
    return subprocess.CompletedProcess(words, code, out.getvalue(), errors.getvalue())
