"""What a simulated market stores: orders, price levels, later events, rows for the files. Lowest layer.

Everything is an int64 field of a record, read by name: ``m.orders[x].leaves`` is the open quantity of order ``x``,
``m.state.now`` the clock. Order records are used again. The dark book lies outside (``kernels.dark``); ``slot`` is an
order's place in it. Rows collect until the caller writes them out. It is one record of fixed size, so that compiled
code takes it as one pointer; of its half gigabyte the system gives memory only to what is touched.
All compiled code of the package reads it; ``partition`` makes it.
"""

from typing import Any, Final

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import NULL
from kernels.dark.records import records

# Phases of a day; each of the first four ends at the time of its place in STATE's session changes; 3 is closed.
RELOAD: Final = -1
PRE_OPEN: Final = 0
CONTINUOUS: Final = 1
PRE_CLOSE: Final = 2
FINISHED: Final = 4
FLUSH_ROWS: Final = 32_768  # rows of a table that are collected before they are written out
VENUES: Final = 4
LEVEL_COUNT: Final = 4_096
BIN_COUNT: Final = 122
BROKER_COUNT: Final = 12
QUANTILES: Final = 1_025
CAPACITY: Final = 262_144  # orders live at once
ROOM: Final = FLUSH_ROWS + 2 * CAPACITY + 2_048  # rows: a transaction can touch every live order


def _fields(names: str) -> np.dtype[np.void]:
    """Return a record of int64 fields; ``name*4`` is a field of four."""
    pairs = (text.partition("*") for text in names.split())
    return np.dtype([(name, np.int64, int(count)) if count else (name, np.int64) for name, _, count in pairs])


ORDER: Final = _fields(
    "order_id side price leaves half_tick mid_tick "  # half_tick: a tick if the limit is half a tick better, else 0
    "minimum single_fill participant crossing_key sweep "  # participant: place in the brokers
    "slot level next previous "  # in the dark book, in the lit book, neighbours in its price level; -1: none
    "event_at action amends "  # place among the later events or -1, what that event is, amendments still to come
    "quantity matched carried parent type validity live short "  # carried: matched on earlier days
    "single_code preference_code entry_time end_time ranking "  # the file's flags; ranking: when it took its place
    "notional2 first_fill last_fill fills "  # notional2: half units x shares, exact
    "venue_quantity*4 venue_notional*4"  # lit, dark, auction, booked; as printed, price units x shares
)
STATE: Final = _fields(
    "now phase open_at pre_close_at close_at purge_at random_1 random_2 "
    "sequence ids matches id_base match_base tick lowest levels room "  # lowest: price of level 0
    "best_bid best_offer "  # levels; -1 and ``levels``: none
    "outside_bid outside_offer outside_size "  # the other market's quote
    "shown_bid shown_offer quote_time created "  # the national quote as last published, and its source's clock
    "last_price anchor spread "
    "lit_share sweep_share "  # of 2**31: a draw below the first is lit, below the second a sweep, else dark
    "dual_share shock_share "  # of sweeps with mid-tick 1, of entries before which a side is pulled
    "bin bin_left arrival "  # arrival: time of the next entry, NULL when it must be drawn
    "events free fresh "  # number of later events, first free order record or -1, next record never used
    "pending logging "  # first trade row of the running transaction
    "order_count trade_count quote_count truth_count log_count"  # rows collected
)
LEVEL: Final = _fields("head tail total")
EVENT: Final = _fields("time order")
BIN: Final = _fields("start end entries")
# Orders entered below ``share`` of 1,000; percent of them with the first crossing key.
BROKER: Final = _fields("number share key percent other_key prefers_own")
# Rows for the files, the columns that vary.
ORDER_ROW: Final = _fields(
    "order_id timestamp price side reason status quantity leaves type national_bid national_offer bid offer "
    "participant preference_code mid_tick single_code minimum sequence crossing_key matched short validity ranking"
)
TRADE_ROW: Final = _fields(
    "sequence timestamp order_id deal off_market match national_bid national_offer price quantity side participant "
    "aggressive extended"
)
QUOTE_ROW: Final = _fields("sequence bid bid_quantity offer offer_quantity created timestamp")
TRUTH_ROW: Final = _fields(
    "order_id participant side order_type group order_quantity filled_quantity leaves_quantity carried_quantity fills "
    "arrival_time end_time first_fill_time last_fill_time venue_quantity*4 venue_notional*4 exact_notional2"
)
LOG_ROW: Final = _fields(
    "event timestamp sequence order_id contra side price2 quantity bid offer outside_bid outside_offer national_bid "
    "national_offer"
)
ROWS: Final = {"order": ORDER_ROW, "trade": TRADE_ROW, "quote": QUOTE_ROW, "truth": TRUTH_ROW, "log": LOG_ROW}
MARKET: Final = np.dtype(
    [
        ("state", STATE),
        ("bids", LEVEL, LEVEL_COUNT),
        ("offers", LEVEL, LEVEL_COUNT),
        ("bins", BIN, BIN_COUNT),
        ("brokers", BROKER, BROKER_COUNT),
        ("quantiles", np.int64, (5, QUANTILES)),
        ("orders", ORDER, CAPACITY),
        ("events", EVENT, CAPACITY + 1),
        *((f"{name}_rows", row, ROOM) for name, row in ROWS.items()),
    ]
)
Market = Any  # a record of MARKET, which compiled code takes as one pointer


def new_market(orders: int, levels: int) -> Market:
    """Return an empty market with room for ``orders`` live orders."""
    m: Any = records(1, MARKET)[0]
    for side in (m["bids"], m["offers"]):
        side["head"] = side["tail"] = -1
    state = m.state
    state.room, state.levels, state.best_offer = orders, levels, levels
    state.best_bid = state.bin = state.free = -1
    for field in ("outside_bid", "outside_offer", "shown_bid", "shown_offer", "arrival", "created"):
        state[field] = NULL
    return m


def collected(m: Market) -> tuple[I64, ...]:
    """Return the rows collected for each file as (rows, columns) numbers, valid until the market goes on."""
    tables = []
    for name, row in ROWS.items():
        count = int(m.state[f"{name}_count"])
        if count > ROOM:
            raise RuntimeError(f"{count} rows of a table with room for {ROOM}: the market outgrew its memory")
        tables.append(m[f"{name}_rows"][:count].view(np.int64).reshape(count, row.itemsize // 8))
    return tuple(tables)
