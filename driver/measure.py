"""One partition's orders, measured: selection, the day's rules, and blocks of per-order results."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from driver.order_block import OrderBlock
from driver.settings import Selection, Session, Settings
from kernels import _rows as r
from kernels._columns import EventColumns, FillColumns, OrderColumns, QuoteColumns, Rows, Rules, Sums, take_columns
from kernels.benchmarks import opening_quote, prevailing_at
from kernels.block import day_sums, empty_rows, measure_orders
from kernels.conventions import NS_PER_SECOND, SCENARIOS
from kernels.fills import closing_price2
from kernels.orders import select_orders
from kernels.quality import quality_counts

# About 60 MB of columns. Not a power of two: rows of a matrix 2^20 bytes apart share cache sets and evict each other.
BLOCK_ORDERS: Final = 131_080
FIRST_INSTANT: Final = -(2**63)
LAST_INSTANT: Final = 2**63 - 1
LIT_ORDERS: Final = 0  # the entry of order_types that stands for orders without any dark bit
EXTRA_INTS: Final = {"report_quantity": r.REPORT_QUANTITY, "market_volume": r.MARKET_VOLUME}
EXTRA_FLOATS: Final = {
    "shortfall_ex_booking_bps": r.EX_BOOKING,
    "quoted_spread_bps": r.QUOTED_SPREAD,
    "fill_quoted_spread_bps": r.FILL_QUOTED_SPREAD,
    "arrival_improvement_bps": r.ARRIVAL_IMPROVEMENT,
    "vwap_slippage_ex_own_bps": r.VWAP_EX_OWN,
    "close_slippage_bps": r.CLOSE_SLIPPAGE,
    "execution_time_all": r.EXECUTION_TIME_ALL,
}
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


def day_rules(
    book: NDArray[np.int64],
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
    horizons = np.array([round(s * NS_PER_SECOND) for s in simulation.markout_seconds], np.int64)
    return Rules(
        hours_end=hours_end,
        row_end=row_end,
        session_start=int(session.start),
        session_end=int(session.end),
        opening_quote=opening_quote(book, session.start, quotes_first),
        closing_quote=prevailing_at(book, session.end, quotes_first),
        start_quote=prevailing_at(book, session.start, quotes_first),
        close2=close2,
        quotes_first=quotes_first,
        mid_kind=int(simulation.mid),
        dark_share_ppm=int(simulation.dark_share_ppm),
        impact=float(simulation.price_impact_bps) / 10_000.0,
        cleanup_ns=round(simulation.cleanup_seconds * NS_PER_SECOND),
        mid_base=mid_base,
        states_only=int(states_only),
        horizons_ns=horizons,
        ticks=np.ascontiguousarray(np.array(simulation.ticks, np.int64).reshape(-1, 2).T),
        fees=np.array(simulation.fees_bps, np.float64) / 10_000.0,
    )


def prepare(day: Day, settings: Settings, session: Session) -> Inputs:
    """Return the day's columns, sums and rules."""
    events = take_columns(EventColumns, day.events)
    fills = take_columns(FillColumns, day.fills)
    quotes = take_columns(QuoteColumns, day.quotes)
    start, end = hour_bounds(day.date, settings.selection, settings.timezone)
    row_start = 0 if start == FIRST_INSTANT else int(np.searchsorted(events.timestamp, start))
    row_end = len(events.timestamp) if end == LAST_INSTANT else int(np.searchsorted(events.timestamp, end))
    sums, mid_base = day_sums(fills, quotes, (int(session.start), int(session.end)), int(settings.simulation.mid))
    close2 = closing_price2(fills, sums.price2, int(session.end))
    states_only = len(fills.timestamp) == 0
    return Inputs(
        events=events,
        orders=take_columns(OrderColumns, day.orders),
        fills=fills,
        quotes=quotes,
        sums=sums,
        rules=day_rules(sums.book, mid_base, settings, session, end, row_end, states_only, close2),
        row_start=row_start,
    )


def select(inputs: Inputs, selection: Selection) -> NDArray[np.int32]:
    """Return the rows of the selected orders, ascending."""
    lit = int(LIT_ORDERS in selection.order_types)
    type_bits = int(np.bitwise_or.reduce(np.array(selection.order_types, np.int64))) if selection.order_types else 0
    participants = np.unique(np.array(selection.participants, np.int32))
    n_orders = len(inputs.orders.order_id)
    out = np.empty(n_orders, np.int32)
    count = select_orders(
        inputs.orders,
        inputs.events,
        inputs.fills,
        (inputs.row_start, inputs.rules.row_end, inputs.rules.hours_end),
        participants,
        (int(selection.population), type_bits, lit),
        (0, n_orders),
        out,
    )
    return out[:count]


def measure(day: Day, settings: Settings, session: Session) -> Iterator[OrderBlock]:
    """Yield the selected orders of ``day`` in arrival order, in blocks of at most ``BLOCK_ORDERS``."""
    inputs = prepare(day, settings, session)
    selected = select(inputs, settings.selection)
    n_horizons = len(inputs.rules.horizons_ns)
    for start in range(0, len(selected), BLOCK_ORDERS):
        chosen = selected[start : start + BLOCK_ORDERS]
        rows = empty_rows(len(chosen), n_horizons)
        measure_orders(
            chosen, inputs.orders, inputs.events, inputs.fills, inputs.quotes, inputs.sums, inputs.rules, rows
        )
        yield order_block(rows, settings.simulation.scenarios, settings.simulation.markout_seconds)


def scenario_rows(matrix: NDArray[Any], first: int, scenarios: tuple[str, ...]) -> NDArray[Any]:
    """Return the rows of the asked scenarios, a view where they are all asked for."""
    places = [SCENARIOS.index(name) for name in scenarios]
    if places == list(range(len(SCENARIOS))):
        return matrix[first : first + len(SCENARIOS)]
    return np.ascontiguousarray(matrix[[first + place for place in places]])


def extra_columns(rows: Rows, horizons: tuple[float, ...]) -> dict[str, NDArray[Any]]:
    """Return the measures beyond the fixed columns, by the names of ``kernels.metrics``."""
    extra: dict[str, NDArray[Any]] = {name: rows.ints[row] for name, row in EXTRA_INTS.items()}
    extra |= {name: rows.floats[row] for name, row in EXTRA_FLOATS.items()}
    for h, seconds in enumerate(horizons):
        extra[f"impact_{seconds:g}s_bps"] = rows.horizons[r.IMPACT * len(horizons) + h]
    return extra


def order_block(rows: Rows, asked: tuple[str, ...], horizons: tuple[float, ...]) -> OrderBlock:
    """Return the result matrices as named columns; views, not copies."""
    ints, floats, codes, flags = rows.ints, rows.floats, rows.codes, rows.flags
    n_horizons = len(horizons)
    scenarios = ("real", *(name for name in SCENARIOS[1:] if name in asked))

    def by_scenario(matrix: NDArray[Any], first: int) -> NDArray[Any]:
        return scenario_rows(matrix, first, scenarios)

    return OrderBlock(
        scenarios=scenarios,
        order_index=codes[r.ORDER_INDEX],
        order_id=ints[r.ORDER_ID],
        participant=codes[r.PARTICIPANT],
        side=flags[r.SIDE],
        order_type=codes[r.ORDER_TYPE],
        arrival_time=ints[r.ARRIVAL_TIME],
        end_time=ints[r.END_TIME],
        limit_price=ints[r.LIMIT_PRICE],
        order_quantity=ints[r.ORDER_QUANTITY],
        filled_quantity=ints[r.FILLED_QUANTITY],
        leaves_quantity=ints[r.LEAVES_QUANTITY],
        withdrawn_quantity=ints[r.WITHDRAWN_QUANTITY],
        matched_quantity=ints[r.MATCHED_QUANTITY],
        group=flags[r.GROUP],
        notional=ints[r.NOTIONAL],
        first_fill_time=ints[r.FIRST_FILL_TIME],
        last_fill_time=ints[r.LAST_FILL_TIME],
        fills=codes[r.FILLS],
        venue_quantity=ints[r.VENUE_QUANTITY : r.VENUE_QUANTITY + r.VENUE_COUNT],
        venue_notional=ints[r.VENUE_NOTIONAL : r.VENUE_NOTIONAL + r.VENUE_COUNT],
        fills_after_hours=codes[r.FILLS_AFTER_HOURS],
        benchmark=flags[r.BENCHMARK],
        benchmark_time=ints[r.BENCHMARK_TIME],
        arrival_bid=ints[r.ARRIVAL_BID],
        arrival_offer=ints[r.ARRIVAL_OFFER],
        mid2=ints[r.MID2],
        end_mid2=ints[r.END_MID2],
        eligible=flags[r.ELIGIBLE],
        window_start=ints[r.WINDOW_START],
        window_end=ints[r.WINDOW_END],
        scenario_filled=by_scenario(ints, r.SCENARIO_FILLED),
        scenario_price=by_scenario(floats, r.SCENARIO_PRICE),
        scenario_notional2=by_scenario(floats, r.SCENARIO_NOTIONAL2),
        cost=by_scenario(floats, r.COST),
        cost_touch=by_scenario(floats, r.COST_TOUCH),
        cost_zero=by_scenario(floats, r.COST_ZERO),
        cost_cleanup=by_scenario(floats, r.COST_CLEANUP),
        execution_cost=floats[r.EXECUTION_COST],
        opportunity_cost=floats[r.OPPORTUNITY_COST],
        arrival_slippage_bps=floats[r.ARRIVAL_SLIPPAGE],
        effective_spread_bps=floats[r.EFFECTIVE_SPREAD],
        price_improvement_bps=floats[r.PRICE_IMPROVEMENT],
        time_to_first_fill=ints[r.TIME_TO_FIRST_FILL],
        execution_time=floats[r.EXECUTION_TIME],
        vwap_slippage_bps=floats[r.VWAP_SLIPPAGE],
        markout_bps=rows.horizons[r.MARKOUT * n_horizons : (r.MARKOUT + 1) * n_horizons],
        realised_spread_bps=rows.horizons[r.REALISED * n_horizons : (r.REALISED + 1) * n_horizons],
        extra=extra_columns(rows, horizons),
    )


def data_quality(day: Day, settings: Settings, session: Session) -> dict[str, int]:
    """Return counts by kind over the whole partition: what reconciles, what does not, what is no market."""
    return quality_counts(
        take_columns(OrderColumns, day.orders),
        take_columns(FillColumns, day.fills),
        take_columns(QuoteColumns, day.quotes),
    )
