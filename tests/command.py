"""Run the command line as a user does: a new process, its output captured."""

import subprocess
import sys
from pathlib import Path


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
