"""Summing a job's orders by mixed keys, beside `driver.sums.job_sums`. `driver.job.order_sums` has one where asked."""

from dataclasses import dataclass, field

import numpy as np

from driver.sums.cells import Cells
from driver.sums.job_sums import JobSums
from driver.sums.mixed.mixed_keys import MixedCells, mixed_key
from kernels.base.columns import I64
from kernels.measure.result_rows import OrderBlock
from kernels.sums.cell_keys import KEYS_OF_PARTICIPANT


@dataclass(slots=True)
class MixedSums(JobSums):
    """Sums the blocks of one job by ``keys``. It needs memory of its own: `JobSums` of the same job has the like."""

    keys: tuple[str, ...] = ()
    numbers: dict[int, int] = field(default_factory=dict)  # of the mixed keys that occur: far fewer than there may be

    def _keys(self, block: OrderBlock) -> tuple[tuple[I64, int], tuple[I64, int]]:
        """Return the number of each order's mixed key, and, in place of the other cube, one cell of all orders."""
        (main, _), (market, _) = JobSums._keys(self, block)
        main = block.participant.astype(np.int64) * KEYS_OF_PARTICIPANT + main % KEYS_OF_PARTICIPANT
        distinct, place = np.unique(mixed_key(self.keys, main, market), return_inverse=True)
        numbers = [self.numbers.setdefault(key, len(self.numbers)) for key in distinct.tolist()]
        return (np.array(numbers)[place], len(self.numbers)), (np.zeros(len(block), np.int64), 1)

    def found(self) -> MixedCells:
        """Return the cells, by their keys; they are good while no other job is summed in the same memory."""
        by_key = self.groupings[0]
        if self.orders == 0:
            for cells in self.groupings:
                cells.add(np.zeros(0, np.int64), 0)
        key = np.array([*self.numbers], np.int64)[by_key.keys()]
        order = np.argsort(key)
        sums = self._columns(by_key.tables(), order, "mixed.sums")
        (_, mean, comoment), _ = self._moments(self._room(0))
        none = np.zeros(len(key) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32)
        found = key[order], sums, mean[order], comoment[order], *none
        return MixedCells(self.keys, Cells(self.scenarios, self.layout.names, *found))
