"""The event loop of one (security, date): sessions, entries by the clock, later events, the other market."""

from typing import Final

from kernels.base.columns import I64
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from kernels.dark.records import Book
from marketgen.agents import ACT_CANCEL, DAY, draw_amendment, draw_order, plan_next
from marketgen.draws import GAP, PERCENT, draw, sampled
from marketgen.exchange import amend, cancel, enter, finish, rest, uncross
from marketgen.lit_book import HEAD, best_bid, best_offer, bid_level, offer_level, unschedule
from marketgen.market_memory import (
    ACTION,
    ARRIVAL,
    BEST_BID,
    BEST_OFFER,
    BIN,
    BIN_COUNT,
    BIN_LEFT,
    BINS,
    BROKER_COUNT,
    CLOSED,
    CONTINUOUS,
    CREATED,
    ENTRY_TIME,
    FINISHED,
    FLUSH_ROWS,
    FREE,
    FRESH,
    HEAP,
    HEAP_SIZE,
    ID_BASE,
    IDS,
    IS_SWEEP,
    LAST_RECORD,
    LEAVES,
    LEVELS,
    LIVE,
    LIVE_COUNT,
    LOG_ROWS,
    MATCHES,
    MID_TICK,
    MINIMUM,
    NEXT,
    NEXT_FIXED,
    NOW,
    OPEN_AT,
    ORDER_CELLS,
    ORDER_ROWS,
    ORDERS,
    OUTSIDE_BID,
    OUTSIDE_OFFER,
    OUTSIDE_SIZE,
    PHASE,
    PRE_CLOSE,
    PRE_OPEN,
    PRICE,
    QUOTE_ROWS,
    QUOTE_TIME,
    RELOAD,
    RELOAD_AT,
    SHOCK_SHARE,
    TICK,
    TRADE_ROWS,
    TRUTH_ROWS,
    VALIDITY,
)
from marketgen.records import (
    CANCELLED,
    INACTIVE,
    LOG_LEAVE,
    LOG_OUTSIDE,
    NOBODY,
    NOTHING,
    OFF_BOOK,
    OFF_MARKET,
    ON_BOOK,
    PASSIVE,
    PURGED,
    RELOADED,
    SYSTEM,
    national_bid,
    national_offer,
    write_log,
    write_order,
    write_trade,
    write_truth,
)

NEED_FLUSH: Final = 1
DONE: Final = 2
FEED_DELAY: Final = 73_000_000  # ns from the other market's clock to ours


@kernel
def run(m: I64, book: Book) -> int:
    """Simulate until the day is over (DONE) or enough rows are collected (NEED_FLUSH)."""
    if m[PHASE] == RELOAD:
        reload(m, book)
        m[PHASE] = PRE_OPEN
    while m[PHASE] != FINISHED:
        rows = max(m[ORDER_ROWS], m[TRADE_ROWS], m[QUOTE_ROWS], m[TRUTH_ROWS])
        if max(rows, m[LOG_ROWS] // 2) > FLUSH_ROWS:
            return NEED_FLUSH
        step(m, book)
        finish(m, book)
    return DONE


@inlined
def step(m: I64, book: Book) -> None:
    """Do the next thing that happens: a session change, a later event, an entry, or the other market before it."""
    fixed = m[OPEN_AT + m[NEXT_FIXED]]
    later = m[m[HEAP]] if m[HEAP_SIZE] > 0 else fixed
    entry = next_arrival(m)
    if entry == NULL:
        entry = fixed
    when = min(fixed, later, entry)
    now = m[NOW]
    if m[PHASE] == CONTINUOUS and when - now > 2 and draw(m) < 22 * PERCENT:
        m[NOW] = now + (when - now) // 2
        if draw(m) < 6 * PERCENT:
            report(m)
        else:
            move_outside(m)
        return
    # A transaction sees only quotes stamped strictly before it: it waits a nanosecond after one that moved them.
    m[NOW] = max(when, now + (1 if m[QUOTE_TIME] == now else 0))
    if when == fixed:
        change_session(m, book)
    elif when == later:
        x = m[m[HEAP] + 1]
        unschedule(m, x)
        act(m, book, x)
    else:
        m[ARRIVAL] = NULL
        if m[FREE] < 0 and m[FRESH] > m[LAST_RECORD]:  # the market is full: the next one to act leaves early
            x = m[m[HEAP] + 1]
            cancel(m, book, x, CANCELLED, OFF_BOOK)
            finish(m, book)
            m[NOW] += 1
        if m[PHASE] == CONTINUOUS and draw(m) < m[SHOCK_SHARE]:
            pull_side(m, book)
        x = draw_order(m)
        enter(m, book, x)
        if m[x + LIVE] == 1:
            plan_next(m, x)


@inlined
def next_arrival(m: I64) -> int:
    """Return the time of the next entry, NULL when there is none; entries crowd into bursts."""
    if m[ARRIVAL] != NULL:
        return int(m[ARRIVAL])
    while m[BIN_LEFT] == 0:
        if m[BIN] + 1 >= m[BIN_COUNT]:
            return NULL
        m[BIN] += 1
        m[BIN_LEFT] = m[m[BINS] + 3 * m[BIN] + 2]
    start, end = m[m[BINS] + 3 * m[BIN]], m[m[BINS] + 3 * m[BIN] + 1]
    now = max(m[NOW], start)
    gap = (end - now) // (m[BIN_LEFT] + 1) * sampled(m, GAP) >> 10
    if draw(m) < 12 * PERCENT:
        gap = max(0, (draw(m) * 250_000 >> 31) - 50_000)
    m[BIN_LEFT] -= 1
    m[ARRIVAL] = min(now + gap, max(end - 1, now))
    return int(m[ARRIVAL])


@inlined
def act(m: I64, book: Book, x: int) -> None:
    """Let a resting order do what it had planned."""
    if m[x + ACTION] == ACT_CANCEL:
        cancel(m, book, x, CANCELLED, OFF_BOOK)
        return
    price, leaves = draw_amendment(m, x)
    amend(m, book, x, price, leaves)
    if m[x + LIVE] == 1:
        plan_next(m, x)


@inlined
def change_session(m: I64, book: Book) -> None:
    """Go on to the next session; auctions uncross at the change."""
    at = m[NEXT_FIXED]
    m[NEXT_FIXED] = at + 1
    if at == 0:
        uncross(m, book)
        m[PHASE] = CONTINUOUS
    elif at == 1:
        m[PHASE] = PRE_CLOSE
        m[OUTSIDE_BID] = NULL
        m[OUTSIDE_OFFER] = NULL
        write_log(m, LOG_OUTSIDE, NOBODY, NOTHING, NOTHING, NOTHING)
    elif at == 2:
        uncross(m, book)
        m[PHASE] = CLOSED
    else:
        purge(m)
        m[PHASE] = FINISHED


@inlined
def purge(m: I64) -> None:
    """End the day: day orders are purged (R26), multi-day orders stay for tomorrow; both stay in their slots."""
    for x in range(m[ORDERS], m[FRESH], ORDER_CELLS):
        if m[x + LIVE] == 1:
            if m[x + VALIDITY] == DAY:
                m[x + VALIDITY] |= 16_384
                write_log(m, LOG_LEAVE, x, PURGED, 2 * m[x + PRICE], m[x + LEAVES])
                write_order(m, x, PURGED, INACTIVE)
            write_truth(m, x)


@inlined
def reload(m: I64, book: Book) -> None:
    """Bring yesterday's multi-day orders back the evening before, delete the purged ones (domain.md 3.7)."""
    for x in range(m[ORDERS], m[FRESH], ORDER_CELLS):
        if m[x + LIVE] != 1:
            continue
        m[NOW] = max(m[NOW], m[RELOAD_AT]) + 1 + (draw(m) * 200_000 >> 31)
        m[x + ENTRY_TIME] = m[NOW]  # of this day
        if m[x + VALIDITY] & 16_384:
            m[x + VALIDITY] |= 32_768
            write_order(m, x, SYSTEM, OFF_BOOK)
            write_truth(m, x)
            m[x + LIVE] = 0
            m[x + NEXT] = m[FREE]
            m[FREE] = x
            m[LIVE_COUNT] -= 1
        else:
            if m[x + IS_SWEEP] == 1:  # R22
                m[x + MID_TICK] = 2
                m[x + MINIMUM] = 0
            write_order(m, x, RELOADED, OFF_BOOK)
            rest(m, book, x)
            write_order(m, x, RELOADED, ON_BOOK)
        finish(m, book)


@inlined
def report(m: I64) -> None:
    """Report an off-market crossing: two trade rows of one order number that no order row has."""
    bid, offer = national_bid(m), national_offer(m)
    if bid == NULL or offer == NULL:
        return
    m[IDS] += 1
    m[MATCHES] += 1
    at = draw(m) * 10 >> 31
    price2 = 2 * bid if at < 4 else 2 * offer if at < 8 else bid + offer
    quantity, broker = 1 + (draw(m) * 400 >> 31), (draw(m) * m[BROKER_COUNT] >> 31)
    for k in range(2):
        side = 1 - 2 * k
        write_trade(m, m[ID_BASE] + m[IDS], side, broker, OFF_MARKET, price2, quantity, PASSIVE)


@inlined
def move_outside(m: I64) -> None:
    """Let the other market quote anew: mostly as ours, now and then better, worse, locking, crossing or absent."""
    tick = m[TICK]
    bid, offer = best_bid(m), best_offer(m)
    u = draw(m) * 1000 >> 31
    if bid != NULL and offer != NULL:
        if u < 120:
            bid -= tick
        elif u < 240:
            offer += tick
        elif u < 300 and offer - bid > tick:
            if u & 1:
                bid += tick
            else:
                offer -= tick
        elif u >= 950:
            touch, crossed = (offer, tick) if u & 1 else (bid, -tick)
            if u >= 985:
                touch += crossed
            bid, offer = (touch, offer + tick) if u & 1 else (bid - tick, touch)
    if 940 <= u < 946:
        bid = NULL
        offer = NULL
    m[OUTSIDE_BID] = bid
    m[OUTSIDE_OFFER] = offer
    m[OUTSIDE_SIZE] = 100 * (1 + (draw(m) * 60 >> 31))
    m[CREATED] = m[NOW] - FEED_DELAY + (draw(m) * 400_000 >> 31)
    write_log(m, LOG_OUTSIDE, NOBODY, NOTHING, NOTHING, NOTHING)


@inlined
def pull_side(m: I64, book: Book) -> None:
    """Everyone cancels on one side, here and on the other market: a one-sided phase. Too full a side stays."""
    buy = (draw(m) * 2 >> 31) == 0
    m[OUTSIDE_BID if buy else OUTSIDE_OFFER] = NULL
    write_log(m, LOG_OUTSIDE, NOBODY, NOTHING, NOTHING, NOTHING)
    for _ in range(400):
        at = m[BEST_BID] if buy else m[BEST_OFFER]
        if at < 0 or at >= m[LEVELS]:
            break
        k = bid_level(m, at) if buy else offer_level(m, at)
        cancel(m, book, m[k + HEAD], CANCELLED, OFF_BOOK)
    finish(m, book)
    if m[QUOTE_TIME] == m[NOW]:
        m[NOW] += 1
