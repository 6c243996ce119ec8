"""Rows for the files: order states, fills, quotes, and what the truth keeps."""

from typing import Final

from kernels.base.columns import I64
from kernels.base.compiling import inlined, runtime
from kernels.conventions import NULL
from marketgen.draws import draw
from marketgen.lit_book import TOTAL, best_bid, best_offer, bid_level, offer_level
from marketgen.market_memory import (
    BEST_BID,
    BEST_OFFER,
    BROKER_CELLS,
    BROKERS,
    CARRIED,
    CREATED,
    CROSSING_KEY,
    END_TIME,
    ENTRY_TIME,
    FILLS,
    FIRST_FILL,
    LAST_FILL,
    LEAVES,
    LIT_NOTIONAL,
    LIT_QUANTITY,
    LOG_OUT,
    LOG_ROWS,
    LOG_WIDTH,
    LOGGING,
    MATCH_BASE,
    MATCHED,
    MATCHES,
    MID_TICK,
    MINIMUM,
    NOTIONAL2,
    NOW,
    ORDER_ID,
    ORDER_OUT,
    ORDER_ROWS,
    ORDER_WIDTH,
    OUTSIDE_BID,
    OUTSIDE_OFFER,
    OUTSIDE_SIZE,
    PARENT,
    PARTICIPANT,
    PENDING,
    PREFERENCE_CODE,
    PRICE,
    QUANTITY,
    QUOTE_OUT,
    QUOTE_ROWS,
    QUOTE_TIME,
    QUOTE_WIDTH,
    SEQUENCE,
    SHORT,
    SHOWN_BID,
    SHOWN_OFFER,
    SIDE,
    SINGLE_CODE,
    STATUS,
    TRADE_OUT,
    TRADE_ROWS,
    TRADE_WIDTH,
    TRUTH_OUT,
    TRUTH_ROWS,
    TRUTH_WIDTH,
    TYPE,
    VALIDITY,
)

NOTHING: Final = runtime(0)
NOBODY: Final = runtime(-1)
PASSIVE: Final = runtime(0)
AGGRESSIVE: Final = runtime(1)
# Change reasons (domain.md 2.2).
CANCELLED: Final = runtime(1)
TRADED: Final = runtime(3)
UPDATED: Final = runtime(5)
ENTERED: Final = runtime(6)
SYSTEM: Final = runtime(9)
PURGED: Final = runtime(24)
RELOADED: Final = runtime(30)
# Order states.
ON_BOOK: Final = runtime(1)
OFF_BOOK: Final = runtime(2)
INACTIVE: Final = runtime(4)
OFF_MARKET: Final = runtime(5)  # deal source of a reported crossing
# Venues of the truth, as kernels.conventions numbers them.
LIT: Final = runtime(0)
DARK: Final = runtime(1)
AUCTION: Final = runtime(2)
BOOKED: Final = runtime(3)
# Kinds of the event log.
LOG_ENTER: Final = runtime(1)
LOG_REST: Final = runtime(2)
LOG_FILL: Final = runtime(3)
LOG_LEAVE: Final = runtime(4)
LOG_AMEND: Final = runtime(5)
LOG_OUTSIDE: Final = runtime(6)


@inlined
def national_bid(m: I64) -> int:
    """Return the better of the book's and the other market's bid, NULL if neither has one (R3)."""
    return max(best_bid(m), int(m[OUTSIDE_BID]))


@inlined
def national_offer(m: I64) -> int:
    """Return the better of the two offers, NULL if there is none."""
    own, outside = best_offer(m), int(m[OUTSIDE_OFFER])
    if own == NULL or outside == NULL:
        return max(own, outside)
    return min(own, outside)


@inlined
def broker_id(m: I64, participant: int) -> int:
    """Return the number the files name a broker by."""
    return int(m[m[BROKERS] + BROKER_CELLS * participant])


@inlined
def next_sequence(m: I64) -> int:
    """Return the next message number; other securities take some in between."""
    m[SEQUENCE] += 1 + (draw(m) * 9 >> 31)
    return int(m[SEQUENCE])


@inlined
def write_log(m: I64, kind: int, x: int, contra: int, price2: int, quantity: int) -> None:
    """Note an event of the book with the quotes after it. ``contra``: an order id, a venue or 0."""
    if m[LOGGING] == 0:
        return
    row = m[LOG_OUT] + LOG_WIDTH * m[LOG_ROWS]
    m[LOG_ROWS] += 1
    m[row + 0] = kind
    m[row + 1] = m[NOW]
    m[row + 2] = m[SEQUENCE]
    m[row + 3] = m[x + ORDER_ID] if x >= 0 else 0
    m[row + 4] = contra
    m[row + 5] = m[x + SIDE] if x >= 0 else 0
    m[row + 6] = price2
    m[row + 7] = quantity
    m[row + 8] = best_bid(m)
    m[row + 9] = best_offer(m)
    m[row + 10] = m[OUTSIDE_BID]
    m[row + 11] = m[OUTSIDE_OFFER]
    m[row + 12] = national_bid(m)
    m[row + 13] = national_offer(m)


@inlined
def write_order(m: I64, x: int, reason: int, status: int) -> None:
    """Write the order's state with the quotes at this moment."""
    row = m[ORDER_OUT] + ORDER_WIDTH * m[ORDER_ROWS]
    m[ORDER_ROWS] += 1
    m[row + 0] = m[x + ORDER_ID]
    m[row + 1] = m[NOW]
    m[row + 2] = m[x + PRICE]
    m[row + 3] = 1 if m[x + SIDE] == 1 else 2
    m[row + 4] = reason
    m[row + 5] = status
    m[row + 6] = m[x + QUANTITY]
    m[row + 7] = m[x + LEAVES]
    m[row + 8] = m[x + TYPE]
    m[row + 9] = national_bid(m)
    m[row + 10] = national_offer(m)
    m[row + 11] = best_bid(m)
    m[row + 12] = best_offer(m)
    m[row + 13] = broker_id(m, m[x + PARTICIPANT])
    m[row + 14] = m[x + PREFERENCE_CODE]
    m[row + 15] = m[x + MID_TICK]
    m[row + 16] = m[x + SINGLE_CODE]
    m[row + 17] = m[x + MINIMUM]
    m[row + 18] = next_sequence(m)
    m[row + 19] = m[x + CROSSING_KEY]
    m[row + 20] = m[x + MATCHED]
    m[row + 21] = m[x + SHORT]
    m[row + 22] = m[x + VALIDITY]
    m[x + STATUS] = status
    m[x + END_TIME] = m[NOW]
    m[x + PARENT] = max(m[x + PARENT], m[x + LEAVES] + m[x + MATCHED] - m[x + CARRIED])


@inlined
def count_fill(m: I64, x: int, quantity: int, price2: int, venue: int) -> None:
    """Add a fill to the order's counters, the file's and the truth's; leaves are the caller's."""
    m[x + MATCHED] += quantity
    m[x + LIT_QUANTITY + venue] += quantity
    m[x + LIT_NOTIONAL + venue] += quantity * (price2 >> 1)  # as printed: truncated (R7)
    m[x + NOTIONAL2] += quantity * price2
    if m[x + FILLS] == 0:
        m[x + FIRST_FILL] = m[NOW]
    m[x + LAST_FILL] = m[NOW]
    m[x + FILLS] += 1


@inlined
def write_trade(
    m: I64, order_id: int, side: int, participant: int, deal: int, price2: int, quantity: int, aggressive: int
) -> None:
    """Write one side of a match; its sequence follows at the end of the transaction."""
    row = m[TRADE_OUT] + TRADE_WIDTH * m[TRADE_ROWS]
    m[TRADE_ROWS] += 1
    m[row + 0] = 0
    m[row + 1] = m[NOW]
    m[row + 2] = order_id
    m[row + 3] = deal
    m[row + 4] = 1 if deal == 5 else 0
    m[row + 5] = m[MATCH_BASE] + m[MATCHES]
    m[row + 6] = national_bid(m)
    m[row + 7] = national_offer(m)
    m[row + 8] = price2 >> 1
    m[row + 9] = quantity
    m[row + 10] = 1 if side == 1 else 2
    m[row + 11] = broker_id(m, participant)
    m[row + 12] = aggressive


@inlined
def write_match(m: I64, a: int, b: int, price2: int, quantity: int, deal: int, venue: int, aggressive: int) -> None:
    """Write both fills of a match between orders ``a`` (the aggressor if ``aggressive``) and ``b``, and count them."""
    m[MATCHES] += 1 + (draw(m) * 3 >> 31)
    count_fill(m, a, quantity, price2, venue)
    count_fill(m, b, quantity, price2, venue)
    write_trade(m, m[a + ORDER_ID], m[a + SIDE], m[a + PARTICIPANT], deal, price2, quantity, aggressive)
    write_trade(m, m[b + ORDER_ID], m[b + SIDE], m[b + PARTICIPANT], deal, price2, quantity, PASSIVE)
    write_log(m, LOG_FILL, a, m[b + ORDER_ID], price2, quantity)


@inlined
def publish(m: I64) -> bool:
    """Give the transaction's trades their sequence, after its orders', then show a new national quote."""
    for i in range(m[PENDING], m[TRADE_ROWS]):
        m[m[TRADE_OUT] + TRADE_WIDTH * i] = next_sequence(m)
    m[PENDING] = m[TRADE_ROWS]
    bid, offer = national_bid(m), national_offer(m)
    if bid == m[SHOWN_BID] and offer == m[SHOWN_OFFER]:
        return False
    m[SHOWN_BID] = bid
    m[SHOWN_OFFER] = offer
    m[QUOTE_TIME] = m[NOW]
    row = m[QUOTE_OUT] + QUOTE_WIDTH * m[QUOTE_ROWS]
    m[QUOTE_ROWS] += 1
    own_bid = bid != NULL and bid == best_bid(m)
    own_offer = offer != NULL and offer == best_offer(m)
    m[row + 0] = next_sequence(m)
    m[row + 1] = bid
    m[row + 2] = m[bid_level(m, m[BEST_BID]) + TOTAL] if own_bid else 0
    m[row + 3] = offer
    m[row + 4] = m[offer_level(m, m[BEST_OFFER]) + TOTAL] if own_offer else 0
    if bid != NULL and bid == m[OUTSIDE_BID]:
        m[row + 2] += m[OUTSIDE_SIZE]
    if offer != NULL and offer == m[OUTSIDE_OFFER]:
        m[row + 4] += m[OUTSIDE_SIZE]
    m[row + 5] = m[CREATED] if m[CREATED] != NULL else m[NOW]
    m[row + 6] = m[NOW]
    return True


@inlined
def write_truth(m: I64, x: int) -> None:
    """Write what is known of an order-day: group, quantities by venue, notionals, times."""
    matched, leaves = m[x + MATCHED] - m[x + CARRIED], m[x + LEAVES]
    row = m[TRUTH_OUT] + TRUTH_WIDTH * m[TRUTH_ROWS]
    m[TRUTH_ROWS] += 1
    m[row + 0] = m[x + ORDER_ID]
    m[row + 1] = broker_id(m, m[x + PARTICIPANT])
    m[row + 2] = m[x + SIDE]
    m[row + 3] = m[x + TYPE]
    m[row + 4] = 3 if matched == 0 else (1 if leaves == 0 else 2)
    m[row + 5] = m[x + PARENT]
    m[row + 6] = matched
    m[row + 7] = leaves
    m[row + 8] = m[x + CARRIED]
    m[row + 9] = m[x + FILLS]
    m[row + 10] = m[x + ENTRY_TIME]
    m[row + 11] = m[x + END_TIME]
    m[row + 12] = m[x + FIRST_FILL] if m[x + FILLS] > 0 else NULL
    m[row + 13] = m[x + LAST_FILL] if m[x + FILLS] > 0 else NULL
    for venue in range(4):
        m[row + 14 + venue] = m[x + LIT_QUANTITY + venue]
        m[row + 18 + venue] = m[x + LIT_NOTIONAL + venue]
    m[row + 22] = m[x + NOTIONAL2]
