"""A day's columns, its running sums and its rules, as the kernels take them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import EventColumns, FillColumns, OrderColumns, QuoteColumns, Rules, take_columns
from kernels.base.memory import Buffers
from kernels.conventions import NS_PER_SECOND
from kernels.market.day_sums import Sums, day_sums
from kernels.market.prints import closing_price2
from kernels.market.quote_book import opening_quote, prevailing_at
from kernels.market.rebuilt_prices import keep_limits
from kernels.market.ticks import ticks_by_price
from kernels.measure.choices import Selection, Session, Settings

FIRST_INSTANT: Final = -(2**63)
LAST_INSTANT: Final = 2**63 - 1
EVENING: Final = 19  # from this hour on, events belong to the next weekday (decisions 1)
FRIDAY: Final = 4
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Day(Protocol):
    """A partition's columns, as an opened day file holds them."""

    @property
    def security(self) -> str:
        """Return the security code."""

    @property
    def date(self) -> str:
        """Return the trade date, YYYY-MM-DD."""

    @property
    def events(self) -> Mapping[str, NDArray[Any]]:
        """Return the order events."""

    @property
    def orders(self) -> Mapping[str, NDArray[Any]]:
        """Return the order table."""

    @property
    def fills(self) -> Mapping[str, NDArray[Any]]:
        """Return the fills by order."""

    @property
    def quotes(self) -> Mapping[str, NDArray[Any]]:
        """Return the quotes."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """A day's columns as the kernels take them, with what is summed once per day."""

    events: EventColumns
    orders: OrderColumns
    fills: FillColumns
    quotes: QuoteColumns
    sums: Sums
    rules: Rules
    row_start: int


def local_instant(day: date, hour: int, zone: ZoneInfo) -> int:
    """Return ns UTC of local ``hour`` (0..24) on ``day``, daylight saving included."""
    whole = datetime.combine(day + timedelta(days=hour // 24), time(hour % 24), tzinfo=zone)
    return (whole - EPOCH) // timedelta(microseconds=1) * 1_000


def hour_bounds(day: str, selection: Selection, zone: str) -> tuple[int, int]:
    """Return the selected hours as [start, end) in ns UTC.

    Hour 0 starts with the trade date's first event, the evening before included; hour 23 ends with its last.
    """
    local = ZoneInfo(zone)
    trade_date = date.fromisoformat(day)
    start = FIRST_INSTANT if selection.hour_start == 0 else local_instant(trade_date, selection.hour_start, local)
    end = LAST_INSTANT if selection.hour_end >= 23 else local_instant(trade_date, selection.hour_end + 1, local)
    return start, end


def date_start(day: str, zone: str) -> int:
    """Return the earliest instant, ns UTC, that can belong to the trade date: the weekday before, from its evening."""
    before = date.fromisoformat(day) - timedelta(days=1)
    while before.weekday() > FRIDAY:
        before -= timedelta(days=1)
    return local_instant(before, EVENING, ZoneInfo(zone))


@lru_cache(maxsize=8)  # the same for every job of a run
def rule_arrays(
    markout_seconds: tuple[float, ...],
    fill_seconds: tuple[float, ...],
    quotes_first: int,
    ticks: tuple[tuple[int, int], ...],
    fees_bps: tuple[float, ...],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return ``horizons_ns``, ``after_ns``, ``fill_ns``, ``ticks`` and ``fees`` of the rules."""
    horizons = np.array([round(s * NS_PER_SECOND) for s in markout_seconds], np.int64)
    within = np.array([round(s * NS_PER_SECOND) for s in fill_seconds], np.int64)
    after = np.concatenate([np.zeros(1, np.int64), horizons]) + quotes_first
    return horizons, after, within, ticks_by_price(ticks), np.array(fees_bps, np.float64) / 10_000.0


def day_rules(
    quote_time: NDArray[Any],
    sums: Sums,
    mid_base: int,
    settings: Settings,
    session: Session,
    hours_end: int,
    row_end: int,
    states_only: bool,
    close2: int,
) -> Rules:
    """Return the day's rules in the plain types the kernels are compiled for."""
    simulation = settings.simulation
    quotes_first = int(simulation.quotes_first)
    horizons, after, within, ticks, fees = rule_arrays(
        simulation.markout_seconds, simulation.fill_seconds, quotes_first, simulation.ticks, simulation.fees_bps
    )
    return Rules(
        hours_end=hours_end,
        row_end=row_end,
        session_start=int(session.start),
        session_end=int(session.end),
        opening_quote=opening_quote(quote_time, sums.marks[:-1, 1], session.start, quotes_first),
        closing_quote=prevailing_at(quote_time, session.end, quotes_first),
        start_quote=prevailing_at(quote_time, session.start, quotes_first),
        close2=close2,
        quotes_first=quotes_first,
        mid_kind=int(simulation.mid),
        dark_share_ppm=int(simulation.dark_share_ppm),
        impact=float(simulation.price_impact_bps) / 10_000.0,
        cleanup_ns=round(simulation.cleanup_seconds * NS_PER_SECOND),
        mid_base=mid_base,
        states_only=int(states_only),
        horizons_ns=horizons,
        after_ns=after,
        fill_ns=within,
        ticks=ticks,
        fees=fees,
    )


def prepare(day: Day, settings: Settings, session: Session, buffers: Buffers) -> Inputs:
    """Return the day's columns, sums and rules. The sums are good until ``buffers`` serve another day."""
    events = take_columns(EventColumns, day.events)
    fills = take_columns(FillColumns, day.fills)
    quotes = take_columns(QuoteColumns, day.quotes)
    start, end = hour_bounds(day.date, settings.selection, settings.timezone)
    row_start = 0 if start == FIRST_INSTANT else int(events.timestamp.searchsorted(start))
    row_end = len(events.timestamp) if end == LAST_INSTANT else int(events.timestamp.searchsorted(end))
    hours = int(session.start), int(session.end)
    sums, mid_base, rebuilt = day_sums(fills, quotes, hours, int(settings.simulation.mid), buffers)
    orders = take_columns(OrderColumns, day.orders)
    if rebuilt:
        keep_limits(
            day.fills, fills, orders, events, ticks_by_price(settings.simulation.ticks), sums.price2, sums.prints
        )
    close2 = closing_price2(fills, sums.price2, int(session.end))
    states_only = len(fills.timestamp) == 0
    return Inputs(
        events=events,
        orders=orders,
        fills=fills,
        quotes=quotes,
        sums=sums,
        rules=day_rules(quotes.timestamp, sums, mid_base, settings, session, end, row_end, states_only, close2),
        row_start=row_start,
    )
