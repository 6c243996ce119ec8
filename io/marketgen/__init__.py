"""A seeded synthetic exchange that writes order, trade and NBBO files as a real one does.

``generate(spec, folder, workers=1, progress=None) -> GeneratedFiles`` simulates every (security, date) of
a ``MarketSpec`` and writes ``orders.csv``, ``trades.csv`` and ``nbbo.csv`` in the exchange's own 29 / 19 /
10 column layout, and below ``truth/`` what the simulation knows. The fields of ``MarketSpec`` are the
dials; their types, defaults and meaning are in its docstring.
"""

from typing import TYPE_CHECKING, Any

from marketgen.spec import GeneratedFiles, MarketSpec

if TYPE_CHECKING:
    from marketgen.files import generate

__all__ = ["GeneratedFiles", "MarketSpec", "generate"]


def __getattr__(name: str) -> Any:
    """Import ``generate`` when it is used: it compiles, and help and completion only want the dials."""
    if name == "generate":
        from marketgen.files import generate

        return generate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
