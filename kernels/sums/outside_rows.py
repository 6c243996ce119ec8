"""Orders that never lived in continuous trading: what they add to a row of measures (decisions 40).

They could not have traded otherwise and cost the same in every scenario, so they are in no headline figure. Their
own sums give what the figures are with them.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows
from kernels.sums.fixed_point import fixed, whole, worth
from kernels.sums.moments import FIXED_SCALE

OUTSIDE_SUMS: Final = (
    "never_in_session", "outside_quantity", "outside_filled", "outside_base", "outside_cost",
)  # fmt: skip


@inlined
def lived(rows: Rows, i: int | np.uint64) -> bool:
    """Return whether an order lived in continuous trading: its window is not empty (decisions 40)."""
    found: bool = rows.ints[r.WINDOW_START, i] <= rows.ints[r.WINDOW_END, i]
    return found


@inlined
def outside(rows: Rows, first: int, n: int, out: I64, place: int) -> None:
    """Write what orders that never lived in continuous trading add, from ``place`` on."""
    ints, cost = rows.ints, rows.floats[r.COST]
    for t in range(n):
        i = np.uint64(first + t)
        never = int(not lived(rows, i))
        known = never * int(ints[r.MID2, i] > 0 and ints[r.ORDER_QUANTITY, i] > 0 and abs(cost[i]) < np.inf)
        out[t, np.uint64(place)] = never
        out[t, np.uint64(place + 1)] = never * whole(ints[r.ORDER_QUANTITY, i])
        out[t, np.uint64(place + 2)] = never * whole(ints[r.FILLED_QUANTITY, i])
        out[t, np.uint64(place + 3)] = worth(ints[r.MID2, i], ints[r.ORDER_QUANTITY, i]) if known else 0
        out[t, np.uint64(place + 4)] = fixed(cost[i] * FIXED_SCALE) if known else 0
