"""The lit limit order book: first-in-first-out price levels on a grid of ticks, and a heap of later events."""

from typing import Final

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.conventions import NULL
from marketgen.market_memory import (
    BEST_BID,
    BEST_OFFER,
    HEAP,
    HEAP_AT,
    HEAP_SIZE,
    LEAVES,
    LEVEL,
    LEVEL_CELLS,
    LEVEL_TABLE,
    LEVELS,
    LOWEST,
    NEXT,
    PREVIOUS,
    PRICE,
    SIDE,
    TICK,
)

# Cells of a price level.
HEAD: Final = 0
TAIL: Final = 1
TOTAL: Final = 2


@inlined
def best_bid(m: I64) -> int:
    """Return the book's best bid, or NULL."""
    at = m[BEST_BID]
    return int(m[LOWEST] + at * m[TICK]) if at >= 0 else NULL


@inlined
def best_offer(m: I64) -> int:
    """Return the book's best offer, or NULL."""
    at = m[BEST_OFFER]
    return int(m[LOWEST] + at * m[TICK]) if at < m[LEVELS] else NULL


@inlined
def bid_level(m: I64, at: int) -> int:
    """Return the address of the bids at grid index ``at``."""
    return int(m[LEVEL_TABLE] + LEVEL_CELLS * at)


@inlined
def offer_level(m: I64, at: int) -> int:
    """Return the address of the offers at grid index ``at``."""
    return int(m[LEVEL_TABLE] + LEVEL_CELLS * (at + m[LEVELS]))


@inlined
def join_level(m: I64, x: int) -> None:
    """Queue an order at the end of its price level."""
    at = (m[x + PRICE] - m[LOWEST]) // m[TICK]
    buy = m[x + SIDE] == 1
    k = bid_level(m, at) if buy else offer_level(m, at)
    tail = m[k + TAIL]
    m[x + LEVEL] = k
    m[x + NEXT] = -1
    m[x + PREVIOUS] = tail
    if tail >= 0:
        m[tail + NEXT] = x
    else:
        m[k + HEAD] = x
    m[k + TAIL] = x
    m[k + TOTAL] += m[x + LEAVES]
    if buy and at > m[BEST_BID]:
        m[BEST_BID] = at
    if not buy and at < m[BEST_OFFER]:
        m[BEST_OFFER] = at


@inlined
def leave_level(m: I64, x: int) -> None:
    """Take an order out of its price level and find the best price anew if that emptied it."""
    k, after, before = m[x + LEVEL], m[x + NEXT], m[x + PREVIOUS]
    if before >= 0:
        m[before + NEXT] = after
    else:
        m[k + HEAD] = after
    if after >= 0:
        m[after + PREVIOUS] = before
    else:
        m[k + TAIL] = before
    m[k + TOTAL] -= m[x + LEAVES]
    m[x + LEVEL] = -1
    while m[BEST_BID] >= 0 and m[bid_level(m, m[BEST_BID]) + HEAD] < 0:
        m[BEST_BID] -= 1
    while m[BEST_OFFER] < m[LEVELS] and m[offer_level(m, m[BEST_OFFER]) + HEAD] < 0:
        m[BEST_OFFER] += 1


@inlined
def heap_time(m: I64, i: int) -> int:
    """Return the time of event ``i`` of the heap."""
    return int(m[m[HEAP] + 2 * i])


@inlined
def heap_order(m: I64, i: int) -> int:
    """Return the order of event ``i`` of the heap."""
    return int(m[m[HEAP] + 2 * i + 1])


@inlined
def _later(m: I64, i: int, j: int) -> bool:
    """Tell if event ``i`` of the heap comes after event ``j``; equal times go by record."""
    a, b = heap_time(m, i), heap_time(m, j)
    return bool(a > b or (a == b and heap_order(m, i) > heap_order(m, j)))


@inlined
def _swap(m: I64, i: int, j: int) -> None:
    """Exchange two events of the heap."""
    a, b = m[HEAP] + 2 * i, m[HEAP] + 2 * j
    for c in range(2):
        kept = m[a + c]
        m[a + c] = m[b + c]
        m[b + c] = kept
    m[m[a + 1] + HEAP_AT] = i
    m[m[b + 1] + HEAP_AT] = j


@inlined
def _settle(m: I64, i: int) -> None:
    """Move event ``i`` up or down to where it belongs."""
    n = m[HEAP_SIZE]
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
def schedule(m: I64, x: int, when: int) -> None:
    """Note the one later event of a live order."""
    i = m[HEAP_SIZE]
    m[m[HEAP] + 2 * i] = when
    m[m[HEAP] + 2 * i + 1] = x
    m[x + HEAP_AT] = i
    m[HEAP_SIZE] = i + 1
    _settle(m, i)


@inlined
def unschedule(m: I64, x: int) -> None:
    """Forget an order's later event, if it has one."""
    i = m[x + HEAP_AT]
    if i < 0:
        return
    last = m[HEAP_SIZE] - 1
    if i != last:
        _swap(m, i, last)
    m[HEAP_SIZE] = last
    m[x + HEAP_AT] = -1
    if i != last:
        _settle(m, i)
