"""What the orders of a job add up to in a few plain numbers each: they are facts of the partial, by name.

`driver.job.job` adds blocks as they are measured. Larger sums, in arrays, are `job_sums` and `parents`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from driver.sums.deal_sources import DealSums
from driver.sums.order_kinds import KindSums
from driver.sums.rank_sums import RankSums
from driver.sums.saving_split import SavingSplit
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Day, Inputs
from kernels.measure.simulated import SimulatedFills


class PlainSums:
    """The sums of a day's selected orders; what it keeps of a block is its own."""

    def __init__(self, day: Day, inputs: Inputs) -> None:
        """Start without orders."""
        self._split, self._ranks = SavingSplit(), RankSums()
        self._kinds = KindSums(np.array(day.orders["mid_tick"]))
        self._deals = DealSums(inputs, len(day.orders["order_id"]))

    def add(self, block: OrderBlock) -> None:
        """Add the orders of a block."""
        for sums in (self._split, self._ranks, self._kinds, self._deals):
            sums.add(block)

    def facts(self, simulated: Mapping[str, SimulatedFills]) -> dict[str, Any]:
        """Return what the partial keeps; simulated : the fills of each replayed scenario."""
        return {
            "split": self._split.found,
            "ranks": self._ranks.found,
            "kinds": self._kinds.found(),
            "deals": self._deals.found(simulated),
        }
