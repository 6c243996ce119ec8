"""The market an order met: phase, spread, share of the day's volume, volatility, its limit's place (decisions 30).

These are summed apart from the main cells, whose number they would multiply.

`job_sums` takes its keys from here, `driver.tables.grouping` the labels.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver.sums.volatility import RANGES, TERCILES
from kernels.base.columns import I64, readonly
from kernels.market.ticks import ticks_by_price
from kernels.measure.choices import Session
from kernels.measure.result_rows import OrderBlock
from kernels.sums import cell_keys
from kernels.sums.cell_keys import KeyColumns, KeyRules

NEVER = "never_in_session"
PHASES = ("pre-open", "first 30 minutes", "midday", "last 30 minutes", "closing", NEVER)
SPREADS = ("no valid quote", "locked", "1 tick", "2 ticks", "3 ticks or more", NEVER)
MARKETABILITY = (
    "marketable", "inside", "mid to near touch", "at the near touch", "behind the near touch", "no valid quote", NEVER,
)  # fmt: skip
SHARES = ("below 0.1%", "0.1% to 0.5%", "0.5% to 1%", "1% to 5%", "5% or more", "no volume")
CONDITION_KEYS = len(PHASES) * len(SPREADS) * len(SHARES)
MARKET_KEYS = len(MARKETABILITY) * CONDITION_KEYS * RANGES  # all there may be
SHARE_EDGES_PPM = (1_000, 5_000, 10_000, 50_000)
CONDITIONS = {
    "phase": PHASES,
    "spread": SPREADS,
    "volume_share": SHARES,
    "volatility": TERCILES,
    "marketability": MARKETABILITY,
}


@dataclass(frozen=True, slots=True)
class Market:
    """What the conditions of a partition are judged by."""

    session: Session
    ticks: tuple[tuple[int, int], ...]  # (from price, tick)
    volume: int  # shares traded on the market that day, bookings and reports left out
    ranges: I64 = field(default_factory=lambda: np.empty(0, np.int64))  # of the mid in each interval of the session

    @classmethod
    def unknown(cls) -> "Market":
        """Return the market of orders that are not summed by it."""
        return cls(Session(0, 0, ""), ((0, 1),), 0)


def market_volumes(quantity: NDArray[Any], venue: NDArray[Any]) -> tuple[int, int]:
    """Return the shares traded on the market, and those of them traded in the dark; every match has two fills."""
    market, dark = cell_keys.traded_shares(readonly(quantity), readonly(venue))
    return int(market) // 2, int(dark) // 2


def market_cuts(keys: I64) -> tuple[I64, I64, I64]:
    """Return, of each cell of the market met, its conditions, the range of the mid, and the place of the limit."""
    met, ranges = np.divmod(keys, RANGES)
    places, conditions = np.divmod(met, CONDITION_KEYS)
    return conditions, ranges, places


def key_columns(block: OrderBlock) -> KeyColumns:
    """Return the columns that decide an order's cells."""
    return KeyColumns(*map(block.stored, KeyColumns._fields))


def key_rules(market: Market, first_quarter: int, hours: I64) -> KeyRules:
    """Return what decides an order's cells; hours : the local hour of each quarter of an hour."""
    edges = np.asarray(SHARE_EDGES_PPM, np.float64) * market.volume if market.volume > 0 else np.empty(0)
    session = int(market.session.start), int(market.session.end)
    return KeyRules(*session, hours, first_quarter, ticks_by_price(market.ticks), edges, market.ranges, RANGES)


def condition_dimensions(key: I64) -> dict[str, I64]:
    """Return the place of each cell in PHASES, SPREADS and SHARES."""
    spreads, shares = len(SPREADS), len(SHARES)
    return {"phase": key // (spreads * shares), "spread": key // shares % spreads, "volume_share": key % shares}
