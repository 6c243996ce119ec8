"""Marks of fills: the mid and the spread before each one, and the mids that prevail some horizons later.

Fills are taken by time, so that quotes are walked once for each horizon and never searched. Searching for
the quotes of one order after another measured twice as slow on a day that does not fit the cache.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array, FillColumns, OrderColumns, QuoteColumns, Rules
from kernels.base.compiling import kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL

# Columns of the marks, mids in half price units, NULL where not valid; then one for each horizon.
MID2: Final = 0
SPREAD: Final = 1  # offer - bid, price units
LATER: Final = 2
BATCH: Final = 512
FEW: Final = 8  # sorting a fill costs about eight times as much as marking it


@kernel
def mark_fills(
    in_time: Array,
    fills: FillColumns,
    marks: Array,
    quotes: QuoteColumns,
    after_ns: Array,
    scratch: tuple[Array, Array, Array],
    out: Array,
) -> None:
    """Write the marks of fills.

    Three passes over a batch, so that loads that miss the cache do not wait for the walk. The first two
    steps of a walk take no branch: how many quotes lie between two fills, no processor can guess.
    (The quote before a fill is stored with it, too, but reading it in this order costs more than a walk.)

    in_time : rows of the fills to mark, by time
    marks : (quotes + 1, 2) time and mid of quotes; the last time never comes
    after_ns : (1 + H,) what is added to a fill's time: for the quote before it, and for each horizon
    scratch : (BATCH,) times, (BATCH, 1 + H) rows, (1 + H,) rows where the walks stand: -1
    out : (fills, LATER + H) int64
    """
    count = len(after_ns)
    bid, offer, timestamp = quotes.bid, quotes.offer, fills.timestamp
    at, rows, places = scratch
    for start in range(0, len(in_time), BATCH):
        n = min(BATCH, len(in_time) - start)
        for k in range(n):
            at[k] = timestamp[in_time[start + k]]
        for k in range(n):
            for h in range(count):
                row, t = places[h], at[k] + after_ns[h]
                row += marks[row + 1, 0] < t
                row += marks[row + 1, 0] < t
                while marks[row + 1, 0] < t:
                    row += 1
                places[h] = row
                rows[k, h] = row
        for k in range(n):
            i, row = in_time[start + k], rows[k, 0]
            mid2 = marks[row, 1] if row >= 0 else NULL
            out[i, MID2] = mid2
            out[i, SPREAD] = offer[row] - bid[row] if mid2 != NULL else 0
            for h in range(1, count):
                row = rows[k, h]
                out[i, SPREAD + h] = marks[row, 1] if row >= 0 else NULL


@kernel
def fills_of(selected: Array, first_fill: Array, fill_count: Array, most: int, out: Array) -> int:
    """Write the rows of the selected orders' fills and return how many; more than ``most`` if there are more.

    selected : (k,) rows of orders; first_fill, fill_count : (orders,); out : (most,) int32
    """
    n = 0
    for k in range(len(selected)):
        i = selected[k]
        count = fill_count[i]
        if n + count > most:
            return most + 1
        for row in range(first_fill[i], first_fill[i] + count):
            out[n] = row
            n += 1
    return n


def marks_of_fills(
    selected: Array,
    orders: OrderColumns,
    fills: FillColumns,
    quotes: QuoteColumns,
    marks: Array,
    rules: Rules,
    buffers: Buffers,
) -> NDArray[np.int64]:
    """Return the marks of the selected orders' fills, (fills, LATER + H); those of others may not be initialised."""
    n = len(fills.by_time)
    out = buffers.take("fill marks", (n, LATER + len(rules.horizons_ns)), np.int64)
    most = n // FEW
    rows = buffers.take("fill rows", (most,), np.int32)
    count = fills_of(selected, orders.first_fill, orders.fill_count, most, rows)
    in_time = fills.by_time
    if count <= most:
        in_time = rows[:count][np.argsort(fills.timestamp[rows[:count]])]
        in_time.flags.writeable = False
    horizons = len(rules.after_ns)
    scratch = np.empty(BATCH, np.int64), np.empty((BATCH, horizons), np.int64), np.full(horizons, -1, np.int64)
    mark_fills(in_time, fills, marks, quotes, rules.after_ns, scratch, out)
    return out
