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
    entry, room = np.empty(len(dense) + 1, np.int64), dense.size + 1  # what is not written takes no memory
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
    start = np.zeros(len(ascending) + 2, np.int64)
    by_cell = buffers.take(f"{name}.sorted", codes.shape, np.int16)
    sparse_counts.sort_codes(cell, place_of(ascending), codes, start, by_cell)
    return sparse_by_run(start, by_cell, width, buffers, name)


def place_of(ascending: NDArray[np.intp]) -> I32:
    """Return the place of each of n numbers that ``ascending`` sorts."""
    place = np.empty(len(ascending), np.int32)
    place[ascending] = np.arange(len(ascending))
    return place


def sparse_by_run(start: I64, codes: I16, width: int, buffers: Buffers, name: str) -> tuple[I64, I32, I32]:
    """Return what ``sparse_by_cell`` does of orders that are sorted by cell.

    start : (cells + 2,), orders ``start[c]`` to ``start[c + 1]`` are of cell c
    """
    cells, seen = len(start) - 2, np.zeros(codes.shape[1] * width, np.int32)
    entry, room = np.empty(cells + 1, np.int64), min(codes.size, cells * len(seen)) + 1
    code, count = (buffers.take(f"{name}.{part}", (room,), np.int32) for part in ("code", "count"))
    written = int(sparse_counts.count_codes(start, codes, seen, entry, code, count))
    return entry, code[:written], count[:written]
