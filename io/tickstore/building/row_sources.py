"""Where a partition's rows come from: the spill logs of this conversion, or the day file that is there already.

Made by the build task, read by the day builder through `ordered_tables`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kernels.base.columns import I64, Array
from tickstore.day.reader import DayFile
from tickstore.day.schema import GROUP_OF, Key
from tickstore.input.fields import FIELDS, TEXT_COLUMNS
from tickstore.spill.segments import Spill

FROM_FIRST_ROW = (
    "participant", "side", "order_type", "time_validity", "crossing_key", "decision_time", "parent_id", *TEXT_COLUMNS,
)  # fmt: skip
OF_ORDERS = {"order_id", *FROM_FIRST_ROW}  # fields that a day file has once an order, as the first row states them


class RowSource(Protocol):
    """A table of one partition, in the order of the input."""

    rows: int

    def has(self, name: str) -> bool:
        """Return whether some file has the column."""

    def read(self, name: str, out: I64) -> None:
        """Fill ``out`` with a column; the field's default where a file lacks it."""


@dataclass(frozen=True, slots=True)
class LogPart:
    """One log with rows of a table. ``codes`` turn participant numbers of the log into codes of the store."""

    number: int  # of the byte range
    spill: Callable[[], Spill]  # opens it: there may be more of them than files a process may have open
    rows: int
    columns: tuple[str, ...]
    codes: dict[int, int] | None


class SpilledTable:
    """Rows of one table and partition in logs, files in their rank order."""

    def __init__(self, table: str, key: Key, parts: Sequence[LogPart]) -> None:
        self._defaults = {field.name: field.default for field in FIELDS[table]}
        self._key = key
        self._parts = list(parts)
        self.rows = sum(part.rows for part in self._parts)

    def has(self, name: str) -> bool:
        """Return whether some log has the column."""
        return any(name in part.columns for part in self._parts)

    def read(self, name: str, out: I64) -> None:
        """Fill ``out`` with a column, participants as codes."""
        row = 0
        for part in self._parts:
            here = out[row : row + part.rows]
            if name in part.columns:
                part.spill().read(self._key, name, here)
            else:
                here[:] = self._defaults[name]
            if name == "participant" and part.codes is not None:
                _translate(here, part.codes)
            row += part.rows

    def locate(self, row: int) -> tuple[int, int, int]:
        """Return byte range, block, and number among the block's rows of this partition, of a row."""
        for part in self._parts:
            if row < part.rows:
                return (part.number, *part.spill().locate(self._key, row))
            row -= part.rows
        raise IndexError(row)


def _translate(column: I64, codes: dict[int, int]) -> None:
    values, inverse = np.unique(column, return_inverse=True)
    column[:] = np.array([codes.get(value, value) for value in values.tolist()], np.int64)[inverse]


class StoredTable:
    """Rows of one table of an existing day file, in time order."""

    def __init__(self, table: str, day: DayFile) -> None:
        self._defaults = {field.name: field.default for field in FIELDS[table]}
        self._table = table
        self._day = day
        self.rows: int = day.rows[GROUP_OF[table]]

    def has(self, name: str) -> bool:
        """Return whether the day file has the column."""
        return self._column(name) is not None

    def read(self, name: str, out: I64) -> None:
        """Fill ``out`` with a column."""
        column = self._column(name)
        out[:] = self._defaults[name] if column is None else column

    def _column(self, name: str) -> Array | None:
        day = self._day
        if self._table == "nbbo":
            return day.quotes.get(name)
        if self._table == "trades":
            return day.fills[name][day.fills["by_time"]] if name in day.fills else None
        if name in OF_ORDERS:
            return day.orders[name][day.events["order_index"]] if name in day.orders else None
        return day.events.get(name)
