"""How measures of a job's orders spread, by scenario: counts on fixed buckets, which merge exactly in any order.

`driver.job.job` adds blocks as they are measured, `driver.tables.distributions` adds jobs up and reads quantiles. Of
shortfall and saving the cells have histograms already (``kernels.sums.histograms``).
"""

from dataclasses import dataclass, field

import numpy as np

from kernels.base.columns import I64, Array
from kernels.base.memory import Buffers
from kernels.measure.result_rows import OrderBlock, scenario_offsets
from kernels.sums.histograms import BUCKETS
from kernels.sums.order_histograms import count_orders
from kernels.sums.order_rows import Asked
from kernels.sums.spread_measures import MEASURES


@dataclass(frozen=True, slots=True)
class BucketCounts:
    """The counts that are not 0: by code, (scenario x measures + measure) x BUCKETS + bucket, which ascends."""

    code: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    count: I64 = field(default_factory=lambda: np.zeros(0, np.int64))


def sparse(counts: Array | None) -> BucketCounts:
    """Return what of a job's counts is not 0, by its place among them all; None: a job without blocks."""
    if counts is None:
        return BucketCounts()
    flat = counts.ravel()
    code = np.flatnonzero(flat != 0)  # of a mask: of integers it takes several times as long
    return BucketCounts(code, flat[code])


@dataclass(slots=True)
class OrderHistograms:
    """Counts the orders of a job. ``buffers`` are taken anew by the next job."""

    buffers: Buffers = field(default_factory=Buffers)
    counts: Array | None = None  # (scenarios, measures, buckets)

    def add(self, block: OrderBlock) -> None:
        """Add the orders of a block."""
        if self.counts is None:
            shape = len(block.scenarios), len(MEASURES), BUCKETS
            self.counts = self.buffers.take("order_histograms", shape, np.int64)
            self.counts[:] = 0
        ints, floats = (np.array(scenario_offsets(block.scenarios, matrix)) for matrix in ("ints", "floats"))
        asked, value = Asked(ints, floats, len(block.replayed), 0, 0), np.zeros(len(MEASURES))
        places = self.buffers.take("order_histograms.places", (len(block),), np.int32)
        bits = block.rows.floats.view(np.int64)
        count_orders(block.rows, bits, asked, places, value, value.view(np.int64), self.counts)

    def found(self) -> BucketCounts:
        """Return what was counted; a job without blocks has none."""
        return sparse(self.counts)
