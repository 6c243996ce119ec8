"""Quotes: the prevailing one strictly before a time, its exact mid, and mids over a window.

A quote is valid for benchmarks if 0 < bid <= offer. The prevailing quote is the last row strictly
before the time, valid or not: an invalid row ends the one before it and is never skipped (decisions 10).
``kernels.market.plausible`` makes those one-sided that cannot be.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.base.argument_checks import check_ascending, check_column, whole_columns
from kernels.base.columns import I64, Array
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL

NEVER = 2**63 - 1


@inlined
def seek(time: Array, hint: int, t: int) -> int:
    """Return the index of the last row with time < t, or -1, galloping from ``hint``.

    Orders ask in nearly ascending order or near a row they already know, so a few steps find it;
    a binary search from scratch costs about 95 ns an order on a large day.

    Parameters
    ----------
    time : (n,) int64, ascending
    hint : a row near the one sought, -1 if none is known
    t : in the unit of ``time``

    Returns
    -------
    a row, -1 .. n - 1; nothing is checked and nothing raised, for it is compiled into the caller's loop
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


def prevailing_quote(quote_time: ArrayLike, time: ArrayLike) -> NDArray[np.int32]:
    """Return, for each time, the row of the last quote strictly before it, or -1.

    Parameters
    ----------
    quote_time : (n,) int64, ns UTC, ascending
    time : (m,) int64, ns UTC, any order (ascending is fastest)

    Returns
    -------
    (m,) int32, rows of quotes

    Raises
    ------
    TypeError, ValueError
        a column is not of whole numbers; quote times do not ascend
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

    Returns
    -------
    (n,) int64, half price units, NULL without a valid quote

    Raises
    ------
    TypeError, ValueError
        a column is not of whole numbers; lengths differ
    """
    bids, offers = whole_columns(bid=bid, offer=offer)
    out = np.empty(len(bids), np.int64)
    _mid2(bids, offers, out)
    return out
