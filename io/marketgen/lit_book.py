"""The lit limit order book: first-in-first-out price levels on a grid of ticks, and a heap of later events.

Above ``market``; ``exchange`` queues orders and takes them out, ``records`` reads the best prices, ``agents`` and
``simulate`` keep the events.
"""

from typing import Any

from kernels.base.compiling import inlined
from kernels.conventions import NULL
from marketgen.market import Market


@inlined
def best_bid(m: Market) -> int:
    """Return the book's best bid, or NULL."""
    at = m.state.best_bid
    return int(m.state.lowest + at * m.state.tick) if at >= 0 else NULL


@inlined
def best_offer(m: Market) -> int:
    """Return the book's best offer, or NULL."""
    at = m.state.best_offer
    return int(m.state.lowest + at * m.state.tick) if at < m.state.levels else NULL


@inlined
def level_of(m: Market, x: int) -> Any:
    """Return the price level an order rests at."""
    order = m.orders[x]
    return m.bids[order.level] if order.side == 1 else m.offers[order.level]


@inlined
def join_level(m: Market, x: int) -> None:
    """Queue an order at the end of its price level."""
    order = m.orders[x]
    at = (order.price - m.state.lowest) // m.state.tick
    order.level = at
    level = level_of(m, x)
    order.next = -1
    order.previous = level.tail
    if level.tail >= 0:
        m.orders[level.tail].next = x
    else:
        level.head = x
    level.tail = x
    level.total += order.leaves
    if order.side == 1:
        m.state.best_bid = max(m.state.best_bid, at)
    else:
        m.state.best_offer = min(m.state.best_offer, at)


@inlined
def leave_level(m: Market, x: int) -> None:
    """Take an order out of its price level and find the best price anew if that emptied it."""
    order, level = m.orders[x], level_of(m, x)
    after, before = order.next, order.previous
    if before >= 0:
        m.orders[before].next = after
    else:
        level.head = after
    if after >= 0:
        m.orders[after].previous = before
    else:
        level.tail = before
    level.total -= order.leaves
    order.level = -1
    while m.state.best_bid >= 0 and m.bids[m.state.best_bid].head < 0:
        m.state.best_bid -= 1
    while m.state.best_offer < m.state.levels and m.offers[m.state.best_offer].head < 0:
        m.state.best_offer += 1


@inlined
def _later(m: Market, i: int, j: int) -> bool:
    """Tell if event ``i`` of the heap comes after event ``j``; equal times go by record."""
    a, b = m.events[i], m.events[j]
    return bool(a.time > b.time or (a.time == b.time and a.order > b.order))


@inlined
def _put(m: Market, i: int, when: int, x: int) -> None:
    """Make order ``x`` at ``when`` event ``i`` of the heap."""
    m.events[i].time = when
    m.events[i].order = x
    m.orders[x].event_at = i


@inlined
def _swap(m: Market, i: int, j: int) -> None:
    """Exchange two events of the heap."""
    when, x = m.events[i].time, m.events[i].order
    _put(m, i, m.events[j].time, m.events[j].order)
    _put(m, j, when, x)


@inlined
def _settle(m: Market, i: int) -> None:
    """Move event ``i`` up or down to where it belongs."""
    n = m.state.events
    while i > 0 and _later(m, (i - 1) >> 1, i):
        _swap(m, i, (i - 1) >> 1)
        i = (i - 1) >> 1
    while True:
        least = 2 * i + 1
        if least + 1 < n and _later(m, least, least + 1):
            least += 1
        if least >= n or not _later(m, i, least):
            return
        _swap(m, i, least)
        i = least


@inlined
def schedule(m: Market, x: int, when: int) -> None:
    """Note the one later event of a live order."""
    i = m.state.events
    m.state.events = i + 1
    _put(m, i, when, x)
    _settle(m, i)


@inlined
def unschedule(m: Market, x: int) -> None:
    """Forget an order's later event, if it has one."""
    i, last = m.orders[x].event_at, m.state.events - 1
    if i < 0:
        return
    m.state.events = last
    m.orders[x].event_at = -1
    if i != last:
        _put(m, i, m.events[last].time, m.events[last].order)
        _settle(m, i)
