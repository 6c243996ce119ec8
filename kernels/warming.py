"""Compile, or load from the cache, every kernel a job calls: modules of the packages it uses have a ``warm`` each."""

from importlib import import_module
from pkgutil import iter_modules

# Parts that are compiled apart; only jobs that replay the dark book need the second.
PARTS = {"measure": ("kernels.measure", "kernels.sums"), "replay": ("kernels.replay",)}


def warm(replay: bool = False) -> None:
    """Make every kernel of a job ready, so that worker processes that start later only load them.

    Parameters
    ----------
    replay : bool
        Also what jobs need that replay the dark book.

    Returns
    -------
    None
        When all are compiled: seconds for the first time on a machine, else a fraction of one.

    Raises
    ------
    OSError
        no folder for compiled kernels can be made, not even a temporary one
    """
    for part in PARTS if replay else ("measure",):
        warm_part(part)


def warm_part(part: str) -> None:
    """Make the kernels of one of ``PARTS`` ready."""
    for package in PARTS[part]:
        for found in iter_modules(import_module(package).__path__, f"{package}."):
            module = import_module(found.name)
            if hasattr(module, "warm"):
                module.warm()
