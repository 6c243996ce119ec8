"""The trade day of every row, by the tables of `trade_dates`. Parsing, spilling and conversion call it."""

import numpy as np

from kernels.base.columns import I32, I64
from kernels.base.compiling import kernel


@kernel
def trade_days(timestamp: I64, changes: I64, offsets: I64, roll: I32, cutoff: int, out: I32) -> int:
    """Write the trade day of each row, and return how many rows stand on a weekend of their own date.

    Parameters
    ----------
    timestamp : (n,) int64, ns UTC, any order
    changes, offsets, roll, cutoff : of a `TradeCalendar`
    out : (n,) int32, day numbers
    """
    day_ns = 86_400_000_000_000
    low, high, offset = np.int64(1), np.int64(0), np.int64(0)  # the stretch of one offset that the last row was in
    weekend = 0
    for i in range(timestamp.shape[0]):
        t = timestamp[i]
        if t < low or t >= high:
            k = np.searchsorted(changes, t, side="right") - 1
            low = changes[k]
            high = changes[k + 1] if k + 1 < changes.shape[0] else np.int64(9_223_372_036_854_775_807)
            offset = offsets[k]
        local = t + offset
        day = local // day_ns
        if local - day * day_ns >= cutoff:
            out[i] = roll[day]
        else:
            out[i] = day
            weekend += (day + 3) % 7 >= 5
    return weekend
