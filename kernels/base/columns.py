"""What travels between the block kernels: named tuples of input columns, the rules of a day, and result rows.

A named tuple of arrays is one argument to a compiled kernel and a plain tuple to Python, so kernels
stay short and nothing is copied. All input columns are read-only: memory maps are, and one kind of
array means one compilation.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
I8 = NDArray[np.int8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]
OPTIONAL = ("extended_price",)
NONE = np.zeros(0, np.int64)
Columns = TypeVar("Columns", "EventColumns", "OrderColumns", "FillColumns", "QuoteColumns")


class EventColumns(NamedTuple):
    """Order events by (timestamp, sequence); int64 but ``next_row`` (int32) and ``mid_tick`` (int8)."""

    timestamp: Array
    next_row: Array
    price: Array
    leaves_quantity: Array
    matched_quantity: Array
    mid_tick: Array


class OrderColumns(NamedTuple):
    """One row per order, in arrival order, as the day file's ``orders`` group holds them."""

    order_id: Array
    participant: Array
    side: Array
    order_type: Array
    first_row: Array
    last_row: Array
    arrival_time: Array
    end_time: Array
    limit_price: Array
    mid_tick: Array
    parent_quantity: Array
    leaves_quantity: Array
    matched_quantity: Array
    carried_quantity: Array
    arrival_quote: Array
    end_quote: Array
    first_fill: Array
    fill_count: Array
    fills_before_arrival: Array
    fills_before_end: Array


class FillColumns(NamedTuple):
    """Fills by (order, time); ``by_time`` lists them in time order."""

    timestamp: Array
    price: Array
    quantity: Array
    deal_source: Array
    order_index: Array
    side: Array
    venue: Array
    national_bid: Array
    national_offer: Array
    quote: Array
    by_time: Array
    extended_price: Array  # 1/10000 price unit, NULL where absent; no rows where the input has no such column


class QuoteColumns(NamedTuple):
    """Quotes by (timestamp, sequence), int64."""

    timestamp: Array
    bid: Array
    offer: Array


class Rules(NamedTuple):
    """What decides the numbers of a day besides its columns; times in ns UTC, all plain integers but where said."""

    hours_end: int  # events and fills at or after it are not observed
    row_end: int  # first event row at or after hours_end
    session_start: int
    session_end: int
    opening_quote: int  # quote whose mid is the opening mid, or -1
    closing_quote: int  # last quote before session_end, or -1
    start_quote: int  # last quote before session_start, or -1
    close2: int  # the day's closing price in half units, NULL if there is none
    quotes_first: int  # 1: a quote acts on events of its own instant
    mid_kind: int
    dark_share_ppm: int
    impact: float  # as a fraction of the mid
    cleanup_ns: int
    mid_base: int  # the quote book's sums are of mid2 - mid_base
    states_only: int  # 1: the day has no fills though orders matched, filled quantity comes from the states
    no_quotes: int  # 1: the day has no quotes at all
    benchmarks_given: int  # 1: the rows already hold M0, its quote and its kind, which other fills may not change
    horizons_ns: Array  # (H,) int64
    after_ns: Array  # (1 + H,) int64: what is added to a fill's time, for the quote before it and for each horizon
    fill_ns: Array  # (F,) int64: times from arrival by which filled shares are counted
    ticks: Array  # (2, k) int64: from price, tick
    fees: Array  # (venues,) float64: fraction of notional by venue


def readonly(column: Array) -> Array:
    """Return a read-only contiguous view of ``column``: no copy where it already is contiguous."""
    flags = column.flags
    if flags.c_contiguous and not flags.writeable:
        return column
    view = np.ascontiguousarray(column).view()
    view.flags.writeable = False
    return view


def take_columns(kind: type[Columns], table: Mapping[str, Array]) -> Columns:
    """Return the columns of ``table`` that ``kind`` names, read-only; those of OPTIONAL have no rows if it has not."""
    return kind(*(readonly(NONE if name in OPTIONAL and name not in table else table[name]) for name in kind._fields))


# Types of the columns that are not int64, as the day file stores them.
DTYPES: dict[type, dict[str, str]] = {
    EventColumns: {"next_row": "i4", "mid_tick": "i1"},
    OrderColumns: {"participant": "i4", "side": "i1", "order_type": "i4", "mid_tick": "i1"}
    | dict.fromkeys(("first_row", "last_row", "arrival_quote", "end_quote", "first_fill", "fill_count"), "i4")
    | dict.fromkeys(("fills_before_arrival", "fills_before_end"), "i4"),
    FillColumns: {
        "deal_source": "i2",
        "order_index": "i4",
        "side": "i1",
        "venue": "i1",
        "quote": "i4",
        "by_time": "i4",
    },
    QuoteColumns: {},
}
