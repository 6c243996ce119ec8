"""Numeric core: arrays in, arrays out.

``__all__`` is the research API. Names load when first used, so importing the package costs nothing and
compiles nothing; ``warm()`` compiles or loads every kernel a job needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kernels.conventions import BUY, NULL, SELL
    from kernels.market.quotes import mid2, prevailing_quote, seek
    from kernels.measure.groups import classify
    from kernels.measure.metrics import METRICS
    from kernels.replay.causes import CAUSES, change_causes
    from kernels.research import (
        effective_spread_bps,
        fill_totals,
        limit2,
        markout_bps,
        order_states,
        shortfall_bps,
        venue_of,
        window_mid2,
    )
    from kernels.warming import warm

_HOME = {
    "BUY": "conventions",
    "CAUSES": "replay.causes",
    "METRICS": "measure.metrics",
    "NULL": "conventions",
    "SELL": "conventions",
    "change_causes": "replay.causes",
    "classify": "measure.groups",
    "effective_spread_bps": "research",
    "fill_totals": "research",
    "limit2": "research",
    "markout_bps": "research",
    "mid2": "market.quotes",
    "order_states": "research",
    "prevailing_quote": "market.quotes",
    "seek": "market.quotes",
    "shortfall_bps": "research",
    "venue_of": "research",
    "warm": "warming",
    "window_mid2": "research",
}
__all__ = [
    "BUY",
    "CAUSES",
    "METRICS",
    "NULL",
    "SELL",
    "change_causes",
    "classify",
    "effective_spread_bps",
    "fill_totals",
    "limit2",
    "markout_bps",
    "mid2",
    "order_states",
    "prevailing_quote",
    "seek",
    "shortfall_bps",
    "venue_of",
    "warm",
    "window_mid2",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'kernels' has no attribute {name!r}")
    value = getattr(import_module(f"kernels.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
