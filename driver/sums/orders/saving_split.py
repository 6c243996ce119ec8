"""What a scenario saves, by what became of the order in it: filled, refused though reality filled it, or neither.

A saving nets what a scenario fills against what its limit or book refuses and reality filled; both can be large.
`driver.job.job` adds blocks as they are measured, `driver.tables.split_table` adds jobs up. All sums are integers.
Savings are counted on fine buckets, too, which `driver.inference.signed_ranks` ranks them by.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driver.sums.orders.histograms import BucketCounts, sparse
from kernels.base.columns import I64, Array
from kernels.base.memory import Buffers
from kernels.measure.result_rows import OrderBlock, scenario_offsets
from kernels.sums.saving_parts import RANK_BUCKETS, SavingScratch, new_scratch, split_savings

PARTS: Final = ("fills", "refuses", "neither")
SPLIT_SUMS: Final = ("orders", "priced_orders", "base", "saved")
UNKNOWN: Final = "unknown"
ROOM: Final = 2**61  # a block adds no more: the cells of its orders would refuse it


@dataclass(slots=True)
class SavingSplit:
    """Sums by scenario and part, of the orders of a job. ``buffers`` are taken anew by the next job."""

    buffers: Buffers = field(default_factory=Buffers)
    scenarios: tuple[str, ...] = ()
    behind: tuple[I64, I64] = field(init=False)  # as ``split_savings`` takes it
    sums: I64 = field(init=False)  # (scenarios, PARTS, SPLIT_SUMS)
    whole: NDArray[Any] = field(init=False)  # Python's integers, which these are added to before 64 bits are full
    unknown: I64 = field(init=False)
    scratch: SavingScratch = field(default_factory=new_scratch)
    counts: Array | None = None  # (scenarios but reality, RANK_BUCKETS)

    def add(self, block: OrderBlock) -> None:
        """Add the orders of a block."""
        counts = self._start(block) if self.counts is None else self.counts
        split_savings(block.rows, *self.behind, self.scratch, self.sums, self.unknown, counts)
        if max(self.sums.max(), -self.sums.min()) > ROOM:
            self.whole += self.sums
            self.sums[:] = 0

    def _start(self, block: OrderBlock) -> Array:
        ints, floats = (np.array(scenario_offsets(block.scenarios, matrix)) for matrix in ("ints", "floats"))
        self.scenarios, self.behind = block.scenarios, (ints, floats)
        self.sums = np.zeros((len(ints), len(PARTS), len(SPLIT_SUMS)), np.int64)
        self.whole = np.zeros(self.sums.shape, np.object_)
        self.unknown = np.zeros(len(ints), np.int64)
        self.counts = self.buffers.take("saving_ranks", (len(ints) - 1, RANK_BUCKETS), np.int64)
        self.counts[:] = 0
        return self.counts

    @property
    def found(self) -> dict[str, dict[str, list[int]]]:
        """Return the sums by scenario and part."""
        if self.counts is None:
            return {}
        rows = zip(self.scenarios, (self.whole + self.sums).tolist(), self.unknown.tolist(), strict=True)
        return {name: dict(zip(PARTS, of_parts, strict=True)) | {UNKNOWN: [n]} for name, of_parts, n in list(rows)[1:]}

    def ranked(self) -> BucketCounts:
        """Return the counts of savings by bucket, those of each scenario after those of the one before it."""
        return sparse(self.counts)
