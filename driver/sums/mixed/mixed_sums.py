"""Summing a job's orders by mixed keys, beside `driver.sums.job_sums`. `driver.job.order_sums` has one where asked."""

from dataclasses import dataclass, field

import numpy as np

from driver.sums.cells import Cells
from driver.sums.job_sums import JobSums
from driver.sums.mixed.mixed_keys import MixedCells, mixed_key
from driver.sums.regrouped import place_of
from driver.sums.shortfalls import sorted_by_cell
from kernels.base.columns import I32
from kernels.measure.result_rows import OrderBlock
from kernels.sums.cell_keys import KEYS_OF_PARTICIPANT


@dataclass(slots=True)
class MixedSums(JobSums):
    """Sums the blocks of one job by ``keys``. It needs memory of its own: `JobSums` of the same job has the like."""

    keys: tuple[str, ...] = ()
    numbers: dict[int, int] = field(default_factory=dict)  # of the mixed keys that occur: far fewer than there may be

    def _numbers(self, block: OrderBlock) -> tuple[I32, I32, I32, I32]:
        """Return the number of each order's mixed key in place of its cell and kind, and one market for all orders."""
        who, _, kind, met = self._keys(block)
        main = block.participant.astype(np.int64) * KEYS_OF_PARTICIPANT + kind
        distinct, place = np.unique(mixed_key(self.keys, main, met), return_inverse=True)
        numbers = [self.numbers.setdefault(key, len(self.numbers)) for key in distinct.tolist()]
        number, room = np.array(numbers)[place], len(self.numbers)
        one = self.met.numbered(np.zeros(len(block), np.int64), 1)
        return self.main.numbered(number, room), self.kinds.numbered(number, room), who, one

    def found(self) -> MixedCells:
        """Return the cells, by their keys; they are good while no other job is summed in the same memory."""
        key = np.array([*self.numbers], np.int64)[self.main.keys()]
        order = np.argsort(key)
        sums = self._columns(self.sums[0].tables(), order, "mixed.columns")
        kept = self._room(0)
        by_cell = sorted_by_cell(kept.cell, place_of(order), kept.y, kept.other_cell, self.buffers)
        _, mean, comoment = by_cell.moments(len(self.scenarios))
        none = np.zeros(len(key) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32)
        return MixedCells(self.keys, Cells(self.scenarios, self.layout.names, key[order], sums, mean, comoment, *none))
