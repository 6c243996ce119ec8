"""How orders meet: in the dark, in the lit book, in both; what is left rests or leaves (domain.md 1.3, 1.4).

Above the books and ``records``; ``exchange`` and ``simulate`` call it.
"""

from kernels.base.compiling import inlined
from kernels.conventions import NULL, TYPE_DARK, TYPE_SWEEP, VENUE_DARK, VENUE_LIT
from kernels.dark import book as dark
from kernels.dark.records import RULE_BLOCK, Book
from marketgen import codes
from marketgen.lit_book import join_level, leave_level, level_of, unschedule
from marketgen.market import CONTINUOUS, Market
from marketgen.records import (
    national_bid,
    national_offer,
    publish,
    show_quote,
    write_log,
    write_match,
    write_order,
    write_truth,
)


@inlined
def leave_dark(m: Market, book: Book, x: int) -> None:
    """Give back an order's slot in the dark book, if it has one."""
    order = m.orders[x]
    if order.slot >= 0:
        dark.leave(book, order.slot)
        order.slot = -1


@inlined
def release(m: Market, book: Book, x: int) -> None:
    """Forget an order that ended: its truth is written, its record is free again."""
    unschedule(m, x)
    leave_dark(m, book, x)
    write_truth(m, x)
    order = m.orders[x]
    order.live = 0
    order.next = m.state.free
    m.state.free = x


@inlined
def join_dark(m: Market, book: Book, x: int) -> None:
    """Give an order a slot in the dark book, which keeps one free for it."""
    order = m.orders[x]
    order.slot = dark.take_slot(book)
    entry = book.orders[order.slot]
    entry.side, entry.price, entry.leaves = order.side, order.price, order.leaves
    entry.half_tick, entry.mid_tick = order.half_tick, order.mid_tick
    entry.minimum, entry.single_fill = order.minimum, order.single_fill
    entry.participant, entry.sweep, entry.tag = order.participant, order.sweep, x
    entry.prefers_own = m.brokers[order.participant].prefers_own


@inlined
def reduce_lit(m: Market, x: int, quantity: int) -> None:
    """Take a fill off an order and its price level; a minimum larger than what remains falls away (R17)."""
    order = m.orders[x]
    if order.level >= 0:
        level_of(m, x).total -= quantity
    order.leaves -= quantity
    if order.leaves < order.minimum:
        order.minimum = 0
    if order.leaves == 0 and order.level >= 0:
        leave_level(m, x)


@inlined
def take(m: Market, book: Book, x: int, quantity: int) -> None:
    """Take a lit or auction fill off a resting or incoming order in every book that shows it."""
    reduce_lit(m, x, quantity)
    if m.orders[x].slot >= 0:
        dark.reduce(book, m.orders[x].slot, quantity)


@inlined
def end_or_stay(m: Market, book: Book, x: int) -> None:
    """Write a resting order after its fill; it leaves when nothing is left."""
    if m.orders[x].leaves == 0:
        write_order(m, x, codes.TRADED, codes.OFF_BOOK)
        release(m, book, x)
    else:
        write_order(m, x, codes.TRADED, codes.ON_BOOK)


@inlined
def settle_dark(m: Market, book: Book, n: int, bid: int, offer: int) -> None:
    """Write what the dark book planned at a quote and take it off the orders; resting ones show what they have left."""
    for i in range(n):
        fill = book.fills[i]
        x, c = book.orders[fill.order].tag, book.orders[fill.contra].tag
        passive = fill.passive == 1
        aggressive = codes.PASSIVE if passive else codes.AGGRESSIVE
        rule = codes.DEAL_PREFERRED if fill.preferred == 1 else codes.DEAL_DARK
        deal = codes.DEAL_BLOCK if fill.rule == RULE_BLOCK else rule
        write_match(m, x, c, fill.price2, fill.quantity, deal, VENUE_DARK, aggressive)
        show_quote(m, bid, offer)
        reduce_lit(m, x, fill.quantity)
        reduce_lit(m, c, fill.quantity)
        dark.settle(book, i)
        end_or_stay(m, book, c)
        if passive:
            end_or_stay(m, book, x)


@inlined
def fill_dark(m: Market, book: Book, x: int, after_level: bool) -> None:
    """Trade an incoming order in the dark, at the quote last shown; after a lit level the far side is what is left.

    An amended order's own price is still part of the quote at which it comes again: nobody has seen it leave.
    """
    order = m.orders[x]
    if order.slot < 0:
        join_dark(m, book, x)
    bid, offer = int(m.state.shown_bid), int(m.state.shown_offer)
    if after_level and order.side == 1:
        offer = national_offer(m)
    elif after_level:
        bid = national_bid(m)
    dark.set_quote(book, bid, offer)
    settle_dark(m, book, dark.enter(book, order.slot), bid, offer)


@inlined
def fill_lit(m: Market, book: Book, x: int) -> bool:
    """Trade an order with the best lit price level within its limit; tell if it did (R19 b)."""
    order = m.orders[x]
    buy = order.side == 1
    at = m.state.best_offer if buy else m.state.best_bid
    if order.leaves == 0 or at < 0 or at >= m.state.levels:
        return False
    price = m.state.lowest + at * m.state.tick
    if order.side * (order.price - price) < 0:
        return False
    level = m.offers[at] if buy else m.bids[at]
    while order.leaves > 0 and level.head >= 0:
        c = level.head
        quantity = min(order.leaves, m.orders[c].leaves)
        write_match(m, x, c, 2 * price, quantity, codes.DEAL_LIT, VENUE_LIT, codes.AGGRESSIVE)
        take(m, book, x, quantity)
        take(m, book, c, quantity)
        end_or_stay(m, book, c)
    m.state.last_price = price
    return True


@inlined
def match(m: Market, book: Book, x: int, reason: int) -> None:
    """Match an incoming order by its kind, let it rest or bounce, and write what became of it (I3, I4)."""
    order = m.orders[x]
    before = order.matched
    kind = order.type
    if m.state.phase == CONTINUOUS:
        seeks_dark = kind & (TYPE_DARK | TYPE_SWEEP) != 0
        if seeks_dark:
            fill_dark(m, book, x, False)
        while not kind & TYPE_DARK and fill_lit(m, book, x):  # R19: sweeps: dark first, then one lit level at a time
            if seeks_dark:
                fill_dark(m, book, x, True)
        if seeks_dark:
            dark.set_quote(book, int(m.state.shown_bid), int(m.state.shown_offer))
    traded = order.matched > before
    if order.leaves > 0 and order.validity != codes.BOUNCE and (not kind & TYPE_DARK or dark.has_room(book)):
        rest(m, book, x)
        write_order(m, x, codes.TRADED if traded else reason, codes.ON_BOOK)
        return
    if traded:
        write_order(m, x, codes.TRADED, codes.OFF_BOOK)
    if order.leaves > 0:
        write_order(m, x, codes.SYSTEM, codes.OFF_BOOK)
    release(m, book, x)


@inlined
def rest(m: Market, book: Book, x: int) -> None:
    """Let an order rest: dark orders in the dark, others in the lit book, sweeps with mid-tick 1 in both (R20)."""
    order = m.orders[x]
    kind = order.type
    if not kind & TYPE_DARK:
        join_level(m, x)
    dual = kind & TYPE_SWEEP and order.mid_tick == 1 and m.state.phase == CONTINUOUS and dark.has_room(book)
    if kind & TYPE_DARK or dual:
        dark.rest(book, order.slot)
    else:
        leave_dark(m, book, x)
    write_log(m, codes.LOG_REST, x, 1 if kind & TYPE_DARK else 0, 2 * order.price, order.leaves)


@inlined
def finish(m: Market, book: Book) -> None:
    """End a transaction: number its trades, show the new quote, and let resting dark orders meet at it (R23).

    All turns are taken at the quote that gave them; what their fills make of it is shown after the last one.
    """
    while publish(m) and m.state.phase == CONTINUOUS:  # fills of orders posted in both books move the quote again
        bid, offer = int(m.state.shown_bid), int(m.state.shown_offer)
        dark.requote(book, bid, offer)
        n = dark.rematch(book)
        while n > 0:
            settle_dark(m, book, n, bid, offer)
            n = dark.rematch(book)
    m.state.created = NULL
