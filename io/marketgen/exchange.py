"""What the exchange does with an order: entry, matching, amendment, cancellation, auctions (domain.md 1.3, 1.4)."""

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.conventions import NULL, TYPE_DARK, TYPE_SWEEP
from kernels.dark import book as dark
from kernels.dark.records import RULE_BLOCK, Book
from marketgen.lit_book import HEAD, TOTAL, bid_level, join_level, leave_level, offer_level, unschedule
from marketgen.market_memory import (
    BEST_BID,
    BEST_OFFER,
    BROKER_CELLS,
    BROKERS,
    CONTINUOUS,
    CREATED,
    CROSSING_KEY,
    FREE,
    HALF_TICK,
    IS_SWEEP,
    LAST_PRICE,
    LEAVES,
    LEVEL,
    LEVELS,
    LIVE,
    LIVE_COUNT,
    LOWEST,
    MATCHED,
    MID_TICK,
    MINIMUM,
    NEXT,
    PARTICIPANT,
    PHASE,
    PRICE,
    QUANTITY,
    SIDE,
    SINGLE_FILL,
    SLOT,
    TICK,
    TYPE,
    VALIDITY,
)
from marketgen.records import (
    AGGRESSIVE,
    AUCTION,
    BOOKED,
    DARK,
    ENTERED,
    LIT,
    LOG_AMEND,
    LOG_ENTER,
    LOG_LEAVE,
    LOG_REST,
    NOTHING,
    OFF_BOOK,
    ON_BOOK,
    PASSIVE,
    SYSTEM,
    TRADED,
    UPDATED,
    national_bid,
    national_offer,
    publish,
    write_log,
    write_match,
    write_order,
    write_truth,
)

BOUNCE = 0  # time validity of fill-and-kill


@inlined
def is_crossing(m: I64, a: int, b: int) -> bool:
    """Tell if a match is a booking: same participant and same crossing key other than 0 (R15)."""
    same = m[a + PARTICIPANT] == m[b + PARTICIPANT] and m[a + CROSSING_KEY] == m[b + CROSSING_KEY]
    return bool(same and m[a + CROSSING_KEY] != 0)


@inlined
def leave_books(m: I64, book: Book, x: int) -> None:
    """Take an order out of whatever book it rests in."""
    if m[x + LEVEL] >= 0:
        leave_level(m, x)
    leave_dark(m, book, x)


@inlined
def leave_dark(m: I64, book: Book, x: int) -> None:
    """Give back an order's slot in the dark book, if it has one."""
    if m[x + SLOT] >= 0:
        dark.leave(book, m[x + SLOT])
        m[x + SLOT] = -1


@inlined
def release(m: I64, book: Book, x: int) -> None:
    """Forget an order that ended: its truth is written, its record is free again."""
    unschedule(m, x)
    leave_dark(m, book, x)
    write_truth(m, x)
    m[x + LIVE] = 0
    m[x + NEXT] = m[FREE]
    m[FREE] = x
    m[LIVE_COUNT] -= 1


@inlined
def join_dark(m: I64, book: Book, x: int) -> None:
    """Give an order a slot in the dark book, which keeps one free for it."""
    slot = dark.take_slot(book)
    order = book.orders[slot]
    order.side, order.price, order.leaves, order.half_tick = m[x + SIDE], m[x + PRICE], m[x + LEAVES], m[x + HALF_TICK]
    order.mid_tick, order.minimum, order.single_fill = m[x + MID_TICK], m[x + MINIMUM], m[x + SINGLE_FILL]
    order.participant, order.sweep, order.tag = m[x + PARTICIPANT], m[x + IS_SWEEP], x
    order.prefers_own = m[m[BROKERS] + BROKER_CELLS * m[x + PARTICIPANT] + 5]
    m[x + SLOT] = slot


@inlined
def reduce_lit(m: I64, x: int, quantity: int) -> None:
    """Take a fill off an order and its price level; a minimum larger than what remains falls away (R17)."""
    if m[x + LEVEL] >= 0:
        m[m[x + LEVEL] + TOTAL] -= quantity
    m[x + LEAVES] -= quantity
    if m[x + LEAVES] < m[x + MINIMUM]:
        m[x + MINIMUM] = 0
    if m[x + LEAVES] == 0 and m[x + LEVEL] >= 0:
        leave_level(m, x)


@inlined
def take(m: I64, book: Book, x: int, quantity: int) -> None:
    """Take a lit or auction fill off a resting or incoming order in every book that shows it."""
    reduce_lit(m, x, quantity)
    if m[x + SLOT] >= 0:
        dark.reduce(book, m[x + SLOT], quantity)


@inlined
def end_or_stay(m: I64, book: Book, x: int) -> None:
    """Write a resting order after its fill; it leaves when nothing is left."""
    if m[x + LEAVES] == 0:
        write_order(m, x, TRADED, OFF_BOOK)
        release(m, book, x)
    else:
        write_order(m, x, TRADED, ON_BOOK)


@inlined
def settle_dark(m: I64, book: Book, n: int) -> None:
    """Write what the dark book planned and take it off the orders; resting ones show what they have left."""
    for i in range(n):
        fill = book.fills[i]
        x, c = book.orders[fill.order].tag, book.orders[fill.contra].tag
        booked = is_crossing(m, x, c)
        deal = 48 if booked else 50 if fill.rule == RULE_BLOCK else 46 if fill.preferred == 1 else 47
        passive = fill.passive == 1
        venue, aggressive = BOOKED if booked else DARK, PASSIVE if passive else AGGRESSIVE
        write_match(m, x, c, fill.price2, fill.quantity, deal, venue, aggressive)
        reduce_lit(m, x, fill.quantity)
        reduce_lit(m, c, fill.quantity)
        dark.settle(book, i)
        end_or_stay(m, book, c)
        if passive:
            end_or_stay(m, book, x)


@inlined
def fill_dark(m: I64, book: Book, x: int) -> None:
    """Trade an incoming order in the dark at the present national quote."""
    if m[x + SLOT] < 0:
        join_dark(m, book, x)
    dark.set_quote(book, national_bid(m), national_offer(m))
    settle_dark(m, book, dark.enter(book, m[x + SLOT]))


@inlined
def fill_lit(m: I64, book: Book, x: int) -> bool:
    """Trade an order with the best lit price level within its limit; tell if it did (R19 b)."""
    side = m[x + SIDE]
    at = m[BEST_OFFER] if side == 1 else m[BEST_BID]
    if m[x + LEAVES] == 0 or at < 0 or at >= m[LEVELS]:
        return False
    price = m[LOWEST] + at * m[TICK]
    if side * (m[x + PRICE] - price) < 0:
        return False
    k = offer_level(m, at) if side == 1 else bid_level(m, at)
    while m[x + LEAVES] > 0 and m[k + HEAD] >= 0:
        c = m[k + HEAD]
        quantity = min(m[x + LEAVES], m[c + LEAVES])
        booked = is_crossing(m, x, c)
        write_match(m, x, c, 2 * price, quantity, 44 if booked else 1, BOOKED if booked else LIT, AGGRESSIVE)
        take(m, book, x, quantity)
        take(m, book, c, quantity)
        end_or_stay(m, book, c)
    m[LAST_PRICE] = price
    return True


@inlined
def match(m: I64, book: Book, x: int, reason: int) -> None:
    """Match an incoming order by its kind, let it rest or bounce, and write what became of it (I3, I4)."""
    before = m[x + MATCHED]
    kind = m[x + TYPE]
    if m[PHASE] == CONTINUOUS:
        if kind & TYPE_DARK:
            fill_dark(m, book, x)
        elif kind & TYPE_SWEEP:  # R19: dark first, then one lit level at a time
            fill_dark(m, book, x)
            while fill_lit(m, book, x):
                fill_dark(m, book, x)
        else:
            while fill_lit(m, book, x):
                continue
    traded = m[x + MATCHED] > before
    rests = m[x + LEAVES] > 0 and m[x + VALIDITY] != BOUNCE
    if rests and kind & TYPE_DARK and not dark.has_room(book):
        rests = False
    if rests:
        rest(m, book, x)
        write_order(m, x, TRADED if traded else reason, ON_BOOK)
        return
    if traded:
        write_order(m, x, TRADED, OFF_BOOK)
    if m[x + LEAVES] > 0:
        write_order(m, x, SYSTEM, OFF_BOOK)
    release(m, book, x)


@inlined
def rest(m: I64, book: Book, x: int) -> None:
    """Let an order rest: dark orders in the dark, others in the lit book, sweeps with mid-tick 1 in both (R20)."""
    kind = m[x + TYPE]
    if not kind & TYPE_DARK:
        join_level(m, x)
    dual = kind & TYPE_SWEEP and m[x + MID_TICK] == 1 and m[PHASE] == CONTINUOUS and dark.has_room(book)
    if kind & TYPE_DARK or dual:
        dark.rest(book, m[x + SLOT])
    else:
        leave_dark(m, book, x)
    write_log(m, LOG_REST, x, 1 if kind & TYPE_DARK else 0, 2 * m[x + PRICE], m[x + LEAVES])


@inlined
def finish(m: I64, book: Book) -> None:
    """End a transaction: number its trades, show the new quote, and let resting dark orders meet at it (R23)."""
    while publish(m) and m[PHASE] == CONTINUOUS:
        bid, offer = national_bid(m), national_offer(m)
        dark.requote(book, bid, offer)
        n = dark.rematch(book)
        while n > 0:
            settle_dark(m, book, n)
            moved = national_bid(m) != bid or national_offer(m) != offer  # by fills of orders posted in both books
            n = 0 if moved else dark.rematch(book)
    m[CREATED] = NULL


@inlined
def enter(m: I64, book: Book, x: int) -> None:
    """Enter an order: a row before matching, a row after it."""
    m[x + LIVE] = 1
    m[LIVE_COUNT] += 1
    write_log(m, LOG_ENTER, x, NOTHING, 2 * m[x + PRICE], m[x + LEAVES])
    write_order(m, x, ENTERED, OFF_BOOK)
    match(m, book, x, ENTERED)


@inlined
def cancel(m: I64, book: Book, x: int, reason: int, status: int) -> None:
    """End an order; its leaves stay in the row (I7)."""
    leave_books(m, book, x)
    write_log(m, LOG_LEAVE, x, reason, 2 * m[x + PRICE], m[x + LEAVES])
    write_order(m, x, reason, status)
    release(m, book, x)


@inlined
def amend(m: I64, book: Book, x: int, price: int, leaves: int) -> None:
    """Change a resting order. Less quantity keeps its place, anything else loses it (R13, I2, I5)."""
    keeps = price == m[x + PRICE] and leaves <= m[x + LEAVES]
    if keeps and m[x + LEVEL] >= 0:
        m[m[x + LEVEL] + TOTAL] += leaves - m[x + LEAVES]
    elif m[x + LEVEL] >= 0:
        leave_level(m, x)
    m[x + PRICE] = price
    m[x + LEAVES] = leaves
    m[x + QUANTITY] = leaves  # the field is the open quantity from here on
    m[x + MINIMUM] = min(m[x + MINIMUM], leaves)
    if m[x + SLOT] >= 0:
        dark.amend(book, m[x + SLOT], price, leaves, m[x + MINIMUM], m[x + SINGLE_FILL])
    write_log(m, LOG_AMEND, x, 1 if keeps else 0, 2 * m[x + PRICE], leaves)
    write_order(m, x, UPDATED, ON_BOOK)
    if keeps:
        write_order(m, x, UPDATED, ON_BOOK)
    else:
        match(m, book, x, UPDATED)


@inlined
def uncross(m: I64, book: Book) -> None:
    """Hold the auction: one price of most volume, then least imbalance, then nearest the last price (R24)."""
    if m[BEST_BID] < m[BEST_OFFER]:
        return
    demand = supply = 0
    for at in range(m[BEST_OFFER], m[BEST_BID] + 1):
        demand += m[bid_level(m, at) + TOTAL]
    best, volume, imbalance = -1, 0, 0
    for at in range(m[BEST_OFFER], m[BEST_BID] + 1):
        supply += m[offer_level(m, at) + TOTAL]
        traded, rest_ = min(demand, supply), abs(demand - supply)
        away = abs(m[LOWEST] + at * m[TICK] - m[LAST_PRICE])
        kept_away = abs(m[LOWEST] + best * m[TICK] - m[LAST_PRICE])
        better = rest_ < imbalance or (rest_ == imbalance and away < kept_away)
        if traded > volume or (traded == volume and better):
            best, volume, imbalance = at, traded, rest_
        demand -= m[bid_level(m, at) + TOTAL]
    price = m[LOWEST] + best * m[TICK]
    m[LAST_PRICE] = price
    while volume > 0:
        buy, sell = m[bid_level(m, m[BEST_BID]) + HEAD], m[offer_level(m, m[BEST_OFFER]) + HEAD]
        quantity = min(m[buy + LEAVES], m[sell + LEAVES], volume)
        booked = is_crossing(m, buy, sell)
        write_match(m, buy, sell, 2 * price, quantity, 45 if booked else 20, BOOKED if booked else AUCTION, PASSIVE)
        volume -= quantity
        for x in (buy, sell):
            take(m, book, x, quantity)
            if m[x + LEAVES] == 0 or volume == 0:
                end_or_stay(m, book, x)
