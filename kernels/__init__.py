"""Numeric core: arrays in, arrays out.

``__all__`` is the research API. Names load when first used, so importing the package costs nothing and
compiles nothing; ``warm()`` compiles or loads every kernel a job needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kernels.classify import classify as classify
    from kernels.quotes import mid2 as mid2
    from kernels.quotes import prevailing_quote as prevailing_quote
    from kernels.warm import warm as warm

_HOME = {
    "classify": "kernels.classify",
    "mid2": "kernels.quotes",
    "prevailing_quote": "kernels.quotes",
    "warm": "kernels.warm",
}
__all__ = ["classify", "mid2", "prevailing_quote", "warm"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'kernels' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
