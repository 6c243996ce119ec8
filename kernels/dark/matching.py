"""The Centre Point rules: who meets whom, at what price, in which order (domain.md 1.3).

Third layer of the dark book, called by ``book``. It plans and changes nothing but what it reserves: the planned fills
are ``book.fills[: state.fills]``, and ``state.left`` is what the order that acts has left of its leaves.

``x`` is the order that acts, ``c`` a contra, both slots. ``price2``: half price units; *signed* prices are times the
side of ``x``, so that they ascend from the best for it to its limit. ``own``: its own broker's contras only (R14).
"""

from kernels.base.compiling import inlined
from kernels.dark import records as r
from kernels.dark.eligibility import are_strangers, may_help, own_side, partners_of
from kernels.dark.records import Book
from kernels.dark.time_priority import broker_bit, first_from, largest, open_mark, supply


@inlined
def least_fill(book: Book, x: int) -> int:
    """R17: one contra must supply the minimum of a single-fill order, until less than it is left."""
    order = book.orders[x]
    return int(order.minimum) if order.single_fill == 1 and book.state[0].left >= order.minimum > 0 else 1


@inlined
def _plan(book: Book, x: int, c: int, quantity: int, price2: int, rule: int, passive: int) -> None:
    """Note a fill; ``c`` is reserved."""
    state, order, contra = book.state[0], book.orders[x], book.orders[c]
    fill = book.fills[state.fills]
    fill.order, fill.contra, fill.quantity, fill.price2, fill.rule, fill.passive = x, c, quantity, price2, rule, passive
    prefers = passive == 0 and rule != r.RULE_BLOCK and order.prefers_own == 1
    fill.preferred = 1 if prefers and order.participant == contra.participant else 0
    state.fills += 1
    fill.ignored = 0
    contra.reserved = 1


@inlined
def _fill_with_help(book: Book, x: int, c: int, price2: int, kinds: int, rule: int) -> bool:
    """R17b: older orders beside ``x`` and then ``x`` meet the several-fills minimum of ``c``; tell if they do."""
    state, s = book.state[0], own_side(book, x)
    first, wanted, k = state.fills, book.orders[c].leaves, 0
    end = book.orders[x].place if book.orders[x].place >= 0 else book.sides[s].used
    good, mark = book.orders[x].side * price2, open_mark(book.orders[c].participant)
    kinds |= r.HISTORICAL if book.state[0].mode != r.CENTRAL else 0
    while wanted > 0:
        k = first_from(book, s, k, good, wanted, 1, kinds, mark)
        if k < 0 or k >= end:
            break
        helper = book.queue[s, k].order
        k += 1
        if book.orders[helper].reserved == 1 or are_strangers(book, helper, c) or not may_help(book, helper, c):
            continue
        quantity = min(wanted, book.orders[helper].leaves)
        _plan(book, helper, c, quantity, price2, rule, 1)
        book.orders[helper].reserved = 1
        wanted -= quantity
    helped, quantity = book.orders[c].leaves - wanted, min(wanted, state.left)
    if helped > 0 and quantity >= least_fill(book, x) and helped + quantity >= book.orders[c].minimum:
        _plan_own(book, x, c, quantity, price2, rule)
        return True
    for i in range(first, state.fills):
        book.orders[book.fills[i].order].reserved = 0
        book.orders[c].reserved = 0
    state.fills = first
    return False


@inlined
def _plan_own(book: Book, x: int, c: int, quantity: int, price2: int, rule: int) -> None:
    """Note a fill of the order that acts; both are passive when it rests itself (R23)."""
    _plan(book, x, c, quantity, price2, rule, 1 if book.orders[x].place >= 0 else 0)
    book.state[0].left -= quantity


@inlined
def _take(book: Book, x: int, price2: int, own: int) -> None:
    """R12, R17: plan fills at one price in time order; a contra whose minimum is not met is passed over.

    By the other reading of R17 nobody behind such a contra trades at this price.
    """
    state, order = book.state[0], book.orders[x]
    other, good = 1 - own_side(book, x), -order.side * price2
    rule = r.RULE_MID if price2 == state.bid + state.offer else r.RULE_DARK_LIMIT
    limits_only = r.DARK_LIMIT if rule == r.RULE_DARK_LIMIT else 0
    kinds = limits_only | state.partners | (broker_bit(order.participant) if own == 1 or order.own_only == 1 else 0)
    helpers, k, mark = 0, 0, open_mark(order.participant)
    if own == 0 and state.no_help == 0 and first_from(book, other, k, good, r.NEVER, 1, kinds | r.SEVERAL, mark) >= 0:
        helpers = supply(book, own_side(book, x), -good, largest(book, other, good))  # at most so much can help
    while state.left > 0:
        within = state.left + helpers if state.stops == 0 else r.NEVER
        k = first_from(book, other, k, good, within, least_fill(book, x), kinds, mark)
        if k < 0:
            return
        c = book.queue[other, k].order
        contra = book.orders[c]
        k += 1
        if contra.reserved == 1 or are_strangers(book, x, c):
            continue
        if own == 1 and contra.participant != order.participant:
            continue
        helped = helpers > 0 and contra.minimum > 0 and contra.single_fill != 1
        if helped and _fill_with_help(book, x, c, price2, limits_only, rule):
            continue
        quantity = min(state.left, contra.leaves)
        if quantity >= contra.minimum and quantity >= least_fill(book, x):
            _plan_own(book, x, c, quantity, price2, rule)
        elif state.stops == 1 and quantity < contra.minimum:
            return


@inlined
def _next_limit(book: Book, s: int, below: int) -> int:
    """Return the best good below ``below`` of a dark limit, or NOWHERE."""
    best, k = r.NOWHERE, 0
    while True:
        k = first_from(book, s, k, best + 1, r.NEVER, 1, r.DARK_LIMIT, r.ANY_MARK)
        if k < 0:
            return best
        if book.queue[s, k].good < below:
            best = book.queue[s, k].good
        k += 1


@inlined
def _next_price(book: Book, x: int, after: int, every: bool) -> int:
    """R9, R10: the signed ``price2`` that comes after ``after`` for an order, NEVER if there is none.

    Prices on a tick at which no further contra joins are passed over, unless ``every``: a fill changes who fits.
    """
    state, order = book.state[0], book.orders[x]
    price2, tick2 = r.NEVER, 2 * state.tick
    mid2 = order.side * (state.bid + state.offer)
    if order.kinds & r.DARK_LIMIT:
        low, high = 2 * state.lowest, 2 * state.highest
        if order.side == -1:
            low, high = -high, -low
        at = max(low, (after // tick2 + 1) * tick2)
        if not every and at <= high:
            good = _next_limit(book, 1 - own_side(book, x), -after)
            at = max(at, -(good // tick2) * tick2)
        if at <= high:
            price2 = at
    if mid2 > after:
        price2 = min(price2, mid2)
    return price2 if price2 <= order.good else r.NEVER


@inlined
def _take_inside(book: Book, x: int, own: int) -> None:
    """R10: plan fills strictly inside the quote, from the best price for the order to its limit."""
    state = book.state[0]
    price2 = _next_price(book, x, r.NOWHERE, False)
    while price2 != r.NEVER and state.left > 0:
        before = state.fills
        _take(book, x, book.orders[x].side * price2, own)
        price2 = _next_price(book, x, price2, state.fills > before)


@inlined
def _take_blocks(book: Book, x: int) -> None:
    """R11: plan fills with any-price blocks at or outside the quote, by price, then time; blocks are few."""
    state, order = book.state[0], book.orders[x]
    touch = state.offer if order.side == 1 else state.bid
    limit = r.MARKET if order.price == 0 else order.side * order.price
    price = order.side * touch  # signed, as the limit; blocks priced better trade at the touch
    while price <= limit and state.left > 0:
        after, k = r.NEVER, 0
        while state.left > 0:
            k = first_from(book, 1 - own_side(book, x), k, r.NOWHERE, r.NEVER, 1, r.BLOCK | state.partners, r.ANY_MARK)
            if k < 0:
                break
            c = book.queue[1 - own_side(book, x), k].order
            contra = book.orders[c]
            k += 1
            least = order.side * touch
            if contra.price != 0:
                least = max(least, order.side * contra.price)
            if least > price:
                after = min(after, least)
            if least != price or contra.reserved == 1 or are_strangers(book, x, c):
                continue
            quantity = min(state.left, contra.leaves)
            enough = quantity >= contra.minimum and quantity >= least_fill(book, x)
            if enough and quantity * order.side * price >= state.tier:
                _plan_own(book, x, c, quantity, 2 * order.side * price, r.RULE_BLOCK)
        price = after


@inlined
def _may_be_met(book: Book, x: int) -> bool:
    """R17: tell if the contras inside the quote may supply an order's minimum, by a bound."""
    state, order = book.state[0], book.orders[x]
    if order.minimum <= 1:
        return True
    worst = order.side * (state.bid + state.offer)
    if order.kinds & r.DARK_LIMIT:
        worst = max(worst, 2 * state.highest if order.side == 1 else -2 * state.lowest)
    return supply(book, 1 - own_side(book, x), -min(worst, order.good), order.minimum) >= int(order.minimum)


@inlined
def _take_freely(book: Book, x: int, kind: int) -> None:
    """Plan fills at the mid with orders of a kind in time order, whatever the minimums say (decisions 24)."""
    state, order = book.state[0], book.orders[x]
    mid2, k, other = state.bid + state.offer, 0, 1 - own_side(book, x)
    if order.side * mid2 > order.good:
        return
    mark = open_mark(order.participant)
    while state.left > 0:
        k = first_from(book, other, k, -order.side * mid2, r.NEVER, 1, kind, mark)
        if k < 0:
            return
        c = book.queue[other, k].order
        contra = book.orders[c]
        k += 1
        if are_strangers(book, x, c):
            continue
        quantity = min(state.left, contra.leaves)
        _plan_own(book, x, c, quantity, mid2, r.RULE_MID)
        bound = quantity < contra.minimum or (order.subject == 0 and quantity < order.minimum)
        book.fills[state.fills - 1].ignored = 1 if bound else 0


@inlined
def plan_fills(book: Book, x: int) -> int:
    """Plan what order ``x`` trades at the quote in force and return the number of fills; none below its minimum.

    R14: an incoming order that prefers its own broker's meets those first; R23: a resting one does not. In the
    optimistic book subjects come before all others, and fills with them stand whatever minimum the other has.
    """
    state, order = book.state[0], book.orders[x]
    state.fills, state.left, state.partners = 0, order.leaves, partners_of(book, x)
    if state.usable == 0:
        return 0
    incoming, kept = order.place < 0, 0
    over = False
    if state.mode == r.OPTIMISTIC:
        _take_freely(book, x, r.SUBJECT if order.subject == 0 else r.HISTORICAL)
        kept = state.fills if order.subject == 0 else 0
        over = order.subject != 0 and state.partners == r.HISTORICAL  # it met them all
    blocks = incoming and state.bid < state.offer and (order.sweep == 1 or order.kinds & r.BLOCK != 0)
    if not over and (blocks or state.fills > 0 or _may_be_met(book, x)):
        prefers = order.prefers_own == 1 and (incoming or state.prefers_again == 1)
        for own in range(1 if prefers else 0, -1, -1):
            _take_inside(book, x, own)
        if blocks:
            _take_blocks(book, x)
    for i in range(state.fills):
        book.orders[book.fills[i].contra].reserved = 0
        book.orders[book.fills[i].order].reserved = 0
    if order.leaves - state.left < order.minimum:
        state.fills = kept
    return int(state.fills)
