"""Tick sizes by price, and which orders improve their limit by half a tick."""

from functools import lru_cache

import numpy as np

from kernels.base.columns import I64, Array
from kernels.base.compiling import inlined
from kernels.conventions import MID_TICK_HALF


@lru_cache(maxsize=256)  # few tables serve all jobs of a run, so nobody may write to one
def ticks_by_price(ticks: tuple[tuple[int, int], ...]) -> I64:
    """Return (from price, tick) pairs as the kernels take them: (2, k), by ascending price."""
    return np.ascontiguousarray(np.array(sorted(ticks), np.int64).reshape(-1, 2).T)


@inlined
def tick_of(price: int, ticks: Array) -> int:
    """Return the tick size that applies at ``price``, in price units."""
    tick = 0
    for k in range(ticks.shape[1]):
        if price >= ticks[0, k]:
            tick = ticks[1, k]
    return tick


@inlined
def has_half_tick(mid_tick: int) -> bool:
    """Return whether the mid-tick flag improves the limit by half a tick (domain.md 1.2)."""
    return (mid_tick == MID_TICK_HALF[0]) | (mid_tick == MID_TICK_HALF[1]) | (mid_tick == MID_TICK_HALF[2])
