"""Orders summed by what they are: their type, their mid-tick flag, whether they were eligible, and how large they are.

Size is told in the fixed buckets of tables, and in quarters of the orders of the day: by quantity in steps of a 16th of
an octave (4 %, exact below 32 shares), equal steps never parted. `driver.job.job` adds blocks as they are measured,
`driver.tables.kinds` adds jobs up. All sums are integers, costs and bps in 1/COST_SCALE.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import F64, I8, I64
from kernels.conventions import BPS, COST_SCALE, NULL, SIZE_EDGES
from kernels.measure import result_rows as r
from kernels.measure.result_rows import OrderBlock, scenario_offsets

KINDS: Final = ("order_type", "mid_tick", "eligible", "size_bucket", "size_quartile")
QUARTERS: Final = 4
OF_ORDERS: Final = ("orders", "order_quantity", "priced_orders", "base")
BY_SCENARIO: Final = ("unknown_orders", "filled_orders", "filled_quantity", "cost", "shortfall")
STEP_BITS, STEPS, FIRST_EXPONENT = 4, 1_024, 1_023  # of quantities: a double's exponent and four bits of its fraction
# Bits of a key, from the lowest: step of the quantity, fixed size, eligible, mid-tick flag; then the order type.
SIZE_AT, ELIGIBLE_AT, TICK_AT, TYPE_AT = 10, 13, 14, 22
Found = dict[str, dict[str, list[int]]]  # by kind and label


def sum_names(scenarios: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the sums of a label are of, in their order."""
    return (*OF_ORDERS, *(f"{scenario}.{name}" for scenario in scenarios for name in BY_SCENARIO))


@dataclass(slots=True)
class KindSums:
    """The sums of the orders of a job; ``mid_tick`` is that of each row of the day's order table."""

    mid_tick: I8
    keys: list[I64] = field(default_factory=list)  # of each block, ascending
    parts: list[I64] = field(default_factory=list)  # (sums, keys) of each

    def add(self, block: OrderBlock) -> None:
        """Add the orders of a block."""
        if not len(block):
            return
        key = self._keys(block)
        order = np.argsort(key, kind="stable")
        first = np.flatnonzero(np.append(True, np.diff(key[order]) != 0))
        self.keys.append(key[order][first])
        self.parts.append(np.stack([np.add.reduceat(values[order], first) for values in _values(block)]))

    def _keys(self, block: OrderBlock) -> I64:
        ints = block.rows.ints
        quantity = ints[r.ORDER_QUANTITY]
        step = (quantity.astype(np.float64).view(np.int64) >> (52 - STEP_BITS)) - (FIRST_EXPONENT << STEP_BITS)
        key: I64 = np.clip(step, 0, STEPS - 1)
        key |= np.searchsorted(SIZE_EDGES, quantity) << SIZE_AT
        key |= block.eligible.astype(np.int64) << ELIGIBLE_AT
        key |= (self.mid_tick[block.order_index].astype(np.int64) & 255) << TICK_AT
        key |= block.order_type.astype(np.int64) << TYPE_AT
        return key

    def found(self) -> Found:
        """Return the sums by kind and label."""
        if not self.keys:
            return {}
        key, sums = np.concatenate(self.keys), np.concatenate(self.parts, axis=1)
        labels = {
            "order_type": key >> TYPE_AT,
            "mid_tick": ((key >> TICK_AT) & 255).astype(np.int8),
            "eligible": (key >> ELIGIBLE_AT) & 1,
            "size_bucket": (key >> SIZE_AT) & 7,
            "size_quartile": quarter_of(key & (STEPS - 1), sums[0]),
        }
        return {kind: _by(label, sums) for kind, label in labels.items()}


def quarter_of(step: I64, orders: I64) -> I64:
    """Return the quarter of the orders, 1 to 4, that each step is in; orders : how many each entry stands for."""
    held = np.bincount(step, orders, STEPS).astype(np.int64)
    below = np.cumsum(held) - held
    middle = 2 * below + held  # twice the orders below the middle of a step
    quarter: I64 = np.minimum(QUARTERS * middle // (2 * held.sum()), QUARTERS - 1) + 1
    return quarter[step]


def _by(label: NDArray[np.integer], sums: I64) -> dict[str, list[int]]:
    distinct, place = np.unique(label, return_inverse=True)
    out = np.zeros((len(distinct), len(sums)), np.int64)
    np.add.at(out, place, sums.T)
    return dict(zip(map(str, distinct.tolist()), out.tolist(), strict=True))


def _values(block: OrderBlock) -> list[I64]:
    """Return what is summed of each order, in the order of ``sum_names``."""
    ints, floats = block.rows.ints, block.rows.floats
    quantity, priced = ints[r.ORDER_QUANTITY], _is_priced(block)
    base = np.where(priced, ints[r.MID2], 0) * quantity
    values = [np.ones_like(quantity), quantity, priced.astype(np.int64), base]
    per_base = BPS / np.where(priced, base, 1)
    behind = zip(*(scenario_offsets(block.scenarios, matrix) for matrix in ("ints", "floats")), strict=True)
    for of_ints, of_floats in behind:
        filled, cost = ints[r.SCENARIO_FILLED + of_ints], floats[r.COST + of_floats]
        known = np.where(filled == NULL, 0, filled)
        values += [(filled == NULL).astype(np.int64), (known > 0).astype(np.int64), known]
        values += [_fixed(cost, priced), _fixed(cost * per_base, priced)]
    return values


def _is_priced(block: OrderBlock) -> NDArray[np.bool_]:
    """Return which orders have costs: those that lived in continuous trading, with a mid at benchmark and end."""
    ints, floats = block.rows.ints, block.rows.floats
    lived = ints[r.WINDOW_START] <= ints[r.WINDOW_END]
    priced: NDArray[np.bool_] = np.isfinite(floats[r.COST]) & (ints[r.MID2] > 0) & (ints[r.ORDER_QUANTITY] > 0) & lived
    return priced


def _fixed(cost: F64, priced: NDArray[np.bool_]) -> I64:
    """Return costs as tables add them up, 0 where an order is not priced or the scenario not known."""
    known = priced & np.isfinite(cost)
    out: I64 = np.rint(np.where(known, cost, 0.0) * COST_SCALE).astype(np.int64)
    return out
