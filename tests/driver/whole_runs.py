"""Start the command line as a user does, from the sources, with or without faults."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARYING = ("run.json", "jobs.csv", "report.html", "manifest.jsonl", "run.log", ".lock")  # times, counts of attempts
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "io")])}


def command(*arguments: str, faults: str | None = None) -> list[str]:
    """Return the words that start the command line."""
    if faults is None:
        return [sys.executable, "-m", "driver", *arguments]
    return [sys.executable, "-m", "tests.driver.faulty", faults, *arguments]


def darkreplay(
    *arguments: str, folder: Path, faults: str | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line in ``folder``, with more ``environment`` variables, and wait for it."""
    return subprocess.run(
        command(*arguments, faults=faults),
        cwd=folder,
        env=ENVIRONMENT | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def start(*arguments: str, folder: Path, faults: str | None = None) -> subprocess.Popen[str]:
    """Start the command line in ``folder``, in a process group of its own, as a terminal would."""
    return subprocess.Popen(
        command(*arguments, faults=faults),
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def tables(results: Path) -> dict[str, bytes]:
    """Return everything decisions 28 promises to be the same bytes, by path below ``results``."""
    paths = [path for path in results.rglob("*") if path.is_file() and ".stale" not in path.parts]
    kept = [
        path
        for path in paths
        if path.name not in ("run.json", "jobs.csv", "report.html", "manifest.jsonl", "run.log", ".lock")
    ]
    return {str(path.relative_to(results)): path.read_bytes() for path in kept}
