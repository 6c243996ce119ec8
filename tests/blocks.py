"""Blocks of orders made by hand, changed, cut and joined, for tests of what takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver.sums.cells import Cells
from driver.sums.conditions import Market
from driver.sums.job_sums import JobSums
from kernels.base.memory import Buffers
from kernels.conventions import SCENARIOS
from kernels.measure.order_columns import DERIVED
from kernels.measure.result_rows import OrderBlock, Rows, empty_rows


def block_of(
    n: int, columns: Mapping[str, Any], markouts: tuple[float, ...], fills: tuple[float, ...], given: Sequence[str] = ()
) -> OrderBlock:
    """Return ``n`` orders with the given columns; the others are 0, or NaN where they are floats."""
    rows = empty_rows(n, (len(markouts), len(fills)), Buffers())
    for matrix in rows:
        matrix[:] = np.nan if matrix.dtype == np.float64 else 0
    return with_columns(OrderBlock(rows, SCENARIOS, markouts, fills, frozenset(given)), **columns)


def with_columns(block: OrderBlock, given: Sequence[str] = (), **columns: Any) -> OrderBlock:
    """Return a copy of a block with some columns changed; ``given`` are needs it then has."""
    changed = replace(part_of(block, slice(None)), given=block.given | set(given))
    for name, column in columns.items():
        changed.stored(name)[...] = column
    return changed


def part_of(block: OrderBlock, chosen: slice) -> OrderBlock:
    """Return a copy of some rows of a block."""
    return replace(block, rows=Rows(*(np.ascontiguousarray(matrix[:, chosen]).copy() for matrix in block.rows)))


def joined(blocks: Sequence[OrderBlock]) -> OrderBlock:
    """Return the orders of several blocks as one."""
    matrices = zip(*(block.rows for block in blocks), strict=True)
    return replace(blocks[0], rows=Rows(*(np.concatenate(parts, axis=1) for parts in matrices)))


def copies(block: OrderBlock, derived: bool = False) -> dict[str, NDArray[Any]]:
    """Return a copy of every column that is stored, or of every column."""
    return {column.name: block[column.name].copy() for column in block.columns() if derived or column.of != DERIVED}


def cells_of(block: OrderBlock, zone: str) -> Cells:
    """Return one block's orders summed by participant, hour, size and group."""
    sums = JobSums(Market.unknown(), zone, whole=True)
    sums.add(block)
    return sums.results()[0]
