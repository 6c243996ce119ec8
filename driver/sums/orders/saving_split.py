"""What a scenario saves, by what became of the order in it: filled, refused though reality filled it, or neither.

A saving nets what a scenario fills against what its limit or book refuses and reality filled; both can be large.
`driver.job.job` adds blocks as they are measured, `driver.tables.split_table` adds jobs up. All sums are integers.
Savings are counted on fine buckets, too, which `driver.inference.signed_ranks` ranks them by.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from driver.sums.orders.histograms import BucketCounts, sparse
from kernels.base.columns import Array
from kernels.base.memory import Buffers
from kernels.measure.result_rows import OrderBlock, scenario_offsets
from kernels.sums.saving_parts import RANK_BUCKETS, count_savings, saving_parts

PARTS: Final = ("fills", "refuses", "neither")
SPLIT_SUMS: Final = ("orders", "priced_orders", "base", "saved")
UNKNOWN: Final = "unknown"


@dataclass(slots=True)
class SavingSplit:
    """Sums by scenario and part, of the orders of a job. ``buffers`` are taken anew by the next job."""

    found: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    buffers: Buffers = field(default_factory=Buffers)
    counts: Array | None = None  # (scenarios but reality, RANK_BUCKETS)

    def add(self, block: OrderBlock) -> None:
        """Add the orders of a block."""
        ints, floats = (np.array(scenario_offsets(block.scenarios, matrix)) for matrix in ("ints", "floats"))
        sums = np.zeros((len(block.scenarios), len(PARTS), len(SPLIT_SUMS)), np.int64)
        unknown, base = np.zeros(len(sums), np.int64), np.empty(len(block), np.int64)
        saving_parts(block.rows, ints, floats, base, sums, unknown)
        for name, of_parts, missing in list(zip(block.scenarios, sums.tolist(), unknown.tolist(), strict=True))[1:]:
            parts = self.found.setdefault(name, {part: [0] * len(SPLIT_SUMS) for part in PARTS} | {UNKNOWN: [0]})
            parts[UNKNOWN][0] += missing
            for part, more in zip(PARTS, of_parts, strict=True):
                parts[part] = [one + other for one, other in zip(parts[part], more, strict=True)]
        if self.counts is None:
            self.counts = self.buffers.take("saving_ranks", (len(block.scenarios) - 1, RANK_BUCKETS), np.int64)
            self.counts[:] = 0
        value = np.zeros(1)
        count_savings(block.rows, floats, base, value, value.view(np.int64), self.counts)

    def ranked(self) -> BucketCounts:
        """Return the counts of savings by bucket, those of each scenario after those of the one before it."""
        return sparse(self.counts)
