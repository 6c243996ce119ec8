"""What rests in the dark: orders as records of one int64 array, and trees over their arrival rank.

The whole book is one array ``m``, so that compiled code passes a single argument around (Numba's compile time
grows with the arguments, not with what is done with them). A record is named by the address of its first cell:
``m[x + LEAVES]`` is the open quantity of order ``x``. The first ``BOOK_HEADER`` cells say where the rest is;
the owner of the array may put anything after them, and more cells after those of an order.

A tree has one leaf for each resting order, in time order; every node above keeps the best limit, the smallest
minimum quantity and the largest leaves below it. "First eligible order at or after leaf r" is one descent, and a
book full of orders that cannot trade costs no more than an empty one. A *good* limit is a limit in half units,
half tick included, times the side: whatever the side, larger trades more easily.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels._jit import inlined, kernel, runtime

I64 = NDArray[np.int64]

# Cells of the header.
BOOK_TREES: Final = 0  # address of the table of trees
BOOK_TREE_COUNT: Final = 1
BOOK_PLAN: Final = 2  # address of the planned fills
BOOK_PLAN_ROOM: Final = 3  # how many there may be
BOOK_CURSOR: Final = 4  # four cells: where the second look at resting orders goes on
BOOK_HEADER: Final = 8

# Cells of an order. The caller fills them before the order enters.
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
LEAF: Final = 12  # four cells: leaf in the trees of all, dark-limit, block and own orders, -1 where absent
RESERVED: Final = 16  # 1 while a plan holds its quantity
DARK_CELLS: Final = 17

# Trees: per side (0 buy, 1 sell) all orders, dark-limit orders (mid-tick 3-6), any-price blocks (5, 6), and
# one for each broker that prefers its own orders (R14).
TREE_ALL: Final = 0
TREE_LIMIT: Final = 2
TREE_BLOCK: Final = 4
TREE_OWN: Final = 6
# Cells of a tree.
NODES: Final = 0  # address of its nodes; node 1 is the root, node capacity + i is leaf i
CAPACITY: Final = 1
USED: Final = 2
LEAF_ORDERS: Final = 3  # address of the orders of its leaves, -1 once they left
LIVE: Final = 4
QUANTITY: Final = 5  # sum of leaves
TREE_CELLS: Final = 6
# Cells of a node.
GOOD: Final = 0
LEAST: Final = 1
LARGEST: Final = 2
NODE_CELLS: Final = 3
PLAN_CELLS: Final = 4

BIG: Final = 2**62
NO_LIMIT: Final = runtime(-(2**62))  # of a leaf nobody can trade with
NO_MINIMUM: Final = runtime(2**62)
ZERO: Final = runtime(0)
FIRST_LIMIT_KIND: Final = 3  # mid-tick 3, 4: dark limit; 5, 6: any-price block, a dark limit inside the quote
FIRST_BLOCK_KIND: Final = 5


def _capacities(capacity: int, limit_capacity: int, preferring: tuple[int, ...]) -> list[int]:
    """Return the leaves of every tree, powers of two."""
    size = 1 << max(capacity - 1, 1).bit_length()
    small = min(size, 1 << max(limit_capacity - 1, 1).bit_length()) if limit_capacity else size
    brokers = range(max(preferring, default=-1) + 1)
    return [size] * 2 + [small] * 4 + [size if broker in preferring else 0 for broker in brokers for _ in range(2)]


def book_cells(capacity: int, limit_capacity: int = 0, preferring: tuple[int, ...] = ()) -> int:
    """Return how many cells ``lay_out_book`` uses with the same arguments."""
    sizes = _capacities(capacity, limit_capacity, preferring)
    return sum((2 * NODE_CELLS + 1) * size + TREE_CELLS for size in sizes) + (2 * sizes[0] + 1) * PLAN_CELLS


def lay_out_book(m: I64, at: int, capacity: int, limit_capacity: int = 0, preferring: tuple[int, ...] = ()) -> None:
    """Make an empty book in ``m``: its header in the first cells, the rest from address ``at`` on.

    ``capacity`` bounds the orders that rest at once on a side, ``limit_capacity`` those with a dark limit (0: the
    same); leaves of orders that left are used again. ``preferring``: dense indices of brokers with a tree (R14).
    """
    sizes = _capacities(capacity, limit_capacity, preferring)
    m[BOOK_TREES], m[BOOK_TREE_COUNT] = at, len(sizes)
    trees = m[at : at + len(sizes) * TREE_CELLS].reshape(-1, TREE_CELLS)
    at += trees.size
    for tree, size in zip(trees, sizes, strict=True):
        tree[:] = (at, size, 0, at + 2 * size * NODE_CELLS, 0, 0)
        m[at : at + 2 * size * NODE_CELLS].reshape(-1, NODE_CELLS)[:] = (-BIG, BIG, 0)
        at += 2 * size * NODE_CELLS
        m[at : at + size] = -1
        at += size
    m[BOOK_PLAN], m[BOOK_PLAN_ROOM] = at, 2 * sizes[0] + 1


@inlined
def tree(m: I64, k: int) -> int:
    """Return the address of tree ``k``."""
    return int(m[BOOK_TREES] + k * TREE_CELLS)


@inlined
def root(m: I64, k: int) -> int:
    """Return the address of a tree's root node."""
    return int(m[m[BOOK_TREES] + k * TREE_CELLS + NODES] + NODE_CELLS)


@inlined
def first_leaf(m: I64, t: int, start: int, good: int, least: int, largest: int) -> int:
    """Return tree ``t``'s first leaf >= ``start`` with limit >= good, minimum <= least, leaves >= largest, or -1."""
    nodes, capacity = m[t + NODES], m[t + CAPACITY]
    if start >= capacity:
        return -1
    at = start + capacity
    while True:
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
def good_limit(m: I64, x: int) -> int:
    """Return the order's limit in half units, half tick included, times its side; a market order has no bound."""
    if m[x + PRICE] == 0:
        return BIG - 1
    return int(2 * m[x + SIDE] * m[x + PRICE] + m[x + HALF_TICK])


@inlined
def own_tree(m: I64, participant: int, side: int) -> int:
    """Return the tree of a broker's own orders on a side (0 buy, 1 sell), or -1 if it has none."""
    k = TREE_OWN + 2 * participant + side
    if k < m[BOOK_TREE_COUNT] and m[tree(m, k) + CAPACITY] > 0:
        return int(k)
    return -1


@inlined
def _tree_of(m: I64, x: int, which: int) -> int:
    """Return the address of the ``which``-th tree an order belongs in (all, limit, block, own), or -1."""
    side = 0 if m[x + SIDE] == 1 else 1
    kind = -1 if m[x + IS_SWEEP] == 1 else m[x + MID_TICK]
    k = -1
    if which == 0:
        k = TREE_ALL + side
    elif which == 1:
        if kind >= FIRST_LIMIT_KIND:
            k = TREE_LIMIT + side
    elif which == 2:
        if kind >= FIRST_BLOCK_KIND:
            k = TREE_BLOCK + side
    else:
        k = own_tree(m, m[x + PARTICIPANT], side)
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
    for which in range(4):
        t = _tree_of(m, x, which)
        if t >= 0 and 4 * (m[t + LIVE] + 1) > 3 * m[t + CAPACITY]:
            return False
    return True


@kernel
def insert(m: I64, x: int, rank: int) -> None:
    """Let an order rest, behind everything that rests already (R12, R13). ``rank`` ascends over calls."""
    m[x + RANK] = rank
    for which in range(4):
        m[x + LEAF + which] = -1
        t = _tree_of(m, x, which)
        if t < 0:
            continue
        if m[t + USED] == m[t + CAPACITY]:
            _compact(m, t, which)
        at = m[t + USED]
        m[t + USED] += 1
        m[t + LIVE] += 1
        m[t + QUANTITY] += m[x + LEAVES]
        m[x + LEAF + which] = at
        m[m[t + LEAF_ORDERS] + at] = x
        _set_leaf(m, t, at, good_limit(m, x), m[x + MINIMUM], m[x + LEAVES])


@kernel
def refresh(m: I64, x: int) -> None:
    """Bring the trees up to date after a resting order's leaves or minimum changed; its priority stays (R13).

    An order without leaves leaves the book.
    """
    leaves = m[x + LEAVES]
    for which in range(4):
        at = m[x + LEAF + which]
        if at < 0:
            continue
        t = _tree_of(m, x, which)
        m[t + QUANTITY] += leaves - m[m[t + NODES] + NODE_CELLS * (m[t + CAPACITY] + at) + LARGEST]
        if leaves > 0:
            _set_leaf(m, t, at, good_limit(m, x), m[x + MINIMUM], leaves)
            continue
        m[x + LEAF + which] = -1
        m[t + LIVE] -= 1
        m[m[t + LEAF_ORDERS] + at] = -1
        _set_leaf(m, t, at, NO_LIMIT, NO_MINIMUM, ZERO)
    if leaves == 0:
        m[x + RANK] = -1


@kernel
def remove(m: I64, x: int) -> None:
    """Take a resting order out of the book: it was cancelled, or is about to lose its priority."""
    leaves = m[x + LEAVES]
    m[x + LEAVES] = 0
    refresh(m, x)
    m[x + LEAVES] = leaves
