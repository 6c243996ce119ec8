"""What notebooks and scripts take of the program: results as tables, day files, sessions.

``__all__`` are the names of ``__init__.pyi``. They load when first used: importing the package costs nothing, and it
imports no compiler.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from darkreplay.own_packages import refuse_foreign


@cache
def _public() -> tuple[list[str], Callable[[str], Any]]:
    """Return the names and what loads one, once it is known that the packages they come from are ours."""
    refuse_foreign()
    from kernels.base.lazy_names import attach

    return attach(__file__, globals())


def __getattr__(name: str) -> Any:
    names, load = _public()
    return names if name == "__all__" else load(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_public()[0]})
