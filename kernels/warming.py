"""Compile, or load from the cache, every kernel a job calls: modules of the packages it uses have a ``warm`` each."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

# Parts that are asked for apart; only jobs that replay the dark book need the second.
PARTS: Final = {
    "measure": ("kernels.measure", "kernels.sums", "kernels.sums.packed", "kernels.pages"),
    "replay": ("kernels.replay", "kernels.replay.fidelity"),
}


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
    for name in units(part):
        import_module(name).warm()


def units(part: str) -> list[str]:
    """Return the modules of one of ``PARTS`` that have a ``warm``: they can be compiled side by side."""
    found = [inner.name for name in PARTS[part] for inner in iter_modules(import_module(name).__path__, f"{name}.")]
    return [name for name in found if hasattr(import_module(name), "warm")]
