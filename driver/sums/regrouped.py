"""Cells once a job ends: those of the market met added up by less than their keys have, and sparse histograms."""

import numpy as np
from numpy.typing import NDArray

from driver.sums.cells import Cells, check_reach
from kernels.base.columns import I16, I32, I64
from kernels.base.memory import Buffers
from kernels.sums import moments, sparse_counts


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
    entry, room = np.empty(len(dense) + 1, np.int64), int(np.count_nonzero(dense)) + 1
    code, count = np.empty((2, room), np.int32)
    written = int(sparse_counts.entries_of(dense, entry, code, count))
    return entry, code[:written], count[:written]


def sparse_by_cell(
    cell: I32, ascending: NDArray[np.intp], codes: I16, width: int, buffers: Buffers, name: str
) -> tuple[I64, I32, I32]:
    """Return how many orders of each cell have each code: the first entry of each cell, code and count.

    cell : (n,) of the orders, numbered as their keys were found, which ``ascending`` sorts
    codes : (n, measures), each below ``width``
    name : of the buffers; codes and counts are good until they are asked for again
    """
    cells = len(ascending)
    place, start, entry = np.empty(cells, np.int32), np.zeros(cells + 2, np.int64), np.empty(cells + 1, np.int64)
    place[ascending] = np.arange(cells)
    by_cell = buffers.take(f"{name}.sorted", codes.shape, np.int16)
    sparse_counts.sort_codes(cell, place, codes, start, by_cell)
    seen = np.zeros(codes.shape[1] * width, np.int32)
    room = min(codes.size, cells * len(seen)) + 1
    code, count = (buffers.take(f"{name}.{part}", (room,), np.int32) for part in ("code", "count"))
    written = sparse_counts.count_codes(start, by_cell, seen, entry, code, count)
    return entry, code[:written], count[:written]
