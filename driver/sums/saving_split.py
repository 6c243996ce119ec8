"""What a scenario saves, by what became of the order in it: filled, refused though reality filled it, or neither.

A saving nets what a scenario fills against what its limit or book refuses and reality filled; both can be large.
`driver.job.job` adds blocks as they are measured, `driver.tables.split_table` adds jobs up. All sums are integers.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import F64, I64
from kernels.conventions import COST_SCALE, NULL
from kernels.measure import result_rows as r
from kernels.measure.result_rows import OrderBlock, scenario_offsets

PARTS: Final = ("fills", "refuses", "neither")
SPLIT_SUMS: Final = ("orders", "priced_orders", "base", "saved")
UNKNOWN: Final = "unknown"


@dataclass(slots=True)
class SavingSplit:
    """Sums by scenario and part, of the orders of a job."""

    found: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def add(self, block: OrderBlock) -> None:
        """Add the orders of a block."""
        ints, floats = block.rows.ints, block.rows.floats
        behind = zip(*(scenario_offsets(block.scenarios, matrix) for matrix in ("ints", "floats")), strict=True)
        mid2, quantity, really = ints[r.MID2], ints[r.ORDER_QUANTITY], ints[r.FILLED_QUANTITY] > 0
        priced = is_priced(block)
        base = np.where(priced, mid2, 0) * quantity
        real = fixed(floats[r.COST], priced)
        for name, (of_ints, of_floats) in list(zip(block.scenarios, behind, strict=True))[1:]:
            filled = ints[r.SCENARIO_FILLED + of_ints]
            saved = real - fixed(floats[r.COST + of_floats], priced)
            parts = self.found.setdefault(name, {part: [0] * len(SPLIT_SUMS) for part in PARTS} | {UNKNOWN: [0]})
            parts[UNKNOWN][0] += int(np.count_nonzero(filled == NULL))
            fills = filled > 0
            for part, chosen in zip(PARTS, (fills, ~fills & really, ~fills & ~really), strict=True):
                counts = np.count_nonzero(chosen), np.count_nonzero(chosen & priced)
                more = *counts, base[chosen].sum(), saved[chosen].sum()
                parts[part] = [one + int(other) for one, other in zip(parts[part], more, strict=True)]


def is_priced(block: OrderBlock) -> NDArray[np.bool_]:
    """Return which orders have costs: those that lived in continuous trading, with a mid at benchmark and end."""
    ints, floats = block.rows.ints, block.rows.floats
    lived = ints[r.WINDOW_START] <= ints[r.WINDOW_END]
    priced: NDArray[np.bool_] = np.isfinite(floats[r.COST]) & (ints[r.MID2] > 0) & (ints[r.ORDER_QUANTITY] > 0) & lived
    return priced


def fixed(cost: F64, priced: NDArray[np.bool_]) -> I64:
    """Return costs as tables add them up, 0 where an order is not priced or the scenario not known."""
    known = priced & np.isfinite(cost)
    out: I64 = np.rint(np.where(known, cost, 0.0) * COST_SCALE).astype(np.int64)
    return out
