"""How much mid and spread vary inside a window, from the running sums of ``quote_book``: two rows, however long it is.

Squared steps of the mid are exact as float64 below 2^53 (half units squared). Squared spreads are summed by time twice,
modulo 2^63 and as float64: about a whole number near their mean the first is exact wherever it is below 2^62, which the
second tells; beyond, the second is used.
"""

import numpy as np

from kernels.base.columns import Array
from kernels.base.compiling import inlined
from kernels.conventions import NULL
from kernels.market import quote_book as q


@inlined
def mid_variance(moves: Array, before: int, until: int) -> float:
    """Return the sum of squared steps of the mid from one quote to another, in half units squared.

    before, until : rows in force as the window starts, -1 where none is, and as it ends; a valid one is in between
    """
    first = moves[before, q.MOVED_FIRST] if before >= 0 else 0.0
    return max(float(moves[until, q.MOVED]) - first, 0.0)


@inlined
def squares_until(book: Array, moves: Array, low_bits: Array, shift: int, row: int, t: int) -> tuple[float, int]:
    """Return the integral of squared spreads over valid time before ``t``, when ``row`` is in force, in both forms."""
    spread = int(book[row, q.BOOK_OFFER]) - int(book[row, q.BOOK_BID])
    lasted = int(t >> shift) - int(book[row, q.BOOK_TIME] >> shift)
    lasted = lasted if book[row, q.BOOK_MID2] != NULL else 0
    spread = spread if lasted > 0 else 0
    squares = moves[row, q.SPREAD_SQUARES] + float(spread) * float(spread) * float(lasted)
    return squares, int(low_bits[row, q.SPREAD_SQUARES_LOW]) + spread * spread * lasted


@inlined
def spread_variance(squares: float, low: int, area: int, valid: int) -> float:
    """Return the time-weighted variance of the spread in a window.

    squares, low : what ``squares_until`` returns at its end less what it does at its start
    area, valid : integral of the spread, above 0 the valid time, as ``window_sums`` returns them
    """
    share = 1.0 / float(valid)
    centre = int(np.floor(float(area) * share + 0.5))  # near the mean: any whole number there will do
    low = (low - 2 * centre * area + centre * centre * valid) & q.LOW_BITS
    about = squares - 2.0 * float(centre) * float(area) + float(centre) * float(centre) * float(valid)
    total = float(low) if about < q.ROOM else about
    rest = float(area - centre * valid) * share
    return max(total * share - rest * rest, 0.0)
