"""Where a partition's rows come from: the spill logs of this conversion, or the day file that is there already.

Made by the build task, read by the day builder through `ordered_tables`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kernels.base.columns import I64
from tickstore.day.reader import DayFile, Group
from tickstore.day.schema import DERIVED_AGGRESSOR, GROUP_OF, Key
from tickstore.input.fields import FIELDS, TEXT_COLUMNS
from tickstore.spill.segments import Spill

FROM_FIRST_ROW = (
    "participant", "side", "order_type", "time_validity", "crossing_key", "decision_time", "parent_id",
    "previous_order_id", *TEXT_COLUMNS,
)  # fmt: skip
OF_ORDERS = {
    "order_id",
    "fault",
    *FROM_FIRST_ROW,
}  # fields that a day file has once an order, as the first row states them


class RowSource(Protocol):
    """A table of one partition, in the order of the input."""

    rows: int
    settled: int  # rows at the start that the store had: what repeats among them was decided before

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
    reverse: bool = False  # rows are read from the last to the first


class SpilledTable:
    """Rows of one table and partition in logs, files in their rank order."""

    def __init__(self, table: str, key: Key, parts: Sequence[LogPart]) -> None:
        self._defaults = {field.name: field.default for field in FIELDS[table]} | {"fault": 0}
        self._key = key
        self._parts = list(parts)
        self.settled = 0
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
            if part.reverse:
                here[:] = here[::-1].copy()
            row += part.rows

    def locate(self, row: int) -> tuple[int, int, int]:
        """Return byte range, block, and number among the block's rows of this partition, of a row."""
        for part in self._parts:
            if row < part.rows:
                row = part.rows - 1 - row if part.reverse else row
                return (part.number, *part.spill().locate(self._key, row))
            row -= part.rows
        raise IndexError(row)


def _translate(column: I64, codes: dict[int, int]) -> None:
    values, inverse = np.unique(column, return_inverse=True)
    column[:] = np.array([codes.get(value, value) for value in values.tolist()], np.int64)[inverse]


class StoredTable:
    """Rows of one table of an existing day file, in time order, without what building derived from other rows."""

    def __init__(self, table: str, day: DayFile) -> None:
        self._defaults = {field.name: field.default for field in FIELDS[table]}
        self._table = table
        self._day = day
        self.rows: int = day.rows[GROUP_OF[table]]
        self.settled = self.rows

    def has(self, name: str) -> bool:
        """Return whether the day file has the column from an input."""
        return name in self._group(name) and name not in self._derived()

    def read(self, name: str, out: I64) -> None:
        """Fill ``out`` with a column."""
        if not self.has(name):
            out[:] = self._defaults[name]
        elif self._table == "trades":
            out[:] = self._day.fills[name][self._day.fills["by_time"]]
        elif self._table == "orders" and name in OF_ORDERS:
            out[:] = self._day.orders[name][self._day.events["order_index"]]
        else:
            out[:] = self._group(name)[name]

    def _group(self, name: str) -> Group:
        day = self._day
        if self._table == "orders":
            return day.orders if name in OF_ORDERS else day.events
        return day.fills if self._table == "trades" else day.quotes

    def _derived(self) -> tuple[str, ...]:
        """Return the columns that no input had: parents by previous orders, aggressors by the orders' arrival."""
        parents = ("parent_id",) if "previous_order_id" in self._day.orders else ()
        return parents + (("aggressor",) if DERIVED_AGGRESSOR in self._day.attributes else ())
