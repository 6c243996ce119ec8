"""Integrals over time of days whose prices, in their units, are too large for 64 bits.

The quote book's running sums wrap around 2^64; differences of them are then right but for multiples of
2^64. A second pair of sums, coarser by 2^SHIFT, tells which multiple: together they are exact. Days of
ordinary prices need none of this and keep no such sums.
"""

import numpy as np

from kernels.base.columns import I64, Array
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.market.quote_book import (
    BOOK_AREA,
    BOOK_BID,
    BOOK_MID2,
    BOOK_OFFER,
    BOOK_SPREAD_AREA,
    BOOK_TIME,
    BOOK_VALID_NS,
    QuoteBook,
)

SHIFT = 22  # coarse sums are in 2^22 ns, about 4 ms
ROOM = 2**62
WRAP = 2.0**64
MOST = 2**38  # half units: with more, not even the coarse sums of a day stay inside


@inlined
def coarse_part(amount: int, lasted: int) -> int:
    """Return amount x lasted in units of 2^SHIFT ns, rounded down."""
    return amount * (lasted >> SHIFT) + ((amount * (lasted & ((1 << SHIFT) - 1))) >> SHIFT)


@kernel
def fill_wide(book: Array, base: int, wide: Array) -> None:
    """Write the coarse integrals of mid2 - base and of offer - bid over valid time before each row."""
    n = len(book) - 1
    area = spread_area = 0
    for i in range(n + 1):
        wide[i, 0] = area
        wide[i, 1] = spread_area
        if i + 1 < n and book[i, BOOK_MID2] != NULL:
            lasted = book[i + 1, BOOK_TIME] - book[i, BOOK_TIME]
            area += coarse_part(book[i, BOOK_MID2] - base, lasted)
            spread_area += coarse_part(book[i, BOOK_OFFER] - book[i, BOOK_BID], lasted)


def wide_sums(quotes: QuoteBook, start: int, end: int, buffers: Buffers) -> I64:
    """Return the coarse sums of a day whose windows lie in [start, end], (n + 1, 2); no rows if not needed.

    Raises ValueError naming the quote if its price is beyond even these.
    """
    book, base, row = quotes.book, quotes.base, quotes.widest
    none = np.empty((0, 2), np.int64)
    if row < 0 or end <= start:
        return none
    bid, offer = int(book[row, BOOK_BID]), int(book[row, BOOK_OFFER])
    reach = max(abs(bid + offer - base), offer - bid)
    if reach * (end - start) < ROOM:
        return none
    if reach >= MOST or reach * ((end - start) >> SHIFT) >= ROOM:
        raise ValueError(
            f"quote row {row} (time {book[row, BOOK_TIME]}, bid {bid}, offer {offer}) is too far from the day's "
            f"other prices to average over time; check it, or read prices with fewer decimals"
        )
    wide = buffers.take("wide", (len(book), 2), np.int64)
    fill_wide(book, base, wide)
    return wide


@inlined
def unwrapped(total: int, coarse: int) -> float:
    """Return a sum from its value modulo 2^64 and its coarse value."""
    low = float(total)
    wraps = float(np.round((float(coarse) * float(1 << SHIFT) - low) / WRAP))
    return low + wraps * WRAP


@inlined
def wide_mean(
    book: Array, wide: Array, base: int, before: int, until: int, start: int, end: int
) -> tuple[float, float]:
    """Return the time-weighted mid2 and spread over the valid time of [start, end), NaN where there is none.

    before, until : rows of the quotes that prevail at start and end, or -1
    """
    area = valid_ns = spread_area = coarse = coarse_spread = 0
    for row, t, sign in ((until, end, 1), (before, start, -1)):
        if row >= 0:
            area += sign * book[row, BOOK_AREA]
            valid_ns += sign * book[row, BOOK_VALID_NS]
            spread_area += sign * book[row, BOOK_SPREAD_AREA]
            coarse += sign * wide[row, 0]
            coarse_spread += sign * wide[row, 1]
            if book[row, BOOK_MID2] != NULL:
                lasted = t - book[row, BOOK_TIME]
                amount, spread = book[row, BOOK_MID2] - base, book[row, BOOK_OFFER] - book[row, BOOK_BID]
                area += sign * amount * lasted
                valid_ns += sign * lasted
                spread_area += sign * spread * lasted
                coarse += sign * coarse_part(amount, lasted)
                coarse_spread += sign * coarse_part(spread, lasted)
    if valid_ns <= 0:
        return np.nan, np.nan
    mid2 = mean_near(unwrapped(area, coarse), area, valid_ns, base)
    return mid2, unwrapped(spread_area, coarse_spread) / float(valid_ns)


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
