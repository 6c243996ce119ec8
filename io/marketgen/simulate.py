"""The event loop of one (security, date): sessions, entries by the clock, later events, the other market.

Topmost of the compiled code; ``partition`` calls ``run``.
"""

from typing import Final

from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from kernels.dark.records import Book
from marketgen import codes
from marketgen.agents import ACT_CANCEL, draw_amendment, draw_order, plan_next
from marketgen.draws import GAP, PERCENT, draw, sampled
from marketgen.exchange import amend, cancel, enter, uncross
from marketgen.lit_book import best_bid, best_offer, unschedule
from marketgen.market import (
    BIN_COUNT,
    BROKER_COUNT,
    CONTINUOUS,
    FINISHED,
    FLUSH_ROWS,
    PRE_CLOSE,
    PRE_OPEN,
    RELOAD,
    Market,
)
from marketgen.matching import finish, release, rest
from marketgen.records import (
    log_outside,
    national_bid,
    national_offer,
    write_log,
    write_order,
    write_trade,
    write_truth,
)

NEVER: Final = 2**62
FEED_DELAY: Final = 73_000_000  # ns from the other market's clock to ours


@kernel
def run(m: Market, book: Book) -> bool:
    """Simulate until enough rows are collected or the day is over; tell if it is."""
    if m.state.phase == RELOAD:
        reload(m, book)
        m.state.phase = PRE_OPEN
    while m.state.phase != FINISHED:
        rows = max(m.state.order_count, m.state.trade_count, m.state.quote_count, m.state.truth_count)
        if max(rows, m.state.log_count) > FLUSH_ROWS:
            return False
        step(m, book)
        finish(m, book)
    return True


@inlined
def step(m: Market, book: Book) -> None:
    """Do the next thing that happens: a session change, a later event, an entry, or the other market before it."""
    state, first = m.state, m.events[0]
    changes = state.open_at, state.pre_close_at, state.close_at, state.purge_at
    fixed = changes[state.phase]
    later = first.time if state.events > 0 else fixed
    when = min(fixed, later, next_arrival(m))
    now = m.state.now
    if m.state.phase == CONTINUOUS and when - now > 2 and draw(m) < 22 * PERCENT:
        m.state.now = now + (when - now) // 2
        if draw(m) < 6 * PERCENT:
            report(m)
        else:
            move_outside(m)
        return
    # A transaction sees only quotes stamped strictly before it: it waits a nanosecond after one that moved them.
    m.state.now = max(when, now + (1 if m.state.quote_time == now else 0))
    if when == fixed:
        change_session(m, book)
    elif when == later:
        x = first.order
        unschedule(m, x)
        act(m, book, x)
    else:
        m.state.arrival = NULL
        if m.state.free < 0 and m.state.fresh == m.state.room:  # the market is full: the next one to act leaves early
            cancel(m, book, first.order)
            finish(m, book)
            m.state.now += 1
        if m.state.phase == CONTINUOUS and draw(m) < m.state.shock_share:
            pull_side(m, book)
        x = draw_order(m)
        enter(m, book, x)
        if m.orders[x].live == 1:
            plan_next(m, x)


@inlined
def next_arrival(m: Market) -> int:
    """Return the time of the next entry, NEVER when there is none; entries crowd into bursts."""
    if m.state.arrival != NULL:
        return int(m.state.arrival)
    while m.state.bin_left == 0:
        if m.state.bin + 1 >= BIN_COUNT:
            return NEVER
        m.state.bin += 1
        m.state.bin_left = m.bins[m.state.bin].entries
    start, end = m.bins[m.state.bin].start, m.bins[m.state.bin].end
    now = max(m.state.now, start)
    gap = (end - now) // (m.state.bin_left + 1) * sampled(m, GAP) >> 10
    if draw(m) < 12 * PERCENT:
        gap = max(0, (draw(m) * 250_000 >> 31) - 50_000)
    m.state.bin_left -= 1
    m.state.arrival = min(now + gap, max(end - 1, now))
    return int(m.state.arrival)


@inlined
def act(m: Market, book: Book, x: int) -> None:
    """Let a resting order do what it had planned."""
    if m.orders[x].action == ACT_CANCEL:
        cancel(m, book, x)
        return
    price, leaves = draw_amendment(m, x)
    amend(m, book, x, price, leaves)
    if m.orders[x].live == 1:
        plan_next(m, x)


@inlined
def change_session(m: Market, book: Book) -> None:
    """Go on to the next phase; auctions uncross at the change."""
    phase = m.state.phase
    if phase in (PRE_OPEN, PRE_CLOSE):
        uncross(m, book)
        if phase == PRE_OPEN:
            m.state.shown_bid = m.state.shown_offer = NULL  # continuous trading begins with a quote of its own
    elif phase == CONTINUOUS:
        m.state.outside_bid = m.state.outside_offer = NULL
        log_outside(m)
    else:
        purge(m)
    m.state.phase = phase + 1


@inlined
def purge(m: Market) -> None:
    """End the day: day orders are purged (R26), multi-day orders stay for tomorrow; both stay in their slots."""
    for x in range(m.state.fresh):
        order = m.orders[x]
        if order.live == 1:
            if order.validity == codes.DAY:
                order.validity |= codes.PURGED_BIT
                write_log(m, codes.LOG_LEAVE, x, codes.PURGED, 2 * order.price, order.leaves)
                write_order(m, x, codes.PURGED, codes.INACTIVE)
            write_truth(m, x)


@inlined
def reload(m: Market, book: Book) -> None:
    """Bring yesterday's multi-day orders back the evening before, delete the purged ones (domain.md 3.7)."""
    for x in range(m.state.fresh):
        order = m.orders[x]
        m.state.now += 1 + (draw(m) * 200_000 >> 31)
        order.entry_time = m.state.now  # of this day
        if order.validity & codes.PURGED_BIT:
            order.validity |= codes.DELETED_BIT
            write_order(m, x, codes.SYSTEM, codes.OFF_BOOK)
            release(m, book, x)
        else:
            if order.sweep == 1:  # R22
                order.mid_tick, order.minimum = 2, 0
            write_order(m, x, codes.RELOADED, codes.OFF_BOOK)
            rest(m, book, x)
            write_order(m, x, codes.RELOADED, codes.ON_BOOK)
        finish(m, book)


@inlined
def report(m: Market) -> None:
    """Report an off-market crossing: two trade rows of one order number that no order row has."""
    bid, offer = national_bid(m), national_offer(m)
    if bid == NULL or offer == NULL:
        return
    m.state.ids += 1
    m.state.matches += 1
    at = draw(m) * 10 >> 31
    price2 = 2 * bid if at < 4 else 2 * offer if at < 8 else bid + offer
    quantity, broker = 1 + (draw(m) * 400 >> 31), (draw(m) * BROKER_COUNT >> 31)
    for k in range(2):
        side = 1 - 2 * k
        write_trade(
            m, m.state.id_base + m.state.ids, side, broker, codes.DEAL_OFF_MARKET, price2, quantity, codes.PASSIVE
        )


@inlined
def move_outside(m: Market) -> None:
    """Let the other market quote anew: mostly as ours, now and then better, worse, locking, crossing or absent."""
    tick = m.state.tick
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
        bid = offer = NULL
    m.state.outside_bid, m.state.outside_offer = bid, offer
    m.state.outside_size = 100 * (1 + (draw(m) * 60 >> 31))
    m.state.created = m.state.now - FEED_DELAY + (draw(m) * 400_000 >> 31)
    log_outside(m)


@inlined
def pull_side(m: Market, book: Book) -> None:
    """Everyone cancels on one side, here and on the other market: a one-sided phase. Too full a side stays."""
    buy = (draw(m) * 2 >> 31) == 0
    if buy:
        m.state.outside_bid = NULL
    else:
        m.state.outside_offer = NULL
    log_outside(m)
    for _ in range(400):
        at = m.state.best_bid if buy else m.state.best_offer
        if at < 0 or at >= m.state.levels:
            break
        cancel(m, book, m.bids[at].head if buy else m.offers[at].head)
    finish(m, book)
    if m.state.quote_time == m.state.now:
        m.state.now += 1
