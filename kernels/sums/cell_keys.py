"""Which cell of each cube an order belongs to: who, when and how large; and the market it met (decisions 30).

Also what of a day decides that: its market's volume, and how far the mid moved in each interval.
"""

from typing import Final, NamedTuple

import numpy as np

from kernels import conventions as v
from kernels.base.columns import F64, I8, I32, I64, Array, readonly
from kernels.base.compiling import inlined, kernel

QUARTER_HOUR: Final = 900 * v.NS_PER_SECOND  # every zone's offset is a whole number of quarters since 1972
HALF_HOUR: Final = 1_800 * v.NS_PER_SECOND
INTERVAL: Final = 300 * v.NS_PER_SECOND
HOURS: Final = 24
SIZE_CODES: Final = 8
GROUP_CODES: Final = 4
KEYS_OF_PARTICIPANT: Final = HOURS * SIZE_CODES * GROUP_CODES
PHASES: Final = 6
SPREADS: Final = 6
OUTSIDE_SPREAD: Final = 5  # of an order that never lived in continuous trading
SHARES: Final = 6
MARKETABLE, INSIDE, TO_NEAR, AT_NEAR, BEHIND, UNQUOTED, OUTSIDE = range(7)  # a limit against the quote


class KeyColumns(NamedTuple):
    """The columns of n orders that decide their cells."""

    participant: I32  # or a number that stands for it
    group: I8
    benchmark: I8
    side: I8
    order_quantity: I64
    arrival_time: I64
    benchmark_time: I64  # its window's start
    window_end: I64
    mid2: I64
    arrival_bid: I64
    arrival_offer: I64
    limit_price: I64


class KeyRules(NamedTuple):
    """What of a day decides the cells of its orders."""

    session_start: int
    session_end: int
    hours: I64  # local hour of each quarter of an hour from ``first_quarter`` on
    first_quarter: int
    ticks: I64  # (2, k): from price, tick; ascending
    share_edges: F64  # (4,) quantities x 10^6; empty where the day has no volume
    ranges: I64  # bucket of the mid's range in each interval of the session
    range_count: int  # how many buckets there are; the last one means that there is none


@kernel
def time_span(c: KeyColumns) -> tuple[int, int]:
    """Return the first and the last time that decide the hour of an order; at least one order is given."""
    arrival, benchmark = c.arrival_time, c.benchmark_time
    first = last = arrival[0] if benchmark[0] == v.NULL else benchmark[0]
    for i in range(arrival.shape[0]):
        time = arrival[i] if benchmark[i] == v.NULL else benchmark[i]
        first, last = min(first, time), max(last, time)
    return first, last


@inlined
def _phase(time: int, arrival: int, benchmark: int, lived: bool, start: int, end: int) -> int:
    phase = 3 if time >= end - HALF_HOUR else 2
    phase = 1 if time < start + HALF_HOUR else phase
    phase = 4 if (benchmark == v.BENCHMARK_CLOSE) | (arrival >= end) else phase
    phase = 0 if (benchmark == v.BENCHMARK_OPEN) | (arrival <= start) else phase
    return phase if lived else 5


@inlined
def size_of(quantity: int) -> int:
    """Return the fixed size bucket of a quantity."""
    size = 0
    for edge in v.SIZE_EDGES:
        size += int(quantity > edge)
    return size


@inlined
def marketability(side: int, limit: int, bid: int, offer: int) -> int:
    """Return where a limit lies against a valid quote; 0 is a market order."""
    near, far = (bid, offer) if side > 0 else (offer, bid)
    deeper = side * (2 * limit - bid - offer)  # in half units, beyond the mid
    place = INSIDE if deeper > 0 else TO_NEAR
    place = AT_NEAR if limit == near else place
    place = BEHIND if side * limit < side * near else place
    return MARKETABLE if (limit <= 0) | (side * limit >= side * far) else place


@kernel
def order_keys(c: KeyColumns, r: KeyRules, main: I64, kind: I64, market: I64) -> None:
    """Write each order's key in the main cube, the same without its participant, and in that of the market it met.

    main, kind, market : (n,)
    """
    for i in range(main.shape[0]):
        quantity, arrival, time = c.order_quantity[i], c.arrival_time[i], c.benchmark_time[i]
        hour = r.hours[(arrival if time == v.NULL else time) // QUARTER_HOUR - r.first_quarter]
        when = (hour * SIZE_CODES + size_of(quantity)) * GROUP_CODES
        kind[i] = when + c.group[i]
        main[i] = np.int64(c.participant[i]) * KEYS_OF_PARTICIPANT + kind[i]

        lived = time <= c.window_end[i]
        valid = lived & (c.mid2[i] != v.NULL) & (c.arrival_bid[i] != v.NULL) & (c.arrival_offer[i] != v.NULL)
        bid, tick = c.arrival_bid[i] if valid else 0, r.ticks[1, 0]
        for k in range(1, r.ticks.shape[1]):
            tick = r.ticks[1, k] if bid >= r.ticks[0, k] else tick
        width = c.arrival_offer[i] - bid if valid else 0  # in ticks of the bid; a spread below a tick counts as one
        spread = 1 + int(width > 0) + int(width > tick) + int(width > 2 * tick)
        spread = spread if valid else OUTSIDE_SPREAD * int(not lived)

        # Quantity x 10^6 < edge x volume, in floats: both are far below 2^53 where the answer is close.
        share = 0 if r.share_edges.shape[0] > 0 else SHARES - 1
        for k in range(r.share_edges.shape[0]):
            share += int(float(quantity) * 1e6 >= r.share_edges[k])

        bucket = r.range_count - 1
        if r.ranges.shape[0] > 0:  # of the interval that the time is in, or next to
            interval = (time - r.session_start) // INTERVAL if time > r.session_start else 0
            bucket = r.ranges[min(interval, r.ranges.shape[0] - 1)]
        phase = _phase(time, arrival, c.benchmark[i], lived, r.session_start, r.session_end)
        without = UNQUOTED if lived else OUTSIDE
        place = marketability(c.side[i], c.limit_price[i], bid, c.arrival_offer[i]) if valid else without
        market[i] = (((place * PHASES + phase) * SPREADS + spread) * SHARES + share) * r.range_count + bucket


@kernel
def traded_shares(quantity: Array, venue: Array) -> tuple[int, int]:
    """Return the shares of fills on the market, bookings and reports left out, and of those in the dark; (fills,)."""
    total = dark = 0
    for i in range(quantity.shape[0]):
        on_market = venue[i] == v.VENUE_LIT or venue[i] == v.VENUE_DARK or venue[i] == v.VENUE_AUCTION
        total += quantity[i] if on_market else 0
        dark += quantity[i] if venue[i] == v.VENUE_DARK else 0
    return total, dark


@kernel
def mid_extremes(bid: Array, offer: Array, rows: I64, lowest: F64, highest: F64) -> None:
    """Write the lowest and highest valid mid, in half units, in force in each of k intervals.

    bid, offer : (quotes,); lowest, highest : (k,) float64
    rows : (k + 1,) int64, quote rows at the edges: interval j has rows[j] .. rows[j + 1] - 1, and begins with the
    quote before. An interval without a valid quote keeps lowest infinite, highest minus infinite.
    """
    for j in range(lowest.shape[0]):
        low, high = np.inf, -np.inf
        for i in range(max(rows[j] - 1, 0), rows[j + 1]):
            if bid[i] > 0 and offer[i] >= bid[i]:
                mid2 = float(bid[i] + offer[i])
                low, high = min(low, mid2), max(high, mid2)
        lowest[j], highest[j] = low, high


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on few rows."""
    types = {"participant": np.int32, "group": np.int8, "benchmark": np.int8, "side": np.int8}
    c = KeyColumns(*(np.ones(1, types.get(name, np.int64)) for name in KeyColumns._fields))
    r = KeyRules(0, 1, np.zeros(1, np.int64), 0, np.ones((2, 1), np.int64), np.zeros(0), np.zeros(0, np.int64), 1)
    time_span(c)
    order_keys(c, r, *np.zeros((3, 1), np.int64))
    whole = readonly(np.zeros(0, np.int64))
    traded_shares(whole, readonly(np.zeros(0, np.int8)))
    mid_extremes(whole, whole, np.zeros(1, np.int64), np.zeros(0), np.zeros(0))
