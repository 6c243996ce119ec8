"""The trading day of a partition in UTC nanoseconds (domain.md 1.4). ``partition`` calls it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from kernels.base.local_time import local_instant
from kernels.conventions import NS_PER_SECOND as NS
from marketgen.spec import MarketSpec

STAGGER: Final = (135, 0, 270, 405, 540)  # seconds after 10:00 at which a security opens


@dataclass(frozen=True, slots=True)
class TradingDay:
    """Session starts in ns UTC. ``reload`` is the evening before, after the cutoff."""

    reload: int
    pre_open: int
    open: int
    pre_close: int
    close: int  # the closing auction
    purge: int


def previous_weekday(day: date) -> date:
    """Return the weekday before ``day``."""
    before = day - timedelta(days=1)
    while before.weekday() >= 5:
        before -= timedelta(days=1)
    return before


def trading_day(spec: MarketSpec, index: int, day: date) -> TradingDay:
    """Return the sessions of a security on ``day``: its opening is staggered, both auctions have a random part."""
    rng = np.random.default_rng([spec.seed, index, day.toordinal(), 1])
    zone, opening = spec.timezone, STAGGER[index % len(STAGGER)] + int(rng.integers(0, 16))
    return TradingDay(
        reload=local_instant(zone, previous_weekday(day), "21:22:21"),
        pre_open=local_instant(zone, day, "07:00"),
        open=local_instant(zone, day, "10:00") + opening * NS + int(rng.integers(1, NS)),
        pre_close=local_instant(zone, day, "16:00"),
        close=local_instant(zone, day, "16:10") + int(rng.integers(0, 30 * NS)),
        purge=local_instant(zone, day, "18:50"),
    )
