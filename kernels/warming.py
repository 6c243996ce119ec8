"""Compile, or load from the cache, every kernel a job calls: modules of the packages it uses have a ``warm`` each."""

from importlib import import_module
from pkgutil import iter_modules

PACKAGES = ("kernels.measure", "kernels.sums")


def warm() -> None:
    """Make every kernel of a job ready, so that worker processes that start later only load them.

    Returns
    -------
    None
        When all are compiled: seconds for the first time on a machine, else a fraction of one.

    Raises
    ------
    OSError
        no folder for compiled kernels can be made, not even a temporary one
    """
    for package in PACKAGES:
        for found in iter_modules(import_module(package).__path__, f"{package}."):
            module = import_module(found.name)
            if hasattr(module, "warm"):
                module.warm()
