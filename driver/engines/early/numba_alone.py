"""Numba without what it only looks at: importing that takes as long as a job.

For processes that are the program's own. A notebook that multiplies matrices in Numba must not meet this.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

BLAS: Final = "scipy.linalg.cython_blas"
SETTINGS: Final = ".numba_config.yaml"  # that Numba reads where it is started


def import_numba() -> None:
    """Import Numba without SciPy, whose version it asks for, without YAML and without extensions of other packages."""
    with _hidden("scipy", *(() if os.path.exists(SETTINGS) else ("yaml",))):  # noqa: PTH110 - pathlib is not needed
        import numba  # noqa: F401
    from numba.core import entrypoints

    if hasattr(entrypoints, "_already_initialized"):
        entrypoints._already_initialized = True


def import_without_blas() -> None:
    """Import what looks for BLAS, once, as if there were none: it is needed to compile."""
    with _hidden(BLAS):
        import numba.np.arraymath  # noqa: F401


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Have imports of modules fail that are not imported yet."""
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in names if name not in modules]
    modules |= dict.fromkeys(hidden)
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]
