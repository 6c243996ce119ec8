"""A seeded synthetic exchange that writes order, trade and NBBO files as a real one does.

``generate(spec, folder, workers=1, progress=None) -> GeneratedFiles`` simulates every (security, date) of
a ``MarketSpec`` and writes ``orders.csv``, ``trades.csv`` and ``nbbo.csv`` in the exchange's own 29 / 19 /
10 column layout, and below ``truth/`` what the simulation knows. The fields of ``MarketSpec`` are the
dials; their types, defaults and meaning are in its docstring.
"""

from marketgen.files import generate
from marketgen.spec import GeneratedFiles, MarketSpec

__all__ = ["GeneratedFiles", "MarketSpec", "generate"]
