"""A folder of modules that is also a function: a public function and the folder that makes it have one name."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def make_callable(folder: str, module: str) -> None:
    """Let a package be called as the function of its last name in ``module``, which is loaded when it is first used."""

    class Callable(ModuleType):
        def __call__(self, *arguments: Any, **named: Any) -> Any:
            """Call the function."""
            return getattr(import_module(module), folder.rpartition(".")[2])(*arguments, **named)

    sys.modules[folder].__class__ = Callable
