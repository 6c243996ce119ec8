"""When orders traded: time to the first fill, volume-weighted time of execution; a stage of ``stages``."""

import numpy as np

from kernels.base.columns import Array
from kernels.base.compiling import inlined
from kernels.conventions import NULL
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows


@inlined
def timing_block(rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Write each order's times in ns from its arrival; bookings are fills here, reports are not.

    Unfilled shares count as waiting until T, the end of the life capped at the end of trading (domain.md 4).
    """
    ints, floats = rows.ints, rows.floats
    for j in range(span[0], span[1]):
        arrival, filled, quantity = ints[r.ARRIVAL_TIME, j], ints[r.FILLED_QUANTITY, j], ints[r.ORDER_QUANTITY, j]
        first = ints[r.FIRST_FILL_TIME, j]
        waited = floats[r.EXECUTION_TIME, j]
        unfilled = float(max(quantity - filled, 0)) * float(max(ints[r.WINDOW_END, j] - arrival, 0))
        ints[r.TIME_TO_FIRST_FILL, j] = first - arrival if first != NULL else NULL
        floats[r.EXECUTION_TIME, j] = waited / float(filled) if first != NULL else np.nan
        floats[r.EXECUTION_TIME_ALL, j] = np.nan
        if quantity > 0 and (first != NULL or filled == 0):
            floats[r.EXECUTION_TIME_ALL, j] = (waited + unfilled) / float(quantity)
