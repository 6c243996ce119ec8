"""A day's columns, its running sums and its rules, as the kernels take them: what ``measure`` prepares first."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array, EventColumns, FillColumns, OrderColumns, QuoteColumns, Rules, take_columns
from kernels.base.memory import Buffers
from kernels.conventions import BPS, NS_PER_SECOND, VENUES
from kernels.market.day_sums import Sums, day_sums
from kernels.market.plausible import Plausible, plausible_day
from kernels.market.prints import closing_price2
from kernels.market.quote_book import opening_quote, prevailing_at
from kernels.market.rebuilt_prices import undo_forbidden_rebuilds
from kernels.market.ticks import ticks_by_price
from kernels.measure.choices import FIRST_INSTANT, LAST_INSTANT, Choices, Session, Simulation, hour_bounds


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
    fault: NDArray[np.int16]  # of each order
    told: bool  # whether the day file has such bits
    ambiguous: int  # fills of which the limits alone do not tell the price, as ``undo_forbidden_rebuilds`` counts them


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
    no_fees = [0.0] * (len(VENUES) - len(fees_bps))  # of reports, and of deal sources that nobody knows
    after = np.concatenate([np.zeros(1, np.int64), horizons]) + quotes_first
    return horizons, after, within, ticks_by_price(ticks), np.array([*fees_bps, *no_fees], np.float64) / BPS


def day_rules(
    fills: FillColumns,
    quotes: QuoteColumns,
    sums: Sums,
    mid_base: int,
    simulation: Simulation,
    session: Session,
    hours: tuple[int, int],
    matched: Array,
) -> Rules:
    """Return the day's rules in the plain types the kernels are compiled for.

    hours : the instant, and the event row, at which the selected hours end; matched : (orders,) shares of the day
    """
    quote_time, quotes_first = quotes.timestamp, int(simulation.quotes_first)
    horizons, after, within, ticks, fees = rule_arrays(
        simulation.markout_seconds, simulation.fill_seconds, quotes_first, simulation.ticks, simulation.fees_bps
    )
    return Rules(
        hours_end=hours[0],
        row_end=hours[1],
        session_start=int(session.start),
        session_end=int(session.end),
        opening_quote=opening_quote(quote_time, sums.marks[:-1, 1], session.start, quotes_first),
        closing_quote=prevailing_at(quote_time, session.end, quotes_first),
        start_quote=prevailing_at(quote_time, session.start, quotes_first),
        close2=closing_price2(fills, sums.price2, int(session.end)),
        quotes_first=quotes_first,
        mid_kind=int(simulation.mid),
        dark_share_ppm=int(simulation.dark_share_ppm),
        impact=float(simulation.price_impact_bps) / BPS,
        cleanup_ns=round(simulation.cleanup_seconds * NS_PER_SECOND),
        mid_base=mid_base,
        states_only=int(len(fills.timestamp) == 0 and bool(np.any(matched))),
        no_quotes=int(len(quotes.timestamp) == 0),
        benchmarks_given=0,
        horizons_ns=horizons,
        after_ns=after,
        fill_ns=within,
        ticks=ticks,
        fees=fees,
    )


def event_rows(timestamp: Array, start: int, end: int) -> tuple[int, int]:
    """Return the first event row from ``start`` on, and the first one from ``end`` on."""
    first = 0 if start == FIRST_INSTANT else int(timestamp.searchsorted(start))
    last = len(timestamp) if end == LAST_INSTANT else int(timestamp.searchsorted(end))
    return first, last


def faults_of(day: Day) -> NDArray[np.int16]:
    """Return the bits of what is impossible about each order's rows; none where the day file is older than they are."""
    none = np.zeros(len(day.orders["order_id"]), np.int16)
    return np.asarray(day.orders["fault"]).astype(np.int16) if "fault" in day.orders else none


def plausible_columns(day: Day, ticks: NDArray[np.int64]) -> Plausible:
    """Return the day's quotes and fills without what cannot be; ticks : as ``ticks_by_price`` gives them."""
    fills, quotes = take_columns(FillColumns, day.fills), take_columns(QuoteColumns, day.quotes)
    return plausible_day(fills, quotes, faults_of(day), ticks)


def prepare(
    day: Day, choices: Choices, session: Session, buffers: Buffers, plausible: Plausible | None = None
) -> Inputs:
    """Return the day's columns, sums and rules. The sums are good until ``buffers`` serve another day.

    plausible : as ``plausible_columns`` gives it, where it is known
    """
    events, orders = take_columns(EventColumns, day.events), take_columns(OrderColumns, day.orders)
    simulation = choices.simulation
    plausible = plausible or plausible_columns(day, ticks_by_price(simulation.ticks))
    fills, quotes = plausible.fills, plausible.quotes
    start, end = hour_bounds(day.date, choices.selection, choices.timezone)
    row_start, row_end = event_rows(events.timestamp, start, end)
    trading = int(session.start), int(session.end)
    sums, mid_base, rebuilt = day_sums(fills, quotes, trading, int(simulation.mid), buffers)
    ambiguous = 0
    if rebuilt:
        ticks = ticks_by_price(simulation.ticks)
        columns = fills, orders, events, quotes
        ambiguous = undo_forbidden_rebuilds(day.fills, columns, ticks, sums.price2, sums.prints)
    rules = day_rules(fills, quotes, sums, mid_base, simulation, session, (end, row_end), orders.matched_quantity)
    told = "fault" in day.orders
    return Inputs(events, orders, fills, quotes, sums, rules, row_start, plausible.fault, told, ambiguous)
