"""How the quote moved while an order lived: drift and volatility of the mid, volatility of the spread.

A stage of ``stages``, within that of the mids: it takes what they found of each window, and the mean mid.
"""

import numpy as np

from kernels.base.columns import Array, Rules
from kernels.base.compiling import inlined
from kernels.conventions import BPS, NULL
from kernels.market import quote_book as q
from kernels.market.day_sums import Sums
from kernels.market.window_mids import window_sums
from kernels.market.window_moves import mid_variance, spread_variance, squares_until
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, Work


@inlined
def touch_moves(low_bits: Array, scratch: Array, n: int) -> int:
    """Load what is read at both ends of each order's window, so that the misses of many orders overlap."""
    touched = 0
    if len(low_bits) > 0:
        for k in range(n):
            touched ^= low_bits[max(scratch[r.S_END_QUOTE, k], 0), 0]
        for k in range(n):
            touched ^= low_bits[max(scratch[r.S_WINDOW_QUOTE, k], 0), 0]
    return touched


@inlined
def drift_block(rows: Rows, span: tuple[int, int]) -> None:
    """Write how far the mid moved against each order from M0 to m_T; NaN if its window has no length."""
    ints, drift, sides = rows.ints, rows.floats[r.MID_DRIFT], rows.flags[r.SIDE]
    for j in range(span[0], span[1]):
        mid2, last2 = ints[r.MID2, j], ints[r.END_MID2, j]
        known = (mid2 != NULL) & (last2 != NULL) & (ints[r.WINDOW_START, j] < ints[r.WINDOW_END, j])
        drift[j] = BPS * float(sides[j]) * float(last2 - mid2) / float(mid2) if known else np.nan


@inlined
def volatility_block(sums: Sums, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work) -> None:
    """Write how mid and spread vary in each order's window, over its mean mid; NaN if none of its time is valid.

    The mid's path begins with M0: that of an order which came before the session, with the opening quote. The spread's
    deviation is from the quoted spread, over the same time.

    work : with the time-weighted mids of the windows
    """
    ints, mean, book, shift = rows.ints, work.mid2, sums.book, sums.shift
    moved, varied = rows.floats[r.MID_VOLATILITY], rows.floats[r.SPREAD_VOLATILITY]
    moves, low_bits = sums.moves
    session_start, opening = rules.session_start, rules.opening_quote
    opened = max(session_start, book[opening, q.BOOK_TIME]) if opening >= 0 else session_start
    work.touched[0] = touch_moves(low_bits, scratch, span[1] - span[0])
    for j in range(span[0], span[1]):
        k = j - span[0]
        moved[j] = varied[j] = np.nan
        valid = int(scratch[r.S_VALID, k])
        if valid <= 0:
            continue
        end, before, until = ints[r.WINDOW_END, j], scratch[r.S_WINDOW_QUOTE, k], scratch[r.S_END_QUOTE, k]
        early = ints[r.ARRIVAL_TIME, j] <= session_start
        if before == until and not early:  # one quote, as most lives have
            moved[j] = varied[j] = 0.0
            continue
        per_mid = BPS / mean[k]
        squares, low = squares_until(book, moves, low_bits, shift, until, end)
        if before >= 0:
            earlier, lower = squares_until(book, moves, low_bits, shift, before, ints[r.WINDOW_START, j])
            squares, low = squares - earlier, low - lower
        variance = spread_variance(squares, low, int(scratch[r.S_SPREAD_AREA, k]), valid)
        varied[j] = 2.0 * per_mid * np.sqrt(variance)
        if early and opening >= 0:
            before, valid = opening, 0
            if opened < end:
                _, valid, _ = window_sums(book, rules.mid_base, shift, opening, until, opened, end)
        moved[j] = per_mid * np.sqrt(mid_variance(moves, before, until)) if valid > 0 else np.nan
