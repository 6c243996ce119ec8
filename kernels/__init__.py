"""Numeric core: arrays in, arrays out.

``__all__`` is the research API: the names of ``__init__.pyi``, the one table of them. They load when first used, so
importing the package costs nothing and compiles nothing; ``warm()`` compiles or loads every kernel a job needs.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

_STUB = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
_HOME = {name: module for module, name in re.findall(r"^from (\S+) import (\w+)", _STUB, re.MULTILINE)}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'kernels' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    return globals().setdefault(name, value)  # loading ``measure`` puts the folder there, which is the function too


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
