"""A Dask scheduler and workers, processes of their own on this machine."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.driver.whole_runs import ENVIRONMENT

SLOW = {"DARKREPLAY_TEST_FAULTS": "all=slow"}  # jobs take a second and a half where the driver asks for such


class Cluster:
    """A scheduler and workers of one thread each."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self.file), environment=settings
        )
        end = time.monotonic() + 60
        while not self.file.exists():
            assert time.monotonic() < end, "no scheduler"
            time.sleep(0.05)
        self.address = str(json.loads(self.file.read_text())["address"])

    def _start(self, kind: str, *flags: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{kind}{len(self.processes)}.log").open("wb")
        dashboard = ["--no-dashboard"]
        words = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *flags, *dashboard]
        settings = ENVIRONMENT | SLOW | (environment or {})
        process = subprocess.Popen(words, cwd=self.folder, env=settings, stdout=log, stderr=log, start_new_session=True)
        log.close()
        self.processes.append(process)
        return process

    def add_worker(self, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        flags = ("--no-nanny", "--nthreads", "1", "--memory-limit", "0", "--host", "127.0.0.1", "--death-timeout", "60")
        return self._start("worker", self.address, *flags, environment=environment)

    def await_workers(self, count: int) -> None:
        """Wait until so many workers are there."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=120)

    def close(self) -> None:
        """Kill all of it."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
