"""The one place for compile flags, and where compiled kernels are kept.

The cache folder's name carries a digest of the sources: Numba itself notices a changed function,
but not a changed callee in another module (it would run the old code), so any edit of any source below a
package gets a new folder.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, ParamSpec, TypeVar

import numba
from numba import njit

from kernels.base.cache_folder import cache_folder
from kernels.base.checked_cache import check_cache
from kernels.base.quick_types import remember_types
from kernels.base.sources import package_root, source_digest

P = ParamSpec("P")
R = TypeVar("R")
_COMPILED: Final[list[Any]] = []  # every cached function, ready or not


@cache
def lean_compiler() -> ModuleType | None:
    """Return ``kernels.base.lean_compiler``, or None where Numba compiles in its own way, which takes longer.

    That is with ``DARKREPLAY_PLAIN_JIT=1``, and where the version is untried or lacks something. Results are the same.
    """
    if os.environ.get("DARKREPLAY_PLAIN_JIT") == "1":
        return None
    try:
        from kernels.base import lean_compiler as lean
    except ImportError:
        return None
    version: Any = numba.version_info
    first, last = lean.TRIED
    return lean if first <= version.short <= last else None


@cache
def cache_directory(folder: Path | None = None) -> Path:
    """Return the folder that holds the compiled form of the kernels of ``folder``, a whole package.

    ``NUMBA_CACHE_DIR``, else ``XDG_CACHE_HOME``, else ``~/.cache``; a temporary folder of the user
    where none of them can be written or there is no home. Bounds-checked code is kept apart from unchecked code, and
    what Numba compiled in its own way from what the lean compiler did.
    """
    here = package_root(Path(__file__))
    folders = (here,) if folder is None or folder == here else (here, folder)
    versions = f"{numba.__version__} {sys.version_info[:3]} {source_digest(*folders)}"
    digest = hashlib.sha256(versions.encode()).hexdigest()[:16]
    config: Any = numba.config
    way = ("" if lean_compiler() else "-plain") + ("-checked" if config.BOUNDSCHECK else "")
    return cache_folder(f"{folders[-1].name}-{digest}{way}", os.environ.get("NUMBA_CACHE_DIR"))


def jit(**options: Any) -> Any:
    """Return Numba's decorator with the flags of all our code: without the GIL, numpy's division, no fastmath.

    fastmath would make ``isnan`` always false and the last digits depend on the CPU.
    """
    return njit(nogil=True, error_model="numpy", **options)


def compile_cached(function: Callable[P, R], allocates: bool) -> Callable[P, R]:
    """Compile ``function`` when it is called; keep what was compiled in the cache folder of its package."""
    config: Any = numba.config
    before, lean = config.CACHE_DIR, lean_compiler()
    config.CACHE_DIR = str(cache_directory(package_root(Path(function.__code__.co_filename))))
    try:
        compiled: Callable[P, R] = jit(cache=True, **lean.kernel_options(allocates) if lean else {})(function)
        check_cache(compiled, quick=lean is not None)
        if lean is not None:
            remember_types(compiled)
        _COMPILED.append(compiled)
        return compiled
    finally:
        config.CACHE_DIR = before


def kernels_ready() -> set[str]:
    """Return a name for each kernel, and set of types, that is compiled or loaded in this process."""
    ready: set[str] = set()
    for compiled in _COMPILED:
        name = f"{compiled.__module__}.{compiled.__qualname__}"
        ready.update(f"{name} {number}" for number in range(len(getattr(compiled, "signatures", ()))))
    return ready


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls and that makes no arrays: it fills those it is given."""
    return compile_cached(function, allocates=False)


def allocating_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls and that makes arrays of its own."""
    return compile_cached(function, allocates=True)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a helper of kernels, which becomes part of their code: one that makes no arrays.

    Tests may call it: Python gets code of its own, which is not cached.
    """
    lean = lean_compiler()
    compiled: Callable[P, R] = lean.compile_helper(jit, function) if lean else jit()(function)
    return compiled


def merged(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a helper as ``inlined`` does, and make it part of its callers whatever its size.

    For helpers that take all columns of a day: handing on two hundred numbers costs more than what they do.
    """
    lean = lean_compiler()
    compiled: Callable[P, R] = lean.compile_helper(jit, function, True) if lean else jit(forceinline=True)(function)
    return compiled
