"""The protocol of the dark book: what a market, a replay or a test does with it. Highest layer.

An order lives in a slot of ``book.orders``. Its life::

    x = take_slot(book)                  # then fill book.orders[x]: side, price, leaves ...
    for i in range(enter(book, x)):      # plans what it trades at the quote in force
        ... book.fills[i] ...            # the caller writes its own rows
        settle(book, i)                  # takes the fill off both orders; who is filled stops waiting
    rest(book, x)                        # or leave(book, x): an order that ended gives its slot back

    if not amend(book, x, price, leaves): the order lost its place: enter, settle and rest it again
    leave(book, x)                       # a cancellation; also due for every order that ``settle`` filled

    requote(book, bid, offer)            # R23: what the move has made eligible acts, the oldest first
    while n := rematch(book):
        for i in range(n): settle(book, i)

What stays unbounded: orders whose minimums block each other on both sides of the mid, or of which only one contra may
supply the minimum while many small ones could together. Time order leaves no choice but to try each against each, and
each trial is in vain. Limits out of reach and minimums above the supply are passed over by summaries.
"""

from typing import Any, cast

from kernels.base.compiling import inlined, kernel
from kernels.dark.eligibility import good_limit, kinds_of, own_side
from kernels.dark.matching import plan_fills
from kernels.dark.records import NONE, Book, new_book
from kernels.dark.time_priority import append, close_up, drop, refresh
from kernels.dark.turns import rematch as rematch
from kernels.dark.turns import requote as requote
from kernels.dark.turns import set_quote as set_quote


@inlined
def has_room(book: Book) -> bool:
    """Tell if the order that just entered may wait: a slot is left for the next one."""
    return bool(book.state[0].live < book.orders.size)


@kernel
def take_slot(book: Book) -> int:
    """Return a free slot, its record cleared, or -1 if all are taken (``grown`` makes more)."""
    state = book.state[0]
    x = state.free
    if state.unused < book.orders.size and x < 0:
        x = state.unused
        state.unused += 1
    elif x >= 0:
        state.free = book.orders[x].next_free
    else:
        return -1
    state.live += 1
    order = book.orders[x]
    order.side = order.price = order.leaves = order.half_tick = order.mid_tick = order.minimum = 0
    order.single_fill = order.participant = order.own_only = order.prefers_own = order.sweep = order.tag = 0
    order.subject = order.carries = order.names = 0
    order.untried = order.reserved = 0
    order.place = order.next_free = NONE
    return int(x)


@kernel
def leave(book: Book, x: int) -> None:
    """End an order, waiting or not, and give its slot back."""
    if book.orders[x].place >= 0:
        drop(book, own_side(book, x), x)
    state = book.state[0]
    book.orders[x].next_free = state.free
    state.free = x
    state.live -= 1


@inlined
def _prepare(book: Book, x: int) -> None:
    """Derive what the book keeps of an order's fields; a minimum above the leaves counts as none (R17)."""
    order = book.orders[x]
    order.good, order.kinds = good_limit(book, x), kinds_of(book, x)
    if order.minimum > order.leaves:
        order.minimum = 0


@kernel
def enter(book: Book, x: int) -> int:
    """Plan what an order trades at the quote in force: an incoming one, after each further lit level too (R19).

    One that waits may look again in its place, if ``revise`` shows it as tried before.

    Returns
    -------
    int
        The number n of fills, in ``book.fills[:n]`` in the order in which they print. All must be settled.
    """
    book.orders[x].untried = 0
    _prepare(book, x)
    return plan_fills(book, x)


@inlined
def reduce(book: Book, x: int, quantity: int) -> None:
    """Take a fill, dark or lit, off an order: it stops waiting when nothing is left.

    R17: a minimum larger than what remains falls away. The order then fits contras that it did not, so it has a turn
    at the next change of the quote.
    """
    order, s = book.orders[x], own_side(book, x)
    order.leaves -= quantity
    if order.leaves < order.minimum:
        order.minimum = 0
        order.untried = 1
    if order.place >= 0 and order.leaves == 0:
        drop(book, s, x)
    elif order.place >= 0:
        refresh(book, s, x)


@kernel
def settle(book: Book, i: int) -> None:
    """Take the i-th planned fill off both of its orders."""
    fill = book.fills[i]
    reduce(book, fill.order, fill.quantity)
    reduce(book, fill.contra, fill.quantity)


@kernel
def rest(book: Book, x: int) -> None:
    """Let an order with leaves wait behind all others. Who was not tried at the last quote has a turn at the next."""
    state, order = book.state[0], book.orders[x]
    _prepare(book, x)
    if state.bid != state.tried_bid or state.offer != state.tried_offer:
        order.untried = 1
    state.clock += 1
    order.rank = state.clock
    append(book, own_side(book, x), x)


@kernel
def withdraw(book: Book, x: int) -> None:
    """Let an order wait no longer; it keeps its slot, and may be changed and entered again."""
    if book.orders[x].place >= 0:
        drop(book, own_side(book, x), x)


@kernel
def revise(book: Book, x: int, fits_others: bool) -> None:
    """Show what the caller changed of a waiting order, in its place.

    fits_others : more than its leaves changed: it may fit orders that it did not, and has a turn at the next quote
    """
    if fits_others:
        book.orders[x].untried = 1
    _prepare(book, x)
    refresh(book, own_side(book, x), x)


@kernel
def amend(book: Book, x: int, price: int, leaves: int, minimum: int, single_fill: int) -> bool:
    """Change a waiting order; less quantity, another minimum or single fill keep its place (R13).

    Returns
    -------
    bool
        False if the order lost its place: it waits no longer, and the caller enters it again.
    """
    order = book.orders[x]
    keeps = price == order.price and leaves <= order.leaves
    fits_others = minimum != order.minimum or single_fill != order.single_fill
    order.price, order.leaves, order.minimum, order.single_fill = price, leaves, minimum, single_fill
    if keeps:
        revise(book, x, fits_others)
    else:
        withdraw(book, x)
    return bool(keeps)


@kernel
def _close_up(book: Book) -> None:
    """Sum up both queues anew."""
    for s in range(2):
        close_up(book, s)


def grown(book: Book) -> Book:
    """Return the book with twice its capacity; slots stay what they were, places do not. Not between plan and settle.

    Parameters
    ----------
    book : Book
        It must not be used again.
    """
    state = cast(Any, book.state[0])
    larger = new_book(2 * book.orders.size, int(state.tick), int(state.tier), bool(state.locked))
    places = int(cast(Any, larger.state[0]).places)
    larger.state[:], larger.sides[:] = book.state, book.sides
    cast(Any, larger.state[0]).places = places
    larger.orders[: book.orders.size] = book.orders
    larger.queue[:, : int(state.places)] = book.queue[:, : int(state.places)]
    _close_up(larger)
    return larger
