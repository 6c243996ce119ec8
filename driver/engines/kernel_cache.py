"""Compile the kernels once, before any worker starts, in a process of its own; heal a damaged cache.

Eight cold workers would each compile everything. Every file of the cache is checked before it is used
(``kernels.base.checked_cache``), so what is damaged is compiled anew, and that alone. A compilation that fails all
the same is tried in an empty cache: only if that goes well was the cache to blame, and is set aside.

`driver.run.runner` holds a `WarmUp` around a run; `python -m driver.engines.kernel_cache` is the child.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Self

from driver.engines.foreign_modules import foreign_in
from driver.engines.memory_limits import NEEDED_COLD_MB, NEEDED_MB, is_limited, memory_trouble, speaks_of_memory
from kernels.base.cache_folder import cache_folder
from kernels.base.sealed_files import damaged_files
from kernels.base.sources import source_digest, source_files
from tickstore.durable.files import atomic_json
from tickstore.engines.parent_death import die_with_parent
from tickstore.errors import UserError

DAMAGED: Final = "files of the kernel cache are damaged: they are compiled anew"
SET_ASIDE: Final = "the kernel cache cannot be used: it is set aside, a new one is in its place"
FAILED: Final = "the kernels cannot be compiled"
# What is compiled apart from the rest, side by side: every job measures, not every one replays the dark book.
MEASURE, REPLAY = "measure", "replay"
WHAT: Final = {MEASURE: "the kernels", REPLAY: "the dark book's kernels"}
KERNELS = Path(__file__).resolve().parents[2] / "kernels"


class WarmUp:
    """Compiles the kernels in a child process, if no earlier run did, while the driver reads its input.

    Leaving the block ends the child, if nothing came that needed the kernels.
    """

    def __init__(self, announce: Callable[[str], None], part: str = MEASURE) -> None:
        self.announce, self.part = announce, part
        self.marker = marker_path(part)
        self.child: subprocess.Popen[bytes] | None = None
        self.began = 0.0
        self.said: IO[bytes] | None = None  # what the child has to say
        # An empty cache, to tell whether the old one is bad.
        self.fresh = self.marker.parent / (
            f".fresh-{os.getpid()}" if part == MEASURE else f".fresh-{part}-{os.getpid()}"
        )

    def __enter__(self) -> Self:
        if not _compiles():
            return self
        if damaged := heal(self.marker):
            self.announce(f"{len(damaged)} {DAMAGED} ({damaged[0]})")
        if not is_warm(self.marker):
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()
        self._close()
        shutil.rmtree(self.fresh, ignore_errors=True)

    def _close(self) -> None:
        if self.said is not None:
            self.said.close()

    def finish(self) -> None:
        """Wait until the kernels are compiled; a cache that is proven to keep them from it is set aside."""
        if self.child is None:
            return
        if self.child.wait() != 0:
            self._check_memory()
            if foreign := foreign_in(self._all_words()):
                raise UserError(foreign)
            self._start(self.fresh)
            if self.child.wait() != 0:
                self._check_memory()
                raise UserError(f"{FAILED}: {self._last_words()}; `python -m driver.engines.kernel_cache` shows more")
            self._replace_cache()
        self.child = None
        self.announce(f"{WHAT[self.part].removeprefix('the ')} compiled in {time.monotonic() - self.began:.0f} s")

    def rebuild(self) -> None:
        """Load, or compile, what workers could not load; see ``finish``."""
        self._start()
        self.finish()

    def _start(self, cache: Path | None = None) -> None:
        """Start the child, on the user's cache or on another."""
        self.announce(f"compiling {WHAT[self.part]}, once for this version: a quarter of a minute or so")
        self.began = time.monotonic()
        marker = self.marker if cache is None else cache / self.marker.name
        command = [sys.executable, "-P", "-m", "driver.engines.kernel_cache", str(marker), str(os.getpid()), self.part]
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = os.environ | {"PYTHONPATH": paths, "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        if cache is not None:
            cache.mkdir()
            environment["NUMBA_CACHE_DIR"] = str(cache)
        self._close()
        self.said = tempfile.TemporaryFile(dir=self.marker.parent)  # noqa: SIM115 - it is read when the child has ended
        self.child = subprocess.Popen(command, env=environment, stderr=self.said)

    def _last_words(self) -> str:
        """Return the last line that the child said, or how it ended."""
        code = self.child.returncode if self.child is not None else 0
        if code < 0:
            return f"the compilation was killed by {signal.Signals(-code).name}"
        lines = self._all_words().splitlines()
        return lines[-1] if lines else f"the compilation ended with exit code {code}"

    def _all_words(self) -> str:
        if self.said is None:
            return ""
        self.said.seek(0)
        return self.said.read().decode(errors="replace").strip()

    def _check_memory(self) -> None:
        """Raise if it was memory that the child lacked: a crash where memory is limited is one of them."""
        killed = self.child is not None and self.child.returncode < 0
        if speaks_of_memory(self._all_words()) or (killed and is_limited()):
            raise UserError(memory_trouble(FAILED))

    def _replace_cache(self) -> None:
        """Set aside the cache that the kernels could not be loaded from, and put the new one in its place."""
        for made in sorted({path.parents[1] for path in self.fresh.rglob("*.nbi")}):
            place = cache_folder(made.name, os.environ.get("NUMBA_CACHE_DIR"))
            place.rename(place.with_name(f"{place.name}.damaged-{time.time_ns()}"))
            made.rename(place)
            self.announce(f"{SET_ASIDE} ({place})")
            atomic_json(self.marker, {"folders": [str(place)]})


def is_warm(marker: Path) -> bool:
    """Return whether ``marker`` was written after a full compilation whose files are still there."""
    try:
        folders = json.loads(marker.read_text())["folders"]
        return bool(folders) and all(any(Path(folder).glob("**/*.nbi")) for folder in folders)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def needed_memory() -> int:
    """Return the MB of addresses that a run needs at least, whatever its data: more where it has to compile."""
    return NEEDED_MB if not _compiles() or is_warm(marker_path()) else NEEDED_COLD_MB


def _compiles() -> bool:
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def heal(marker: Path) -> list[Path]:
    """Remove the files of a warm cache that are damaged, and the marker with them; return which."""
    try:
        folders = json.loads(marker.read_text())["folders"]
        damaged = [path for folder in folders for path in damaged_files(Path(folder))]
    except (OSError, ValueError, KeyError, TypeError):  # not warm
        return []
    for path in [marker, *damaged] if damaged else []:
        with suppress(OSError):  # of another user: what is loaded is checked once more
            path.unlink(missing_ok=True)
    return damaged


def marker_path(part: str = MEASURE) -> Path:
    """Return the file that says a part of the kernels of exactly these sources, versions and CPU is compiled.

    The place and the times of the sources count: Numba keeps compiled code by path, and distrusts it when a
    file was written again. A second checkout is cold, whatever the first one has compiled.
    """
    digest = hashlib.sha256(os.fsencode(KERNELS))
    digest.update(source_digest(KERNELS).encode())
    digest.update(repr([source.stat().st_mtime_ns for source in source_files(KERNELS)]).encode())
    ways = ("NUMBA_", "DARKREPLAY_PLAIN_JIT")
    environment = sorted((name, value) for name, value in os.environ.items() if name.startswith(ways))
    versions = (importlib.metadata.version("numba"), importlib.metadata.version("numpy"), sys.version)
    digest.update(repr((versions, environment, platform.machine(), _cpu())).encode())
    name = "warm" if part == MEASURE else f"warm-{part}"
    return cache_folder() / f"{name}-{digest.hexdigest()[:16]}.json"


def _cpu() -> str:
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
        return "".join(line for line in lines if line.startswith(("model name", "flags")))
    return platform.processor()


def main(arguments: list[str]) -> None:
    """Compile in this process, then write the marker; without arguments, only show what goes wrong."""
    if arguments:
        die_with_parent(int(arguments[1]))
    import driver.job.job  # noqa: F401
    from kernels import warming
    from kernels.base import compiling

    for part in arguments[2:] or (MEASURE, REPLAY):
        warming.warm_part(part)
    if arguments:
        atomic_json(Path(arguments[0]), {"folders": [str(compiling.cache_directory())]})


if __name__ == "__main__":
    main(sys.argv[1:])
