"""Compile the kernels once, before any worker starts, in a process of its own; rebuild a damaged cache.

Eight cold workers would each compile everything. And a damaged cache makes Numba raise, or crash, rather
than compile anew: the child process takes the blow, its cache folder is set aside, and it is tried once more.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from driver.outputs import atomic_json
from tickstore.errors import UserError

KERNELS = Path(__file__).resolve().parents[1] / "kernels"


def ensure_warm(announce: Callable[[str], None], force: bool = False) -> None:
    """Compile the kernels if no earlier run did. ``force``: even so, and set the present cache aside."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return
    marker = marker_path()
    if not force and is_warm(marker):
        return
    announce("compiling the kernels, once for this version: about a minute")
    start = time.monotonic()
    if force:
        announce("the kernel cache is damaged: set aside and built anew")
    if _compile(marker, set_aside=force) != 0 and _compile(marker, set_aside=True) != 0:
        raise UserError("the kernels cannot be compiled: `python -m driver.warm` shows why")
    announce(f"kernels compiled in {time.monotonic() - start:.0f} s")


def is_warm(marker: Path) -> bool:
    """Return whether ``marker`` was written after a full compilation whose files are still there."""
    try:
        folders = json.loads(marker.read_text())["folders"]
        return bool(folders) and all(any(Path(folder).glob("**/*.nbi")) for folder in folders)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def marker_path() -> Path:
    """Return the file that says the kernels of exactly these sources, versions and CPU are compiled."""
    digest = hashlib.sha256()
    for source in sorted(KERNELS.glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    environment = sorted((name, value) for name, value in os.environ.items() if name.startswith("NUMBA_"))
    versions = (importlib.metadata.version("numba"), importlib.metadata.version("numpy"), sys.version)
    digest.update(repr((versions, environment, platform.machine(), _cpu())).encode())
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "darkreplay"
    try:
        base.mkdir(parents=True, exist_ok=True)
        if not os.access(base, os.W_OK):
            raise OSError
    except OSError:
        base = Path(tempfile.gettempdir()) / f"darkreplay-{os.getuid()}"
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
    return base / f"warm-{digest.hexdigest()[:16]}.json"


def _cpu() -> str:
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
        return "".join(line for line in lines if line.startswith(("model name", "flags")))
    return platform.processor()


def _compile(marker: Path, set_aside: bool) -> int:
    """Run this module in a child process and return its exit code."""
    command = [sys.executable, "-m", "driver.warm", str(marker), *(["--set-aside"] if set_aside else [])]
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = os.environ | {"PYTHONPATH": paths, "NUMBA_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, stderr=subprocess.DEVNULL, check=False).returncode


def _set_aside(folder: Path) -> None:
    """Move a cache folder away, keeping it for whoever wants to know what was wrong."""
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}.damaged-{time.time_ns()}"))


def main(arguments: list[str]) -> None:
    """Compile in this process, then write the marker."""
    from kernels import _jit

    folder = _jit.cache_directory()
    if "--set-aside" in arguments:
        _set_aside(folder)
        folder.mkdir(parents=True, exist_ok=True)
    import driver.job  # noqa: F401
    import kernels

    kernels.warm()
    if arguments and not arguments[0].startswith("-"):
        atomic_json(Path(arguments[0]), {"folders": [str(folder)]})


if __name__ == "__main__":
    main(sys.argv[1:])
