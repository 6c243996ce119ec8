"""Where the dark book's cells are: one int64 array with a header, records of orders, trees over what rests.

The whole book is one array ``m``, so that compiled code passes a single argument around (Numba's compile time
grows with the arguments, not with what is done with them). A record is named by the address of its first cell:
``m[x + LEAVES]`` is the open quantity of order ``x``. The first ``BOOK_HEADER`` cells say where the rest is;
the owner of the array may put anything after them, and more cells after those of an order.

A *good* limit is a limit in half units, half tick included, times the side: whatever the side, larger trades more
easily.
"""

from typing import Final

from kernels.base.columns import I64
from kernels.base.compiling import inlined, runtime

# Cells of the header.
BOOK_TREES: Final = 0  # address of the table of trees
BOOK_TREE_COUNT: Final = 1
BOOK_PLAN: Final = 2  # address of the planned fills
BOOK_PLAN_ROOM: Final = 3  # how many there may be
BOOK_CURSOR: Final = 4  # where a second look at resting orders goes on: leaf of the buys, of the sells, time priority
BOOK_SCRATCH: Final = 7  # address of ``SCRATCH_CELLS`` cells
BOOK_INDEXED: Final = 8  # 1 once the price indexes are kept
BOOK_BY_BROKER: Final = 9  # 1 once the trees by broker are kept
SUPPLY: Final = 10  # what contras may supply: leaves of those without minimum,
SUPPLY_MOST: Final = 11  # the largest of them,
SUPPLY_HELD: Final = 12  # and bit k where there are some whose minimum is of class k
BOOK_HEADER: Final = 13
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
GROUP: Final = 17  # group of the price indexes it rests in
SHOWN: Final = 18  # leaves that the price indexes count
DARK_CELLS: Final = 19
# Trees: per side (0 buy, 1 sell) all orders that strangers may meet, dark-limit orders among them (mid-tick 3-6),
# any-price blocks (5, 6), orders that trade with their own broker only by broker, all others by broker (kept once
# there is an order of the former kind), and one for each broker that prefers its own orders (R14).
TREE_ALL: Final = 0
TREE_LIMIT: Final = 2
TREE_BLOCK: Final = 4
TREE_SHUT: Final = 6
TREE_BROKER: Final = 8
TREE_OWN: Final = 10
# Cells of a tree. The trees SHUT and BROKER have a price index only.
NODES: Final = 0  # address of the nodes of its rank tree; node 1 is the root, node capacity + i is leaf i
CAPACITY: Final = 1
USED: Final = 2
LEAF_ORDERS: Final = 3  # address of the orders of its leaves, -1 once they left
LIVE: Final = 4
KIND: Final = 5  # what its orders' LEAF cell is: 0 all, 1 limit, 2 block, 3 own; 4: by broker, no rank tree
FREE_NODE: Final = 6  # price index: first free node, 0 none
FRESH_NODE: Final = 7  # the next node never used
FILLED: Final = 8  # bit g is set where group g has orders
ENTRIES: Final = 9  # root entries of the groups
KIND_LIMIT: Final = 1  # no price index: it would be a part of that of all orders
KIND_BLOCK: Final = 2  # ranks by price without the half tick (R11)
KIND_BROKER: Final = 4
# Cells of a node of the rank tree.
GOOD: Final = 0
LEAST: Final = 1
LARGEST: Final = 2
NODE_CELLS: Final = 3
# Cells of an entry of the price index: what is below, and its totals.
BELOW: Final = 0  # 0 nothing, > 0 a node's name, < 0 minus the address of an order
SUM: Final = 1  # of leaves
MOST: Final = 2  # largest leaves
SMALLEST: Final = 3  # smallest minimum quantity
OLDEST: Final = 4  # least time priority
WORD: Final = 5  # price word of an order that is or was below: its bits above those that part the orders below
ENTRY_CELLS: Final = 6
INDEX_NODE_CELLS: Final = 2 * ENTRY_CELLS
BIT_BITS: Final = 7  # a node is named by its address and, in the lowest bits, the bit of the key its entries differ in
BIT_CELL: Final = 1 << BIT_BITS
# Groups of a price index: 0 no minimum quantity, then CLASSES by size of a minimum that several contras may supply,
# then CLASSES of those that a single one must; + LIMIT_GROUP for dark limits.
CLASSES: Final = 8
CLASS_BITS: Final = 3  # sizes of a class lie within a factor of 2^CLASS_BITS
LIMIT_GROUP: Final = 1 + 2 * CLASSES
GROUPS: Final = 2 * LIMIT_GROUP
TREE_CELLS: Final = ENTRIES + GROUPS * ENTRY_CELLS
PLAN_CELLS: Final = 4
TALLY: Final = 512  # scratch cells from here on: totals of the groups of three trees,
TALLY_CELLS: Final = 3 * GROUPS + 1  # sum, largest leaves and smallest minimum of each; which groups have any
HELD: Final = TALLY + 3 * TALLY_CELLS  # and what the supply's orders of each class have: the same three
SCRATCH_CELLS: Final = HELD + 3 * CLASSES
BIG: Final = 2**62
NO_LIMIT: Final = runtime(-(2**62))  # of a leaf nobody can trade with
NO_MINIMUM: Final = runtime(2**62)
ZERO: Final = runtime(0)
FIRST_LIMIT_KIND: Final = 3  # mid-tick 3, 4: dark limit; 5, 6: any-price block, a dark limit inside the quote
FIRST_BLOCK_KIND: Final = 5


def _sizes(capacity: int, limit_capacity: int, preferring: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the leaves of every tree, a power of two, and its kind."""
    size = 1 << max(capacity - 1, 1).bit_length()
    small = min(size, 1 << max(limit_capacity - 1, 1).bit_length()) if limit_capacity else size
    brokers = range(max(preferring, default=-1) + 1)
    shared = [(size, 0)] * 2 + [(small, 1)] * 2 + [(small, 2)] * 2 + [(size, 4)] * 2 + [(2 * size, 4)] * 2
    return shared + [(size if broker in preferring else 0, 3) for broker in brokers for _ in range(2)]


def _tree_cells(size: int, kind: int) -> int:
    """Return the cells of a tree's nodes and leaves."""
    return size * ((0 if kind == KIND_LIMIT else INDEX_NODE_CELLS) + (0 if kind == KIND_BROKER else 2 * NODE_CELLS + 1))


def book_cells(capacity: int, limit_capacity: int = 0, preferring: tuple[int, ...] = ()) -> int:
    """Return how many cells ``lay_out_book`` uses with the same arguments."""
    sizes = _sizes(capacity, limit_capacity, preferring)
    trees = sum(_tree_cells(size, kind) + TREE_CELLS for size, kind in sizes)
    return trees + (2 * sizes[0][0] + 1) * PLAN_CELLS + SCRATCH_CELLS


def lay_out_book(m: I64, at: int, capacity: int, limit_capacity: int = 0, preferring: tuple[int, ...] = ()) -> None:
    """Make an empty book in ``m``: its header in the first cells, the rest from address ``at`` on.

    ``capacity`` bounds the orders that rest at once on a side, ``limit_capacity`` those with a dark limit (0: the
    same); leaves of orders that left are used again. ``preferring``: dense indices of brokers with a tree (R14).
    Memory of the price indexes is not touched before orders need it.
    """
    sizes = _sizes(capacity, limit_capacity, preferring)
    m[BOOK_TREES], m[BOOK_TREE_COUNT] = at, len(sizes)
    trees = m[at : at + len(sizes) * TREE_CELLS].reshape(-1, TREE_CELLS)
    at += trees.size
    for tree, (size, kind) in zip(trees, sizes, strict=True):
        ranked = 0 if kind == KIND_BROKER else size
        orders = at + 2 * ranked * NODE_CELLS
        tree[:ENTRIES] = (at, size, 0, orders, 0, kind, 0, orders + ranked, 0)
        tree[ENTRIES:].reshape(GROUPS, ENTRY_CELLS)[:] = (0, 0, 0, BIG, BIG, 0)
        m[at:orders].reshape(-1, NODE_CELLS)[:] = (-BIG, BIG, 0)
        m[orders : orders + ranked] = -1
        at += _tree_cells(size, kind)
    m[BOOK_PLAN], m[BOOK_PLAN_ROOM] = at, 2 * sizes[0][0] + 1
    m[BOOK_SCRATCH] = at + (2 * sizes[0][0] + 1) * PLAN_CELLS


@inlined
def tree(m: I64, k: int) -> int:
    """Return the address of tree ``k``."""
    return int(m[BOOK_TREES] + k * TREE_CELLS)


@inlined
def root(m: I64, k: int) -> int:
    """Return the address of the root node of a rank tree."""
    return int(m[m[BOOK_TREES] + k * TREE_CELLS + NODES] + NODE_CELLS)


@inlined
def good_limit(m: I64, x: int) -> int:
    """Return the order's limit in half units, half tick included, times its side; a market order has no bound."""
    if m[x + PRICE] == 0:
        return BIG - 2
    return int(2 * m[x + SIDE] * m[x + PRICE] + m[x + HALF_TICK])


@inlined
def own_tree(m: I64, participant: int, side: int) -> int:
    """Return the tree of a broker's own orders on a side (0 buy, 1 sell), or -1 if it has none."""
    k = TREE_OWN + 2 * participant + side
    if k < m[BOOK_TREE_COUNT] and m[tree(m, k) + CAPACITY] > 0:
        return int(k)
    return -1


@inlined
def is_limit(m: I64, x: int) -> bool:
    """Tell if an order is a dark limit: it may trade on ticks inside the quote, not at the mid only (R9)."""
    return bool(m[x + IS_SWEEP] == 0 and m[x + MID_TICK] >= FIRST_LIMIT_KIND)
