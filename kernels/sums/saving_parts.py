"""What a scenario saves, by what became of each order in it: sums of one pass over a block.

`driver.sums.orders.saving_split` names the parts and adds blocks up.
"""

import math
from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows
from kernels.sums.moments import FIXED_SCALE
from kernels.sums.outside_rows import lived

PARTS: Final = 3  # filled in the scenario, refused though reality filled it, neither
SUMS: Final = 4  # orders, priced ones, Q x M0 in half units, what is saved in fixed point


@inlined
def _fixed(cost: float) -> int:
    """Return a cost in fixed point, 0 where it is not known."""
    return int(np.rint(cost * FIXED_SCALE)) if math.isfinite(cost) else 0


@kernel
def saving_parts(rows: Rows, ints: I64, floats: I64, base: I64, out: I64, unknown: I64) -> None:
    """Add the orders of a block to the sums of each scenario.

    ints, floats : (S,) by how many rows each scenario is behind reality, the first one, in either matrix
    base : (n,) to write, Q x M0 of priced orders, -1 of others
    out : (S, PARTS, SUMS), unknown : (S,) orders of which it is not known what they fill; the first row stays as it is
    """
    mid2, quantity, really, cost = rows.ints[r.MID2], rows.ints[r.ORDER_QUANTITY], rows.ints[r.FILLED_QUANTITY], r.COST
    real = rows.floats[cost]
    for i in range(base.shape[0]):
        priced = math.isfinite(real[i]) & (mid2[i] > 0) & (quantity[i] > 0) & lived(rows, i)
        base[i] = mid2[i] * quantity[i] if priced else -1
    for s in range(1, ints.shape[0]):
        filled, under, sums = rows.ints[r.SCENARIO_FILLED + ints[s]], rows.floats[cost + floats[s]], out[s]
        for i in range(base.shape[0]):
            part = 0 if filled[i] > 0 else 1 if really[i] > 0 else 2
            priced = base[i] >= 0
            unknown[s] += int(filled[i] == NULL)
            sums[part, 0] += 1
            sums[part, 1] += int(priced)
            sums[part, 2] += base[i] if priced else 0
            sums[part, 3] += _fixed(real[i]) - _fixed(under[i]) if priced else 0


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no rows."""
    rows, one = empty_rows(0, (1, 1), Buffers()), np.zeros(1, np.int64)
    saving_parts(rows, one, one, one[:0], np.zeros((1, PARTS, SUMS), np.int64), one)
