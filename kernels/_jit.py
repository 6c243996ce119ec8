"""The one place for compile flags, and where compiled kernels are kept.

The cache folder's name carries a digest of the sources: Numba itself notices a changed function,
but not a changed callee in another module (it would run the old code), so any edit gets a new folder.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _source_digest(folders: tuple[Path, ...]) -> str:
    """Return a short digest of every Python source in ``folders``, numba's version and Python's."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:3]}".encode())
    for folder in folders:
        for source in sorted(folder.rglob("*.py")):
            digest.update(source.name.encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_directory(folder: Path | None = None) -> Path:
    """Return the folder that holds the compiled form of the kernels defined in ``folder``.

    ``NUMBA_CACHE_DIR``, else ``XDG_CACHE_HOME``, else ``~/.cache``; a temporary folder of the user
    where none of them can be written. Bounds-checked code is kept apart from unchecked code.
    """
    here = Path(__file__).parent
    folders = (here,) if folder is None or folder == here else (here, folder)
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    config: Any = numba.config
    checked = "-checked" if config.BOUNDSCHECK else ""
    leaf = Path("darkreplay") / f"{folders[-1].name}-{_source_digest(folders)}{checked}"
    path = Path(base).expanduser() / leaf
    try:
        path.mkdir(parents=True, exist_ok=True)
        if os.access(path, os.W_OK):
            return path
    except OSError:
        pass  # a read-only home is common on clusters; compiled code then lives in the temporary folder
    path = Path(tempfile.gettempdir()) / f"darkreplay-{os.getuid()}" / leaf.name
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` with the project's flags: cached, without the GIL, numpy's division, no fastmath.

    fastmath would make ``isnan`` always false and the last digits depend on the CPU.
    """
    return _cached(function, {})


def borrowing(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel that allocates nothing, without counting references to the arrays it is lent.

    Otherwise every array taken out of a named tuple is counted twice, atomically: four fifths of the time of the dark
    book, which does little between one access and the next.
    """
    return _cached(function, {"_nrt": False})


def borrowing_inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a helper that only ``borrowing`` kernels call, as ``inlined`` does."""
    options: dict[str, Any] = {"_nrt": False}
    compiled: Callable[P, R] = njit(nogil=True, error_model="numpy", **options)(function)
    return compiled


def _cached(function: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    """Compile a kernel and keep it in the cache folder of its sources."""
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_directory(Path(function.__code__.co_filename).parent))
    try:
        compiled: Callable[P, R] = njit(cache=True, nogil=True, error_model="numpy", **options)(function)
        return compiled
    finally:
        config.CACHE_DIR = before


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a helper that only other kernels call; it is part of their compiled code, so not cached."""
    compiled: Callable[P, R] = njit(nogil=True, error_model="numpy")(function)
    return compiled


def runtime(value: int) -> int:
    """Return ``value`` as an int64 that compiled code takes as data.

    Numba compiles a callee anew for every constant it is called with; a constant that is passed around
    (a code, a rule, a zero to start from) is therefore better a runtime value.
    """
    code: Any = np.int64(value)
    return cast(int, code)


def internal(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a helper that Python never calls: without the entry points that would be a good part of its code."""
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Callable[P, R] = njit(nogil=True, error_model="numpy", **options)(function)
    return compiled
