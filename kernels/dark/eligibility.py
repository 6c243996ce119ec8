"""Who may trade where: limits, half ticks, kinds of orders, usable quotes (R1, R4, R5, R9, R11, R14).

Called by ``matching``, ``turns`` and ``book``.

``x`` and ``c`` are slots, ``s`` a side (0 buys, 1 sells), ``k`` a place.
"""

from typing import Final

from kernels.base.compiling import inlined
from kernels.conventions import NULL
from kernels.dark.records import (
    BLOCK,
    CENTRAL,
    CONSERVATIVE,
    DARK_LIMIT,
    HISTORICAL,
    MARKET,
    REFUSED,
    SUBJECT,
    SWEEP_SUBJECT,
    Book,
)
from kernels.dark.time_priority import broker_bit

DUAL_POSTED: Final = 1  # mid-tick of a sweep that also rests in the dark (R20)
FIRST_DARK_LIMIT: Final = 3  # mid-tick 3, 4: dark limit; 5, 6: any-price block, a dark limit inside the quote
FIRST_ANY_PRICE: Final = 5


@inlined
def own_side(book: Book, x: int) -> int:
    """Return the side of an order: 0 buy, 1 sell."""
    return 0 if book.orders[x].side == 1 else 1


@inlined
def good_limit(book: Book, x: int) -> int:
    """R5: the limit with its half tick, times the side; a market order accepts any price."""
    order = book.orders[x]
    return MARKET if order.price == 0 else int(2 * order.side * order.price + order.half_tick)


@inlined
def kinds_of(book: Book, x: int) -> int:
    """R9, R11: what an order may trade on beside the mid, and its broker's bit. Sweeps match at the mid only.

    By the other reading of R9 sweeps walk the ticks too, but for those that may rest, which are mid-point orders.
    """
    order, kinds = book.orders[x], broker_bit(book.orders[x].participant)
    kinds |= HISTORICAL if order.subject == 0 else SUBJECT
    if order.sweep == 0 and order.mid_tick >= FIRST_DARK_LIMIT:
        kinds |= DARK_LIMIT
    if order.sweep == 0 and order.mid_tick >= FIRST_ANY_PRICE:
        kinds |= BLOCK
    if order.sweep == 1 and order.mid_tick != DUAL_POSTED and book.state[0].sweeps_on_ticks == 1:
        kinds |= DARK_LIMIT
    return kinds


@inlined
def is_usable(book: Book) -> bool:
    """R1, R4: both sides have a price and are not crossed, and not locked unless the book matches then too."""
    state = book.state[0]
    both = state.bid > 0 and state.offer != NULL
    return bool(both and (state.bid < state.offer or (state.bid == state.offer and state.locked == 1)))


@inlined
def _turns_down(reading: int, names: int, carries: int) -> bool:
    """R14: tell if an order does not trade with one of these attributes, by what naming them means; most name none."""
    return bool(names != 0 and (names & carries != 0) == (reading == REFUSED))


@inlined
def are_strangers(book: Book, x: int, c: int) -> bool:
    """R14: tell if two orders never trade: one is for its own broker only (preferenceOnly), or attributes forbid it."""
    a, b = book.orders[x], book.orders[c]
    if a.participant != b.participant and (a.own_only == 1 or b.own_only == 1):
        return True
    reading = book.state[0].attributes
    return bool(reading != 0 and (_turns_down(reading, a.names, b.carries) or _turns_down(reading, b.names, a.carries)))


@inlined
def partners_of(book: Book, x: int) -> int:
    """Return the kind of who an order may meet, 0 if anyone (decisions 20, 24).

    Two subjects, neither of which really was in the dark, meet only where the one that acts is a sweep that enters.
    """
    state, order = book.state[0], book.orders[x]
    if order.subject == 0:
        others = SUBJECT if state.mode == CONSERVATIVE else HISTORICAL
        return 0 if state.mode == CENTRAL else others
    enters = order.subject == SWEEP_SUBJECT and order.place < 0
    return 0 if enters or state.meet == 1 else HISTORICAL


@inlined
def may_help(book: Book, helper: int, c: int) -> bool:
    """Tell if an order may trade with ``c`` beside another: two subjects that rest do not meet (decisions 20, R17b)."""
    if book.orders[helper].subject == 0:
        return True
    return bool(book.orders[c].subject == 0 or book.state[0].meet == 1)


@inlined
def becomes_eligible(book: Book, s: int, k: int) -> bool:
    """R23: tell if the waiting order at a place is eligible at the quote in force and was not when last tried."""
    entry, side = book.queue[s, k], book.sides[s]
    if side.at_mid <= entry.good < side.tried_mid:
        return True
    return bool(entry.kinds & DARK_LIMIT and side.on_tick <= entry.good < side.tried_tick)
