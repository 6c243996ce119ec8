"""Numba's array functions without SciPy's linear algebra, which no kernel uses: importing it takes as long as a job.

For processes that are the program's own. A notebook that multiplies matrices in Numba must not meet this.
"""

import sys
from typing import Any, Final

BLAS: Final = "scipy.linalg.cython_blas"


def import_without_blas() -> None:
    """Import what looks for BLAS, once, as if there were none."""
    modules: dict[str, Any] = sys.modules
    if BLAS in modules:
        return
    modules[BLAS] = None
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del modules[BLAS]
