"""The orders of largest cost among many, found in one pass. Called by the outliers of a job, block by block."""

from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I64
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows

SHOWN: Final = ("order_id", "participant", "side", "order_quantity", "filled_quantity", "group", "mid2")


class Largest(NamedTuple):
    """The k orders of largest cost so far, largest first; what is shown of one stays where it was written."""

    size: F64  # (k,) magnitude of the cost, 0: no order
    slot: I64  # (k,) row of what is shown
    shown: I64  # (k, SHOWN)
    cost: F64  # (k, S) by scenario


def none_yet(kept: int, scenarios: int) -> Largest:
    """Return room for so many orders."""
    shown, cost = np.zeros((kept, len(SHOWN)), np.int64), np.zeros((kept, scenarios))
    return Largest(np.zeros(kept), np.arange(kept), shown, cost)


@inlined
def _write(rows: Rows, behind: I64, i: int, slot: int, largest: Largest) -> None:
    """Write what is shown of order ``i``; one by one, for the integers are of four types."""
    shown = largest.shown[slot]
    shown[0], shown[1], shown[2] = rows.ints[r.ORDER_ID, i], rows.codes[r.PARTICIPANT, i], rows.flags[r.SIDE, i]
    shown[3], shown[4] = rows.ints[r.ORDER_QUANTITY, i], rows.ints[r.FILLED_QUANTITY, i]
    shown[5], shown[6] = rows.flags[r.GROUP, i], rows.ints[r.MID2, i]
    for s in range(behind.shape[0]):
        largest.cost[slot, s] = rows.floats[r.COST + behind[s], i]


@kernel
def keep_largest(rows: Rows, behind: I64, largest: Largest) -> None:
    """Keep the k orders of largest cost, either sign; of equal ones the smaller ids. A missing cost is none.

    behind : (S,) by how many rows of ``floats`` each scenario is behind reality
    """
    cost, order_id, size, slot = rows.floats[r.COST], rows.ints[r.ORDER_ID], largest.size, largest.slot
    ids, last = largest.shown[:, 0], size.shape[0] - 1
    for i in range(cost.shape[0]):
        value = abs(cost[i])
        if value < size[last] or not value > 0.0:
            continue
        k, free = last, slot[last]
        if value == size[last] and order_id[i] > ids[free]:
            continue
        while k > 0 and (value > size[k - 1] or (value == size[k - 1] and order_id[i] < ids[slot[k - 1]])):
            size[k], slot[k] = size[k - 1], slot[k - 1]
            k -= 1
        size[k], slot[k] = value, free
        _write(rows, behind, i, free, largest)


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no rows."""
    keep_largest(empty_rows(0, (1, 1), Buffers()), np.zeros(1, np.int64), none_yet(1, 1))
