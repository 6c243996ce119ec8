"""R23: the quote in force, and the turns that a change of it gives to waiting orders.

Third layer of the dark book beside ``matching``; ``book`` offers its functions to callers. Everybody was tried at the
last quote, so only those have a turn that the move has made eligible, and those that are not as they were then.
"""

from typing import Final

from kernels.base.compiling import inlined, kernel
from kernels.dark.eligibility import becomes_eligible, is_usable, own_side
from kernels.dark.matching import plan_fills
from kernels.dark.records import (
    ANY_MARK,
    BIG,
    CONSERVATIVE,
    HISTORICAL,
    NEVER,
    NONE,
    NOWHERE,
    OPTIMISTIC,
    SUBJECT,
    UNTRIED,
    Book,
)
from kernels.dark.time_priority import first_from, largest, limit_marks, refresh, supply

NOBODY: Final = -1


@kernel
def set_quote(book: Book, bid: int, offer: int) -> None:
    """Match at this national quote from now on, NULL where a side is empty; nobody has a turn (R2)."""
    state = book.state[0]
    if bid == state.bid and offer == state.offer:
        return
    state.bid, state.offer = bid, offer
    state.usable = 1 if is_usable(book) else 0
    for s in range(2):
        book.sides[s].at_mid = book.sides[s].on_tick = BIG
    if state.usable == 0:
        return
    state.lowest = (bid // state.tick + 1) * state.tick
    state.highest = (offer - 1) // state.tick * state.tick
    for s in range(2):
        side, sign = book.sides[s], 1 - 2 * s
        side.at_mid = sign * (bid + offer)
        if state.lowest <= state.highest:
            side.on_tick = 2 * sign * (state.lowest if s == 0 else state.highest)


@kernel
def requote(book: Book, bid: int, offer: int) -> None:
    """Change the quote and begin the turns of the waiting orders; ``rematch`` gives them one by one (R23)."""
    set_quote(book, bid, offer)
    state = book.state[0]
    state.turn = 0
    for s in range(2):
        side = book.sides[s]
        side.cursor, side.within, side.kinds = 0, NEVER, 0
        side.lowest = min(side.at_mid, side.on_tick)
        side.marks = limit_marks(side.at_mid, side.tried_mid, state.tick)
        side.marks |= limit_marks(side.on_tick, side.tried_tick, state.tick)


@inlined
def _bound_turns(book: Book, s: int) -> bool:
    """Let nobody of a side try whose minimum is above all that its contras have; tell if any of them may trade.

    None may where every contra's minimum is above all that the side has.
    """
    side, other = book.sides[s], book.sides[1 - s]
    total = supply(book, 1 - s, other.lowest, largest(book, s, side.lowest))
    side.within = total if total > 0 else NONE
    own = supply(book, s, side.lowest, largest(book, 1 - s, other.lowest))
    if book.state[0].mode == OPTIMISTIC:  # minimums do not bind there
        side.within, own = NEVER - 1 if total > 0 else NONE, NEVER
    if book.state[0].asked == 1:
        side.kinds = _who_may_act(book, s, own)
        return bool(side.kinds != NOBODY)
    return bool(first_from(book, 1 - s, 0, other.lowest, own, 1, 0, ANY_MARK) >= 0)


@inlined
def _who_may_act(book: Book, s: int, own: int) -> int:
    """Return the kind of a side's orders that have somebody to meet: of subjects and historical orders; or NOBODY.

    own : all that the side has, which no contra's minimum may exceed
    """
    state, least = book.state[0], book.sides[1 - s].lowest
    historical = first_from(book, 1 - s, 0, least, own, 1, HISTORICAL, ANY_MARK) >= 0
    subjects = first_from(book, 1 - s, 0, least, NEVER, 1, SUBJECT, ANY_MARK) >= 0
    for_subjects = historical or (subjects and state.meet == 1)
    for_others = subjects or (historical and state.mode != CONSERVATIVE)
    if for_subjects and for_others:
        return 0
    others = HISTORICAL if for_others else NOBODY
    return SUBJECT if for_subjects else others


@inlined
def _next_eligible(book: Book, s: int) -> int:
    """Return the place of the oldest order of a side that the move has made eligible and that may trade, or NONE."""
    side = book.sides[s]
    while side.marks != 0 and side.cursor < side.used:
        k = first_from(book, s, side.cursor, side.lowest, side.within, 1, side.kinds, side.marks)
        if k < 0:
            break
        side.cursor = k
        if becomes_eligible(book, s, k):
            if side.within != NEVER:
                return k
            if not _bound_turns(book, s):
                break
        else:
            side.cursor += 1
    side.cursor = NEVER
    return NONE


@inlined
def _next_untried(book: Book, s: int) -> int:
    """Return the place of the oldest order of a side after the last turn that was not tried as it is now, or NONE."""
    if book.sides[s].untried == 0:
        return NONE
    k = first_from(book, s, 0, NOWHERE, NEVER, 1, 0, UNTRIED)
    if k < 0:
        book.sides[s].untried = 0
    while True:
        if k < 0 or book.orders[book.queue[s, k].order].rank > book.state[0].turn:
            return k
        k = first_from(book, s, k + 1, NOWHERE, NEVER, 1, 0, UNTRIED)


@inlined
def _youngest_turn(book: Book) -> int:
    """Return the youngest order that has a turn, older than the last one, or NONE (another reading of R23)."""
    state, x = book.state[0], NONE
    if state.turn == 0:
        state.turn = NEVER
    for s in range(2):
        for k in range(book.sides[s].used):
            y = book.queue[s, k].order
            if y < 0 or book.orders[y].rank >= state.turn or (x >= 0 and book.orders[y].rank < book.orders[x].rank):
                continue
            if becomes_eligible(book, s, k) or book.orders[y].untried == 1:
                x = y
    if x >= 0:
        state.turn = book.orders[x].rank
        if book.orders[x].untried == 1:
            book.orders[x].untried = 0
            refresh(book, own_side(book, x), x)
    return x


@inlined
def _next_turn(book: Book) -> int:
    """Return the oldest order that has a turn, or NONE; the turn is over then."""
    state, x = book.state[0], NONE
    if state.youngest == 1:
        return _youngest_turn(book)
    rank, at, of = NEVER, NONE, 0
    for s in range(2):
        for untried in range(2):
            k = _next_untried(book, s) if untried == 1 else _next_eligible(book, s)
            if k >= 0 and book.orders[book.queue[s, k].order].rank < rank:
                at, of, x = k, s, book.queue[s, k].order
                rank = book.orders[x].rank
    if x >= 0:
        state.turn = rank
        if book.sides[of].cursor == at:
            book.sides[of].cursor += 1
        if book.orders[x].untried == 1:
            book.orders[x].untried = 0
            refresh(book, of, x)
    return x


@kernel
def rematch(book: Book) -> int:
    """Plan the next match of two waiting orders after ``requote``.

    Returns
    -------
    int
        The number of fills, in ``book.fills``; 0 once every order had its turn.
    """
    state = book.state[0]
    if state.usable == 0:
        return 0
    x = _next_turn(book)
    while x >= 0:
        n = plan_fills(book, x)
        if n > 0:
            return n
        x = _next_turn(book)
    state.tried_bid, state.tried_offer = state.bid, state.offer
    for s in range(2):
        book.sides[s].tried_mid, book.sides[s].tried_tick = book.sides[s].at_mid, book.sides[s].on_tick
    return 0
