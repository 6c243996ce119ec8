"""Set up one (security, date), run it, and hand its rows on in pieces.

Above ``simulate``; ``security_week`` calls it.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.dark.records import Book, Records, new_book
from marketgen.draws import tables
from marketgen.market import BIN, BROKER, CAPACITY, LEVEL_COUNT, RELOAD, ROWS, Market, collected, new_market
from marketgen.sessions import TradingDay, trading_day
from marketgen.simulate import run
from marketgen.spec import SPREADS, MarketSpec

# As BROKER's fields (domain.md 2.2); the last is 1 for a broker that prefers its own orders (R14).
BROKERS: Final = [
    (67, 420, 1, 74, 0, 1),
    (51, 580, 555, 70, 8_949_669, 0),
    (47, 690, 194_035, 60, 999_970_000, 0),
    (2, 780, 99_999, 100, 0, 0),
    (146, 840, 2, 70, 0, 1),
    (41, 895, 2, 55, 7, 1),
    (61, 925, 0, 100, 0, 1),
    (69, 945, 0, 100, 0, 0),
    (42, 965, 1111, 73, 0, 0),
    (54, 985, 0, 100, 0, 0),
    (8, 993, 945, 100, 0, 0),
    (26, 1000, 0, 100, 0, 0),
]
LIVE_ORDERS: Final = 200_000  # most orders live at once
# Entries per half hour of continuous trading, and the shares of the two calls.
PROFILE: Final = (80, 77, 76, 75, 75, 73, 68, 65, 55, 56, 95, 160)
CALL_SHARES: Final = (0.015, 0.02)
BLOCK_TIER: Final = 20_000_000  # least value of a block outside the quote, price units x shares
ID_STEP: Final = 10**7  # ids of a security within a day


def id_base(day: date, index: int) -> int:
    """Return the number below the ids of a partition: ascending with the date, above 2**53."""
    return (6_900_000 + day.toordinal()) * 10**12 + index * ID_STEP


def entry_bins(day: TradingDay, orders: int) -> Records:
    """Return BIN records: start and end in ns, entries, which add up to ``orders``."""
    steps = 10
    edges = np.linspace(day.open + 1, day.pre_close, steps * len(PROFILE) + 1).astype(np.int64)
    weights = np.repeat(np.array(PROFILE, np.float64), steps)
    weights *= (1 - sum(CALL_SHARES)) / weights.sum()
    starts = np.concatenate(([day.pre_open], edges[:-1], [day.pre_close + 1]))
    ends = np.concatenate(([day.open], edges[1:] - 1, [day.close]))
    shares = np.concatenate(([CALL_SHARES[0]], weights, [CALL_SHARES[1]]))
    upto = np.floor(np.cumsum(shares) * orders + 0.5).astype(np.int64)
    upto[-1] = orders
    return np.rec.fromarrays([starts, ends, np.diff(upto, prepend=0)], dtype=BIN)


def tick_of(price: int) -> int:
    """Return the tick of a price level (decisions 11)."""
    return 1 if price < 100 else 5 if price < 2_000 else 10


def start(spec: MarketSpec, index: int, day: date, orders: int, carried: Records | None) -> tuple[Market, Book]:
    """Return a partition's market and dark book before the first event; ``carried`` are orders left from yesterday."""
    rng = np.random.default_rng([spec.seed, index, day.toordinal()])
    times = trading_day(spec, index, day)
    price = spec.price_of(index)
    tick = tick_of(price)
    floor, ceiling = {1: (1, 99), 5: (100, 1_995), 10: (2_000, 10**9)}[tick]
    lowest = max(floor, price // tick * tick - LEVEL_COUNT // 2 * tick)
    levels = min(LEVEL_COUNT, (ceiling - lowest) // tick + 1)
    kept = 0 if carried is None else len(carried)
    m = new_market(min(min(orders, LIVE_ORDERS) + kept + 1, CAPACITY), levels)
    m["bins"], m["brokers"], m["quantiles"] = entry_bins(times, orders), np.array(BROKERS, BROKER), tables()
    state = m.state
    state.phase, state.now = RELOAD, times.reload
    state.open_at, state.pre_close_at, state.close_at = times.open, times.pre_close, times.close
    state.purge_at = times.purge
    state.tick, state.lowest, state.spread = tick, lowest, spec.spread or SPREADS[index % len(SPREADS)]
    state.random_1, state.random_2 = rng.integers(1, 2**31 - 300, 2)
    anchor = price // tick * tick + int(rng.integers(-4, 5)) * tick
    state.anchor = state.last_price = max(floor + 5 * tick, min(anchor, ceiling - 5 * tick))
    state.id_base = id_base(day, index)
    state.match_base = state.id_base + 10**17
    state.sequence = 1_000 + int(rng.integers(0, 9_000))
    lit, sweep = 1 - spec.dark_share - spec.sweep_share, spec.sweep_share
    state.lit_share, state.sweep_share = int(lit * 2**31), int((lit + sweep) * 2**31)
    state.dual_share, state.shock_share = int(spec.dual_share * 2**31), int(min(1.0, 2 / orders) * 2**31)
    state.logging = spec.truth == "full"
    if carried is not None:
        _reload(m, carried)
    return m, new_book(2 * min(16_384, max(512, orders // 4)), tick, BLOCK_TIER)


def _reload(m: Market, carried: Records) -> None:
    """Put yesterday's records first, their counters set to the new day."""
    m.state.fresh = len(carried)
    order = m["orders"][: len(carried)]
    order[:] = carried
    order["carried"], order["quantity"] = order["matched"], order["leaves"]
    for field in ("venue_quantity", "venue_notional", "parent", "notional2", "first_fill", "last_fill", "fills"):
        order[field] = 0
    for field in ("level", "event_at", "next", "slot"):
        order[field] = -1


def run_on(m: Market, book: Book) -> Iterator[tuple[I64, ...]]:
    """Simulate the day; yield rows of orders, trades, quotes, truth and log, valid until the next are asked for."""
    over = False
    while not over:
        over = run(m, book)
        yield collected(m)
        for name in ROWS:
            m.state[f"{name}_count"] = 0
        m.state.pending = 0


def left_over(m: Market) -> Records:
    """Return the orders left at the end of the day."""
    used = m["orders"][: m.state.fresh]
    left: Records = used[used["live"] == 1]
    return left
