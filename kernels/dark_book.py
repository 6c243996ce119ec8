"""The Centre Point rules: who meets whom, at what price, in which order (domain.md 1.3, R1-R28).

The one implementation of the matching rules, on the records and trees of ``kernels.dark_trees``. An incoming
order is planned (``plan_fills``), which changes nothing but reserves; the caller then settles each planned fill
as its files demand (``reduce_leaves``, ``refresh``) and lets the rest wait (``insert``) or drop. After a change
of the quote it asks for resting orders that may now meet (``next_resting``).

Prices of matches are in half price units (``price2``), so that the mid is exact.
"""

from typing import Final

from kernels.base.columns import I64
from kernels.base.compiling import inlined, kernel, runtime
from kernels.conventions import NULL
from kernels.dark_index import price_word
from kernels.dark_layout import (
    BIG,
    BOOK_BY_BROKER,
    BOOK_CURSOR,
    BOOK_INDEXED,
    BOOK_PLAN,
    BOOK_PLAN_ROOM,
    FIRST_BLOCK_KIND,
    GOOD,
    IS_SWEEP,
    KIND,
    LEAF,
    LEAF_ORDERS,
    LEAVES,
    LIMIT_GROUP,
    LIVE,
    MID_TICK,
    MINIMUM,
    OWN_ONLY,
    PARTICIPANT,
    PLAN_CELLS,
    PRICE,
    RANK,
    RESERVED,
    SIDE,
    SINGLE_FILL,
    TREE_ALL,
    TREE_BLOCK,
    TREE_BROKER,
    TREE_LIMIT,
    TREE_OWN,
    TREE_SHUT,
    ZERO,
    good_limit,
    is_limit,
    own_tree,
    root,
    tree,
)
from kernels.dark_search import next_good, oldest_of_all
from kernels.dark_supply import next_contra, oldest_at_mid, oldest_limit, oldest_shut, suffices, supply_for
from kernels.dark_trees import LOST_PATIENCE, first_leaf, keep_indexes, needs_indexes

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
def _oldest_contra(m: I64, x: int, k: int, on_tick: bool, good: int, left: int, need: int, after: int) -> int:
    """Return the oldest contra of tree ``k`` that came later than ``after`` (0: any) and fits, or 0.

    on_tick : dark limits only (R9).
    """
    side = 0 if m[x + SIDE] == -1 else 1
    t, groups = tree(m, k), LIMIT_GROUP if on_tick else 0
    start = m[after + RANK] + 1 if after > 0 else ZERO
    c = ZERO
    if k >= TREE_OWN and on_tick:  # a broker's own tree holds its mid-point-only orders too
        return oldest_of_all(m, t, groups, price_word(m, t, 0, good), left, need, start, c)
    if k >= TREE_OWN or m[x + OWN_ONLY] == 0:
        kind = m[t + KIND]
        leaf = m[after + LEAF + kind] + 1 if after > 0 else ZERO
        at = LOST_PATIENCE
        if leaf > 0 or start == 0:
            at = first_leaf(m, t, leaf, good, left, need)
        if at >= 0:
            c = m[m[t + LEAF_ORDERS] + at]
        elif at == LOST_PATIENCE:
            every = t if k >= TREE_OWN else tree(m, TREE_ALL + side)
            c = oldest_of_all(m, every, groups, price_word(m, every, 0, good), left, need, start, c)
    if k < TREE_OWN and m[BOOK_BY_BROKER] == 1:
        c = next_contra(m, x, side, groups, good, left, need, start, c)
    return int(c)


@inlined
def _take(m: I64, x: int, k: int, good: int, price2: int, rule: int, left: int, n: int) -> tuple[int, int]:
    """Plan fills of ``x`` at one price with tree ``k`` in time order; return what is left and the plan's length."""
    c = ZERO
    while left > 0 and n < m[BOOK_PLAN_ROOM]:
        need = 1  # R17: one contra must supply the minimum of a single-fill order, until less than it is left
        if m[x + SINGLE_FILL] == 1 and left >= m[x + MINIMUM]:
            need = max(need, m[x + MINIMUM])
        c = _oldest_contra(m, x, k, rule == RULE_DARK_LIMIT, good, left, need, c)
        if c == 0:
            break
        if m[c + RESERVED] == 1:
            continue
        quantity = min(left, m[c + LEAVES])
        _plan(m, n, c, quantity, price2, rule)
        left -= quantity
        n += 1
    return left, n


@inlined
def _next_limit(m: I64, x: int, k: int, good: int) -> int:
    """Return the best limit of a dark-limit contra of tree ``k`` that is worse than ``good``, -BIG if there is none."""
    side = 0 if m[x + SIDE] == -1 else 1
    best = -BIG + ZERO
    if k >= TREE_OWN or m[x + OWN_ONLY] == 0:
        t = tree(m, k if k >= TREE_OWN else TREE_ALL + side)
        best = next_good(m, t, LIMIT_GROUP, price_word(m, t, 0, good))
    if k < TREE_OWN and m[tree(m, TREE_SHUT + side) + LIVE] > 0:
        t = tree(m, TREE_SHUT + side)
        best = max(best, next_good(m, t, LIMIT_GROUP, price_word(m, t, m[x + PARTICIPANT], good)))
    if k < TREE_OWN and m[x + OWN_ONLY] == 1:
        t = tree(m, TREE_BROKER + side)
        best = max(best, next_good(m, t, LIMIT_GROUP, price_word(m, t, m[x + PARTICIPANT], good)))
    return int(best)


@inlined
def _tick_at(v: int, tick: int, v2: int) -> int:
    """Return the first price from ``v`` on, by ticks, that is at or above ``v2`` half units."""
    if v2 > 2 * v:
        return v + (v2 - 2 * v + 2 * tick - 1) // (2 * tick) * tick
    return v


@inlined
def _take_inside(
    m: I64, x: int, bid: int, offer: int, tick: int, everyone: int, limits: int, left: int, n: int
) -> tuple[int, int]:
    """Plan fills strictly inside the quote: at the mid (R9, R12), for dark limits from their best price on (R10).

    everyone, limits : the contra trees, by number. Prices at which no other contra joins those that were just left
    out are passed over.
    """
    side = m[x + SIDE]
    good, mid2 = good_limit(m, x), bid + offer
    # Signed prices v = side x price ascend from the best for x; on ticks strictly inside the quote.
    lowest, highest = (bid // tick + 1) * tick, (offer - 1) // tick * tick
    v, end = (lowest, highest) if side == 1 else (-highest, -lowest)
    best = -BIG + ZERO
    if v <= end and is_limit(m, x):
        best = _next_limit(m, x, limits, BIG - 1)
    if best == -BIG:
        end = v - 1  # the mid only
    v = _tick_at(v, tick, -best) if v <= end else v
    mid_pending = good >= side * mid2
    while left > 0:
        before_end = v <= end and 2 * v <= good
        if mid_pending and (not before_end or 2 * v >= side * mid2):
            mid_pending = False
            left, n = _take(m, x, everyone, -side * mid2, mid2, RULE_MID, left, n)
        elif not before_end:
            break
        else:
            before, at = n, v
            if 2 * v != side * mid2:
                left, n = _take(m, x, limits, -2 * v, side * 2 * v, RULE_DARK_LIMIT, left, n)
            v += tick
            if n == before and 2 * at != side * mid2:
                best = _next_limit(m, x, limits, -2 * at)
                until = _tick_at(v, tick, -best) if best > -BIG else max(v, end + tick)
                v = min(until, _tick_at(v, tick, side * mid2)) if mid_pending else until
    return left, n


@inlined
def _take_blocks(m: I64, x: int, touch: int, tier: int, left: int, n: int) -> tuple[int, int]:
    """Plan fills at or outside the quote with any-price blocks, by price, then time (R11)."""
    side = m[x + SIDE]
    t = tree(m, TREE_BLOCK + (1 if side == 1 else 0))
    bound = side * m[x + PRICE] if m[x + PRICE] != 0 else BIG
    v = side * touch  # blocks priced better trade at the touch
    while v <= bound and left > 0:
        word, start, c = price_word(m, t, 0, -2 * v), ZERO, ZERO
        while left > 0 and n < m[BOOK_PLAN_ROOM]:
            need = m[x + MINIMUM] if left >= m[x + MINIMUM] and m[x + SINGLE_FILL] == 1 else 1
            value = side * v
            need = max(need, 1, -(-tier // value) if value > 0 else tier)
            if left < need or value <= 0 < tier:
                break
            c = oldest_of_all(m, t, ZERO, word, left, need, start, ZERO)
            if c == 0:
                break
            start = m[c + RANK] + 1
            if m[c + RESERVED] == 1 or _barred(m, x, c):
                continue
            quantity = min(left, m[c + LEAVES])
            _plan(m, n, c, quantity, 2 * side * v, RULE_BLOCK)
            left -= quantity
            n += 1
        good = next_good(m, t, ZERO, word)
        if good == -BIG:
            break
        v = -(good // 2)
    return left, n


@inlined
def _may_be_met(m: I64, x: int, bid: int, offer: int, tick: int) -> bool:
    """Tell if contras inside the quote may supply the minimum quantity of ``x``."""
    side, good, worst = m[x + SIDE], good_limit(m, x), m[x + SIDE] * (bid + offer)
    lowest, highest = (bid // tick + 1) * tick, (offer - 1) // tick * tick
    if is_limit(m, x) and lowest <= highest:
        worst = max(worst, 2 * highest if side == 1 else -2 * lowest)
    supply_for(m, x, 1 if side == 1 else 0, -min(worst, good))
    return suffices(m, x)


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
    if needs_indexes(m, x):
        keep_indexes(m, x)
    blocks = m[x + RANK] < 0 and bid < offer and (m[x + IS_SWEEP] == 1 or m[x + MID_TICK] >= FIRST_BLOCK_KIND)
    blocks = blocks and m[tree(m, TREE_BLOCK + other) + LIVE] > 0
    if m[x + MINIMUM] > 1 and not blocks and not _may_be_met(m, x, bid, offer, tick):
        return 0
    left, n = m[x + LEAVES], ZERO
    own = own_tree(m, m[x + PARTICIPANT], other)
    for broker in range(2):  # R14: own resting orders first, in time order, then everyone
        if broker == 1:
            left, n = _take_inside(m, x, bid, offer, tick, TREE_ALL + other, TREE_LIMIT + other, left, n)
        elif own >= 0:
            left, n = _take_inside(m, x, bid, offer, tick, own, own, left, n)
    if blocks:
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
    m[BOOK_CURSOR] = m[BOOK_CURSOR + 1] = m[BOOK_CURSOR + 2] = 0


@inlined
def _oldest_simple(m: I64, mid2: int) -> int:
    """Return the oldest order that meets another at the mid, or 0, in a book without price indexes: any two do."""
    found = ZERO
    for side in range(2):
        t = tree(m, TREE_ALL + side)
        at = first_leaf(m, t, m[BOOK_CURSOR + side], mid2 if side == 0 else -mid2, BIG, 1)
        x = m[m[t + LEAF_ORDERS] + at] if at >= 0 else 0
        if x > 0 and (found == 0 or m[x + RANK] < m[found + RANK]):
            found = x
    if found > 0:
        m[BOOK_CURSOR + (0 if m[found + SIDE] == 1 else 1)] = m[found + LEAF] + 1
    return int(found)


@inlined
def _oldest_indexed(m: I64, bid: int, offer: int, tick: int, at_mid: bool) -> int:
    """Return the oldest order that may meet another inside the quote, or 0."""
    mid2, start, found = bid + offer, m[BOOK_CURSOR + 2], ZERO
    low, high = (bid // tick + 1) * tick, (offer - 1) // tick * tick
    if at_mid:
        found = oldest_at_mid(m, mid2, start, found)
    buys, sells = m[root(m, TREE_LIMIT + ZERO) + GOOD], m[root(m, TREE_LIMIT + 1 + ZERO) + GOOD]
    lowest, highest = max(low, -(sells // 2 // tick * tick)), min(high, buys // 2 // tick * tick)
    if lowest <= highest:
        found = oldest_limit(m, ZERO, 2 * lowest, -max(mid2, 2 * highest), start, found)
        found = oldest_limit(m, 1 + ZERO, -2 * highest, min(mid2, 2 * lowest), start, found)
    if m[tree(m, TREE_SHUT + ZERO) + LIVE] + m[tree(m, TREE_SHUT + 1 + ZERO) + LIVE] > 0:
        found = oldest_shut(m, mid2, 2 * low, 2 * high, start, found)
    if found > 0:
        m[BOOK_CURSOR + 2] = m[found + RANK] + 1
    return int(found)


@kernel
def next_resting(m: I64, bid: int, offer: int, tick: int, locked: bool) -> int:
    """Return the oldest resting order that may trade with another resting one at this quote, or -1 (R23).

    The caller looks at the order with ``plan_fills``, settles, and asks again until -1 comes back.
    """
    if bid == NULL or offer == NULL or bid > offer or (bid == offer and not locked):
        return -1
    mid2 = bid + offer
    at_mid = m[root(m, ZERO) + GOOD] >= mid2 and m[root(m, 1 + ZERO) + GOOD] >= -mid2
    found = ZERO
    if m[BOOK_INDEXED] == 1:
        found = _oldest_indexed(m, bid, offer, tick, at_mid)
    elif at_mid:
        found = _oldest_simple(m, mid2)
    return int(found) if found > 0 else -1
