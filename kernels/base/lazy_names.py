"""Public names of a package that load when they are first used. Called by the packages that have a stub of names."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def attach(init: str, namespace: dict[str, Any]) -> tuple[list[str], Callable[[str], Any]]:
    """Return ``__all__`` and ``__getattr__`` of a package: the names that ``__init__.pyi``, their one table, imports.

    init, namespace : ``__file__`` and ``globals()`` of the package
    """
    stub = Path(init).with_suffix(".pyi").read_text(encoding="utf-8")
    home = {name: module for module, name in re.findall(r"^from (\S+) import (\w+)(?: as \2)?$", stub, re.MULTILINE)}
    if len(home) != stub.count("import "):
        raise ValueError(f"{init}i: one name a line")

    def load(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        value = getattr(import_module(home[name]), name)
        return namespace.setdefault(name, value)  # a folder of the same name is there already, and can be called

    return sorted(home), load
