"""Numba's cache of compiled code, with a checksum to each file: what is damaged is compiled anew, and nothing else.

Numba itself raises whatever reading a damaged file raises, or runs the damaged code. It overrides parts that Numba
keeps for itself, so ``check_cache`` leaves a cache alone whose parts are not as it needs them.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from numba.core.caching import FunctionCache, IndexDataCacheFile

from kernels.base.ready_code import use_ready_code
from kernels.base.sealed_files import is_sealed, seal

NEEDED: Final = ("_index_path", "_data_path", "_load_index", "_load_data", "_open_for_write")


class CheckedFiles(IndexDataCacheFile):
    """The files of one kernel: an index, and one of machine code for each set of types."""

    def _load_index(self) -> dict[Any, str]:
        index: dict[Any, str] = {}
        if _is_sound(Path(self._index_path)):
            index = super()._load_index()  # type: ignore[no-untyped-call]
        return index

    def _load_data(self, name: str) -> Any:
        """Return compiled code, None where there is none that is sound: it is compiled then."""
        path = Path(self._data_path(name))  # type: ignore[no-untyped-call]
        return super()._load_data(name) if _is_sound(path) else None  # type: ignore[no-untyped-call]

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        """Write a file with its checksum. A disk that is full costs the next run its time, not this one its result."""
        content = io.BytesIO()
        yield content
        content.write(seal(content.getvalue()))
        with suppress(OSError), super()._open_for_write(filepath) as file:
            file.write(content.getvalue())


def _is_sound(path: Path) -> bool:
    try:
        sound = is_sealed(path)
    except OSError:  # not there yet, as a rule
        return False
    if not sound:
        _tell(path.parents[1])
        with suppress(OSError):
            path.unlink(missing_ok=True)
    return sound


@cache
def _tell(folder: Path) -> None:
    """Say it once for each package and process."""
    with suppress(OSError, AttributeError):  # nobody may be there to read it
        sys.stderr.write(f"the kernel cache in {folder} is damaged: what is damaged is compiled anew\n")


def check_cache(compiled: Any, quick: bool = False) -> None:
    """Have the cache of a compiled function check what it loads; quick : and load that alone."""
    cache = getattr(compiled, "_cache", None)  # none where compiling is switched off
    files = getattr(cache, "_cache_file", None)
    if type(files) is IndexDataCacheFile and all(hasattr(files, name) for name in NEEDED):
        files.__class__ = CheckedFiles
    if quick and type(cache) is FunctionCache:
        use_ready_code(cache)
