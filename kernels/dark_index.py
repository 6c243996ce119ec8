"""Resting orders by price: what waits at or better than a limit, and who of it is the oldest that fits.

Every tree of the dark book keeps, beside its tree over arrival rank, one binary radix tree (crit-bit: inner nodes
only where keys part) for each group of orders, over the pair of price word and time priority. Price words ascend with
how easily an order trades. Every entry knows the total leaves, the largest leaves, the smallest minimum quantity and
the oldest order below it, so that these are exact for all orders at or better than a limit, in one walk down. Walks
are as long as keys have bits that part them: the logarithm of the number of prices and orders for what markets do.
"""

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.dark_layout import (
    BELOW,
    BIG,
    BIT_BITS,
    BIT_CELL,
    BOOK_SCRATCH,
    ENTRIES,
    ENTRY_CELLS,
    FILLED,
    FREE_NODE,
    FRESH_NODE,
    GROUP,
    INDEX_NODE_CELLS,
    KIND,
    KIND_BLOCK,
    KIND_BROKER,
    LEAVES,
    MINIMUM,
    MOST,
    OLDEST,
    PARTICIPANT,
    PRICE,
    RANK,
    SHOWN,
    SIDE,
    SMALLEST,
    SUM,
    WORD,
    ZERO,
    good_limit,
)

RANK_BITS = 64  # bits of a key below this are of the time priority
GOOD_BITS = 44  # of the limit in words that begin with the broker
FARTHEST = 2 ** (GOOD_BITS - 1)  # limits beyond it are told apart no more


@inlined
def price_word(m: I64, t: int, participant: int, good: int) -> int:
    """Return the word that a good limit has in tree ``t``; BIG - 1 is better than any order's."""
    if m[t + KIND] == KIND_BROKER:
        near = min(max(good, -FARTHEST), FARTHEST - 2) if good < BIG - 1 else FARTHEST - 1
        return int((participant << GOOD_BITS) + near + FARTHEST)
    return good + BIG


@inlined
def good_of(m: I64, t: int, word: int) -> int:
    """Return the good limit of a word."""
    if m[t + KIND] == KIND_BROKER:
        return int((word & (2 * FARTHEST - 1)) - FARTHEST)
    return word - BIG


@inlined
def _word(m: I64, t: int, x: int) -> int:
    """Return the price word of an order in tree ``t``."""
    if m[t + KIND] == KIND_BLOCK and m[x + PRICE] != 0:
        return int(2 * m[x + SIDE] * m[x + PRICE] + BIG)
    return price_word(m, t, m[x + PARTICIPANT], good_limit(m, x))


@inlined
def limit_bound(m: I64, t: int) -> int:
    """Return the first bit of a key above those of the limit."""
    return RANK_BITS + (GOOD_BITS if m[t + KIND] == KIND_BROKER else RANK_BITS - 1)


@inlined
def bit_of(word: int, rank: int, at: int) -> int:
    """Return one bit of a key."""
    if at >= RANK_BITS:
        return (word >> (at - RANK_BITS)) & 1
    return (rank >> at) & 1


@inlined
def node_of(below: int) -> int:
    """Return the address of the node of that name: of its entry of keys with bit 0, the other follows."""
    return below >> BIT_BITS


@inlined
def parting_of(below: int) -> int:
    """Return the bit in which the keys of the two entries of a node differ."""
    return below & (BIT_CELL - 1)


@inlined
def top_bit(v: int) -> int:
    """Return the number of the highest bit that is set in ``v`` > 0."""
    at = ZERO
    if v >> 32:
        v >>= 32
        at += 32
    if v >> 16:
        v >>= 16
        at += 16
    if v >> 8:
        v >>= 8
        at += 8
    while v > 1:
        v >>= 1
        at += 1
    return int(at)


@inlined
def _parts(m: I64, e: int, word: int, rank: int) -> int:
    """Return the highest bit in which a key differs from all orders below entry ``e``.

    Less than the bit that these differ in themselves: in none above it; -1: it is the key of the only one.
    """
    if word != m[e + WORD]:
        return RANK_BITS + top_bit(word ^ m[e + WORD])
    if rank != m[e + OLDEST]:
        return top_bit(rank ^ m[e + OLDEST])
    return -1


@inlined
def _child(m: I64, e: int, word: int, rank: int) -> int:
    """Return the entry of the node below entry ``e`` on the way of a key."""
    below = m[e + BELOW]
    return int(node_of(below) + ENTRY_CELLS * bit_of(word, rank, parting_of(below)))


@inlined
def _sum_up(m: I64, e: int) -> None:
    """Make an entry's totals those of the two entries below it."""
    a = node_of(m[e + BELOW])
    b = a + ENTRY_CELLS
    m[e + SUM] = m[a + SUM] + m[b + SUM]
    m[e + MOST] = max(m[a + MOST], m[b + MOST])
    m[e + SMALLEST] = min(m[a + SMALLEST], m[b + SMALLEST])
    m[e + OLDEST] = min(m[a + OLDEST], m[b + OLDEST])


@inlined
def _set_entry(m: I64, e: int, below: int, total: int, most: int, smallest: int, oldest: int, word: int) -> None:
    m[e + BELOW] = below
    m[e + SUM] = total
    m[e + MOST] = most
    m[e + SMALLEST] = smallest
    m[e + OLDEST] = oldest
    m[e + WORD] = word


@inlined
def _copy_entry(m: I64, a: int, b: int) -> None:
    """Write entry ``a`` over entry ``b``."""
    _set_entry(m, b, m[a + BELOW], m[a + SUM], m[a + MOST], m[a + SMALLEST], m[a + OLDEST], m[a + WORD])


@inlined
def _new_node(m: I64, t: int) -> int:
    node = m[t + FREE_NODE]
    if node > 0:
        m[t + FREE_NODE] = m[node + BELOW]
        return int(node)
    node = m[t + FRESH_NODE]
    m[t + FRESH_NODE] = node + INDEX_NODE_CELLS
    return int(node)


@inlined
def put(m: I64, t: int, x: int) -> None:
    """Add a resting order to the index of tree ``t``, in group ``m[x + GROUP]``."""
    word, rank, leaves, minimum = _word(m, t, x), m[x + RANK], m[x + SHOWN], m[x + MINIMUM]
    e = t + ENTRIES + ENTRY_CELLS * m[x + GROUP]
    if m[e + BELOW] == 0:
        _set_entry(m, e, -x, leaves, leaves, minimum, rank, word)
        m[t + FILLED] |= 1 << m[x + GROUP]
        return
    while True:
        parts = _parts(m, e, word, rank)
        if m[e + BELOW] < 0 or parts > parting_of(m[e + BELOW]):
            break
        m[e + SUM] += leaves
        m[e + MOST] = max(m[e + MOST], leaves)
        m[e + SMALLEST] = min(m[e + SMALLEST], minimum)
        m[e + OLDEST] = min(m[e + OLDEST], rank)
        e = _child(m, e, word, rank)
    node = _new_node(m, t)
    mine = node + ENTRY_CELLS * bit_of(word, rank, parts)
    _copy_entry(m, e, 2 * node + ENTRY_CELLS - mine)
    _set_entry(m, mine, -x, leaves, leaves, minimum, rank, word)
    m[e + BELOW] = (node << BIT_BITS) + parts
    _sum_up(m, e)


@inlined
def _walk(m: I64, t: int, x: int, less: int) -> int:
    """Note the entries from the root to an order in the scratch cells; return how many are above its own.

    less : leaves that those above lose.
    """
    word, rank, path = _word(m, t, x), m[x + RANK], m[BOOK_SCRATCH]
    e = t + ENTRIES + ENTRY_CELLS * m[x + GROUP]
    depth = ZERO
    m[path] = e
    while m[e + BELOW] > 0:
        m[e + SUM] -= less
        e = _child(m, e, word, rank)
        depth += 1
        m[path + depth] = e
    return int(depth)


@inlined
def _settle(m: I64, depth: int) -> None:
    """Bring the extremes of the first ``depth`` entries of a walk up to date, from the last to the root."""
    path = m[BOOK_SCRATCH]
    for at in range(depth - 1, -1, -1):
        e = m[path + at]
        a = node_of(m[e + BELOW])
        b = a + ENTRY_CELLS
        most = max(m[a + MOST], m[b + MOST])
        smallest = min(m[a + SMALLEST], m[b + SMALLEST])
        old = min(m[a + OLDEST], m[b + OLDEST])
        if most == m[e + MOST] and smallest == m[e + SMALLEST] and old == m[e + OLDEST]:
            return
        m[e + MOST] = most
        m[e + SMALLEST] = smallest
        m[e + OLDEST] = old


@inlined
def drop(m: I64, t: int, x: int) -> None:
    """Take an order out of the index of tree ``t``."""
    path = m[BOOK_SCRATCH]
    depth = _walk(m, t, x, m[x + SHOWN])
    e = m[path + depth]
    if depth == 0:
        _set_entry(m, e, 0, 0, 0, BIG, BIG, 0)
        m[t + FILLED] ^= 1 << m[x + GROUP]
        return
    above = m[path + depth - 1]
    node = node_of(m[above + BELOW])
    _copy_entry(m, 2 * node + ENTRY_CELLS - e, above)
    m[node + BELOW] = m[t + FREE_NODE]
    m[t + FREE_NODE] = node
    _settle(m, depth - 1)


@inlined
def change(m: I64, t: int, x: int) -> None:
    """Bring the index up to date after an order's leaves or minimum changed within its group."""
    path = m[BOOK_SCRATCH]
    depth = _walk(m, t, x, m[x + SHOWN] - m[x + LEAVES])
    e = m[path + depth]
    m[e + SUM] = m[e + MOST] = m[x + LEAVES]
    m[e + SMALLEST] = m[x + MINIMUM]
    _settle(m, depth)
