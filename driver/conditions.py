"""The market an order met: phase of the day, spread in ticks, its share of the day's volume, volatility (decisions 30).

These are summed apart from the main cells, whose number they would multiply.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver.cells import Cells, regroup
from driver.order_block import I64, OrderBlock
from driver.settings import Session
from driver.volatility import RANGES, TERCILES, order_ranges
from kernels.conventions import (
    BENCHMARK_CLOSE,
    BENCHMARK_OPEN,
    NS_PER_SECOND,
    NULL,
    VENUE_AUCTION,
    VENUE_DARK,
    VENUE_LIT,
)

PHASES = ("pre-open", "first 30 minutes", "midday", "last 30 minutes", "closing")
SPREADS = ("no valid quote", "locked", "1 tick", "2 ticks", "3 ticks or more")
SHARES = ("below 0.1%", "0.1% to 0.5%", "0.5% to 1%", "1% to 5%", "5% or more", "no volume")
SHARE_EDGES_PPM = (1_000, 5_000, 10_000, 50_000)
HALF_HOUR = 1_800 * NS_PER_SECOND
CONDITIONS = {"phase": PHASES, "spread": SPREADS, "volume_share": SHARES, "volatility": TERCILES}
SIZE = len(PHASES) * len(SPREADS) * len(SHARES)
MARKET_SIZE = SIZE * RANGES


@dataclass(frozen=True, slots=True)
class Market:
    """What the conditions of a partition are judged by."""

    session: Session
    ticks: tuple[tuple[int, int], ...]  # (from price, tick)
    volume: int  # shares traded on the market that day, bookings and reports left out
    ranges: I64 = field(default_factory=lambda: np.empty(0, np.int64))  # of the mid in each interval of the session


def market_volume(quantity: NDArray[Any], venue: NDArray[Any]) -> int:
    """Return the shares traded on the market; every match has two fills."""
    return int(quantity[np.isin(venue, (VENUE_LIT, VENUE_DARK, VENUE_AUCTION))].sum()) // 2


def market_key(block: OrderBlock, market: Market) -> I64:
    """Return one number per order, 0 .. MARKET_SIZE - 1: its condition key, and how much the mid moved around it."""
    return condition_key(block, market) * RANGES + order_ranges(block, market.session, market.ranges)


def split_market(cells: Cells) -> tuple[Cells, Cells]:
    """Return sums by ``market_key`` as sums by condition key, and by the mid's range.

    Orders are summed once for both. Which ranges make a tercile is known when all dates are.
    """
    return regroup(cells, cells.key // RANGES), regroup(cells, cells.key % RANGES)


def condition_key(block: OrderBlock, market: Market) -> I64:
    """Return one number per order, 0 .. SIZE - 1; ``condition_dimensions`` takes it apart."""
    phase, spread, share = _phase(block, market.session), _spread(block, market.ticks), _share(block, market.volume)
    key: I64 = (phase * len(SPREADS) + spread) * len(SHARES) + share
    return key


def condition_dimensions(key: I64) -> dict[str, I64]:
    """Return the place of each cell in PHASES, SPREADS and SHARES."""
    spreads, shares = len(SPREADS), len(SHARES)
    return {"phase": key // (spreads * shares), "spread": key // shares % spreads, "volume_share": key % shares}


def _phase(block: OrderBlock, session: Session) -> I64:
    time = block.benchmark_time
    early, late = block.arrival_time <= session.start, block.arrival_time >= session.end
    opening = (block.benchmark == BENCHMARK_OPEN) | early
    closing = (block.benchmark == BENCHMARK_CLOSE) | late
    first, last = time < session.start + HALF_HOUR, time >= session.end - HALF_HOUR
    return np.select([opening, closing, first, last], [0, 4, 1, 3], 2).astype(np.int64)


def _spread(block: OrderBlock, ticks: tuple[tuple[int, int], ...]) -> I64:
    """Return the spread of the benchmark quote in ticks of its bid."""
    valid = (block.mid2 != NULL) & (block.arrival_bid != NULL) & (block.arrival_offer != NULL)
    bid = np.where(valid, block.arrival_bid, 0)
    width = np.where(valid, block.arrival_offer, 0) - bid
    table = np.asarray(sorted(ticks), np.int64).reshape(-1, 2)
    tick = table[np.maximum(np.searchsorted(table[:, 0], bid, side="right") - 1, 0), 1]
    steps = np.clip(-(-width // tick), 0, 3)  # a spread below a tick counts as one
    return np.where(valid, 1 + steps, 0)


def _share(block: OrderBlock, volume: int) -> I64:
    """Return the bucket of the order's quantity over the day's market volume."""
    if volume <= 0:
        return np.full(len(block), len(SHARES) - 1)
    # Quantity x 10^6 < edge x volume, in floats: both are far below 2^53 where the answer is close.
    edges = np.asarray(SHARE_EDGES_PPM, np.float64) * volume
    return np.searchsorted(edges, block.order_quantity * 1e6, side="right").astype(np.int64)
