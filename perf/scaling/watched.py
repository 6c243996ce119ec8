"""The command line at work, watched from outside: how long each phase took, and the most private memory."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EVERY = 0.02  # seconds between looks at the memory


@dataclass(frozen=True)
class Watched:
    """What a command took."""

    seconds: dict[str, float]  # by phase, as it says; ``all``: from start to end
    driver: int  # private bytes, the most of the process that was started
    worker: int  # the most of one of the others
    together: int  # the most of all at once


def family(pid: int) -> Iterator[int]:
    """Return a process and all below it that live."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield from family(int(child))


def private_bytes(pid: int) -> list[int]:
    """Return the anonymous resident bytes of a process, then of each below it that lives."""
    found = []
    for process in family(pid):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
            found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")]
    return found


def driver(*words: str) -> Watched:
    """Run a command of the driver that speaks JSON."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "io")])}
    most = [0, 0, 0]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as trouble:
        begin = time.perf_counter()
        command = [sys.executable, "-m", "driver", *words, "--json"]
        process = subprocess.Popen(command, stdout=said, stderr=trouble, env=environment, cwd=ROOT)
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(EVERY):
                own, *others = private_bytes(process.pid) or [0]
                now = own, max(others, default=0), own + sum(others)
                most[:] = map(max, most, now)

        watcher = threading.Thread(target=look)
        watcher.start()
        status = process.wait()
        taken = time.perf_counter() - begin
        ended.set()
        watcher.join()
        text, why = (file.read() for file in (said, trouble) if file.seek(0) == 0)
    if status != 0:
        raise RuntimeError(f"driver {' '.join(words)}: exit status {status}: {why[-500:]}")
    return Watched(json.loads(text)["seconds"] | {"all": taken}, *most)
