"""The columns of a block of orders as files show them: Arrow arrays, most of them over the memory of the block.

Which columns, in which order, ``kernels.measure.order_columns`` says. An array is good for as long as its block is.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow.compute import if_else

from kernels.base.columns import I32, Array
from kernels.conventions import BENCHMARKS, BUY, NULL
from kernels.measure.derived_columns import fills_unknown
from kernels.measure.order_columns import ALL, BY_NAME, CORE, REPLAYED, Column
from kernels.measure.result_rows import OrderBlock

TIME: Final = pa.timestamp("ns", "UTC")
EPOCH: Final = date(1970, 1, 1).toordinal()
INSTANT: Final = "ns UTC"  # the unit of columns that are times, not spans of it


def order_columns(block: OrderBlock, files: tuple[str, ...] = (CORE, ALL)) -> dict[str, pa.Array]:
    """Return the columns of an order file, in order, for the ``files`` they are declared for; what is missing is null.

    Columns of one axis that follow each other take turns: all of the first scenario, or horizon, then of the next.
    Where all are wanted, those of each replayed scenario come last.
    """
    columns = _presented(block, [column for column in block.columns() if column.files in files])
    for scenario in block.replayed if ALL in files else ():
        side = block.under(scenario)
        unknown = pa.array(side.filled_quantity == NULL)
        for name, array in _presented(side, [BY_NAME[name] for name in REPLAYED]).items():
            columns[f"{scenario}_{name}"] = if_else(unknown, pa.scalar(None, array.type), array)
    return columns


def _presented(block: OrderBlock, chosen: Sequence[Column]) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    for axis, group in groupby(chosen, key=lambda column: column.axis):
        found = [(column, block.shown(column), _cells(block, column)) for column in group]
        for row in range(len(found[0][1]) if axis else 1):
            for column, names, cells in found:
                name = names[row] if axis else names[0]
                presented = column.name in PRESENTED
                columns[name] = PRESENTED[column.name](block) if presented else array_of(cells[row], column.unit)
    return columns


def _cells(block: OrderBlock, column: Column) -> Array:
    return np.atleast_2d(block[column.name])


PRESENTED: Final[Mapping[str, Callable[[OrderBlock], pa.Array]]] = {  # what files show in another way
    "side": lambda b: pa.array(np.where(b.side == BUY, 1, 2).astype(np.int8)),  # as in the exchange's files
    "fills": lambda b: _array(b.fills, pa.int32(), ~fills_unknown(b)),
    "benchmark": lambda b: coded(b.benchmark, pa.array(BENCHMARKS, pa.string())),
}


def array_of(column: Array, unit: str = "") -> pa.Array:
    """Return a column as an array; ``NULL`` and NaN are null, instants have a type of their own."""
    kind = TIME if unit == INSTANT else pa.from_numpy_dtype(column.dtype)
    if column.dtype.itemsize < 8:  # narrow integers are never missing
        return _array(column, kind, None)
    return _array(column, kind, column == column if column.dtype.kind == "f" else column != NULL)


def _array(column: Array, kind: Any, known: Array | None) -> pa.Array:
    """Return an array over the column's own memory. Twice as fast as ``pyarrow.array`` with a mask, which copies."""
    bits = None if known is None or known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(kind, len(column), [bits, pa.py_buffer(np.ascontiguousarray(column))])


def coded(places: Array, words: pa.Array) -> pa.Array:
    """Return words by their places, as codes of a dictionary."""
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32, copy=False)), words)


def partition_columns(security: str, day: str, rows: int) -> dict[str, pa.Array]:
    """Return what all rows of a partition have in common, the first columns of its files."""
    days = np.full(rows, date.fromisoformat(day).toordinal() - EPOCH, np.int32)
    codes = np.zeros(rows, np.int32)
    return {
        "security_code": coded(codes, pa.array([security], pa.string())),
        "trade_date": _array(days, pa.date32(), None),
    }


class Participants:
    """Participants as the input named them, for blocks one after the other."""

    def __init__(self, names: Mapping[int, str]) -> None:
        """Take code -> name; a code without one is shown as it is."""
        self._names = names
        self._learn(np.array(sorted(names), np.int32))

    def _learn(self, codes: Array) -> None:
        self._codes = codes
        self._shown = pa.array([self._names.get(code, str(code)) for code in codes.tolist()], pa.string())

    def shown(self, codes: I32) -> pa.Array:
        """Return the names of codes."""
        place = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        strange = self._codes[place] != codes
        if strange.any():
            self._learn(np.union1d(self._codes, codes[strange]))
            place = np.searchsorted(self._codes, codes)
        return coded(place, self._shown)
