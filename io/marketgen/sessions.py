"""The trading day of a partition in UTC nanoseconds (domain.md 1.4)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NS = 1_000_000_000


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


def midnight(day: date, timezone: str) -> int:
    """Return the start of a date in ns UTC."""
    return int(datetime.combine(day, time(), tzinfo=ZoneInfo(timezone)).timestamp()) * NS


def trading_day(day: date, timezone: str, open_offset: int, close_offset: int) -> TradingDay:
    """Return the sessions of ``day``; offsets in ns are the stagger of the security and the random part."""
    zone = ZoneInfo(timezone)

    def at(when: date, hour: int, minute: int = 0, second: int = 0) -> int:
        moment = datetime.combine(when, time(hour, minute, second), tzinfo=zone)
        return int(moment.timestamp()) * NS

    return TradingDay(
        reload=at(previous_weekday(day), 21, 22, 21),
        pre_open=at(day, 7),
        open=at(day, 10) + open_offset,
        pre_close=at(day, 16),
        close=at(day, 16, 10) + close_offset,
        purge=at(day, 18, 50),
    )
