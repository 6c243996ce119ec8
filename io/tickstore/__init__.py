"""Raw exchange CSVs, converted once into day files of memory-mapped columns.

``__all__`` are the names of ``__init__.pyi``, the one table of them. They load when first used: reading a store needs
no compiler.
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
        raise AttributeError(f"module 'tickstore' has no attribute {name!r}")
    return globals().setdefault(name, getattr(import_module(_HOME[name]), name))
