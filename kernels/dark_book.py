"""The Centre Point book: who meets whom, at what price, in which order (domain.md 1.3, R1-R28).

The one implementation of the matching rules. A ``DarkBook`` is a handful of int64 arrays, so that compiled
code can keep it; orders are rows of ``order``, named by their row number, the *slot*. What rests is found
through trees over arrival rank: a leaf is one resting order, in time order, and every node above keeps the
best limit, the smallest minimum quantity and the largest leaves below it. "First eligible order at or after
leaf r" is then one descent, and a book full of orders that cannot trade costs no more than an empty one.

Prices of matches are in half price units (``price2``), so that the mid is exact. A *good* limit is a limit
in half units, half tick included (R5), times the side: whatever the side, larger trades more easily.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import inlined, kernel
from kernels.conventions import NULL

I64 = NDArray[np.int64]

# Columns of an order's row. The caller fills them before the order enters; owners of the array may add more.
SIDE: Final = 0  # +1 buy, -1 sell
PRICE: Final = 1  # limit in price units, 0 is a market order
LEAVES: Final = 2
HALF_TICK: Final = 3  # one tick where the limit is improved by half a tick (mid-tick 1, 4, 6), else 0: half units
MID_TICK: Final = 4
MINIMUM: Final = 5  # minimum quantity, 0 none
SINGLE_FILL: Final = 6  # 1: one contra must supply the minimum; else several may (R17)
PARTICIPANT: Final = 7  # dense index of the broker
CROSSING_KEY: Final = 8
OWN_ONLY: Final = 9  # 1: trades with its own broker only
IS_SWEEP: Final = 10
RANK: Final = 11  # time priority while it rests in the dark, else -1
LEAF: Final = 12  # four columns: leaf in the trees of all, dark-limit, block and own orders, -1 where absent
RESERVED: Final = 16  # 1 while a plan holds its quantity
DARK_COLUMNS: Final = 17

# Trees: per side (0 buy, 1 sell) all orders, dark-limit orders (mid-tick 3-6), any-price blocks (5, 6), and
# one for each broker that prefers its own orders (R14).
TREE_ALL: Final = 0
TREE_LIMIT: Final = 2
TREE_BLOCK: Final = 4
TREE_OWN: Final = 6
# Columns of the table of trees.
FIRST_NODE: Final = 0
CAPACITY: Final = 1
USED: Final = 2
FIRST_LEAF: Final = 3
LIVE: Final = 4
QUANTITY: Final = 5  # sum of leaves
# Columns of a node, and of a planned fill.
GOOD: Final = 0
LEAST: Final = 1
LARGEST: Final = 2
PLAN_SLOT: Final = 0
PLAN_QUANTITY: Final = 1
PLAN_PRICE2: Final = 2
PLAN_RULE: Final = 3

RULE_MID: Final = 1
RULE_DARK_LIMIT: Final = 2
RULE_BLOCK: Final = 3

_BIG: Final = 2**62
_FIRST_LIMIT_KIND: Final = 3  # mid-tick 3, 4: dark limit; 5, 6: any-price block, a dark limit inside the quote
_FIRST_BLOCK_KIND: Final = 5


class DarkBook(NamedTuple):
    """The arrays of one book, all int64 and C-contiguous."""

    order: I64  # (slots, >= DARK_COLUMNS)
    node: I64  # (nodes, 3)
    tree: I64  # (trees, 6)
    leaf: I64  # (leaves,) slot of each leaf, -1 once it left
    plan: I64  # (fills, 4) fills of the incoming order, filled by plan_fills


def new_dark_book(order: I64, capacity: int, preferring: tuple[int, ...] = (), limit_capacity: int = 0) -> DarkBook:
    """Return an empty book over the rows of ``order``.

    ``capacity`` bounds the orders that rest at once on a side; leaves of orders that left are reused when a
    tree is full. ``preferring`` lists the dense indices of brokers that prefer their own orders.
    """
    size = 1 << max(capacity - 1, 1).bit_length()
    small = min(size, 1 << max(limit_capacity - 1, 1).bit_length()) if limit_capacity else size
    brokers = max(preferring, default=-1) + 1
    tree = np.zeros((TREE_OWN + 2 * brokers, 6), np.int64)
    tree[:, CAPACITY] = (
        [size] * 2 + [small] * 4 + [size if b in preferring else 0 for b in range(brokers) for _ in "12"]
    )
    tree[1:, FIRST_NODE] = np.cumsum(2 * tree[:-1, CAPACITY])
    tree[1:, FIRST_LEAF] = np.cumsum(tree[:-1, CAPACITY])
    node = np.empty((2 * int(tree[:, CAPACITY].sum()), 3), np.int64)
    node[:] = (-_BIG, _BIG, 0)
    leaf = np.full(int(tree[:, CAPACITY].sum()), -1, np.int64)
    order[:, RANK : LEAF + 4] = -1
    return DarkBook(order, node, tree, leaf, np.zeros((2 * size + 1, 4), np.int64))


@inlined
def _first_leaf(node: I64, first: int, capacity: int, start: int, good: int, least: int, largest: int) -> int:
    """Return the first leaf >= ``start`` with such a limit, minimum <= ``least`` and leaves >= ``largest``, or -1."""
    if start >= capacity:
        return -1
    at = start + capacity
    while True:
        i = first + at
        if node[i, GOOD] >= good and node[i, LEAST] <= least and node[i, LARGEST] >= largest:
            if at >= capacity:
                return at - capacity
            at *= 2
        else:
            while at & 1:
                at >>= 1
            if at == 0:
                return -1
            at += 1


@inlined
def _set_leaf(node: I64, first: int, capacity: int, leaf: int, good: int, least: int, largest: int) -> None:
    """Write a leaf and every node above it that changes."""
    at = leaf + capacity
    while True:
        i = first + at
        node[i, GOOD] = good
        node[i, LEAST] = least
        node[i, LARGEST] = largest
        at >>= 1
        if at == 0:
            return
        low = first + 2 * at
        good = max(node[low, GOOD], node[low + 1, GOOD])
        least = min(node[low, LEAST], node[low + 1, LEAST])
        largest = max(node[low, LARGEST], node[low + 1, LARGEST])
        i = first + at
        if node[i, GOOD] == good and node[i, LEAST] == least and node[i, LARGEST] == largest:
            return


@inlined
def good_limit(order: I64, slot: int) -> int:
    """Return the order's limit in half units, half tick included, times its side; a market order has no bound."""
    if order[slot, PRICE] == 0:
        return _BIG - 1
    return int(2 * order[slot, SIDE] * order[slot, PRICE] + order[slot, HALF_TICK])


@inlined
def _tree_of(book: DarkBook, slot: int, which: int) -> int:
    """Return the ``which``-th tree an order belongs in (all, limit, block, own), or -1."""
    side = 0 if book.order[slot, SIDE] == 1 else 1
    kind = -1 if book.order[slot, IS_SWEEP] == 1 else book.order[slot, MID_TICK]
    if which == 0:
        return TREE_ALL + side
    if which == 1:
        return TREE_LIMIT + side if kind >= _FIRST_LIMIT_KIND else -1
    if which == 2:
        return TREE_BLOCK + side if kind >= _FIRST_BLOCK_KIND else -1
    return own_tree(book, book.order[slot, PARTICIPANT], side)


@inlined
def own_tree(book: DarkBook, participant: int, side: int) -> int:
    """Return the tree of a broker's own orders on a side (0 buy, 1 sell), or -1 if it has none."""
    k = TREE_OWN + 2 * participant + side
    if k < len(book.tree) and book.tree[k, CAPACITY] > 0:
        return int(k)
    return -1


@inlined
def _compact(book: DarkBook, k: int, which: int) -> None:
    """Move the live leaves of a full tree to its front, in time order."""
    node, tree, leaf = book.node, book.tree, book.leaf
    first, capacity, base = tree[k, FIRST_NODE], tree[k, CAPACITY], tree[k, FIRST_LEAF]
    kept = 0
    for i in range(tree[k, USED]):
        slot = leaf[base + i]
        if slot >= 0:
            leaf[base + kept] = slot
            book.order[slot, LEAF + which] = kept
            for c in range(3):
                node[first + capacity + kept, c] = node[first + capacity + i, c]
            kept += 1
    for i in range(kept, capacity):
        leaf[base + i] = -1
        node[first + capacity + i, GOOD] = -_BIG
        node[first + capacity + i, LEAST] = _BIG
        node[first + capacity + i, LARGEST] = 0
    for at in range(capacity - 1, 0, -1):
        low = first + 2 * at
        node[first + at, GOOD] = max(node[low, GOOD], node[low + 1, GOOD])
        node[first + at, LEAST] = min(node[low, LEAST], node[low + 1, LEAST])
        node[first + at, LARGEST] = max(node[low, LARGEST], node[low + 1, LARGEST])
    tree[k, USED] = kept


@kernel
def has_room(book: DarkBook, slot: int) -> bool:
    """Tell if the order can rest: every tree it belongs in keeps a quarter of its leaves free."""
    for which in range(4):
        k = _tree_of(book, slot, which)
        if k >= 0 and 4 * (book.tree[k, LIVE] + 1) > 3 * book.tree[k, CAPACITY]:
            return False
    return True


@kernel
def insert(book: DarkBook, slot: int, rank: int) -> None:
    """Let an order rest, behind everything that rests already (R12, R13). ``rank`` ascends over calls."""
    order, tree = book.order, book.tree
    order[slot, RANK] = rank
    good = good_limit(order, slot)
    for which in range(4):
        k = _tree_of(book, slot, which)
        order[slot, LEAF + which] = -1
        if k < 0:
            continue
        if tree[k, USED] == tree[k, CAPACITY]:
            _compact(book, k, which)
        at = tree[k, USED]
        tree[k, USED] += 1
        tree[k, LIVE] += 1
        tree[k, QUANTITY] += order[slot, LEAVES]
        order[slot, LEAF + which] = at
        book.leaf[tree[k, FIRST_LEAF] + at] = slot
        least, largest = order[slot, MINIMUM], order[slot, LEAVES]
        _set_leaf(book.node, tree[k, FIRST_NODE], tree[k, CAPACITY], at, good, least, largest)


@kernel
def remove(book: DarkBook, slot: int) -> None:
    """Take a resting order out of the book: it was cancelled, filled, or is about to lose its priority."""
    order, tree = book.order, book.tree
    for which in range(4):
        at = order[slot, LEAF + which]
        if at < 0:
            continue
        k = _tree_of(book, slot, which)
        order[slot, LEAF + which] = -1
        tree[k, LIVE] -= 1
        tree[k, QUANTITY] -= book.node[tree[k, FIRST_NODE] + tree[k, CAPACITY] + at, LARGEST]
        book.leaf[tree[k, FIRST_LEAF] + at] = -1
        _set_leaf(book.node, tree[k, FIRST_NODE], tree[k, CAPACITY], at, -_BIG, _BIG, 0)
    order[slot, RANK] = -1


@kernel
def refresh(book: DarkBook, slot: int) -> None:
    """Bring the trees up to date after a resting order's leaves or minimum changed; its priority stays (R13)."""
    order, tree = book.order, book.tree
    if order[slot, LEAVES] == 0:
        remove(book, slot)
        return
    good = good_limit(order, slot)
    for which in range(4):
        at = order[slot, LEAF + which]
        if at < 0:
            continue
        k = _tree_of(book, slot, which)
        first, capacity = tree[k, FIRST_NODE], tree[k, CAPACITY]
        tree[k, QUANTITY] += order[slot, LEAVES] - book.node[first + capacity + at, LARGEST]
        _set_leaf(book.node, first, capacity, at, good, order[slot, MINIMUM], order[slot, LEAVES])


@inlined
def reduce_leaves(order: I64, slot: int, quantity: int) -> None:
    """Take a fill off an order; a minimum larger than what remains falls away (R17)."""
    order[slot, LEAVES] -= quantity
    if order[slot, LEAVES] < order[slot, MINIMUM]:
        order[slot, MINIMUM] = 0


@inlined
def _take(book: DarkBook, x: int, k: int, good: int, price2: int, rule: int, left: int, n: int) -> tuple[int, int]:
    """Plan fills of ``x`` at one price with tree ``k`` in time order; return what is left and the plan's length."""
    order, tree, plan = book.order, book.tree, book.plan
    start = 0
    while left > 0 and n < len(plan):
        need = 1  # R17: one contra must supply the minimum of a single-fill order, until less than it is left
        if order[x, SINGLE_FILL] == 1 and left >= order[x, MINIMUM]:
            need = max(need, order[x, MINIMUM])
        at = _first_leaf(book.node, tree[k, FIRST_NODE], tree[k, CAPACITY], start, good, left, need)
        if at < 0:
            break
        start = at + 1
        c = book.leaf[tree[k, FIRST_LEAF] + at]
        if order[c, RESERVED] == 1:
            continue
        if rule == RULE_DARK_LIMIT and order[c, LEAF + 1] < 0:
            continue  # a broker's own tree holds its mid-point-only orders too (R9)
        apart = order[c, PARTICIPANT] != order[x, PARTICIPANT]
        if apart and (order[x, OWN_ONLY] == 1 or order[c, OWN_ONLY] == 1):
            continue
        quantity = min(left, order[c, LEAVES])
        plan[n, PLAN_SLOT] = c
        plan[n, PLAN_QUANTITY] = quantity
        plan[n, PLAN_PRICE2] = price2
        plan[n, PLAN_RULE] = rule
        order[c, RESERVED] = 1
        left -= quantity
        n += 1
    return left, n


@inlined
def _take_inside(
    book: DarkBook, x: int, bid: int, offer: int, tick: int, everyone: int, limits: int, left: int, n: int
) -> tuple[int, int]:
    """Plan fills strictly inside the quote: at the mid (R9, R12), for dark limits from their best price on (R10)."""
    order = book.order
    side = order[x, SIDE]
    good, mid2 = good_limit(order, x), bid + offer
    meets_mid = good >= side * mid2
    if order[x, IS_SWEEP] == 1 or order[x, MID_TICK] < _FIRST_LIMIT_KIND:
        if meets_mid:
            left, n = _take(book, x, everyone, -side * mid2, mid2, RULE_MID, left, n)
        return left, n
    # Signed prices v = side x price ascend from the best for x; on ticks strictly inside the quote.
    lowest, highest = (bid // tick + 1) * tick, (offer - 1) // tick * tick
    v, end = (lowest, highest) if side == 1 else (-highest, -lowest)
    best = book.node[book.tree[limits, FIRST_NODE] + 1, GOOD]
    if -best > 2 * v:  # nobody to meet before the best contra limit
        v += (-best - 2 * v + 2 * tick - 1) // (2 * tick) * tick
    mid_done = False
    while left > 0 and v <= end and 2 * v <= good:
        if not mid_done and 2 * v >= side * mid2:
            mid_done = True
            left, n = _take(book, x, everyone, -side * mid2, mid2, RULE_MID, left, n)
            if 2 * v == side * mid2:
                v += tick
            continue
        left, n = _take(book, x, limits, -2 * v, side * 2 * v, RULE_DARK_LIMIT, left, n)
        v += tick
    if meets_mid and not mid_done:
        left, n = _take(book, x, everyone, -side * mid2, mid2, RULE_MID, left, n)
    return left, n


@inlined
def _take_blocks(book: DarkBook, x: int, touch: int, tier: int, left: int, n: int) -> tuple[int, int]:
    """Plan fills at or outside the quote with any-price blocks, by price, then time (R11)."""
    order, plan = book.order, book.plan
    side = order[x, SIDE]
    k = TREE_BLOCK + (1 if side == 1 else 0)
    bound = side * order[x, PRICE] if order[x, PRICE] != 0 else _BIG
    floor, floor_at = -_BIG, -1  # candidates are visited once, in ascending (v, leaf)
    while left > 0 and n < len(plan):
        found, v, found_at = -1, _BIG, -1
        for at in range(book.tree[k, USED]):
            c = book.leaf[book.tree[k, FIRST_LEAF] + at]
            if c < 0:
                continue
            price = max(side * touch, side * order[c, PRICE]) if order[c, PRICE] != 0 else side * touch
            if (price > floor or (price == floor and at > floor_at)) and price < v:
                found, v, found_at = c, price, at
        if found < 0 or v > bound:
            break
        floor, floor_at = v, found_at
        need = order[x, MINIMUM] if left >= order[x, MINIMUM] and order[x, SINGLE_FILL] == 1 else 1
        quantity = min(left, order[found, LEAVES])
        apart = order[found, PARTICIPANT] != order[x, PARTICIPANT]
        barred = apart and (order[x, OWN_ONLY] == 1 or order[found, OWN_ONLY] == 1)
        if order[found, RESERVED] == 1 or barred or quantity < need or order[found, MINIMUM] > left:
            continue
        if quantity * side * v < tier:
            continue
        plan[n, PLAN_SLOT] = found
        plan[n, PLAN_QUANTITY] = quantity
        plan[n, PLAN_PRICE2] = 2 * side * v
        plan[n, PLAN_RULE] = RULE_BLOCK
        order[found, RESERVED] = 1
        left -= quantity
        n += 1
    return left, n


@kernel
def plan_fills(book: DarkBook, x: int, bid: int, offer: int, tick: int, tier: int, locked: bool) -> int:
    """Fill ``book.plan`` with what order ``x`` trades now, and return how many fills that is.

    x : slot of the incoming order; or of a resting one that is looked at again (R23).
    bid, offer, tick : the national quote and the tick, price units; NULL where a side is empty.
    tier : least value of a block trade, price units x shares. locked : match at a locked quote too (R4).
    The book is not changed, but the planned contras are reserved until ``release_plan``.
    """
    order = book.order
    if bid == NULL or offer == NULL or bid > offer or (bid == offer and not locked):
        return 0
    side = order[x, SIDE]
    other = 1 if side == 1 else 0
    left, n = order[x, LEAVES], 0
    own = own_tree(book, order[x, PARTICIPANT], other)
    if own >= 0:  # R14: own resting orders first, in time order
        left, n = _take_inside(book, x, bid, offer, tick, own, own, left, n)
    left, n = _take_inside(book, x, bid, offer, tick, TREE_ALL + other, TREE_LIMIT + other, left, n)
    incoming = order[x, RANK] < 0
    if incoming and bid < offer and (order[x, IS_SWEEP] == 1 or order[x, MID_TICK] >= _FIRST_BLOCK_KIND):
        left, n = _take_blocks(book, x, offer if side == 1 else bid, tier, left, n)
    if order[x, LEAVES] - left < order[x, MINIMUM]:
        release_plan(book, n)
        return 0
    return n


@kernel
def release_plan(book: DarkBook, n: int) -> None:
    """Forget the reservations of the first ``n`` planned fills."""
    for i in range(n):
        book.order[book.plan[i, PLAN_SLOT], RESERVED] = 0


@kernel
def next_resting(book: DarkBook, bid: int, offer: int, tick: int, locked: bool, cursor: I64) -> int:
    """Return the oldest resting order that may trade with another resting one at this quote, or -1 (R23).

    cursor : (4,) int64, zeros at first; where the search goes on in the trees of all and of limit orders.
    The caller looks at the order with ``plan_fills``, settles, and asks again until -1 comes back.
    """
    if bid == NULL or offer == NULL or bid > offer or (bid == offer and not locked):
        return -1
    order, node, tree = book.order, book.node, book.tree
    mid2 = bid + offer
    lowest, highest = (bid // tick + 1) * tick, (offer - 1) // tick * tick
    buys, sells = node[tree[TREE_LIMIT, FIRST_NODE] + 1, GOOD], node[tree[TREE_LIMIT + 1, FIRST_NODE] + 1, GOOD]
    lowest = max(lowest, -(sells // 2 // tick * tick))
    highest = min(highest, buys // 2 // tick * tick)
    at_mid = node[tree[0, FIRST_NODE] + 1, GOOD] >= mid2 and node[tree[1, FIRST_NODE] + 1, GOOD] >= -mid2
    found = -1
    for k in range(4):
        if (k < 2 and not at_mid) or (k >= 2 and lowest > highest):
            continue
        good = (mid2 if k == 0 else -mid2) if k < 2 else (2 * lowest if k == 2 else -2 * highest)
        contra = TREE_ALL + 1 - k % 2
        least, largest = tree[contra, QUANTITY], node[tree[contra, FIRST_NODE] + 1, LEAST]
        at = _first_leaf(node, tree[k, FIRST_NODE], tree[k, CAPACITY], cursor[k], good, least, largest)
        if at < 0:
            cursor[k] = tree[k, CAPACITY]
            continue
        cursor[k] = at
        slot = book.leaf[tree[k, FIRST_LEAF] + at]
        if found < 0 or order[slot, RANK] < order[found, RANK]:
            found = slot
    if found >= 0:
        side = 0 if order[found, SIDE] == 1 else 1
        cursor[side] = max(cursor[side], order[found, LEAF] + 1)
        if order[found, LEAF + 1] >= 0:
            cursor[2 + side] = max(cursor[2 + side], order[found, LEAF + 1] + 1)
    return int(found)
