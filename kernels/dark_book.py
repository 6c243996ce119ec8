"""The Centre Point rules: who meets whom, at what price, in which order (domain.md 1.3, R1-R28).

The one implementation of the matching rules, on the records and trees of ``kernels.dark_trees``. An incoming
order is planned (``plan_fills``), which changes nothing but reserves; the caller then settles each planned fill
as its files demand (``reduce_leaves``, ``refresh``) and lets the rest wait (``insert``) or drop. After a change
of the quote it asks for resting orders that may now meet (``next_resting``).

Prices of matches are in half price units (``price2``), so that the mid is exact.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels._jit import inlined, kernel, runtime
from kernels.conventions import NULL
from kernels.dark_trees import (
    BIG,
    BOOK_CURSOR,
    BOOK_PLAN,
    BOOK_PLAN_ROOM,
    CAPACITY,
    FIRST_BLOCK_KIND,
    FIRST_LIMIT_KIND,
    GOOD,
    IS_SWEEP,
    LEAF,
    LEAF_ORDERS,
    LEAST,
    LEAVES,
    MID_TICK,
    MINIMUM,
    NO_LIMIT,
    OWN_ONLY,
    PARTICIPANT,
    PLAN_CELLS,
    PRICE,
    QUANTITY,
    RANK,
    RESERVED,
    SIDE,
    SINGLE_FILL,
    TREE_ALL,
    TREE_BLOCK,
    TREE_LIMIT,
    USED,
    ZERO,
    first_leaf,
    good_limit,
    own_tree,
    root,
    tree,
)

I64 = NDArray[np.int64]

# Cells of a planned fill.
PLAN_ORDER: Final = 0
PLAN_QUANTITY: Final = 1
PLAN_PRICE2: Final = 2
PLAN_RULE: Final = 3

RULE_MID: Final = runtime(1)
RULE_DARK_LIMIT: Final = runtime(2)
RULE_BLOCK: Final = runtime(3)


@inlined
def reduce_leaves(m: I64, x: int, quantity: int) -> None:
    """Take a fill off an order; a minimum larger than what remains falls away (R17)."""
    m[x + LEAVES] -= quantity
    if m[x + LEAVES] < m[x + MINIMUM]:
        m[x + MINIMUM] = 0


@inlined
def _plan(m: I64, n: int, x: int, quantity: int, price2: int, rule: int) -> None:
    """Note the ``n``-th fill of the plan and reserve its contra."""
    at = m[BOOK_PLAN] + PLAN_CELLS * n
    m[at + PLAN_ORDER] = x
    m[at + PLAN_QUANTITY] = quantity
    m[at + PLAN_PRICE2] = price2
    m[at + PLAN_RULE] = rule
    m[x + RESERVED] = 1


@inlined
def _barred(m: I64, x: int, c: int) -> bool:
    """Tell if one of the two trades with its own broker only and the other is a stranger."""
    return bool(m[x + PARTICIPANT] != m[c + PARTICIPANT] and (m[x + OWN_ONLY] == 1 or m[c + OWN_ONLY] == 1))


@inlined
def _take(m: I64, x: int, t: int, good: int, price2: int, rule: int, left: int, n: int) -> tuple[int, int]:
    """Plan fills of ``x`` at one price with tree ``t`` in time order; return what is left and the plan's length."""
    start = ZERO
    while left > 0 and n < m[BOOK_PLAN_ROOM]:
        need = 1  # R17: one contra must supply the minimum of a single-fill order, until less than it is left
        if m[x + SINGLE_FILL] == 1 and left >= m[x + MINIMUM]:
            need = max(need, m[x + MINIMUM])
        at = first_leaf(m, t, start, good, left, need)
        if at < 0:
            break
        start = at + 1
        c = m[m[t + LEAF_ORDERS] + at]
        if m[c + RESERVED] == 1 or _barred(m, x, c):
            continue
        if rule == RULE_DARK_LIMIT and m[c + LEAF + 1] < 0:
            continue  # a broker's own tree holds its mid-point-only orders too (R9)
        quantity = min(left, m[c + LEAVES])
        _plan(m, n, c, quantity, price2, rule)
        left -= quantity
        n += 1
    return left, n


@inlined
def _take_inside(
    m: I64, x: int, bid: int, offer: int, tick: int, everyone: int, limits: int, left: int, n: int
) -> tuple[int, int]:
    """Plan fills strictly inside the quote: at the mid (R9, R12), for dark limits from their best price on (R10).

    everyone, limits : the contra trees, by number.
    """
    side = m[x + SIDE]
    good, mid2 = good_limit(m, x), bid + offer
    t = tree(m, everyone)
    # Signed prices v = side x price ascend from the best for x; on ticks strictly inside the quote.
    lowest, highest = (bid // tick + 1) * tick, (offer - 1) // tick * tick
    v, end = (lowest, highest) if side == 1 else (-highest, -lowest)
    if m[x + IS_SWEEP] == 1 or m[x + MID_TICK] < FIRST_LIMIT_KIND:
        end = v - 1  # the mid only
    best = m[root(m, limits) + GOOD]
    if -best > 2 * v:  # nobody to meet before the best contra limit
        v += (-best - 2 * v + 2 * tick - 1) // (2 * tick) * tick
    mid_pending = good >= side * mid2
    while left > 0:
        before_end = v <= end and 2 * v <= good
        if mid_pending and (not before_end or 2 * v >= side * mid2):
            mid_pending = False
            left, n = _take(m, x, t, -side * mid2, mid2, RULE_MID, left, n)
        elif not before_end:
            break
        else:
            if 2 * v != side * mid2:
                left, n = _take(m, x, tree(m, limits), -2 * v, side * 2 * v, RULE_DARK_LIMIT, left, n)
            v += tick
    return left, n


@inlined
def _next_block(m: I64, t: int, side: int, touch: int, after: int, after_at: int) -> tuple[int, int]:
    """Return price x side and leaf of the block that follows the pair given, ascending; leaf -1: none."""
    found, found_at = BIG, -1
    for at in range(m[t + USED]):
        c = m[m[t + LEAF_ORDERS] + at]
        if c < 0:
            continue
        v = side * touch if m[c + PRICE] == 0 else max(side * touch, side * m[c + PRICE])
        if (v > after or (v == after and at > after_at)) and v < found:
            found, found_at = v, at
    return found, found_at


@inlined
def _take_blocks(m: I64, x: int, touch: int, tier: int, left: int, n: int) -> tuple[int, int]:
    """Plan fills at or outside the quote with any-price blocks, by price, then time (R11)."""
    side = m[x + SIDE]
    t = tree(m, TREE_BLOCK + (1 if side == 1 else 0))
    bound = side * m[x + PRICE] if m[x + PRICE] != 0 else BIG
    v, at = NO_LIMIT, -1 + ZERO
    while left > 0 and n < m[BOOK_PLAN_ROOM]:
        v, at = _next_block(m, t, side, touch, v, at)
        if at < 0 or v > bound:
            break
        c = m[m[t + LEAF_ORDERS] + at]
        quantity = min(left, m[c + LEAVES])
        need = m[x + MINIMUM] if left >= m[x + MINIMUM] and m[x + SINGLE_FILL] == 1 else 1
        short = quantity < need or m[c + MINIMUM] > left or quantity * side * v < tier
        if m[c + RESERVED] == 1 or _barred(m, x, c) or short:
            continue
        _plan(m, n, c, quantity, 2 * side * v, RULE_BLOCK)
        left -= quantity
        n += 1
    return left, n


@kernel
def plan_fills(m: I64, x: int, bid: int, offer: int, tick: int, tier: int, locked: bool) -> int:
    """Plan what order ``x`` trades now, at ``m[BOOK_PLAN]``, and return how many fills that is.

    m : (cells,) int64, the book. x : address of the incoming order, or of a resting one looked at again (R23).
    bid, offer, tick : the national quote and the tick, price units; NULL where a side is empty.
    tier : least value of a block trade, price units x shares. locked : match at a locked quote too (R4).
    The book is not changed, but the planned contras are reserved until ``release_plan``.
    """
    if bid == NULL or offer == NULL or bid > offer or (bid == offer and not locked):
        return 0
    side = m[x + SIDE]
    other = 1 if side == 1 else 0
    left, n = m[x + LEAVES], ZERO
    own = own_tree(m, m[x + PARTICIPANT], other)
    for broker in range(2):  # R14: own resting orders first, in time order, then everyone
        if broker == 1:
            left, n = _take_inside(m, x, bid, offer, tick, TREE_ALL + other, TREE_LIMIT + other, left, n)
        elif own >= 0:
            left, n = _take_inside(m, x, bid, offer, tick, own, own, left, n)
    incoming = m[x + RANK] < 0
    if incoming and bid < offer and (m[x + IS_SWEEP] == 1 or m[x + MID_TICK] >= FIRST_BLOCK_KIND):
        left, n = _take_blocks(m, x, offer if side == 1 else bid, tier, left, n)
    if m[x + LEAVES] - left < m[x + MINIMUM]:
        release_plan(m, n)
        return 0
    return int(n)


@kernel
def release_plan(m: I64, n: int) -> None:
    """Forget the reservations of the first ``n`` planned fills."""
    for i in range(n):
        m[m[m[BOOK_PLAN] + PLAN_CELLS * i + PLAN_ORDER] + RESERVED] = 0


@kernel
def start_recheck(m: I64) -> None:
    """Begin a second look at the resting orders: ``next_resting`` starts with the oldest."""
    for k in range(4):
        m[BOOK_CURSOR + k] = 0


@kernel
def next_resting(m: I64, bid: int, offer: int, tick: int, locked: bool) -> int:
    """Return the oldest resting order that may trade with another resting one at this quote, or -1 (R23).

    The caller looks at the order with ``plan_fills``, settles, and asks again until -1 comes back.
    """
    if bid == NULL or offer == NULL or bid > offer or (bid == offer and not locked):
        return -1
    mid2 = bid + offer
    lowest, highest = (bid // tick + 1) * tick, (offer - 1) // tick * tick
    buys, sells = m[root(m, TREE_LIMIT + ZERO) + GOOD], m[root(m, TREE_LIMIT + 1 + ZERO) + GOOD]
    lowest = max(lowest, -(sells // 2 // tick * tick))
    highest = min(highest, buys // 2 // tick * tick)
    at_mid = m[root(m, ZERO) + GOOD] >= mid2 and m[root(m, 1 + ZERO) + GOOD] >= -mid2
    found = -1
    for k in range(4):
        if (k < 2 and not at_mid) or (k >= 2 and lowest > highest):
            continue
        good = (mid2 if k == 0 else -mid2) if k < 2 else (2 * lowest if k == 2 else -2 * highest)
        t, contra = tree(m, k), 1 - k % 2
        least, largest = m[tree(m, contra) + QUANTITY], m[root(m, contra) + LEAST]
        at = first_leaf(m, t, m[BOOK_CURSOR + k], good, least, largest)
        m[BOOK_CURSOR + k] = at if at >= 0 else m[t + CAPACITY]
        if at < 0:
            continue
        x = m[m[t + LEAF_ORDERS] + at]
        if found < 0 or m[x + RANK] < m[found + RANK]:
            found = x
    if found >= 0:
        side = 0 if m[found + SIDE] == 1 else 1
        for which in range(2):  # trees of all and of limit orders
            at = m[found + LEAF + which]
            cursor = BOOK_CURSOR + 2 * which + side
            m[cursor] = max(m[cursor], at + 1)
    return int(found)
