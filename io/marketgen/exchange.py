"""What the exchange does with an order: entry, amendment, cancellation, and the auctions (domain.md 1.3, 1.4).

Above ``matching``; the event loop in ``simulate`` calls it.
"""

from kernels.base.compiling import inlined
from kernels.conventions import VENUE_AUCTION
from kernels.dark import book as dark
from kernels.dark.records import Book
from marketgen import codes
from marketgen.lit_book import leave_level, level_of
from marketgen.market import Market
from marketgen.matching import end_or_stay, match, release, take
from marketgen.records import write_log, write_match, write_order


@inlined
def enter(m: Market, book: Book, x: int) -> None:
    """Enter an order: a row before matching, a row after it."""
    order = m.orders[x]
    order.live = 1
    write_log(m, codes.LOG_ENTER, x, 0, 2 * order.price, order.leaves)
    write_order(m, x, codes.ENTERED, codes.OFF_BOOK)
    match(m, book, x, codes.ENTERED)


@inlined
def cancel(m: Market, book: Book, x: int) -> None:
    """End an order; its leaves stay in the row (I7)."""
    order = m.orders[x]
    if order.level >= 0:
        leave_level(m, x)
    write_log(m, codes.LOG_LEAVE, x, codes.CANCELLED, 2 * order.price, order.leaves)
    write_order(m, x, codes.CANCELLED, codes.OFF_BOOK)
    release(m, book, x)


@inlined
def amend(m: Market, book: Book, x: int, price: int, leaves: int) -> None:
    """Change a resting order. Less quantity keeps its place, anything else loses it (R13, I2, I5)."""
    order = m.orders[x]
    keeps = price == order.price and leaves <= order.leaves
    if keeps and order.level >= 0:
        level_of(m, x).total += leaves - order.leaves
    elif order.level >= 0:
        leave_level(m, x)
    if not keeps:
        order.ranking = m.state.now
    order.price = price
    order.leaves = order.quantity = leaves  # the field is the open quantity from here on
    order.minimum = min(order.minimum, leaves)
    if order.slot >= 0:
        dark.amend(book, order.slot, price, leaves, order.minimum, order.single_fill)
    write_log(m, codes.LOG_AMEND, x, 1 if keeps else 0, 2 * order.price, leaves)
    write_order(m, x, codes.UPDATED, codes.ON_BOOK)
    if keeps:
        write_order(m, x, codes.UPDATED, codes.ON_BOOK)
    else:
        match(m, book, x, codes.UPDATED)


@inlined
def auction_level(m: Market) -> tuple[int, int]:
    """Return the level of most volume, then least imbalance, then nearest the last price (R24), and the volume."""
    demand = supply = 0
    for at in range(m.state.best_offer, m.state.best_bid + 1):
        demand += m.bids[at].total
    best, volume, imbalance = -1, 0, 0
    last = m.state.last_price - m.state.lowest
    for at in range(m.state.best_offer, m.state.best_bid + 1):
        supply += m.offers[at].total
        traded, unmatched = min(demand, supply), abs(demand - supply)
        nearer = abs(at * m.state.tick - last) < abs(best * m.state.tick - last)
        better = unmatched < imbalance or (unmatched == imbalance and nearer)
        if traded > volume or (traded == volume and better):
            best, volume, imbalance = at, traded, unmatched
        demand -= m.bids[at].total
    return best, volume


@inlined
def uncross(m: Market, book: Book) -> None:
    """Hold the auction: everything trades at one price, the best of each side first."""
    if m.state.best_bid < m.state.best_offer:
        return
    best, volume = auction_level(m)
    price = m.state.lowest + best * m.state.tick
    m.state.last_price = price
    while volume > 0:
        buy, sell = m.bids[m.state.best_bid].head, m.offers[m.state.best_offer].head
        quantity = min(m.orders[buy].leaves, m.orders[sell].leaves, volume)
        write_match(m, buy, sell, 2 * price, quantity, codes.DEAL_AUCTION, VENUE_AUCTION, codes.PASSIVE)
        volume -= quantity
        for x in (buy, sell):
            take(m, book, x, quantity)
            if m.orders[x].leaves == 0 or volume == 0:
                end_or_stay(m, book, x)
