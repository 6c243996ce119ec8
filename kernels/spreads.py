"""Spreads, improvement and markouts of market fills, quantity-weighted per order.

Spreads and impact are costs, positive when paid; improvement and markouts are positive when good
(decisions 16). Every fill is measured against the quote strictly before it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import FillColumns, QuoteColumns, Rows, Rules, Sums, Work
from kernels._jit import inlined
from kernels.conventions import NULL, VENUE_BOOKED
from kernels.quotes import seek, seek_all

Array = NDArray[Any]
BPS = 10_000.0


@inlined
def touch_quotes(quote: Array, book: Array, work: Work, n: int) -> int:
    """Load the quote before each fill of the batch, so that the misses overlap."""
    fill, touched = work.fill, 0
    for k in range(n):
        touched ^= book[max(quote[fill[k]], 0), r.BOOK_MID2]
    return touched


@inlined
def price_batch(
    fills: FillColumns, quotes: QuoteColumns, sums: Sums, rules: Rules, rows: Rows, work: Work, n: int
) -> None:
    """Add the first ``n`` fills of the batch to their orders' spread sums."""
    timestamp, quantity, quote, price2 = fills.timestamp, fills.quantity, fills.quote, sums.price2
    fill, place, near, at, found = work.fill, work.place, work.quote, work.at, work.rows
    weight = work.mid2  # free again: the window mids are spent
    totals, base, quotes_first, horizons_ns = work.totals, work.touched[1], rules.quotes_first, rules.horizons_ns
    time, book, marks, horizons, sides = quotes.timestamp, sums.book, sums.marks, rows.horizons, rows.flags
    work.touched[0] = touch_quotes(quote, book, work, n)
    for k in range(n):
        i, j = fill[k], place[k]
        row = quote[i]
        if quotes_first:
            row = seek(time, row, timestamp[i] + 1)
        near[k] = row if row >= 0 and book[row, r.BOOK_MID2] != NULL else -1
        if near[k] >= 0:
            side, mid2, paid2 = float(sides[r.SIDE, j]), float(book[row, r.BOOK_MID2]), float(price2[i])
            touch = float(book[row, r.BOOK_OFFER] if side > 0.0 else book[row, r.BOOK_BID])
            scale = float(quantity[i]) * BPS * side / mid2
            weight[k] = scale
            totals[j - base, 0] += float(quantity[i])
            totals[j - base, 1] += 2.0 * scale * (paid2 - mid2)
            totals[j - base, 2] += scale * (2.0 * touch - paid2)
            spread = float(book[row, r.BOOK_OFFER] - book[row, r.BOOK_BID])
            totals[j - base, 3] += 2.0 * BPS * float(quantity[i]) * spread / mid2
    impact = r.IMPACT * len(horizons_ns)
    for h in range(len(horizons_ns)):
        for k in range(n):
            at[k] = timestamp[fill[k]] + horizons_ns[h] + quotes_first
        work.touched[0] ^= seek_all(time, marks, sums.grid, sums.grid_scale, at, found, n)
        for k in range(n):
            if near[k] >= 0:
                i, j = fill[k], place[k]
                later2 = marks[found[k], 1]
                horizons[h, j] += weight[k] * float(later2 - price2[i]) if later2 != NULL else np.nan
                horizons[impact + h, j] += weight[k] * float(later2 - marks[near[k], 1]) if later2 != NULL else np.nan


@inlined
def spreads_block(
    fills: FillColumns,
    quotes: QuoteColumns,
    sums: Sums,
    rules: Rules,
    rows: Rows,
    scratch: Array,
    span: tuple[int, int],
    work: Work,
) -> None:
    """Write quantity-weighted spreads over each order's market fills that had a valid quote before them.

    Effective 2 s (p - m) / m = realised 2 s (p - m_h) / m + impact 2 s (m_h - m) / m. A horizon is missing as
    soon as one of those fills has no valid mid there, so the identity holds for every order that has it.
    """
    timestamp, venue, floats, horizons = fills.timestamp, fills.venue, rows.floats, rows.horizons
    totals, fill, place, capacity = work.totals, work.fill, work.place, len(work.fill)
    n_horizons, hours_end = len(rules.horizons_ns), rules.hours_end
    work.touched[1] = span[0]
    totals[:] = 0.0
    horizons[:, span[0] : span[1]] = 0.0
    n = 0
    for j in range(span[0], span[1]):
        first = scratch[j - span[0], r.S_FIRST_FILL]
        for i in range(first, first + scratch[j - span[0], r.S_FILL_COUNT]):
            if venue[i] >= VENUE_BOOKED or timestamp[i] >= hours_end:
                continue
            fill[n], place[n] = i, j
            n += 1
            if n == capacity:
                price_batch(fills, quotes, sums, rules, rows, work, n)
                n = 0
    price_batch(fills, quotes, sums, rules, rows, work, n)
    for j in range(span[0], span[1]):
        weight = totals[j - span[0], 0]
        scale = 1.0 / weight if weight > 0.0 else np.nan
        floats[r.EFFECTIVE_SPREAD, j] = totals[j - span[0], 1] * scale
        floats[r.PRICE_IMPROVEMENT, j] = totals[j - span[0], 2] * scale
        floats[r.FILL_QUOTED_SPREAD, j] = totals[j - span[0], 3] * scale
        for h in range(n_horizons):
            markout = horizons[h, j] * scale
            horizons[r.MARKOUT * n_horizons + h, j] = markout
            horizons[r.REALISED * n_horizons + h, j] = -2.0 * markout
            horizons[r.IMPACT * n_horizons + h, j] *= 2.0 * scale
