"""The waiting orders of a side in time order, with summaries that let a search pass over most of them.

Second layer of the dark book, called by ``matching`` and ``book``. An order that rests takes the next place of its
side's row of ``book.queue``; one that leaves empties its place, and the row closes up once half of it is empty, so a
row is at most twice as long as what waits. Behind the places lie summaries of NARROW places and of WIDE places, in
the same form as a place.

``s`` is a side: 0 buys, 1 sells. ``k`` is a place.
"""

from typing import Any

from kernels.base.compiling import inlined, kernel
from kernels.dark import records as r
from kernels.dark.records import Book


@inlined
def broker_bit(participant: int) -> int:
    """Return the kind bit that a broker shares with few others."""
    return int(1 << (r.FIRST_BROKER_BIT + participant % r.BROKER_BITS))


@inlined
def limit_marks(low: int, high: int, tick: int) -> int:
    """Return the marks of goods from ``low`` to below ``high``."""
    marks = 0
    if high <= low:
        return 0
    first, last = low // tick, (high - 1) // tick
    if last - first >= r.LIMIT_MARKS:
        return r.ANY_MARK
    for step in range(first, last + 1):
        marks |= 1 << (step % r.LIMIT_MARKS)
    return int(marks)


@inlined
def open_mark(participant: int) -> int:
    """Return the mark of orders that trade with a broker."""
    return int(1 << (r.FIRST_OPEN_MARK + participant % r.OPEN_MARKS))


@inlined
def _clear(entry: Any) -> None:
    """Make a place or a summary say that nobody waits there."""
    entry.good = entry.historical = r.NOWHERE
    entry.minimum = r.BIG
    entry.leaves = entry.total = entry.kinds = entry.marks = 0
    entry.order = r.NONE


@inlined
def _merge(into: Any, entry: Any) -> None:
    """Let a summary count one more entry."""
    into.good = max(into.good, entry.good)
    into.historical = max(into.historical, entry.historical)
    into.minimum = min(into.minimum, entry.minimum)
    into.leaves = max(into.leaves, entry.leaves)
    into.total += entry.total
    into.kinds |= entry.kinds
    into.marks |= entry.marks


@inlined
def _sum_up(book: Book, s: int, at: int, first: int, last: int) -> None:
    """Make the summary at ``at`` that of the entries from ``first`` to below ``last``."""
    summary = book.queue[s, at]
    _clear(summary)
    for k in range(first, last):
        _merge(summary, book.queue[s, k])


@inlined
def _narrow_of(book: Book, k: int) -> int:
    """Return the index of the summary of the NARROW places around ``k``."""
    return int(book.state[0].places + (k >> r.NARROW_SHIFT))


@inlined
def _wide_of(book: Book, k: int) -> int:
    """Return the index of the summary of the WIDE places around ``k``."""
    places = book.state[0].places
    return int(places + (places >> r.NARROW_SHIFT) + (k >> r.WIDE_SHIFT))


@inlined
def _repair_narrow(book: Book, s: int, k: int) -> None:
    """Sum up the places around ``k`` if some order left them since."""
    at = _narrow_of(book, k)
    if book.queue[s, at].order == r.STALE:
        first = k >> r.NARROW_SHIFT << r.NARROW_SHIFT
        _sum_up(book, s, at, first, min(first + r.NARROW, book.sides[s].used))


@inlined
def _repair_wide(book: Book, s: int, k: int) -> None:
    """Sum up the narrow summaries around ``k`` if some order left them since."""
    at, used = _wide_of(book, k), book.sides[s].used
    if book.queue[s, at].order == r.STALE:
        first = k >> r.WIDE_SHIFT << r.WIDE_SHIFT
        last = min(first + r.WIDE, used) - 1
        _sum_up(book, s, at, _narrow_of(book, first), _narrow_of(book, last) + 1)


@inlined
def _fill_place(book: Book, s: int, k: int, x: int) -> None:
    """Write what a search must know of order ``x`` at place ``k``."""
    entry, order = book.queue[s, k], book.orders[x]
    entry.good = order.good
    entry.historical = order.good if order.kinds & r.HISTORICAL != 0 else r.NOWHERE
    entry.minimum = order.minimum
    entry.leaves = entry.total = order.leaves
    entry.kinds = order.kinds | (r.SEVERAL if order.minimum > 0 and order.single_fill != 1 else 0)
    entry.marks = 1 << (order.good // book.state[0].tick % r.LIMIT_MARKS)
    entry.marks |= open_mark(order.participant) if order.own_only == 1 else r.OPEN_TO_ALL
    if order.untried == 1:
        entry.marks |= r.UNTRIED
        book.sides[s].untried = 1
    entry.order = x
    order.place = k


@inlined
def close_up(book: Book, s: int) -> None:
    """Close the gaps of a side's row and sum it up anew; time order stays."""
    side, kept = book.sides[s], 0
    for k in range(side.used):
        x = book.queue[s, k].order
        if x >= 0:
            _clear(book.queue[s, k])
            _fill_place(book, s, kept, x)
            kept += 1
    for k in range(0, side.used, r.NARROW):
        _sum_up(book, s, _narrow_of(book, k), k, min(k + r.NARROW, side.used))
    for k in range(0, side.used, r.WIDE):
        _sum_up(book, s, _wide_of(book, k), _narrow_of(book, k), _narrow_of(book, min(k + r.WIDE, side.used) - 1) + 1)
    side.used = kept


@inlined
def append(book: Book, s: int, x: int) -> None:
    """Let an order wait behind all others of its side."""
    side = book.sides[s]
    if side.used > 2 * side.live + r.NARROW:
        close_up(book, s)
    k = side.used
    side.used += 1
    side.live += 1
    _fill_place(book, s, k, x)
    for at in (_narrow_of(book, k), _wide_of(book, k)):
        _merge(book.queue[s, at], book.queue[s, k])


@inlined
def refresh(book: Book, s: int, x: int) -> None:
    """Show a waiting order's new leaves, minimum or flags."""
    k = book.orders[x].place
    before = book.queue[s, k].total
    _fill_place(book, s, k, x)
    for at in (_narrow_of(book, k), _wide_of(book, k)):
        summary = book.queue[s, at]
        summary.total -= before
        _merge(summary, book.queue[s, k])
        summary.order = r.STALE


@inlined
def drop(book: Book, s: int, x: int) -> None:
    """Take a waiting order out."""
    k = book.orders[x].place
    for at in (_narrow_of(book, k), _wide_of(book, k)):
        book.queue[s, at].total -= book.queue[s, k].total
        book.queue[s, at].order = r.STALE
    _clear(book.queue[s, k])
    book.orders[x].place = r.NONE
    book.sides[s].live -= 1


@inlined
def _fits(entry: Any, good: int, within: int, need: int, kinds: int, marks: int) -> bool:
    """Tell if an entry is, or a summary may hold, what ``first_from`` looks for.

    Where many are asked about, they are most of what a summary counts: their limits say nothing of the others'.
    """
    return bool(
        (entry.historical if kinds & r.HISTORICAL != 0 else entry.good) >= good
        and entry.minimum <= within
        and entry.leaves >= need
        and entry.kinds & kinds == kinds
        and entry.marks & marks != 0
    )


@inlined
def first_from(book: Book, s: int, k: int, good: int, within: int, need: int, kinds: int, marks: int) -> int:
    """Return the first place from ``k`` on that fits, or NONE.

    Fits: good at least ``good``, minimum at most ``within``, leaves at least ``need`` > 0, every bit of ``kinds``, any
    bit of ``marks``. A summary that promised too much is brought up to date.
    """
    row, used, places = book.queue[s], book.sides[s].used, book.state[0].places
    wide = places + (places >> r.NARROW_SHIFT)
    while k < used:
        stop = min(used, ((k >> r.WIDE_SHIFT) + 1) << r.WIDE_SHIFT)
        if not _fits(row[wide + (k >> r.WIDE_SHIFT)], good, within, need, kinds, marks):
            k = stop
            continue
        while k < stop:
            end = min(stop, ((k >> r.NARROW_SHIFT) + 1) << r.NARROW_SHIFT)
            if _fits(row[places + (k >> r.NARROW_SHIFT)], good, within, need, kinds, marks):
                for at in range(k, end):
                    if _fits(row[at], good, within, need, kinds, marks):
                        return at
                _repair_narrow(book, s, k)
            k = end
        _repair_wide(book, s, k - 1)
    return r.NONE


@kernel
def supply(book: Book, s: int, good: int, enough: int) -> int:
    """Return a bound of the total leaves of a side's orders with at least ``good``, or any number from ``enough`` on.

    Where all that a summary counts is not enough, who of it is good does not matter: a total below ``enough`` is proven
    without a look at each order.
    """
    used, total, k = book.sides[s].used, 0, 0
    while k < used and total < enough:
        wide, narrow = book.queue[s, _wide_of(book, k)], book.queue[s, _narrow_of(book, k)]
        if k % r.WIDE == 0 and (wide.good < good or total + wide.total < enough):
            total += wide.total if wide.good >= good else 0
            k += r.WIDE
            continue
        end = min(used, ((k >> r.NARROW_SHIFT) + 1) << r.NARROW_SHIFT)
        if narrow.good >= good and total + narrow.total < enough:
            total += narrow.total
        elif narrow.good >= good:
            for at in range(k, end):
                if book.queue[s, at].good >= good:
                    total += book.queue[s, at].total
        k = end
    return int(total)


@inlined
def largest(book: Book, s: int, good: int) -> int:
    """Return a bound of the leaves of a side's orders with at least ``good``."""
    found = 0
    for k in range(0, book.sides[s].used, r.WIDE):
        if book.queue[s, _wide_of(book, k)].good >= good:
            found = max(found, book.queue[s, _wide_of(book, k)].leaves)
    return int(found)
