"""Tick sizes by price, which orders improve their limit by half a tick, and such limits for notebooks."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from kernels.base.argument_checks import (
    check_choice,
    check_column,
    check_integers,
    check_not_negative,
    check_same_length,
)
from kernels.base.columns import I64, Array
from kernels.base.compiling import inlined
from kernels.conventions import BUY, MID_TICK_HALF, SELL


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


def tick_table(ticks: tuple[tuple[int, int], ...]) -> tuple[I64, I64]:
    """Return starts and sizes of ticks, or raise and say what is wrong with them."""
    table = np.array(ticks)
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError(f"ticks: expected (from price, tick) pairs, at least one, got {ticks}")
    if table.dtype.kind not in "iu":
        raise TypeError(f"ticks: expected whole price units, got {ticks}")
    starts, sizes = table.astype(np.int64).T
    if np.any(starts[1:] <= starts[:-1]) or np.any(sizes <= 0):
        raise ValueError(f"ticks: from prices must ascend and ticks be positive, got {ticks}")
    return starts, sizes


def limit2(limit_price: ArrayLike, mid_tick: ArrayLike, side: ArrayLike, ticks: tuple[tuple[int, int], ...]) -> I64:
    """Return each limit in half price units, improved by half a tick where its mid-tick flag says so.

    A market order (price 0) has a limit that never binds. A price is allowed if side x price2 <= side x limit2.

    Parameters
    ----------
    limit_price : (n,) int64, price units, 0 market
    mid_tick : (n,) whole numbers, the exchange's flag: 1, 4 and 6 improve the limit
    side : (n,) whole numbers, +1 buy, -1 sell
    ticks : (from price, tick) pairs in price units, ascending, as ((0, 1), (100, 5), (2000, 10))

    Returns
    -------
    (n,) int64, half price units

    Raises
    ------
    TypeError, ValueError
        a column, or a tick, is not of whole numbers; lengths differ, a price is negative, or ticks do not ascend
    """
    prices = check_not_negative("limit_price", check_column("limit_price", limit_price, np.int64))
    flags = check_integers("mid_tick", mid_tick)
    sides = check_choice("side", check_column("side", side, np.int64), (BUY, SELL))
    check_same_length(limit_price=prices, mid_tick=flags, side=sides)
    starts, sizes = tick_table(ticks)
    place = np.searchsorted(starts, prices, "right") - 1
    tick = np.where(place >= 0, sizes[place], 0)
    improved = 2 * prices + sides * np.where(np.isin(flags, MID_TICK_HALF), tick, 0)
    return np.where(prices > 0, improved, sides * 2**61)
