"""What the exchange does with an order: entry, matching, amendment, cancellation, auctions (domain.md 1.3, 1.4)."""

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.conventions import NULL, TYPE_DARK, TYPE_SWEEP
from kernels.dark_book import (
    PLAN_ORDER,
    PLAN_PRICE2,
    PLAN_QUANTITY,
    PLAN_RULE,
    RULE_BLOCK,
    next_resting,
    plan_fills,
    reduce_leaves,
    release_plan,
    start_recheck,
)
from kernels.dark_layout import (
    BOOK_PLAN,
    CROSSING_KEY,
    LEAVES,
    MID_TICK,
    MINIMUM,
    PARTICIPANT,
    PLAN_CELLS,
    PRICE,
    RANK,
    SIDE,
    own_tree,
)
from kernels.dark_trees import has_room, insert, refresh, remove
from marketgen.lit_book import HEAD, TOTAL, bid_level, join_level, leave_level, offer_level, unschedule
from marketgen.market_memory import (
    BEST_BID,
    BEST_OFFER,
    CONTINUOUS,
    CREATED,
    DARK_RANK,
    FREE,
    LAST_PRICE,
    LEVEL,
    LEVELS,
    LIVE,
    LIVE_COUNT,
    LOWEST,
    MATCHED,
    NEXT,
    PHASE,
    QUANTITY,
    TICK,
    TIER,
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
def release(m: I64, x: int) -> None:
    """Forget an order that ended: its truth is written, its record is free again."""
    unschedule(m, x)
    write_truth(m, x)
    m[x + LIVE] = 0
    m[x + NEXT] = m[FREE]
    m[FREE] = x
    m[LIVE_COUNT] -= 1


@inlined
def leave_books(m: I64, x: int) -> None:
    """Take an order out of whatever book it rests in."""
    if m[x + LEVEL] >= 0:
        leave_level(m, x)
    if m[x + RANK] >= 0:
        remove(m, x)


@inlined
def take(m: I64, x: int, quantity: int) -> None:
    """Take a fill off a resting or incoming order in every book that shows it."""
    if m[x + LEVEL] >= 0:
        m[m[x + LEVEL] + TOTAL] -= quantity
    reduce_leaves(m, x, quantity)
    if m[x + RANK] >= 0:
        refresh(m, x)
    if m[x + LEAVES] == 0 and m[x + LEVEL] >= 0:
        leave_level(m, x)


@inlined
def end_or_stay(m: I64, x: int) -> None:
    """Write a resting order after its fill; it leaves when nothing is left."""
    if m[x + LEAVES] == 0:
        write_order(m, x, TRADED, OFF_BOOK)
        release(m, x)
    else:
        write_order(m, x, TRADED, ON_BOOK)


@inlined
def fill_dark(m: I64, x: int, aggressive: int) -> bool:
    """Trade an order in the dark at the present national quote; tell if it did."""
    bid, offer = national_bid(m), national_offer(m)
    n = plan_fills(m, x, bid, offer, m[TICK], m[TIER], False)
    release_plan(m, n)
    prefers = own_tree(m, m[x + PARTICIPANT], NOTHING) >= 0
    for i in range(n):
        at = m[BOOK_PLAN] + PLAN_CELLS * i
        c, quantity, price2 = m[at + PLAN_ORDER], m[at + PLAN_QUANTITY], m[at + PLAN_PRICE2]
        own = m[c + PARTICIPANT] == m[x + PARTICIPANT]
        block = m[at + PLAN_RULE] == RULE_BLOCK
        deal = 50 if block else 46 if prefers and own else 47
        booked = is_crossing(m, x, c)
        if booked:
            deal = 48
        write_match(m, x, c, price2, quantity, deal, BOOKED if booked else DARK, aggressive)
        take(m, x, quantity)
        take(m, c, quantity)
        end_or_stay(m, c)
    return n > 0


@inlined
def fill_lit(m: I64, x: int) -> bool:
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
        take(m, x, quantity)
        take(m, c, quantity)
        end_or_stay(m, c)
    m[LAST_PRICE] = price
    return True


@inlined
def match(m: I64, x: int, reason: int) -> None:
    """Match an incoming order by its kind, let it rest or bounce, and write what became of it (I3, I4)."""
    before = m[x + MATCHED]
    kind = m[x + TYPE]
    if m[PHASE] == CONTINUOUS:
        if kind & TYPE_DARK:
            fill_dark(m, x, AGGRESSIVE)
        elif kind & TYPE_SWEEP:  # R19: dark first, then one lit level at a time
            fill_dark(m, x, AGGRESSIVE)
            while fill_lit(m, x):
                fill_dark(m, x, AGGRESSIVE)
        else:
            while fill_lit(m, x):
                continue
    traded = m[x + MATCHED] > before
    rests = m[x + LEAVES] > 0 and m[x + VALIDITY] != BOUNCE
    if rests and kind & TYPE_DARK and not has_room(m, x):
        rests = False
    if rests:
        rest(m, x)
        write_order(m, x, TRADED if traded else reason, ON_BOOK)
        return
    if traded:
        write_order(m, x, TRADED, OFF_BOOK)
    if m[x + LEAVES] > 0:
        write_order(m, x, SYSTEM, OFF_BOOK)
    release(m, x)


@inlined
def rest(m: I64, x: int) -> None:
    """Let an order rest: dark orders in the dark, others in the lit book, sweeps with mid-tick 1 in both (R20)."""
    kind = m[x + TYPE]
    if not kind & TYPE_DARK:
        join_level(m, x)
    dual = kind & TYPE_SWEEP and m[x + MID_TICK] == 1 and m[PHASE] == CONTINUOUS and has_room(m, x)
    if kind & TYPE_DARK or dual:
        m[DARK_RANK] += 1
        insert(m, x, m[DARK_RANK])
    write_log(m, LOG_REST, x, 1 if kind & TYPE_DARK else 0, 2 * m[x + PRICE], m[x + LEAVES])


@inlined
def finish(m: I64) -> None:
    """End a transaction: number its trades, show the new quote, and let resting dark orders meet at it (R23)."""
    while publish(m) and m[PHASE] == CONTINUOUS:
        start_recheck(m)
        while True:
            bid, offer = national_bid(m), national_offer(m)
            x = next_resting(m, bid, offer, m[TICK], False)
            if x < 0:
                break
            if fill_dark(m, x, PASSIVE):
                end_or_stay(m, x)
    m[CREATED] = NULL


@inlined
def enter(m: I64, x: int) -> None:
    """Enter an order: a row before matching, a row after it."""
    m[x + LIVE] = 1
    m[LIVE_COUNT] += 1
    write_log(m, LOG_ENTER, x, NOTHING, 2 * m[x + PRICE], m[x + LEAVES])
    write_order(m, x, ENTERED, OFF_BOOK)
    match(m, x, ENTERED)


@inlined
def cancel(m: I64, x: int, reason: int, status: int) -> None:
    """End an order; its leaves stay in the row (I7)."""
    leave_books(m, x)
    write_log(m, LOG_LEAVE, x, reason, 2 * m[x + PRICE], m[x + LEAVES])
    write_order(m, x, reason, status)
    release(m, x)


@inlined
def amend(m: I64, x: int, price: int, leaves: int) -> None:
    """Change a resting order. Less quantity keeps its place, anything else loses it (R13, I2, I5)."""
    keeps = price == m[x + PRICE] and leaves <= m[x + LEAVES]
    if keeps:
        if m[x + LEVEL] >= 0:
            m[m[x + LEVEL] + TOTAL] += leaves - m[x + LEAVES]
    else:
        leave_books(m, x)
        m[x + PRICE] = price
    m[x + LEAVES] = leaves
    m[x + QUANTITY] = leaves  # the field is the open quantity from here on
    m[x + MINIMUM] = min(m[x + MINIMUM], leaves)
    if keeps and m[x + RANK] >= 0:
        refresh(m, x)
    write_log(m, LOG_AMEND, x, 1 if keeps else 0, 2 * m[x + PRICE], leaves)
    write_order(m, x, UPDATED, ON_BOOK)
    if keeps:
        write_order(m, x, UPDATED, ON_BOOK)
    else:
        match(m, x, UPDATED)


@inlined
def uncross(m: I64) -> None:
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
            take(m, x, quantity)
            if m[x + LEAVES] == 0 or volume == 0:
                end_or_stay(m, x)
