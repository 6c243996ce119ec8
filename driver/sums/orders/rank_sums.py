"""Ranks of what each order costs really and under the replayed scenarios that are tested: sums for Friedman's test.

Ranks are within an order, so their sums merge exactly over blocks and jobs. `driver.job.job` adds blocks,
`driver.inference.orders` makes the statistic.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import COST_SCALE, REPLAY, SCENARIO_TABLE
from kernels.measure import result_rows as r
from kernels.measure.result_rows import OrderBlock, scenario_offsets

RANKED: Final = ("real", *(one.name for one in SCENARIO_TABLE if one.kind == REPLAY and one.chosen))
ORDERS, TIES = "orders", "ties"


@dataclass(slots=True)
class RankSums:
    """Twice the sum of the ranks by scenario, 1 the least cost; ``ties``: the sum of t^3 - t over groups of t equal."""

    found: dict[str, int] = field(default_factory=dict)

    def add(self, block: OrderBlock) -> None:
        """Add the priced orders of a block, where any replayed scenario is tested."""
        names = [name for name in RANKED if name in block.scenarios]
        if len(names) < 2:
            return
        behind = dict(zip(block.scenarios, scenario_offsets(block.scenarios, "floats"), strict=True))
        ints, costs = block.rows.ints, np.stack([block.rows.floats[r.COST + behind[name]] for name in names])
        lived = ints[r.WINDOW_START] <= ints[r.WINDOW_END]
        known = np.isfinite(costs).all(axis=0) & (ints[r.MID2] > 0) & (ints[r.ORDER_QUANTITY] > 0) & lived
        ranks, ties = ranks_of(np.rint(costs[:, known] * COST_SCALE).astype(np.int64))
        sums = {ORDERS: ranks.shape[1], TIES: ties}
        sums |= dict(zip(names, ranks.sum(axis=1).tolist(), strict=True))
        self.found = {name: self.found.get(name, 0) + more for name, more in sums.items()}


def ranks_of(costs: I64) -> tuple[I64, int]:
    """Return twice the mean rank of each cost within its order, (K, n), and the sum of t^3 - t over ties."""
    less, equal = np.zeros_like(costs), np.zeros_like(costs)
    for cost in costs:
        less += cost < costs
        equal += cost == costs
    return 2 * less + equal + 1, int((equal**2 - 1).sum())
