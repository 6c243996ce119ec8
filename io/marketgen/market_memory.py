"""The one int64 array that holds a simulated market, and the names of its cells.

A record is named by the address of its first cell: ``m[x + LEAVES]`` is the open quantity of order ``x``, ``m[NOW]``
the clock. Order records are used again. The dark book lies outside (``kernels.dark``); ``m[x + SLOT]`` is an order's
slot in it. Rows for the files collect in the ``*_OUT`` areas until the caller writes them out. Areas are as large as
the worst case needs; the system gives memory only to cells that are touched.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import NULL

# Cells of an order.
(
    SIDE,  # +1 buy, -1 sell
    PRICE,
    LEAVES,
    HALF_TICK,  # one tick where the limit is improved by half a tick (mid-tick 1, 4, 6), else 0: half units
    MID_TICK,
    MINIMUM,
    SINGLE_FILL,
    PARTICIPANT,  # place in BROKERS
    CROSSING_KEY,
    IS_SWEEP,
    SLOT,  # its slot in the dark book, -1 none
    ORDER_ID,
    NEXT,  # neighbours in its price level; NEXT also links free slots
    PREVIOUS,
    LEVEL,  # row of ``level`` while it rests in the lit book, else -1
    HEAP_AT,  # place in the heap of later events, -1 none
    ACTION,  # what that event is
    AMENDS,  # amendments still to come
    QUANTITY,  # the file's quantity field
    MATCHED,
    CARRIED,  # matched on earlier days
    PARENT,
    TYPE,  # exchange order type
    VALIDITY,
    LIVE,
    SHORT,
    SINGLE_CODE,  # the file's flags
    PREFERENCE_CODE,
    ENTRY_TIME,
    END_TIME,
    STATUS,
    LIT_QUANTITY,  # four venues: lit, dark, auction, booked
    DARK_QUANTITY,
    AUCTION_QUANTITY,
    BOOKED_QUANTITY,
    LIT_NOTIONAL,  # as printed, price units x shares
    DARK_NOTIONAL,
    AUCTION_NOTIONAL,
    BOOKED_NOTIONAL,
    NOTIONAL2,  # exact, half units x shares
    FIRST_FILL,
    LAST_FILL,
    FILLS,
) = range(43)
ORDER_CELLS: Final = 43

# Scalars.
(
    NOW,
    PHASE,
    NEXT_FIXED,  # the next session change, an index into OPEN_AT..PURGE_AT
    RELOAD_AT,
    OPEN_AT,
    PRE_CLOSE_AT,
    CLOSE_AT,
    PURGE_AT,
    SEQUENCE,
    IDS,
    MATCHES,
    ID_BASE,
    MATCH_BASE,
    RANDOM_1,
    RANDOM_2,
    TICK,
    LOWEST,  # price of level 0
    LEVELS,
    BEST_BID,  # level index, -1 none
    BEST_OFFER,  # level index, LEVELS none
    OUTSIDE_BID,  # the other market's quote
    OUTSIDE_OFFER,
    OUTSIDE_SIZE,
    SHOWN_BID,  # the national quote as last published
    SHOWN_OFFER,
    QUOTE_TIME,  # when it last changed
    CREATED,  # the source's clock of the quote being published
    LAST_PRICE,
    ANCHOR,
    SPREAD,
    LIT_SHARE,  # of 2**31: below it lit, below SWEEP_SHARE sweep, else dark
    SWEEP_SHARE,
    DUAL_SHARE,  # sweeps with mid-tick 1
    SHOCK_SHARE,
    BIN,
    BIN_LEFT,
    ARRIVAL,  # time of the next entry, NULL when it must be drawn
    HEAP_SIZE,
    FREE,  # first free order record, -1 none
    FRESH,  # the next record never used
    LAST_RECORD,  # the last there is
    LIVE_COUNT,
    OUTSIDE_CLOCK,  # 1 when the other market may move before the next event
    PENDING,  # first trade row of the running transaction
    ORDER_ROWS,
    TRADE_ROWS,
    QUOTE_ROWS,
    TRUTH_ROWS,
    LOG_ROWS,
    LOGGING,
    ORDERS,  # addresses: order records,
    LEVEL_TABLE,  # bid levels, then offer levels
    HEAP,  # pairs of time and order
    BINS,  # start, end, entries
    BIN_COUNT,
    QUANTILES,
    BROKERS,
    BROKER_COUNT,
    ORDER_OUT,
    TRADE_OUT,
    QUOTE_OUT,
    TRUTH_OUT,
    LOG_OUT,
) = range(63)
FIRST_AREA: Final = 63

PRE_OPEN: Final = 0
CONTINUOUS: Final = 1
PRE_CLOSE: Final = 2
CLOSED: Final = 3
RELOAD: Final = -1
FINISHED: Final = 4
# Rows for the files: the varying columns, in the order layout.py names them.
ORDER_WIDTH: Final = 23
TRADE_WIDTH: Final = 13
QUOTE_WIDTH: Final = 7
TRUTH_WIDTH: Final = 23
LOG_WIDTH: Final = 14
LEVEL_CELLS: Final = 3
BROKER_CELLS: Final = 6
QUANTILE_CELLS: Final = 1_025
FLUSH_ROWS: Final = 32_768  # rows of a table that are collected before they are written out


def new_world(orders: int, levels: int, bins: I64, quantiles: I64, brokers: I64) -> I64:
    """Return an empty market with room for ``orders`` live orders."""
    room = FLUSH_ROWS + 4 * orders + 2_048  # a transaction can touch every live order, an auction writes two rows each
    sizes = (
        (ORDERS, orders * ORDER_CELLS),
        (LEVEL_TABLE, 2 * levels * LEVEL_CELLS),
        (HEAP, 2 * (orders + 1)),
        (BINS, bins.size),
        (QUANTILES, quantiles.size),
        (BROKERS, brokers.size),
        (ORDER_OUT, room * ORDER_WIDTH),
        (TRADE_OUT, room * TRADE_WIDTH),
        (QUOTE_OUT, room * QUOTE_WIDTH),
        (TRUTH_OUT, room * TRUTH_WIDTH),
        (LOG_OUT, 2 * room * LOG_WIDTH),
    )
    m = np.zeros(FIRST_AREA + sum(size for _, size in sizes), np.int64)
    at = FIRST_AREA
    for cell, size in sizes:
        m[cell] = at
        at += size
    for cell, table in ((BINS, bins), (QUANTILES, quantiles), (BROKERS, brokers)):
        m[m[cell] : m[cell] + table.size] = table.ravel()
    m[[BIN_COUNT, BROKER_COUNT, LEVELS, BEST_OFFER]] = (len(bins), len(brokers), levels, levels)
    m[[BEST_BID, BIN, FREE]] = -1
    m[[FRESH, LAST_RECORD]] = (m[ORDERS], m[ORDERS] + (orders - 1) * ORDER_CELLS)
    m[[OUTSIDE_BID, OUTSIDE_OFFER, SHOWN_BID, SHOWN_OFFER, ARRIVAL, CREATED]] = NULL
    level = m[m[LEVEL_TABLE] : m[HEAP]].reshape(-1, LEVEL_CELLS)
    level[:, :2] = -1
    return m


def used_orders(m: I64) -> I64:
    """Return the order records used so far as a (records, ORDER_CELLS) view."""
    return m[m[ORDERS] : m[FRESH]].reshape(-1, ORDER_CELLS)


def rows_of(m: I64, area: int, count: int, width: int) -> I64:
    """Return the collected rows of a table as a (rows, width) view; ``area`` and ``count`` are cells' names."""
    return m[m[area] : m[area] + m[count] * width].reshape(-1, width)


def check_room(m: I64) -> None:
    """Raise if a table's rows ran over its area: a transaction was larger than the areas are laid out for."""
    room = (m[TRADE_OUT] - m[ORDER_OUT]) // ORDER_WIDTH
    rows = max(m[ORDER_ROWS], m[TRADE_ROWS], m[QUOTE_ROWS], m[TRUTH_ROWS], (m[LOG_ROWS] + 1) // 2)
    if rows > room:
        raise RuntimeError(f"{rows} rows of a table in an area for {room}: the market outgrew its memory")
