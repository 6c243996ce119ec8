"""Fills by deal source: how many, shares and notional of those of chosen orders, in one pass over the fills.

`driver.sums.orders.deal_sources` says whose fills count: as they happened, and under each replayed scenario.
"""

from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import I8, I64, Array, readonly
from kernels.base.compiling import kernel
from kernels.base.memory import Buffers
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows
from kernels.sums.outside_rows import lived

# Of each order of the day: whether it is selected, and then whether it lived in continuous trading besides.
SELECTED: Final = 1
LIVED: Final = 2


class DealFills(NamedTuple):
    """Columns of n fills."""

    order_index: Array  # (n,) int32, negative: of no order of the day
    timestamp: Array  # (n,) int64
    deal_source: Array  # (n,) int16
    quantity: Array  # (n,) int64
    price2: Array  # (n,) int64, half units


@kernel
def note_orders(rows: Rows, told: I8) -> None:
    """Write SELECTED or LIVED of each order of a block; told : (orders of the day,)."""
    for j in range(rows.codes.shape[1]):
        told[rows.codes[r.ORDER_INDEX, j]] = LIVED if lived(rows, j) else SELECTED


@kernel
def add_fills(fills: DealFills, told: I8, least: int, end: int, lowest: int, sums: I64) -> None:
    """Add the fills before ``end`` of some orders to the sums of their deal source, row 0 being the lowest one's.

    told : of each order of the day, those that count have ``least`` or more
    sums : (sources, 3), of fills, shares, and shares x price in half units
    """
    for i in range(fills.order_index.shape[0]):
        order = fills.order_index[i]
        if order >= 0 and told[order] >= least and fills.timestamp[i] < end:
            place, quantity = np.int64(fills.deal_source[i]) - lowest, fills.quantity[i]
            sums[place, 0] += 1
            sums[place, 1] += quantity
            sums[place, 2] += quantity * fills.price2[i]


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling them on no rows."""
    none_told = np.zeros(0, np.int8)
    note_orders(empty_rows(0, (1, 1), Buffers()), none_told)
    kinds = {"order_index": np.int32, "deal_source": np.int16}
    none = DealFills(*(readonly(np.zeros(0, kinds.get(name, np.int64))) for name in DealFills._fields))
    add_fills(none, none_told, SELECTED, 0, 0, np.zeros((1, 3), np.int64))
