"""Cells of the market met, added up by less than all that their keys have. `job_sums` does so once a job ends."""

import numpy as np

from driver.sums.cells import Cells, check_reach
from kernels.base.columns import I32, I64
from kernels.sums import moments


def regrouped(cells: Cells, key: I64, place: I32, histogram: I32) -> Cells:
    """Return cells added up by ``key``, among which ``place`` says where each belongs; histogram : of each key."""
    sums, priced = np.zeros((len(cells.names), len(key)), np.int64), np.zeros(len(key), np.int64)
    mean, comoment = (np.zeros((len(key), part.shape[1])) for part in (cells.mean, cells.comoment))
    moments.merge_rows(place, cells.sums, sums)
    moments.merge_moments(place, cells.priced(), cells.mean, cells.comoment, priced, mean, comoment)
    check_reach(sums)
    return Cells(cells.scenarios, cells.names, key, sums, mean, comoment, *sparse(histogram))


def sparse(dense: I32) -> tuple[I64, I32, I32]:
    """Return the entries of histograms: the first of each row, code and count."""
    row, code = np.nonzero(dense)
    return np.searchsorted(row, np.arange(len(dense) + 1)), code.astype(np.int32), dense[row, code]
