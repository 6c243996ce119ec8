"""The question that everybody answers, and the market it is asked of. Imports nothing of the project: peers read it.

Of every order: what `driver`'s order file has by default, its 34 columns, with scenarios A, B and C at the arrival mid.
Of all orders: five tables. Scenarios trade at the arrival mid (``--mid=arrival``) because peers can find it by an ASOF
join; the default, the first mid that the limit allows, would cost them a range join. Sessions are given to everyone.
Markets are such that no dark price is truncated and nothing contradicts itself, which peers need not look for.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

SECOND: Final = 1_000_000_000
HOUR: Final = 3_600 * SECOND
NULL: Final = -(2**63)  # no price, in the exchange's files
SCALE: Final = 65_536  # a scenario's amounts are rounded to this part of half a price unit x share
IMPACT: Final = 0.0005  # of the mid, in C
HORIZONS: Final = (1, 60)  # seconds of markouts
OPENING: Final = 60 * SECOND  # how long after its start the session's first valid quote may come
TICKS: Final = ((2000, 10), (100, 5), (0, 1))
MID_TICK_HALF: Final = (1, 4, 6)
SIZE_EDGES: Final = (100, 500, 1_000, 5_000, 10_000, 50_000)
LIT, DARK, AUCTION, BOOKED, REPORT, OTHER = range(6)
DEALS: Final = {
    LIT: (1,), DARK: (46, 47, 49, 50, 51, 52), AUCTION: (20, 90), BOOKED: (44, 45, 48, 91), REPORT: (3, 5, 7, 36, 43),
}  # fmt: skip
BLOCK_DEALS: Final = (50, 51, 52)  # no prints
VENUE_OF_DEAL: Final = {deal: venue for venue, deals in DEALS.items() for deal in deals}

SCENARIOS: Final = ("real", "A", "B", "C")
SIMULATED: Final = SCENARIOS[1:]
ORDER_COLUMNS: Final = (
    "security_code", "trade_date", "order_id", "participant_id", "side", "order_type", "arrival_time", "end_time",
    "limit_price", "order_quantity", "filled_quantity", "leaves_quantity", "group", "vwap", "first_fill_time",
    "last_fill_time", "fills", "arrival_bid", "arrival_offer", "shortfall_bps",
    *(f"{s}_{what}" for s in SIMULATED for what in ("filled_quantity", "price", "shortfall_bps", "saving_bps")),
)  # fmt: skip
TIMES: Final = ("arrival_time", "end_time", "first_fill_time", "last_fill_time")
# Tables: name and key column, which peers number from 0 where it is a bucket.
TABLES: Final = {
    "by_security": "security_code",
    "by_participant": "participant_id",
    "by_group": "group",
    "by_time_of_day": "hour",
    "by_order_size": "size_bucket",
}
# Measures of a table row: of the orders, of each scenario (``<s>_``), of what really happened.
OF_ORDERS: Final = ("orders", "order_quantity", "priced_orders")
OF_SCENARIOS: Final = (
    "fully_filled", "partially_filled", "not_executed", "filled_quantity", "shortfall_bps", "saving_bps",
)  # fmt: skip
OF_REALITY: Final = (
    "notional", "arrival_slippage_bps", "vwap_slippage_bps", "effective_spread_bps", "price_improvement_bps",
    *(f"{name}_{h}s_bps" for h in HORIZONS for name in ("markout", "realised_spread")),
)  # fmt: skip


@dataclass(frozen=True)
class Partition:
    """A security on a trade date; times in ns UTC."""

    security: str
    date: str
    begin: int  # of the trade date
    stop: int
    start: int  # of continuous trading
    end: int
    offset: int  # of local clocks, ns


@dataclass(frozen=True)
class Market:
    """The exchange's files, in its names of lower case, and what they hold."""

    orders: str
    trades: str
    nbbo: str
    event_rows: int
    partitions: tuple[Partition, ...]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1))


def read_market(path: Path) -> Market:
    """Read what ``Market.write`` wrote."""
    found = json.loads(path.read_text())
    found["partitions"] = tuple(Partition(**one) for one in found["partitions"])
    return Market(**found)
