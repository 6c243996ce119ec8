"""The processes of a program under test, found by a mark in their environment, which all of them inherit."""

import os
import time
from pathlib import Path

MARK = "DARKREPLAY_TEST_MARK"


def marked(mark: str) -> dict[int, str]:
    """Return pid -> command line of the living processes that have a mark."""
    found = {}
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if (folder / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                    found[int(folder.name)] = words
        except OSError:  # it ended
            continue
    return found


def all_gone(mark: str, seconds: float) -> dict[int, str]:
    """Wait until no marked process lives, so many seconds at most; return those that still do."""
    end = time.monotonic() + seconds
    while (left := marked(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    return left
