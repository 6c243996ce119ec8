"""Compile the kernels once, before any worker starts, in a process of its own; heal a damaged cache.

Eight cold workers would each compile everything. Every file of the cache is checked before it is used
(``kernels.base.checked_cache``), so what is damaged is compiled anew, and that alone. A compilation that fails all
the same is tried in an empty cache: only if that goes well was the cache to blame, and is set aside.

`driver.run.runner` holds a `WarmUp` around a run; `compilation` is the child.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Final, Self

from driver.engines.early.server import stop_early_server
from driver.engines.foreign_modules import foreign_in, foreign_needed
from driver.engines.memory_limits import is_limited, memory_trouble, speaks_of_memory
from driver.engines.warm_markers import CONVERT, MEASURE, PARTS, REPLAY, compiles, heal, is_warm, marker_path
from kernels.base.cache_folder import cache_folder
from tickstore.durable.files import atomic_json
from tickstore.errors import UserError

DAMAGED: Final = "files of the kernel cache are damaged: they are compiled anew"
SET_ASIDE: Final = "the kernel cache cannot be used: it is set aside, a new one is in its place"
FAILED: Final = "the kernels cannot be compiled"
EXPECTED: Final = {CONVERT: 20, REPLAY: 24, MEASURE: 77}  # kernels of each; a test counts them
SHOWN_EACH: Final = 0.5  # seconds
Show = Callable[[int, int, float], None]  # what is ready, of how many, since when


def _nothing(ready: int, of: int, since: float) -> None:
    """Show nothing."""


class Heard:
    """What a compilation has said so far: the parts of its units, the kernels that are ready, the units that are."""

    def __init__(self) -> None:
        self.rest = b""
        self.parts: list[str] = []
        self.ready: set[str] = set()
        self.units: set[int] = set()

    def take(self, data: bytes) -> None:
        """Take in what came."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            kind, _, what = line.decode().partition(" ")
            if kind == "of":
                self.parts.append(what)
            elif kind == "kernel":
                self.ready.add(what)
            else:
                self.units.add(int(what))

    def has(self, part: str) -> bool:
        """Return whether a part is ready, or was so before."""
        own = {number for number, name in enumerate(self.parts) if name == part}
        return bool(self.parts) and own <= self.units


class WarmUp:
    """Compiles the parts that no earlier run did, in a child process, while the driver reads its input.

    Leaving the block ends the child, if nothing came that needed the kernels.
    """

    def __init__(self, announce: Callable[[str], None], parts: Collection[str] = (MEASURE,), show: Show = _nothing):
        self.announce, self.parts, self.show = announce, tuple(parts), show
        self.child: subprocess.Popen[bytes] | None = None
        self.began = 0.0
        self.expected = 0  # kernels that there are to be
        self.said: IO[bytes] | None = None  # what the child has to say of errors
        self.heard = Heard()
        self.fresh = cache_folder() / f".fresh-{os.getpid()}"  # an empty cache, to tell whether the old one is bad

    def __enter__(self) -> Self:
        if not compiles():
            return self
        damaged = heal([marker_path(part) for part in self.parts])
        if damaged:
            self.announce(f"{len(damaged)} {DAMAGED} ({damaged[0]})")
            for part in PARTS:  # they share a folder
                marker_path(part).unlink(missing_ok=True)
        if cold := [part for part in self.parts if not is_warm(marker_path(part))]:
            self._start(cold)
        return self

    def __exit__(self, *_: object) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()
        self._close()
        shutil.rmtree(self.fresh, ignore_errors=True)

    def _close(self) -> None:
        """Close what the child said its words into."""
        if self.said is not None:
            self.said.close()
        if self.child is not None and self.child.stdout is not None:
            self.child.stdout.close()

    def await_conversion(self) -> None:
        """Wait until the kernels of a conversion are ready, or the child has failed, which `finish` looks into."""
        if self.child is not None and CONVERT in self.parts:
            self._listen(lambda: self.heard.has(CONVERT))

    def finish(self) -> None:
        """Wait until the kernels are compiled; a cache that is proven to keep them from it is set aside."""
        if self.child is None:
            return
        if self._end_of_child() != 0:
            self._check_memory()
            if foreign := foreign_in(self._all_words()):
                raise UserError(foreign)
            self._start(self.parts, self.fresh)
            if self._end_of_child() != 0:
                self._check_memory()
                trouble = f"{FAILED}: {self._last_words()}; `python -m driver.engines.compilation` shows more"
                raise UserError(foreign_needed() or trouble)
            self._replace_cache()
        self._close()
        self.child = None
        self.announce(f"kernels compiled in {time.monotonic() - self.began:.0f} s")

    def rebuild(self) -> None:
        """Load, or compile, what workers could not load; see ``finish``."""
        self._start(self.parts)
        self.finish()

    def _start(self, parts: Collection[str], cache: Path | None = None) -> None:
        """Start the child, on the user's cache or on another."""
        stop_early_server()  # it has loaded what was there before
        self.announce("compiling the kernels, once for this version: half a minute or so on two cores")
        self.began, self.heard = time.monotonic(), Heard()
        self.expected = sum(EXPECTED[part] for part in parts)
        names = [word for part in parts for word in (part, marker_path(part).name)]
        folder = marker_path().parent if cache is None else cache
        command = [sys.executable, "-P", "-m", "driver.engines.compilation", str(folder), str(os.getpid()), *names]
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = os.environ | {"PYTHONPATH": paths, "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        if cache is not None:
            cache.mkdir()
            environment["NUMBA_CACHE_DIR"] = str(cache)
        self._close()
        self.said = tempfile.TemporaryFile(dir=marker_path().parent)  # noqa: SIM115 - it is read when the child has ended
        self.child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=self.said)

    def _end_of_child(self) -> int:
        """Return the exit code of the child, once it has ended."""
        assert self.child is not None
        self._listen(lambda: False)
        return self.child.wait()

    def _listen(self, enough: Callable[[], bool]) -> None:
        """Hear what the child says, and show it, until that is enough or all."""
        stream = self.child.stdout if self.child is not None else None
        while stream is not None and not enough():
            if select.select([stream], [], [], SHOWN_EACH)[0]:
                data = os.read(stream.fileno(), 1 << 16)
                if not data:
                    return
                self.heard.take(data)
            ready = len(self.heard.ready)
            self.show(ready, max(self.expected, ready), self.began)

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
        places: list[str] = []
        for made in sorted({path.parents[1] for path in self.fresh.rglob("*.nbi")}):
            place = cache_folder(made.name, os.environ.get("NUMBA_CACHE_DIR"))
            place.rename(place.with_name(f"{place.name}.damaged-{time.time_ns()}"))
            made.rename(place)
            self.announce(f"{SET_ASIDE} ({place})")
            places.append(str(place))
        for part in self.parts:
            atomic_json(marker_path(part), {"folders": places})
