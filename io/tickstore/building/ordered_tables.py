"""A partition's rows of one table in time order, taken column by column. For the day builder."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64, Array
from kernels.conventions import NULL
from tickstore.building.repetitions import AUTO, KEEP, repeated_rows
from tickstore.building.row_sources import RowSource
from tickstore.building.scratch import Scratch
from tickstore.building.time_order import time_order
from tickstore.input.fields import FIELDS, NOT_COLUMNS

BLOCK: Final = 1 << 17  # rows moved at once where a temporary is needed
Proof = Callable[["TimeOrdered", I64], NDArray[np.bool_]]


class TimeOrdered:
    """A table's columns in time order, without repeated rows."""

    def __init__(
        self, table: str, source: RowSource, scratch: Scratch, duplicates: str = AUTO, proven: Proof | None = None
    ) -> None:
        """``duplicates`` is the policy; under AUTO ``proven`` tells which repeated rows are messages of their own."""
        self._source = source
        self._scratch = scratch
        self._column: I64 = scratch.empty(source.rows, "i8")
        self._order: Array | None = None
        timestamp: I64 = scratch.empty(source.rows, "i8")
        sequence: I64 = scratch.empty(source.rows, "i8")
        source.read("timestamp", timestamp)
        source.read("sequence", sequence)
        self._order = time_order(timestamp, sequence, scratch)
        if self._order is not None:
            take(timestamp, self._order, self._column)
            timestamp[:] = self._column
            take(sequence, self._order, self._column)
            sequence[:] = self._column
        self.timestamp, self.sequence, self.rows = timestamp, sequence, source.rows
        self.duplicates: list[int] = []
        if duplicates == KEEP or (duplicates == AUTO and table == "nbbo"):  # a repeated quote is harmless
            return
        extra = self._repeated(table, duplicates)
        if len(extra) and duplicates == AUTO and proven is not None:
            extra = extra[~proven(self, extra)]
        if len(extra):
            self._remove(extra)

    def _repeated(self, table: str, duplicates: str) -> I64:
        """Return the rows that repeat an earlier one; under AUTO none where the sequence does not tell rows apart."""
        if self._source.settled == self._source.rows:
            return np.empty(0, np.int64)
        names = [f.name for f in FIELDS[table] if f.name not in ("timestamp", "sequence", *NOT_COLUMNS)]
        extra, shared = repeated_rows(
            self.timestamp, self.sequence, lambda: [self._chooser(name) for name in names if self.has(name)]
        )
        if shared and duplicates == AUTO:
            return np.empty(0, np.int64)
        places = extra if self._order is None else self._order[extra]
        return extra[places >= self._source.settled]

    def _remove(self, extra: I64) -> None:
        order = np.arange(self.rows, dtype=np.int32) if self._order is None else self._order
        self.duplicates = sorted(order[extra].tolist())
        self._order = np.delete(order, extra)
        self.timestamp, self.sequence = np.delete(self.timestamp, extra), np.delete(self.sequence, extra)
        self.rows = len(self.timestamp)

    def _chooser(self, name: str) -> Any:
        def values(rows: I64) -> I64:
            self._source.read(name, self._column)
            chosen: I64 = self._column[rows if self._order is None else self._order[rows]]
            return chosen

        return values

    def has(self, name: str) -> bool:
        """Return whether the input has the column."""
        return self._source.has(name)

    def read(self, name: str, out: Array) -> None:
        """Fill ``out`` with a column in time order."""
        if name == "timestamp":
            out[:] = self.timestamp
        elif name == "sequence":
            out[:] = self.sequence
        elif self._order is not None:
            self._source.read(name, self._column)
            take(self._column, self._order, out)
        elif out.dtype == np.int64:
            self._source.read(name, out)
        else:
            self._source.read(name, self._column)
            out[:] = self._column


class SnapshotQuotes(TimeOrdered):
    """Quotes made of the snapshots on order rows: one where bid or offer differs from the row before."""

    def __init__(self, orders: TimeOrdered, scratch: Scratch) -> None:
        self._columns: dict[str, I64] = {}
        changed = np.zeros(orders.rows, np.bool_)
        for ours, theirs in (("bid", "national_bid"), ("offer", "national_offer")):
            column: I64 = scratch.empty(orders.rows, "i8")
            orders.read(theirs, column)
            self._columns[ours] = column
        known = np.flatnonzero((self._columns["bid"] != NULL) | (self._columns["offer"] != NULL))
        for column in self._columns.values():
            values = column[known]
            changed[known[1:]] |= values[1:] != values[:-1]
        changed[known[:1]] = True
        kept = np.flatnonzero(changed)
        self._columns = {name: column[kept] for name, column in self._columns.items()}
        self.timestamp, self.sequence = orders.timestamp[kept], orders.sequence[kept]
        self.rows = len(kept)
        self.duplicates = []

    def read(self, name: str, out: Array) -> None:
        """Fill ``out`` with a column of the quotes."""
        out[:] = (self._columns | {"timestamp": self.timestamp, "sequence": self.sequence})[name]


def take(values: Array, rows: Array, out: Array) -> None:
    """Do ``out[:] = values[rows]`` without a temporary of its size; all rows are there, which is not looked at."""
    for a in range(0, len(rows), BLOCK):
        here, chosen = out[a : a + BLOCK], rows[a : a + BLOCK]
        if values.dtype == out.dtype:
            np.take(values, chosen, out=here, mode="clip")  # half the time of one that looks
        else:
            here[:] = values.take(chosen, mode="clip")


def put(values: Array, rows: Array, out: Array) -> None:
    """Do ``out[rows] = values``; of the types that numpy has a loop for, which are not looked up item by item."""
    for a in range(0, len(rows), BLOCK):
        out[rows[a : a + BLOCK].astype(np.intp)] = values[a : a + BLOCK].astype(out.dtype, copy=False)
