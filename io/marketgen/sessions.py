"""The trading day of a partition in UTC nanoseconds (domain.md 1.4)."""

from dataclasses import dataclass
from datetime import date, timedelta

from kernels.base.local_time import local_instant


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


def trading_day(day: date, timezone: str, open_offset: int, close_offset: int) -> TradingDay:
    """Return the sessions of ``day``; offsets in ns are the stagger of the security and the random part."""
    return TradingDay(
        reload=local_instant(timezone, previous_weekday(day), "21:22:21"),
        pre_open=local_instant(timezone, day, "07:00"),
        open=local_instant(timezone, day, "10:00") + open_offset,
        pre_close=local_instant(timezone, day, "16:00"),
        close=local_instant(timezone, day, "16:10") + close_offset,
        purge=local_instant(timezone, day, "18:50"),
    )
