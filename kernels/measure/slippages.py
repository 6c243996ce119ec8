"""An order's market fills against the market: arrival, VWAP, close; a stage of ``stages``."""

import numpy as np

from kernels.base.columns import Array, Rules
from kernels.base.compiling import inlined
from kernels.conventions import BPS, NULL
from kernels.market.quotes import seek
from kernels.measure import result_rows as r
from kernels.measure.own_fills import write_all
from kernels.measure.result_rows import Rows, Work

SLIPPAGES = (r.ARRIVAL_SLIPPAGE, r.ARRIVAL_IMPROVEMENT, r.VWAP_SLIPPAGE, r.VWAP_SLIPPAGE_EX_OWN, r.CLOSE_SLIPPAGE)


@inlined
def touch_prints(prints: Array, scratch: Array, traded: Array) -> int:
    """Load the market's running sums at the end of each order that traded, so that the misses overlap."""
    touched = 0
    for k in traded:
        touched ^= prints[scratch[r.S_LAST_PRINT, k], 1] ^ prints[scratch[r.S_FIRST_PRINT, k], 1]
    return touched


@inlined
def slippages_block(
    prints: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], traded: Array, work: Work
) -> None:
    """Write how market fills did against the arrival mid and touch, the market's prints and the close.

    The market's volume-weighted price runs over the order's life, both ends included; without its own
    prints it is what the others paid. A reference price of 0 is none: the metric is missing.
    """
    ints, floats, flags = rows.ints, rows.floats, rows.flags
    close2 = rules.close2
    per_close = BPS / float(close2) if close2 > 0 else np.nan
    write_all(ints[r.MARKET_VOLUME][span[0] : span[1]], 0)
    for column in SLIPPAGES:
        write_all(floats[column][span[0] : span[1]], np.nan)
    work.touched[0] = touch_prints(prints, scratch, traded)
    for k in traded:
        j = span[0] + k
        market = scratch[r.S_MARKET_QUANTITY, k]
        if market <= 0:
            continue
        side, mid2 = float(flags[r.SIDE, j]), float(ints[r.MID2, j])
        price2 = float(scratch[r.S_MARKET_NOTIONAL2, k]) / float(market)
        if ints[r.MID2, j] != NULL:
            touch = ints[r.ARRIVAL_OFFER, j] if side > 0.0 else ints[r.ARRIVAL_BID, j]
            scale = BPS * side / mid2
            floats[r.ARRIVAL_SLIPPAGE, j] = scale * (price2 - mid2)
            floats[r.ARRIVAL_IMPROVEMENT, j] = scale * (2.0 * float(touch) - price2)
        first = scratch[r.S_FIRST_PRINT, k]
        last, end = scratch[r.S_LAST_PRINT, k], ints[r.END_TIME, j]
        last += prints[last, 0] <= end  # the order's own last fill, often, and its counterparty's
        last += prints[last, 0] <= end
        if prints[last, 0] <= end:
            last = seek(prints[:-1, 0], last - 1, end + 1) + 1
        volume, notional2 = prints[last, 1] - prints[first, 1], prints[last, 2] - prints[first, 2]
        volume_ex, notional2_ex = volume - scratch[r.S_VWAP_QUANTITY, k], notional2 - scratch[r.S_VWAP_NOTIONAL2, k]
        ints[r.MARKET_VOLUME, j] = volume
        if volume > 0 and notional2 > 0:  # (price - vwap) / vwap with one division
            floats[r.VWAP_SLIPPAGE, j] = BPS * side * (price2 * float(volume) - float(notional2)) / float(notional2)
        if volume_ex > 0 and notional2_ex > 0:
            others2 = float(notional2_ex)
            floats[r.VWAP_SLIPPAGE_EX_OWN, j] = BPS * side * (price2 * float(volume_ex) - others2) / others2
        floats[r.CLOSE_SLIPPAGE, j] = per_close * side * (price2 - float(close2))
