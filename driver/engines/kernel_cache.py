"""Compile the kernels once, before any worker starts, in a process of its own; rebuild a damaged cache.

Eight cold workers would each compile everything. And a damaged cache makes Numba raise, or crash, rather
than compile anew: the child process takes the blow, its cache folder is set aside, and it is tried once more.

`driver.run.runner` holds a `WarmUp` around a run; `python -m driver.engines.kernel_cache` is the child.
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
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

from kernels.base.sources import source_digest, source_files
from tickstore.durable.files import atomic_json
from tickstore.errors import UserError

T = TypeVar("T")
DAMAGED = "the kernel cache is damaged: it is set aside and built anew"
CACHING = "numba/core/caching.py"
KERNELS = Path(__file__).resolve().parents[2] / "kernels"


class WarmUp:
    """Compiles the kernels in a child process, if no earlier run did, while the driver reads its input.

    Leaving the block ends the child, if nothing came that needed the kernels.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self.announce = announce
        self.marker = marker_path()
        self.child: subprocess.Popen[bytes] | None = None
        self.began = 0.0

    def __enter__(self) -> Self:
        disabled = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
        if not disabled and not is_warm(self.marker):
            self._start(set_aside=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()

    def finish(self) -> None:
        """Wait until the kernels are compiled. A first failure is blamed on the cache, which is then set aside."""
        if self.child is None:
            return
        if self.child.wait() != 0:
            self._start(set_aside=True)
            if self.child.wait() != 0:
                raise UserError("the kernels cannot be compiled: `python -m driver.engines.kernel_cache` shows why")
        self.child = None
        self.announce(f"kernels compiled in {time.monotonic() - self.began:.0f} s")

    def rebuild(self) -> None:
        """Set the cache aside, which workers found damaged, and compile anew."""
        self._start(set_aside=True)
        self.finish()

    def _start(self, set_aside: bool) -> None:
        if set_aside:
            self.announce(DAMAGED)
        self.announce("compiling the kernels, once for this version: a quarter of a minute or so")
        self.began = time.monotonic()
        command = [sys.executable, "-m", "driver.engines.kernel_cache", str(self.marker)]
        command += ["--set-aside"] * set_aside
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = os.environ | {"PYTHONPATH": paths, "NUMBA_NUM_THREADS": "1"}
        self.child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def is_warm(marker: Path) -> bool:
    """Return whether ``marker`` was written after a full compilation whose files are still there."""
    try:
        folders = json.loads(marker.read_text())["folders"]
        return bool(folders) and all(any(Path(folder).glob("**/*.nbi")) for folder in folders)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def marker_path() -> Path:
    """Return the file that says the kernels of exactly these sources, versions and CPU are compiled.

    The place and the times of the sources count: Numba keeps compiled code by path, and distrusts it when a
    file was written again. A second checkout is cold, whatever the first one has compiled.
    """
    digest = hashlib.sha256(str(KERNELS).encode())
    digest.update(source_digest(KERNELS).encode())
    digest.update(repr([source.stat().st_mtime_ns for source in source_files(KERNELS)]).encode())
    ways = ("NUMBA_", "DARKREPLAY_PLAIN_JIT")
    environment = sorted((name, value) for name, value in os.environ.items() if name.startswith(ways))
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


def with_sound_cache(action: Callable[[], T], announce: Callable[[str], None]) -> T:
    """Return what ``action`` returns; if it fails because compiled code cannot be loaded, rebuild and try again."""
    try:
        return action()
    except Exception as error:
        if not is_cache_damage(error):
            raise
    announce(DAMAGED)
    set_aside_caches()
    return action()


def is_cache_damage(error: BaseException) -> bool:
    """Return whether an error comes from Numba's reading of its cache (it raises whatever unpickling raises)."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_code.co_filename.endswith(CACHING) for frame in frames)


def set_aside_caches() -> Path:
    """Move the caches of all our packages away, keeping them for whoever wants to know what was wrong.

    The empty folders stay: Numba made sure that they exist when it was imported, and will not again.
    Returns the folder of the kernels' cache.
    """
    import marketgen
    import tickstore
    from kernels.base import compiling

    for package in (KERNELS, *(Path(str(module.__file__)).parent for module in (marketgen, tickstore))):
        folder = compiling.cache_directory(package)
        folder.rename(folder.with_name(f"{folder.name}.damaged-{time.time_ns()}"))
        folder.mkdir(parents=True)
    return compiling.cache_directory()


def main(arguments: list[str]) -> None:
    """Compile in this process, then write the marker."""
    from kernels.base import compiling

    folder = set_aside_caches() if "--set-aside" in arguments else compiling.cache_directory()
    import driver.job.job  # noqa: F401
    import kernels

    kernels.warm()
    if arguments and not arguments[0].startswith("-"):
        atomic_json(Path(arguments[0]), {"folders": [str(folder)]})


if __name__ == "__main__":
    main(sys.argv[1:])
