"""What rests in the dark: trees over the arrival rank of orders, and how orders enter, change and leave them.

A rank tree has one leaf for each resting order, in time order; every node above keeps the best limit, the smallest
minimum quantity and the largest leaves below it. "First eligible order at or after leaf r" is one descent as long as
these three tell enough. Where they do not (orders with a good limit between orders with a small minimum), a search
gives up after ``PATIENCE`` nodes and the caller asks the price index of ``kernels.dark_index``, which the orders are
in as well. The cells are those of ``kernels.dark_layout``.
"""

from typing import Final

from kernels.base.columns import I64
from kernels.base.compiling import inlined, kernel
from kernels.dark_index import change, drop, put, top_bit
from kernels.dark_layout import (
    BIG,
    BOOK_BY_BROKER,
    BOOK_CURSOR,
    BOOK_HEADER,
    BOOK_INDEXED,
    BOOK_PLAN,
    BOOK_PLAN_ROOM,
    BOOK_TREE_COUNT,
    CAPACITY,
    CLASS_BITS,
    CLASSES,
    CROSSING_KEY,
    DARK_CELLS,
    FIRST_BLOCK_KIND,
    FIRST_LIMIT_KIND,
    GOOD,
    GROUP,
    HALF_TICK,
    IS_SWEEP,
    KIND,
    KIND_BROKER,
    KIND_LIMIT,
    LARGEST,
    LEAF,
    LEAF_ORDERS,
    LEAST,
    LEAVES,
    LIMIT_GROUP,
    LIVE,
    MID_TICK,
    MINIMUM,
    NO_LIMIT,
    NO_MINIMUM,
    NODE_CELLS,
    NODES,
    OWN_ONLY,
    PARTICIPANT,
    PLAN_CELLS,
    PRICE,
    RANK,
    RESERVED,
    SHOWN,
    SIDE,
    SINGLE_FILL,
    TREE_ALL,
    TREE_BLOCK,
    TREE_BROKER,
    TREE_LIMIT,
    TREE_SHUT,
    USED,
    ZERO,
    book_cells,
    good_limit,
    is_limit,
    lay_out_book,
    own_tree,
    tree,
)

__all__ = [  # the cells that an owner of a book fills and reads, and what it calls
    "BOOK_CURSOR",
    "BOOK_HEADER",
    "BOOK_PLAN",
    "BOOK_PLAN_ROOM",
    "CROSSING_KEY",
    "DARK_CELLS",
    "GROUP",
    "HALF_TICK",
    "IS_SWEEP",
    "LEAF",
    "LEAVES",
    "MID_TICK",
    "MINIMUM",
    "OWN_ONLY",
    "PARTICIPANT",
    "PLAN_CELLS",
    "PRICE",
    "RANK",
    "RESERVED",
    "SIDE",
    "SINGLE_FILL",
    "book_cells",
    "has_room",
    "insert",
    "lay_out_book",
    "own_tree",
    "refresh",
    "remove",
]
PATIENCE: Final = 96  # nodes a search looks at; a plain descent in a tree of 2^20 leaves takes fewer than 60
LOST_PATIENCE: Final = -2


@inlined
def first_leaf(m: I64, t: int, start: int, good: int, least: int, largest: int) -> int:
    """Return tree ``t``'s first leaf >= ``start`` with limit >= good, minimum <= least, leaves >= largest.

    -1 if there is none, LOST_PATIENCE if the nodes' extremes do not tell soon enough.
    """
    nodes, capacity = m[t + NODES], m[t + CAPACITY]
    if start >= capacity:
        return -1
    at = start + capacity
    for _ in range(PATIENCE):
        i = nodes + NODE_CELLS * at
        if m[i + GOOD] >= good and m[i + LEAST] <= least and m[i + LARGEST] >= largest:
            if at >= capacity:
                return int(at - capacity)
            at *= 2
        else:
            while at & 1:
                at >>= 1
            if at == 0:
                return -1
            at += 1
    return LOST_PATIENCE


@inlined
def _set_leaf(m: I64, t: int, leaf: int, good: int, least: int, largest: int) -> None:
    """Write a leaf and every node above it that changes."""
    nodes = m[t + NODES]
    at = leaf + m[t + CAPACITY]
    while True:
        i = nodes + NODE_CELLS * at
        m[i + GOOD] = good
        m[i + LEAST] = least
        m[i + LARGEST] = largest
        at >>= 1
        if at == 0:
            return
        low = nodes + 2 * NODE_CELLS * at
        good = max(m[low + GOOD], m[low + NODE_CELLS + GOOD])
        least = min(m[low + LEAST], m[low + NODE_CELLS + LEAST])
        largest = max(m[low + LARGEST], m[low + NODE_CELLS + LARGEST])
        i = nodes + NODE_CELLS * at
        if m[i + GOOD] == good and m[i + LEAST] == least and m[i + LARGEST] == largest:
            return


@inlined
def _group(m: I64, x: int) -> int:
    """Return the group of the price indexes an order belongs in."""
    group = LIMIT_GROUP if is_limit(m, x) else 0
    if m[x + MINIMUM] <= 1:
        return group
    group += 1 + min(top_bit(m[x + MINIMUM]) // CLASS_BITS, CLASSES - 1)
    return group + CLASSES if m[x + SINGLE_FILL] == 1 else group


@inlined
def _tree_of(m: I64, x: int, which: int) -> int:
    """Return the address of the ``which``-th tree an order belongs in (all, limit, block, own, shut, broker), or -1."""
    side = 0 if m[x + SIDE] == 1 else 1
    k = -1
    if which == 3:
        k = own_tree(m, m[x + PARTICIPANT], side)
    elif which == 2:
        if is_limit(m, x) and m[x + MID_TICK] >= FIRST_BLOCK_KIND:
            k = TREE_BLOCK + side
    elif m[x + OWN_ONLY] == 1:
        if which == 4:
            k = TREE_SHUT + side
    elif which == 5:
        if m[BOOK_BY_BROKER] == 1:
            k = TREE_BROKER + side
    elif which == 0:
        k = TREE_ALL + side
    elif which == 1 and is_limit(m, x):
        k = TREE_LIMIT + side
    return tree(m, k) if k >= 0 else -1


@inlined
def _compact(m: I64, t: int, which: int) -> None:
    """Move the live leaves of a full tree to its front, in time order."""
    nodes, capacity, orders = m[t + NODES], m[t + CAPACITY], m[t + LEAF_ORDERS]
    kept = 0
    for i in range(m[t + USED]):
        x = m[orders + i]
        if x >= 0:
            m[orders + kept] = x
            m[x + LEAF + which] = kept
            for c in range(NODE_CELLS):
                m[nodes + NODE_CELLS * (capacity + kept) + c] = m[nodes + NODE_CELLS * (capacity + i) + c]
            kept += 1
    for i in range(kept, capacity):
        m[orders + i] = -1
        m[nodes + NODE_CELLS * (capacity + i) + GOOD] = -BIG
        m[nodes + NODE_CELLS * (capacity + i) + LEAST] = BIG
        m[nodes + NODE_CELLS * (capacity + i) + LARGEST] = 0
    for at in range(capacity - 1, 0, -1):
        i, low = nodes + NODE_CELLS * at, nodes + 2 * NODE_CELLS * at
        m[i + GOOD] = max(m[low + GOOD], m[low + NODE_CELLS + GOOD])
        m[i + LEAST] = min(m[low + LEAST], m[low + NODE_CELLS + LEAST])
        m[i + LARGEST] = max(m[low + LARGEST], m[low + NODE_CELLS + LARGEST])
    m[t + USED] = kept


@kernel
def has_room(m: I64, x: int) -> bool:
    """Tell if order ``x`` can rest: every tree it belongs in keeps a quarter of its leaves free."""
    for which in range(6):
        t = _tree_of(m, x, which)
        if t >= 0 and 4 * (m[t + LIVE] + 1) > 3 * m[t + CAPACITY]:
            return False
    return True


@inlined
def _put_all(m: I64, t: int, into: int) -> None:
    """Put the orders of a rank tree into a price index."""
    for at in range(m[t + USED]):
        x = m[m[t + LEAF_ORDERS] + at]
        if x >= 0:
            m[x + GROUP], m[x + SHOWN] = _group(m, x), m[x + LEAVES]
            put(m, into, x)


@inlined
def needs_indexes(m: I64, x: int) -> bool:
    """Tell if ``x`` is more than a mid-point-only order that anyone may fill any part of, and indexes are not kept."""
    plain = m[x + MINIMUM] <= 1 and m[x + MID_TICK] < FIRST_LIMIT_KIND and m[x + OWN_ONLY] == 0
    return bool(not plain and (m[BOOK_INDEXED] == 0 or (m[x + OWN_ONLY] == 1 and m[BOOK_BY_BROKER] == 0)))


@kernel
def keep_indexes(m: I64, x: int) -> None:
    """Begin to keep what an order like ``x`` needs: price indexes, and trees by broker if it meets its own only."""
    if m[BOOK_INDEXED] == 0:
        m[BOOK_INDEXED] = 1
        for k in range(m[BOOK_TREE_COUNT]):
            t = tree(m, k)
            if m[t + KIND] != KIND_LIMIT and m[t + KIND] != KIND_BROKER:
                _put_all(m, t, t)
    if m[x + OWN_ONLY] == 1 and m[BOOK_BY_BROKER] == 0:
        m[BOOK_BY_BROKER] = 1
        for side in range(2):
            every, by_broker = tree(m, TREE_ALL + side), tree(m, TREE_BROKER + side)
            m[by_broker + LIVE] = m[every + LIVE]
            _put_all(m, every, by_broker)


@kernel
def insert(m: I64, x: int, rank: int) -> None:
    """Let an order rest, behind everything that rests already (R12, R13). ``rank`` >= 0 ascends over calls."""
    if needs_indexes(m, x):
        keep_indexes(m, x)
    m[x + RANK] = rank
    indexed = m[BOOK_INDEXED] == 1
    if indexed:
        m[x + GROUP], m[x + SHOWN] = _group(m, x), m[x + LEAVES]
    for which in range(6 if m[BOOK_BY_BROKER] == 1 else 4):
        if which < 4:
            m[x + LEAF + which] = -1
        t = _tree_of(m, x, which)
        if t < 0:
            continue
        m[t + LIVE] += 1
        if indexed and which != KIND_LIMIT:
            put(m, t, x)
        if which >= 4:
            continue
        if m[t + USED] == m[t + CAPACITY]:
            _compact(m, t, which)
        at = m[t + USED]
        m[t + USED] += 1
        m[x + LEAF + which] = at
        m[m[t + LEAF_ORDERS] + at] = x
        _set_leaf(m, t, at, good_limit(m, x), m[x + MINIMUM], m[x + LEAVES])


@inlined
def _refresh_leaf(m: I64, t: int, x: int, which: int) -> None:
    """Bring an order's leaf of a rank tree up to date; an order without leaves leaves it."""
    at = m[x + LEAF + which]
    if m[x + LEAVES] > 0:
        _set_leaf(m, t, at, good_limit(m, x), m[x + MINIMUM], m[x + LEAVES])
        return
    m[x + LEAF + which] = -1
    m[m[t + LEAF_ORDERS] + at] = -1
    _set_leaf(m, t, at, NO_LIMIT, NO_MINIMUM, ZERO)


@inlined
def _refresh_indexes(m: I64, x: int) -> None:
    """Bring an order's places in the price indexes up to date; an order without leaves leaves them."""
    was, group, shown = m[x + GROUP], _group(m, x), m[x + SHOWN]
    for which in range(6 if m[BOOK_BY_BROKER] == 1 else 4):
        if which == KIND_LIMIT or (which < 4 and m[x + LEAF + which] < 0):
            continue
        t = _tree_of(m, x, which)
        if t < 0:
            continue
        m[x + GROUP], m[x + SHOWN] = was, shown
        if m[x + LEAVES] > 0 and was == group:
            change(m, t, x)
            continue
        drop(m, t, x)
        if m[x + LEAVES] > 0:
            m[x + GROUP], m[x + SHOWN] = group, m[x + LEAVES]
            put(m, t, x)
        elif which >= 4:
            m[t + LIVE] -= 1
    m[x + GROUP], m[x + SHOWN] = group, m[x + LEAVES]


@kernel
def refresh(m: I64, x: int) -> None:
    """Bring the trees up to date after a resting order's leaves or minimum changed; its priority stays (R13).

    An order without leaves leaves the book.
    """
    if m[x + RANK] < 0:
        return
    if needs_indexes(m, x):
        keep_indexes(m, x)
    if m[BOOK_INDEXED] == 1:
        _refresh_indexes(m, x)
    for which in range(4):
        if m[x + LEAF + which] >= 0:
            t = _tree_of(m, x, which)
            _refresh_leaf(m, t, x, which)
            if m[x + LEAVES] == 0:
                m[t + LIVE] -= 1
    if m[x + LEAVES] == 0:
        m[x + RANK] = -1


@kernel
def remove(m: I64, x: int) -> None:
    """Take a resting order out of the book: it was cancelled, or is about to lose its priority."""
    leaves = m[x + LEAVES]
    m[x + LEAVES] = 0
    refresh(m, x)
    m[x + LEAVES] = leaves
