"""Mean mids and spreads over windows of time, from the running sums of the quote book.

The sums are of prices in units x time in units of 2^shift ns: 1 ns wherever the integral of a whole session fits
64 bits, which is every day of ordinary prices. On others each time is rounded down to a multiple of 2^shift ns, at
most 2^LARGEST_SHIFT ns, about 4 ms. A mean is then off by no more than 2^shift ns / (length of the window) x (the
mid's total variation inside the window + the difference of its highest and lowest); a window that is shorter than
one unit has the mid at its start, as one of no length has.
"""

import numpy as np

from kernels.base.columns import Array
from kernels.base.compiling import inlined
from kernels.conventions import NULL
from kernels.market import quote_book as q


@inlined
def window_sums(
    book: Array, base: int, shift: int, before: int, until: int, start: int, end: int
) -> tuple[int, int, int]:
    """Return the integrals over [start, end) of mid2 - base, of validity and of offer - bid, over valid time.

    before, until : rows of the quotes that prevail at ``start`` and ``end``, -1 where none does; the latter exists
    """
    area, valid, spread_area = book[until, q.BOOK_AREA], book[until, q.BOOK_VALID], book[until, q.BOOK_SPREAD_AREA]
    mid2 = book[until, q.BOOK_MID2]
    if mid2 != NULL:
        lasted = (end >> shift) - (book[until, q.BOOK_TIME] >> shift)
        area += (mid2 - base) * lasted
        valid += lasted
        spread_area += (book[until, q.BOOK_OFFER] - book[until, q.BOOK_BID]) * lasted
    if before >= 0:
        area -= book[before, q.BOOK_AREA]
        valid -= book[before, q.BOOK_VALID]
        spread_area -= book[before, q.BOOK_SPREAD_AREA]
        mid2 = book[before, q.BOOK_MID2]
        if mid2 != NULL:
            lasted = (start >> shift) - (book[before, q.BOOK_TIME] >> shift)
            area -= (mid2 - base) * lasted
            valid -= lasted
            spread_area -= (book[before, q.BOOK_OFFER] - book[before, q.BOOK_BID]) * lasted
    return area, valid, spread_area


@inlined
def mean_mid2(total: int, weight: int, base: int) -> float:
    """Return base + total / weight; whole numbers come out exact, so a limit at the mid compares right.

    The whole part comes from a float division put right in integers: an integer division takes twice as long.
    """
    share = 1.0 / float(weight)
    whole = int(np.floor(float(total) * share))
    rest = total - whole * weight
    if rest < 0:
        whole -= 1
        rest += weight
    elif rest >= weight:
        whole += 1
        rest -= weight
    return float(base + whole) + float(rest) * share
