"""Which resting orders may trade at all: what contras can supply at a price, and who that could satisfy.

The conditions are necessary, not always sufficient: contras with a minimum quantity count as supply for everyone whose
leaves reach the smallest such minimum, though one of them may need more.
"""

import numpy as np
from numpy.typing import NDArray

from kernels._jit import inlined
from kernels.dark_index import price_word
from kernels.dark_layout import (
    BIG,
    BOOK_BY_BROKER,
    BOOK_SCRATCH,
    GROUPS,
    LEAVES,
    LIMIT_GROUP,
    LIVE,
    MINIMUM,
    OWN_ONLY,
    PARTICIPANT,
    SINGLE_FILL,
    SUPPLY,
    SUPPLY_HELD,
    SUPPLY_HELD_MOST,
    SUPPLY_MOST,
    SUPPLY_NEEDS,
    TALLY,
    TALLY_CELLS,
    TREE_ALL,
    TREE_BROKER,
    TREE_SHUT,
    tree,
)
from kernels.dark_search import next_broker, oldest, oldest_of_all, totals

I64 = NDArray[np.int64]


@inlined
def no_supply(m: I64) -> None:
    """Forget what was counted as supply."""
    m[SUPPLY] = m[SUPPLY_MOST] = m[SUPPLY_HELD] = m[SUPPLY_HELD_MOST] = 0
    m[SUPPLY_NEEDS] = BIG


@inlined
def tally(m: I64, area: int, t: int, word: int) -> None:
    """Note the totals of the groups of tree ``t`` at or better than ``word`` in the scratch cells."""
    totals(m, t, word, m[BOOK_SCRATCH] + TALLY + TALLY_CELLS * area)


@inlined
def add_supply(m: I64, area: int) -> None:
    """Count what was tallied as supply."""
    at = m[BOOK_SCRATCH] + TALLY + TALLY_CELLS * area
    for group in range(GROUPS):
        i = at + 3 * group
        if m[i] == 0:
            continue
        held = 2 if group % LIMIT_GROUP > 0 else 0
        m[SUPPLY + held] += m[i]
        m[SUPPLY_MOST + held] = max(m[SUPPLY_MOST + held], m[i + 1])
        if held > 0:
            m[SUPPLY_NEEDS] = min(m[SUPPLY_NEEDS], m[i + 2])


@inlined
def supply_for(m: I64, x: int, contra: int, good: int) -> None:
    """Count what order ``x`` may meet on side ``contra`` at or better than a good limit."""
    no_supply(m)
    broker = m[x + PARTICIPANT]
    t = tree(m, (TREE_BROKER if m[x + OWN_ONLY] == 1 else TREE_ALL) + contra)
    tally(m, 0, t, price_word(m, t, broker, good))
    add_supply(m, 0)
    if m[BOOK_BY_BROKER] == 1:
        t = tree(m, TREE_SHUT + contra)
        tally(m, 0, t, price_word(m, t, broker, good))
        add_supply(m, 0)


@inlined
def suffices(m: I64, x: int) -> bool:
    """Tell if the supply may meet the minimum quantity of ``x``."""
    minimum, single = max(m[x + MINIMUM], 1), m[x + SINGLE_FILL] == 1
    if minimum <= (m[SUPPLY_MOST] if single else m[SUPPLY]):
        return True
    both = max(m[SUPPLY_MOST], m[SUPPLY_HELD_MOST]) if single else m[SUPPLY] + m[SUPPLY_HELD]
    return bool(m[x + LEAVES] >= m[SUPPLY_NEEDS] and minimum <= both)


@inlined
def oldest_supplied(m: I64, area: int, t: int, limits: bool, word: int, start: int, found: int) -> int:
    """Return the oldest order of tree ``t`` that the supply may satisfy, or ``found`` if that is older.

    area : where these orders are tallied. limits : of the dark limits only, else of all.
    """
    both, largest = m[SUPPLY] + m[SUPPLY_HELD], max(m[SUPPLY_MOST], m[SUPPLY_HELD_MOST])
    if both == 0:
        return int(found)
    at = m[BOOK_SCRATCH] + TALLY + TALLY_CELLS * area
    for group in range(LIMIT_GROUP if limits else 0, GROUPS):
        i, kind = at + 3 * group, group % LIMIT_GROUP
        if m[i] == 0:
            continue
        if kind == 0:
            least = 1 if m[SUPPLY] > 0 else m[SUPPLY_NEEDS]
            if m[i + 1] >= least:
                found = oldest(m, t, group, word, BIG, least, start, found)
            continue
        alone, together = (m[SUPPLY], both) if kind == 1 else (m[SUPPLY_MOST], largest)
        if m[i + 2] <= alone:
            found = oldest(m, t, group, word, alone, 1, start, found)
        if m[i + 2] <= together and m[i + 1] >= m[SUPPLY_NEEDS]:
            found = oldest(m, t, group, word, together, m[SUPPLY_NEEDS], start, found)
    return int(found)


@inlined
def oldest_at_mid(m: I64, mid2: int, start: int, found: int) -> int:
    """Return the oldest order that strangers may satisfy at the mid, or ``found``."""
    for k in range(2):
        t = tree(m, TREE_ALL + k)
        tally(m, k, t, price_word(m, t, 0, mid2 if k == 0 else -mid2))
    for k in range(2):
        t = tree(m, TREE_ALL + k)
        no_supply(m)
        add_supply(m, 1 - k)
        found = oldest_supplied(m, k, t, False, price_word(m, t, 0, mid2 if k == 0 else -mid2), start, found)
    return int(found)


@inlined
def oldest_limit(m: I64, k: int, good: int, contra_good: int, start: int, found: int) -> int:
    """Return the oldest dark limit on side ``k`` (0 buy, 1 sell) that strangers may satisfy, or ``found``.

    good : the limit it needs. contra_good : the limit its contras need.
    """
    t, contra = tree(m, TREE_ALL + k), tree(m, TREE_ALL + 1 - k)
    word = price_word(m, t, 0, good)
    no_supply(m)
    tally(m, 0, contra, price_word(m, contra, 0, contra_good))
    add_supply(m, 0)
    tally(m, 0, t, word)
    return oldest_supplied(m, 0, t, True, word, start, found)


@inlined
def _oldest_of_broker(
    m: I64, k: int, broker: int, limits: bool, good: int, contra_good: int, start: int, found: int
) -> int:
    """Return the oldest of a broker's orders that may trade with each other where one on side ``k`` meets no other."""
    shut, contra, every = tree(m, TREE_SHUT + k), tree(m, TREE_BROKER + 1 - k), tree(m, TREE_ALL + k)
    word, contra_word = price_word(m, shut, broker, good), price_word(m, shut, broker, contra_good)
    no_supply(m)
    tally(m, 0, shut, word)
    add_supply(m, 0)
    if m[SUPPLY] + m[SUPPLY_HELD] == 0:
        return int(found)
    tally(m, 1, contra, contra_word)
    tally(m, 2, every, price_word(m, every, broker, good))
    add_supply(m, 2)
    found = oldest_supplied(m, 1, contra, limits, contra_word, start, found)
    no_supply(m)
    add_supply(m, 1)
    tally(m, 1, tree(m, TREE_SHUT + 1 - k), contra_word)
    add_supply(m, 1)
    return oldest_supplied(m, 0, shut, limits, word, start, found)


@inlined
def _next_pair(m: I64, k: int, broker: int) -> int:
    """Return the last broker before ``broker`` that has own-only orders on side ``k`` and any on the other, or -1."""
    while True:
        broker = next_broker(m, tree(m, TREE_SHUT + k), broker)
        if broker < 0:
            return -1
        a = next_broker(m, tree(m, TREE_BROKER + 1 - k), broker + 1)
        b = next_broker(m, tree(m, TREE_SHUT + 1 - k), broker + 1)
        if max(a, b) == broker:
            return int(broker)
        broker = max(a, b) + 1


@inlined
def oldest_shut(m: I64, mid2: int, lowest2: int, highest2: int, start: int, found: int) -> int:
    """Return the oldest order that may trade with one of its own broker where one of them trades with no other."""
    low, high = min(mid2, lowest2), max(mid2, highest2)
    for k in range(2):
        broker = _next_pair(m, k, 2**18)
        while broker >= 0:
            good = mid2 if k == 0 else -mid2
            found = _oldest_of_broker(m, k, broker, False, good, -good, start, found)
            if lowest2 <= highest2:
                good, contra_good = (low, -high) if k == 0 else (-high, low)
                found = _oldest_of_broker(m, k, broker, True, good, contra_good, start, found)
            broker = _next_pair(m, k, broker)
    return int(found)


@inlined
def next_contra(
    m: I64, x: int, contra: int, groups: int, good: int, minimum: int, leaves: int, start: int, found: int
) -> int:
    """Return the oldest contra from ``start`` on that only the trees by broker know, or ``found`` if that is older."""
    broker, shut = m[x + PARTICIPANT], tree(m, TREE_SHUT + contra)
    word = price_word(m, shut, broker, good)
    if m[shut + LIVE] > 0:
        found = oldest_of_all(m, shut, groups, word, minimum, leaves, start, found)
    if m[x + OWN_ONLY] == 1:
        found = oldest_of_all(m, tree(m, TREE_BROKER + contra), groups, word, minimum, leaves, start, found)
    return int(found)
