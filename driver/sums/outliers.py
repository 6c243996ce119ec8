"""The most extreme orders of a run, by their cost in money: what a reader should look at first.

A job keeps as many as the run shows: whichever they are, they are among those. `driver.job.job` gathers them block by
block; `driver.tables` merges and shows them.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from kernels.base.columns import F64, I64
from kernels.conventions import BPS, NULL
from kernels.measure.result_rows import OrderBlock, scenario_offsets
from kernels.sums import largest

COLUMNS: Final = tuple({"participant": "participant_id"}.get(name, name) for name in largest.SHOWN)
NORMAL_MAD = 1.4826  # standard deviations of a normal distribution in its median absolute deviation
LEAST_MAD = (
    1.0  # bps: where most orders cost the same, the deviation is 0, and every other order would be infinitely far
)


@dataclass(slots=True)
class Outliers:
    """The n orders of largest real cost, either sign, largest first."""

    columns: I64  # (COLUMNS, n)
    cost: F64  # (S, n)
    names: list[str] = field(default_factory=list)  # as they are shown, where that is not the number of the store

    @classmethod
    def none(cls, scenarios: int = 0) -> "Outliers":
        """Return those of a job without orders."""
        return cls(np.empty((len(COLUMNS), 0), np.int64), np.empty((scenarios, 0)))

    def rows(self, scenarios: tuple[str, ...], least: float = 0.0) -> list[dict[str, Any]]:
        """Return those that cost at least so much as plain rows."""
        n = int(np.count_nonzero(np.abs(self.cost[0]) >= least))
        values = zip(self.columns[:, :n].T.tolist(), self.cost[:, :n].T.tolist(), strict=True)
        rows = [_row(dict(zip(COLUMNS, row, strict=True)), scenarios, cost) for row, cost in values]
        return [row | {"order_name": name} for row, name in zip(rows, self.names, strict=False)] if self.names else rows


class Extremes:
    """The most extreme orders of a job, gathered block by block."""

    def __init__(self, kept: int) -> None:
        """Start without any order."""
        self._kept = kept
        self._behind: I64 | None = None
        self._largest = largest.none_yet(kept, 0)

    def add(self, block: OrderBlock) -> None:
        """Look at the orders of one block."""
        if self._behind is None:
            self._behind = np.array(scenario_offsets(block.scenarios, "floats"))
            self._largest = largest.none_yet(self._kept, len(self._behind))
        largest.keep_largest(block.rows, self._behind, self._largest)

    @property
    def found(self) -> Outliers:
        """Return those of the blocks so far."""
        place = self._largest.slot[: np.count_nonzero(self._largest.size)]
        shown, cost = self._largest.shown[place], self._largest.cost[place]
        return Outliers(np.ascontiguousarray(shown.T), np.ascontiguousarray(cost.T))


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
