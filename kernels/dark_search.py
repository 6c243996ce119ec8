"""Searches in the price indexes of ``kernels.dark_index``: totals at or better than a limit, the oldest that fits."""

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.dark_index import GOOD_BITS, RANK_BITS, bit_of, good_of, limit_bound, node_of, parting_of, top_bit
from kernels.dark_layout import (
    BELOW,
    BIG,
    BIT_BITS,
    BIT_CELL,
    BOOK_SCRATCH,
    ENTRIES,
    ENTRY_CELLS,
    FILLED,
    GROUPS,
    MOST,
    OLDEST,
    RANK,
    SMALLEST,
    SUM,
    WORD,
    ZERO,
)


@inlined
def at_or_better(m: I64, t: int, group: int, word: int) -> int:
    """Note the entries that hold a group's orders at or better than ``word`` in the scratch cells; return how many.

    In trees by broker, the word's broker only.
    """
    e, list_, n, bound = t + ENTRIES + ENTRY_CELLS * group, m[BOOK_SCRATCH], ZERO, limit_bound(m, t)
    while m[e + BELOW] != 0:
        at = max(parting_of(m[e + BELOW]), RANK_BITS - 1) if m[e + BELOW] > 0 else RANK_BITS - 1
        other = (word ^ m[e + WORD]) >> (at - RANK_BITS + 1)
        if other != 0 or at < RANK_BITS:  # all orders below are on one side of the word, or at it
            if word <= m[e + WORD] and (word ^ m[e + WORD]) >> (bound - RANK_BITS) == 0:
                m[list_ + n] = e
                n += 1
            break
        node = node_of(m[e + BELOW])
        if bit_of(word, 0, at) == 1:
            e = node + ENTRY_CELLS
        else:
            if at < bound:
                m[list_ + n] = node + ENTRY_CELLS
                n += 1
            e = node
    return int(n)


@inlined
def totals(m: I64, t: int, word: int, into: int) -> None:
    """Write the sum of leaves, the largest leaves and the smallest minimum of each group at or better than ``word``.

    Groups without are left out; the last cell has the bits of those that have any. One function without calls that
    take the array: it is most of what a quote change costs.
    """
    bound, groups, having = limit_bound(m, t), m[t + FILLED], ZERO
    while groups != 0:
        group = top_bit(groups)
        groups ^= 1 << group
        e, total, most, smallest = t + ENTRIES + ENTRY_CELLS * group, ZERO, ZERO, BIG + ZERO
        below = m[e + BELOW]
        while below != 0:
            other, at = word ^ m[e + WORD], RANK_BITS - 1
            if below > 0:
                at = max(below & (BIT_CELL - 1), RANK_BITS - 1)
            node = below >> BIT_BITS
            if at < RANK_BITS or other >> (at - RANK_BITS + 1) != 0:
                below = 0  # all orders below are on one side of the word, or at it
                if word > m[e + WORD] or other >> (bound - RANK_BITS) != 0:
                    break
                better = e
            else:
                better, e = node + ENTRY_CELLS, node
                if (word >> (at - RANK_BITS)) & 1:
                    better, e = e, better
                below = m[e + BELOW]
                if better < e or at >= bound:
                    continue
            total += m[better + SUM]
            most = max(most, m[better + MOST])
            smallest = min(smallest, m[better + SMALLEST])
        if total > 0:
            having |= 1 << group
            m[into + 3 * group] = total
            m[into + 3 * group + 1] = most
            m[into + 3 * group + 2] = smallest
    m[into + 3 * GROUPS] = having


@inlined
def oldest(m: I64, t: int, group: int, word: int, minimum: int, leaves: int, start: int, found: int) -> int:
    """Return the oldest of a group at or better than ``word`` with its minimum <= and its leaves >= those given.

    start : least time priority. found : an order that wins unless an older one is found, or 0. Returns an order or 0.
    A subtree is left out by its totals: one of more than one price is entered only if it has an order that fits in
    each respect by itself, so what a search costs grows with the prices that have orders that fit, not with orders.
    """
    before, e = m[found + RANK] if found > 0 else BIG + ZERO, t + ENTRIES + ENTRY_CELLS * group
    if m[e + OLDEST] >= before or m[e + SMALLEST] > minimum or m[e + MOST] < leaves:
        return int(found)
    n = at_or_better(m, t, group, word)
    first = m[BOOK_SCRATCH]
    for i in range(n - 1):  # the entry with the oldest order comes first
        if m[m[first + i] + OLDEST] < m[m[first + n - 1] + OLDEST]:
            m[first + i], m[first + n - 1] = m[first + n - 1], m[first + i]
    while n > 0:
        n -= 1
        e = m[first + n]
        below = m[e + BELOW]
        if m[e + OLDEST] >= before or m[e + SMALLEST] > minimum or m[e + MOST] < leaves:
            continue
        if below < 0:
            if m[e + OLDEST] >= start:
                found, before = -below, m[e + OLDEST]
            continue
        a, by_price = node_of(below), parting_of(below) >= RANK_BITS
        b = a + ENTRY_CELLS
        if by_price and m[a + OLDEST] > m[b + OLDEST]:
            a, b = b, a
        m[first + n] = b
        n += 1
        if by_price or m[b + OLDEST] > start:
            m[first + n] = a
            n += 1
    return int(found)


@inlined
def oldest_of_all(m: I64, t: int, groups: int, word: int, minimum: int, leaves: int, start: int, found: int) -> int:
    """Return the oldest order that fits, as ``oldest``, over all groups from ``groups`` on."""
    filled = m[t + FILLED] >> groups << groups
    while filled != 0:
        group = top_bit(filled)
        filled ^= 1 << group
        found = oldest(m, t, group, word, minimum, leaves, start, found)
    return int(found)


@inlined
def _next_word(m: I64, t: int, group: int, word: int, bound: int) -> int:
    """Return the largest price word of a group below ``word`` that differs from it in bits below ``bound``, or -1."""
    e, worse = t + ENTRIES + ENTRY_CELLS * group, ZERO
    while m[e + BELOW] != 0:
        at = max(parting_of(m[e + BELOW]), RANK_BITS - 1) if m[e + BELOW] > 0 else RANK_BITS - 1
        other = (word ^ m[e + WORD]) >> (at - RANK_BITS + 1)
        if other != 0 or at < RANK_BITS:
            if word > m[e + WORD] and (word ^ m[e + WORD]) >> (bound - RANK_BITS) == 0:
                worse = e
            break
        node = node_of(m[e + BELOW])
        if bit_of(word, 0, at) == 1:
            if at < bound:
                worse = node
            e = node + ENTRY_CELLS
        else:
            e = node
    if worse == 0:
        return -1
    while m[worse + BELOW] > 0 and parting_of(m[worse + BELOW]) >= RANK_BITS:
        worse = node_of(m[worse + BELOW]) + ENTRY_CELLS
    return int(m[worse + WORD])


@inlined
def next_good(m: I64, t: int, groups: int, word: int) -> int:
    """Return the best good limit of all groups from ``groups`` on that is worse than ``word``; -BIG if there is none.

    In trees by broker, of the word's broker only.
    """
    best = -1 + ZERO
    filled = m[t + FILLED] >> groups << groups
    while filled != 0:
        group = top_bit(filled)
        filled ^= 1 << group
        best = max(best, _next_word(m, t, group, word, limit_bound(m, t)))
    return good_of(m, t, best) if best >= 0 else -BIG


@inlined
def next_broker(m: I64, t: int, broker: int) -> int:
    """Return the last broker before ``broker`` that has an order in a tree by broker, or -1."""
    best = -1 + ZERO
    filled = m[t + FILLED]
    while filled != 0:
        group = top_bit(filled)
        filled ^= 1 << group
        best = max(best, _next_word(m, t, group, broker << GOOD_BITS, 2 * RANK_BITS - 1))
    return best >> GOOD_BITS if best >= 0 else -1
