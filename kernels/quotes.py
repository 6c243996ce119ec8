"""Quotes: the prevailing one strictly before a time, its exact mid, and mids over a window.

A quote is valid for benchmarks if 0 < bid <= offer. The prevailing quote is the last row strictly
before the time, valid or not: an invalid row ends the one before it and is never skipped (decisions 10).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels._checks import check_ascending, check_column, check_same_length
from kernels._jit import inlined, kernel
from kernels._rows import (
    BOOK_AREA,
    BOOK_BID,
    BOOK_COLUMNS,
    BOOK_MID2,
    BOOK_OFFER,
    BOOK_SPREAD_AREA,
    BOOK_TIME,
    BOOK_VALID_NS,
    SNAPSHOT_COLUMNS,
    SNAPSHOT_COUNT,
    SNAPSHOT_TOTAL,
)
from kernels.buffers import Buffers
from kernels.conventions import NULL

Array = NDArray[Any]
NEVER = 2**63 - 1
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@inlined
def seek(time: Array, hint: int, t: int) -> int:
    """Return the index of the last row with time < t, or -1, galloping from ``hint``.

    Orders ask in nearly ascending order or near a row they already know, so a few steps find it;
    a binary search from scratch costs about 95 ns an order on a large day.
    """
    n = len(time)
    low, high, step = hint, hint + 1, 1
    if low >= 0 and time[low] >= t:
        high = low
        low -= step
        while low >= 0 and time[low] >= t:
            high = low
            step *= 2
            low -= step
        low = max(low, -1)
    else:
        while high < n and time[high] < t:
            low = high
            step *= 2
            high = low + step
        high = min(high, n)
    while high - low > 1:
        middle = (low + high) // 2
        if time[middle] < t:
            low = middle
        else:
            high = middle
    return low


@inlined
def seek_all(time: Array, marks: Array, grid: Array, scale: Array, at: Array, rows: Array, n: int) -> int:
    """Write the row of the last quote with time < at[k] to rows[k], for k < n.

    Three passes: look up the grid, touch the rows it names, search. Loads of one pass do not wait for
    each other; a search that misses the cache at every step costs ten times as much. The value returned
    keeps the compiler from dropping the second pass.

    marks : as ``fill_book`` writes them; the caller finds the mid where the search has just been
    grid, scale : as ``fill_book`` writes them
    """
    origin, shift, last_cell = scale[0], scale[1], len(grid) - 1
    for k in range(n):
        cell = (at[k] - origin) >> shift
        rows[k] = grid[min(max(cell, 0), last_cell)]
    touched = 0
    for k in range(n):
        touched ^= marks[rows[k] + 1, 0]
    for k in range(n):
        row, t = rows[k], at[k]
        row += marks[row + 1, 0] < t  # most searches end here, without a branch to guess
        row += marks[row + 1, 0] < t
        if marks[row + 1, 0] < t or (row >= 0 and marks[row, 0] >= t):  # a burst of quotes, or before the grid
            row = seek(time, row, t)
        rows[k] = row
    return touched


@inlined
def exact_mid2(bid: int, offer: int) -> int:
    """Return bid + offer in half units, or NULL where the quote is not 0 < bid <= offer."""
    if bid > 0 and offer >= bid:
        return bid + offer
    return NULL


@kernel
def _mid2(bid: Array, offer: Array, out: Array) -> None:
    for i in range(len(bid)):
        out[i] = exact_mid2(bid[i], offer[i])


@kernel
def _prevailing(time: Array, at: Array, out: Array) -> None:
    hint = -1
    for i in range(len(at)):
        hint = seek(time, hint, at[i])
        out[i] = hint


@kernel
def first_valid(bid: Array, offer: Array, start: int) -> int:
    """Return the first row from ``start`` on with a valid quote, else the first of all, or -1."""
    n = len(bid)
    for i in range(start, n):
        if exact_mid2(bid[i], offer[i]) != NULL:
            return i
    for i in range(start):
        if exact_mid2(bid[i], offer[i]) != NULL:
            return i
    return -1


@kernel
def fill_book(
    time: Array,
    bid: Array,
    offer: Array,
    base: int,
    inside: tuple[int, int],
    book: Array,
    marks: Array,
    grid: Array,
    scale: tuple[int, int],
) -> int:
    """Write the quote book, the marks and the grid in one pass over the quotes.

    Return the row among ``inside`` [first, stop) whose mid lies farthest from ``base`` or whose spread is
    widest, or -1: it decides whether integrals of the day fit 64 bits.

    book : (n + 1, BOOK_COLUMNS) int64: every value a benchmark reads of a quote, in one cache line. Prefix
        sums are of mid2 - base so that the integral of a window stays inside int64 (a day of ns times a mid
        of 400 dollars does not). The sums may wrap, differences of them are right all the same; where those
        could wrap too there are ``kernels.wide_sums``.
    marks : (n + 1, 2) int64: time and mid, four quotes to a cache line; after the last a time that never comes
    grid, scale : (cells,) int32, (origin, shift): the row of the last quote before each cell of 2^shift ns, or -1
    """
    n, cells, filled = len(time), len(grid), 0
    area = valid_ns = spread_area = 0
    reach, widest = -1, -1
    for i in range(n):
        now, low, high = time[i], bid[i], offer[i]
        while filled < cells and scale[0] + (filled << scale[1]) <= now:
            grid[filled] = i - 1
            filled += 1
        mid2 = exact_mid2(low, high)
        book[i, BOOK_TIME] = now
        book[i, BOOK_BID] = low
        book[i, BOOK_OFFER] = high
        book[i, BOOK_MID2] = mid2
        book[i, BOOK_AREA] = area
        book[i, BOOK_VALID_NS] = valid_ns
        book[i, BOOK_SPREAD_AREA] = spread_area
        marks[i, 0] = now
        marks[i, 1] = mid2
        if mid2 != NULL:
            here = max(abs(mid2 - base), high - low)
            if here > reach and inside[0] <= i < inside[1]:
                reach, widest = here, i
            if i + 1 < n:
                lasted = time[i + 1] - now
                valid_ns += lasted
                area += (mid2 - base) * lasted
                spread_area += (high - low) * lasted
    for cell in range(filled, cells):
        grid[cell] = n - 1
    for column in range(4):
        book[n, column] = NULL
    book[n, BOOK_AREA] = area
    book[n, BOOK_VALID_NS] = valid_ns
    book[n, BOOK_SPREAD_AREA] = spread_area
    marks[n, 0] = NEVER
    marks[n, 1] = NULL
    return widest


class QuoteBook(NamedTuple):
    """What is derived from the quotes of a day; arrays as ``fill_book`` writes them."""

    book: I64
    marks: I64
    grid: NDArray[np.int32]
    grid_scale: I64  # (2,) origin, shift
    base: int  # the mid that the sums are relative to
    widest: int


def quote_book(time: Array, bid: Array, offer: Array, session: tuple[int, int], buffers: Buffers) -> QuoteBook:
    """Return the quote book of a day whose windows lie in ``session`` [start, end].

    The base is the first valid mid from the start on, as quotes of the pre-open may be far off; else the first
    of all. The grid has one or two cells a quote.
    """
    start, end = session
    n = len(time)
    first = int(time.searchsorted(start))
    row = first_valid(bid, offer, first)
    base = int(bid[row] + offer[row]) if row >= 0 else 0
    shift = max(1, (end - start) // max(n, 1)).bit_length() - 1
    book = buffers.take("book", (n + 1, BOOK_COLUMNS), np.int64)
    marks = buffers.take("marks", (n + 1, 2), np.int64)
    grid = buffers.take("grid", (max(0, end - start) // (1 << shift) + 1,), np.int32)
    inside = max(first - 1, 0), int(time.searchsorted(end))
    widest = fill_book(time, bid, offer, base, inside, book, marks, grid, (start, shift))
    return QuoteBook(book, marks, grid, np.array([start, shift], np.int64), base, widest)


@kernel
def fill_snapshots(book: Array, base: int, out: Array) -> None:
    """Write how many quotes before each row are valid, and the sum of their mid2 - base."""
    count = total = 0
    for i in range(len(book)):
        out[i, SNAPSHOT_COUNT] = count
        out[i, SNAPSHOT_TOTAL] = total
        if book[i, BOOK_MID2] != NULL:
            count += 1
            total += book[i, BOOK_MID2] - base


def quote_snapshots(book: I64, base: int, buffers: Buffers) -> I64:
    """Return running sums of valid mids for means over snapshots; none where ``base`` is NULL: not asked for."""
    out = buffers.take("snapshots", (0 if base == NULL else len(book), SNAPSHOT_COLUMNS), np.int64)
    fill_snapshots(book[: len(out)], base, out)
    return out


@inlined
def mean_mid2(total: int, weight: int, base: int) -> float:
    """Return base + total / weight; whole numbers come out exact, so a limit at the mid compares right."""
    return mean_near(float(total), total, weight, base)


@inlined
def mean_near(estimate: float, total: int, weight: int, base: int) -> float:
    """Return base + total / weight, given the total as a float and modulo 2^64.

    The whole part comes from a float division put right in integers: an integer division takes twice as long.
    """
    share = 1.0 / float(weight)
    whole = int(np.floor(estimate * share))
    rest = total - whole * weight
    if rest < 0:
        whole -= 1
        rest += weight
    elif rest >= weight:
        whole += 1
        rest -= weight
    return float(base + whole) + float(rest) * share


def prevailing_quote(quote_time: ArrayLike, time: ArrayLike) -> NDArray[np.int32]:
    """Return, for each time, the row of the last quote strictly before it, or -1.

    Parameters
    ----------
    quote_time : (n,) int64, ns UTC, ascending
    time : (m,) int64, ns UTC, any order (ascending is fastest)

    """
    quotes = check_ascending("quote_time", check_column("quote_time", quote_time, np.int64))
    times = check_column("time", time, np.int64)
    out = np.empty(len(times), np.int32)
    _prevailing(quotes, times, out)
    return out


def mid2(bid: ArrayLike, offer: ArrayLike) -> I64:
    """Return the exact mid in half price units, bid + offer; NULL unless 0 < bid <= offer.

    Parameters
    ----------
    bid, offer : (n,) int64, price units, NULL where absent

    """
    bids = check_column("bid", bid, np.int64)
    offers = check_column("offer", offer, np.int64)
    check_same_length(bid=bids, offer=offers)
    out = np.empty(len(bids), np.int64)
    _mid2(bids, offers, out)
    return out
