"""The most extreme orders of a run, by their cost in money: what a reader should look at first.

A job keeps as many as the run shows: whichever they are, they are among those. `driver.job.job` gathers them block by
block; `driver.tables` merges and shows them.
"""

import math
from typing import Any

import numpy as np

from kernels.conventions import BPS, NULL
from kernels.measure.result_rows import OrderBlock
from kernels.sums import largest

COLUMNS = {  # shown -> of orders
    "order_id": "order_id", "participant_id": "participant", "side": "side", "order_quantity": "order_quantity",
    "filled_quantity": "filled_quantity", "group": "group", "mid2": "mid2",
}  # fmt: skip
NORMAL_MAD = 1.4826  # standard deviations of a normal distribution in its median absolute deviation
LEAST_MAD = (
    1.0  # bps: where most orders cost the same, the deviation is 0, and every other order would be infinitely far
)


class Extremes:
    """The most extreme orders of a job, gathered block by block."""

    def __init__(self, kept: int) -> None:
        """Start without any order."""
        self.rows: list[dict[str, Any]] = []  # of largest real cost, either sign, as plain rows
        self._size, self._ids = np.zeros(kept), np.zeros(kept, np.int64)

    def add(self, block: OrderBlock) -> None:
        """Look at the orders of one block."""
        cost = block.cost
        source = -1 - np.arange(len(self._size))  # where a row is from: this block, or the rows kept so far
        largest.keep_largest(cost[0], block.order_id, self._size, self._ids, source)
        places = source[: np.count_nonzero(self._size)].tolist()
        columns = {shown: block[name] for shown, name in COLUMNS.items()}
        new = {i: {name: int(column[i]) for name, column in columns.items()} for i in places if i >= 0}
        self.rows = [
            _row(new[i], block.scenarios, cost[:, i].tolist()) if i >= 0 else self.rows[-1 - i] for i in places
        ]


def _row(row: dict[str, Any], scenarios: tuple[str, ...], cost: list[float]) -> dict[str, Any]:
    """Return the plain row of an order, given its columns."""
    mid2 = row.pop("mid2")
    base = float(mid2) * float(row["order_quantity"]) if mid2 != NULL else 0.0
    row["side"] = 1 if row["side"] > 0 else 2
    row |= {"cost": cost[0], "shortfall_bps": BPS * cost[0] / base if base > 0.0 else None}
    for scenario, other in zip(scenarios[1:], cost[1:], strict=True):
        saving = cost[0] - other
        row[f"{scenario}_saving_bps"] = None if math.isnan(saving) or base <= 0.0 else BPS * saving / base
    return row


def robust_z(value: float | None, spread: tuple[float, float] | None) -> float | None:
    """Return how many robust standard deviations a value is from the median (decisions 42).

    spread : median and median absolute deviation in bps, which counts as a basis point where it is less
    """
    if value is None or spread is None:
        return None
    return (value - spread[0]) / (NORMAL_MAD * max(spread[1], LEAST_MAD))


def merge_extremes(a: list[dict[str, Any]], b: list[dict[str, Any]], kept: int) -> list[dict[str, Any]]:
    """Return the ``kept`` rows of largest cost.

    Ties go to the smaller order id, so the result does not depend on the order of merging.
    """
    return sorted([*a, *b], key=lambda row: (-abs(row["cost"]), row["order_id"]))[:kept]
