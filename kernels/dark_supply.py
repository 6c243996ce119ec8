"""Which resting orders may trade at all: what contras can supply at a price, and who that could satisfy.

The conditions are necessary, not always sufficient: contras with a minimum quantity count as supply for everyone whose
leaves reach the smallest minimum of their class, though one of them may need more, and who comes first may leave too
little to who comes after.
"""

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.dark_index import price_word, top_bit
from kernels.dark_layout import (
    BIG,
    BOOK_BY_BROKER,
    BOOK_SCRATCH,
    CLASSES,
    GROUPS,
    HELD,
    LEAVES,
    LIMIT_GROUP,
    LIVE,
    MINIMUM,
    OWN_ONLY,
    PARTICIPANT,
    SINGLE_FILL,
    SUPPLY,
    SUPPLY_HELD,
    SUPPLY_MOST,
    TALLY,
    TALLY_CELLS,
    TREE_ALL,
    TREE_BROKER,
    TREE_SHUT,
    ZERO,
    tree,
)
from kernels.dark_search import next_broker, oldest, oldest_of_all, totals


@inlined
def no_supply(m: I64) -> None:
    """Forget what was counted as supply."""
    m[SUPPLY] = m[SUPPLY_MOST] = m[SUPPLY_HELD] = 0


@inlined
def tally(m: I64, area: int, t: int, word: int) -> None:
    """Note the totals of the groups of tree ``t`` at or better than ``word`` in the scratch cells."""
    totals(m, t, word, m[BOOK_SCRATCH] + TALLY + TALLY_CELLS * area)


@inlined
def add_supply(m: I64, area: int) -> None:
    """Count what was tallied as supply: orders without minimum at once, others by the class of their minimum."""
    at = m[BOOK_SCRATCH] + TALLY + TALLY_CELLS * area
    groups = m[at + 3 * GROUPS]
    while groups != 0:
        group = top_bit(groups)
        groups ^= 1 << group
        i, kind = at + 3 * group, group % LIMIT_GROUP
        if kind == 0:
            m[SUPPLY] += m[i]
            m[SUPPLY_MOST] = max(m[SUPPLY_MOST], m[i + 1])
            continue
        k = (kind - 1) % CLASSES
        held = m[BOOK_SCRATCH] + HELD + 3 * k
        if m[SUPPLY_HELD] >> k & 1 == 0:
            m[SUPPLY_HELD] |= 1 << k
            m[held], m[held + 1], m[held + 2] = m[i], m[i + 1], m[i + 2]
        else:
            m[held] += m[i]
            m[held + 1] = max(m[held + 1], m[i + 1])
            m[held + 2] = min(m[held + 2], m[i + 2])


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
    """Tell if the supply may meet the minimum quantity of ``x``, less contras whose minimum its leaves do not reach."""
    minimum, single = max(m[x + MINIMUM], 1), m[x + SINGLE_FILL] == 1
    total, most = m[SUPPLY], m[SUPPLY_MOST]
    for k in range(CLASSES):
        held = m[BOOK_SCRATCH] + HELD + 3 * k
        if m[SUPPLY_HELD] >> k & 1 == 1 and m[x + LEAVES] >= m[held + 2]:
            total += m[held]
            most = max(most, m[held + 1])
    return bool(minimum <= (most if single else total))


@inlined
def oldest_supplied(m: I64, area: int, t: int, limits: bool, word: int, start: int, found: int) -> int:
    """Return the oldest order of tree ``t`` that the supply may satisfy, or ``found`` if that is older.

    area : where these orders are tallied. limits : of the dark limits only, else of all. Step by step contras of the
    next class of minimums join the supply, for orders whose leaves reach the smallest of these.
    """
    at, held_at = m[BOOK_SCRATCH] + TALLY + TALLY_CELLS * area, m[BOOK_SCRATCH] + HELD
    total, most, leaves = m[SUPPLY], m[SUPPLY_MOST], 1 + ZERO
    for k in range(-1, CLASSES):
        if k >= 0:
            if m[SUPPLY_HELD] >> k & 1 == 0:
                continue
            held = held_at + 3 * k
            total += m[held]
            most = max(most, m[held + 1])
            leaves = m[held + 2]
        if total == 0:
            continue
        groups = m[at + 3 * GROUPS]
        if limits:
            groups = groups >> LIMIT_GROUP << LIMIT_GROUP
        while groups != 0:
            group = top_bit(groups)
            groups ^= 1 << group
            kind = group % LIMIT_GROUP
            supply = BIG if kind == 0 else total if kind <= CLASSES else most
            i = at + 3 * group
            if m[i + 1] >= leaves and m[i + 2] <= supply:
                found = oldest(m, t, group, word, supply, leaves, start, found)
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
    if m[SUPPLY] == 0 and m[SUPPLY_HELD] == 0:
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
