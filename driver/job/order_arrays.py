"""The columns of a block of orders as files show them, most of them over the memory of the block.

Which columns, in which order, ``kernels.measure.order_columns`` says. A column is good for as long as its block is.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from kernels.base.columns import I32, Array
from kernels.conventions import BENCHMARKS, BUY, NULL
from kernels.measure.derived_columns import fills_unknown
from kernels.measure.order_columns import ALL, BY_NAME, CORE, ONE, REPLAYED, Column
from kernels.measure.result_rows import OrderBlock

TIME: Final = pa.timestamp("ns", "UTC")
WORDS: Final = pa.dictionary(pa.int32(), pa.string())
KINDS: Final = {"i8": pa.int64(), "f8": pa.float64(), "i4": pa.int32(), "i1": pa.int8()}
MISSING: Final = np.int64(NULL)  # makes 64 bits of narrow integers beside it
INSTANT: Final = "ns UTC"  # the unit of columns that are times, not spans of it


@cache
def _benchmarks() -> pa.Array:  # not made when this is imported: Arrow's first array imports pandas where that is
    return pa.array(BENCHMARKS, pa.string())


class Shown(NamedTuple):
    """A column as files show it: ``NULL`` and NaN are missing."""

    values: Array  # of 64 bits where some may be missing
    kind: pa.DataType  # what a reader finds, which may be narrower
    words: pa.Array | None = None  # then the values are places among these

    def array(self) -> pa.Array:
        """Return the column as an array of Arrow, over the same memory where that can be."""
        values = self.values
        if self.words is not None:
            array = coded(values, self.words)
            return array if self.kind == array.type else array.dictionary_decode()
        if values.dtype.itemsize < 8:
            return _array(values, self.kind, None)
        known = values == values if values.dtype.kind == "f" else values != NULL
        narrow = self.kind.bit_width < 64
        return _array(values.astype(self.kind.to_pandas_dtype()) if narrow else values, self.kind, known)


def order_columns(block: OrderBlock, files: tuple[str, ...] = (CORE, ALL)) -> dict[str, Shown]:
    """Return the columns of an order file, in order, for the ``files`` they are declared for; what is missing is null.

    Columns of one axis that follow each other take turns: all of the first scenario, or horizon, then of the next.
    Where all are wanted, those of each replayed scenario come last.
    """
    columns = _presented(block, [column for column in block.columns() if column.files in files])
    for scenario in block.replayed if ALL in files else ():
        side = block.under(scenario)
        unknown = side.filled_quantity == NULL
        for name, shown in _presented(side, [BY_NAME[name] for name in REPLAYED]).items():
            missing = np.nan if shown.values.dtype.kind == "f" else MISSING
            columns[f"{scenario}_{name}"] = shown._replace(values=np.where(unknown, missing, shown.values))
    return columns


def _presented(block: OrderBlock, chosen: Sequence[Column]) -> dict[str, Shown]:
    columns: dict[str, Shown] = {}
    for axis, group in groupby(chosen, key=lambda column: column.axis):
        if axis == ONE:
            for column in group:
                present, name = PRESENTED.get(column.name), column.shown or column.name
                columns[name] = present(block) if present else shown_as(block[column.name], column.unit)
            continue
        found = [(column, block.shown(column), block[column.name]) for column in group]
        for row in range(len(found[0][1])):
            for column, names, cells in found:
                columns[names[row]] = shown_as(cells[row], column.unit)
    return columns


PRESENTED: Final[
    Mapping[str, Callable[[OrderBlock], Shown]]
] = {  # of columns without an axis, what files show otherwise
    "side": lambda b: Shown((b.side != BUY) + np.int8(1), pa.int8()),  # as in the exchange's files
    "fills": lambda b: Shown(np.where(fills_unknown(b), MISSING, b.fills), pa.int32()),
    "benchmark": lambda b: Shown(b.benchmark, WORDS, _benchmarks()),
}


def shown_as(column: Array, unit: str = "") -> Shown:
    """Return a column as it is; instants have a type of their own."""
    return Shown(column, TIME if unit == INSTANT else KINDS[column.dtype.str[1:]])


def array_of(column: Array, unit: str = "") -> pa.Array:
    """Return a column as an array; ``NULL`` and NaN are null."""
    return shown_as(column, unit).array()


def _array(column: Array, kind: Any, known: Array | None) -> pa.Array:
    """Return an array over the column's own memory. Twice as fast as ``pyarrow.array`` with a mask, which copies."""
    bits = None if known is None or known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(kind, len(column), [bits, pa.py_buffer(np.ascontiguousarray(column))])


def coded(places: Array, words: pa.Array) -> pa.Array:
    """Return words by their places, as codes of a dictionary."""
    return pa.DictionaryArray.from_arrays(pa.array(np.ascontiguousarray(places, np.int32)), words)


def partition_columns(security: str, day: str, rows: int) -> dict[str, Shown]:
    """Return what all rows of a partition have in common, the first columns of its files."""
    places = np.broadcast_to(np.int32(0), rows)
    return {
        "security_code": Shown(places, WORDS, _word(security, pa.string())),
        "trade_date": Shown(places, pa.date32(), _word(date.fromisoformat(day), pa.date32())),
    }


@lru_cache(maxsize=64)
def _word(word: str | date, kind: pa.DataType) -> pa.Array:
    return pa.array([word], kind)


def arrays(columns: Mapping[str, Shown]) -> dict[str, pa.Array]:
    """Return columns as arrays of Arrow."""
    return {name: shown.array() for name, shown in columns.items()}


class Participants:
    """Participants as the input named them, for blocks one after the other."""

    def __init__(self, names: Mapping[int, str]) -> None:
        """Take code -> name; a code without one is shown as it is."""
        self._names = names
        self._learn(np.array(sorted(names), np.int32))

    def _learn(self, codes: Array) -> None:
        self._codes = codes
        self._shown = pa.array([self._names.get(code, str(code)) for code in codes.tolist()], pa.string())

    def shown(self, codes: I32) -> Shown:
        """Return the names of codes."""
        place = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        strange = self._codes[place] != codes
        if strange.any():
            self._learn(np.union1d(self._codes, codes[strange]))
            place = np.searchsorted(self._codes, codes)
        return Shown(place, WORDS, self._shown)
