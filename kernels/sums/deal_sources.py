"""Fills by deal source: how many, shares and notional of those of chosen orders, in one pass over the fills.

`driver.sums.orders.deal_sources` says whose fills count: as they happened, and under each replayed scenario.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64, Array, readonly
from kernels.base.compiling import kernel


class DealFills(NamedTuple):
    """Columns of n fills."""

    order_index: Array  # (n,) int32, negative: of no order of the day
    timestamp: Array  # (n,) int64
    deal_source: Array  # (n,) int16
    quantity: Array  # (n,) int64
    price2: Array  # (n,) int64, half units


@kernel
def add_fills(fills: DealFills, chosen: NDArray[np.bool_], end: int, lowest: int, sums: I64) -> None:
    """Add the fills of chosen orders before ``end`` to the sums of their deal source, row 0 being the lowest one's.

    chosen : of each order of the day; sums : (sources, 3), of fills, shares, and shares x price in half units
    """
    for i in range(fills.order_index.shape[0]):
        order = fills.order_index[i]
        if order >= 0 and chosen[order] and fills.timestamp[i] < end:
            place, quantity = np.int64(fills.deal_source[i]) - lowest, fills.quantity[i]
            sums[place, 0] += 1
            sums[place, 1] += quantity
            sums[place, 2] += quantity * fills.price2[i]


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no fills."""
    kinds = {"order_index": np.int32, "deal_source": np.int16}
    none = DealFills(*(readonly(np.zeros(0, kinds.get(name, np.int64))) for name in DealFills._fields))
    add_fills(none, np.zeros(0, np.bool_), 0, 0, np.zeros((1, 3), np.int64))
