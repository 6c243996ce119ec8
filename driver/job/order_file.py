"""The order file of a job, as CSV, gzipped CSV or Parquet, which `job` writes block by block: a row is an order.

Which columns, in which order, ``kernels.measure.order_columns`` says; here is only how files show them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
from pyarrow.compute import if_else

from driver.job.order_ids import OrderIds
from driver.job.table_file import EXTENSIONS, TableFile
from driver.plan.jobs import Settings
from driver.tables.csv_text import text
from kernels.base.columns import I32, Array
from kernels.conventions import BENCHMARKS, BUY, NULL
from kernels.measure.derived_columns import fills_unknown
from kernels.measure.order_columns import ALL, BY_NAME, CORE, REPLAYED, Column
from kernels.measure.result_rows import OrderBlock
from tickstore.durable.files import atomic_file


class OrderFile:
    """Writes blocks of orders to an open binary file."""

    def __init__(
        self, handle: IO[Any], settings: Settings, participants: Mapping[int, str], ids: OrderIds | None = None
    ) -> None:
        self._participants = participants
        self._ids = None if ids is None or ids.as_stored else ids
        quoted = self._ids is not None or any(text(name) != name for name in participants.values())
        self._table = TableFile(handle, settings.output_format, quoted)

    def write(self, block: OrderBlock) -> None:
        """Append a block; the first one, which may be empty, fixes the columns."""
        columns = order_columns(block)
        if self._participants:
            columns["participant_id"] = _named(block.participant, self._participants)
        if self._ids is not None:
            columns["order_id"] = self._ids.shown(block.order_id)
            if "parent_id" in columns:
                columns["parent_id"] = self._ids.shown_parents(block.parent_id)
        self._table.write(pa.table(columns))

    def close(self) -> None:
        """Finish the stream; the file itself stays open."""
        self._table.close()


@contextmanager
def open_order_file(
    folder: Path, settings: Settings, participants: Mapping[int, str] | None = None, ids: OrderIds | None = None
) -> Iterator[OrderFile]:
    """Open the order file of a job; it appears under its name when the block ends without an error.

    ``participants`` is code -> text, where the store coded text ids; ``ids`` shows those of orders.
    """
    path = folder / f"orders{EXTENSIONS[settings.output_format]}"
    with atomic_file(path) as handle:
        file = OrderFile(handle, settings, participants or {}, ids)
        try:
            yield file
        finally:
            file.close()  # after an error too: writers that are left open complain when they are collected


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
        found = [(column, block.shown(column), np.atleast_2d(block[column.name])) for column in group]
        for row in range(len(found[0][1]) if axis else 1):
            for column, names, cells in found:
                name = names[row] if axis else names[0]
                columns[name] = PRESENTED[column.name](block) if column.name in PRESENTED else _array(cells[row])
    return columns


PRESENTED: Final[Mapping[str, Callable[[OrderBlock], pa.Array]]] = {  # what files show in another way
    "side": lambda b: pa.array(np.where(b.side == BUY, 1, 2).astype(np.int8)),  # as in the exchange's files
    "fills": lambda b: pa.array(b.fills, mask=fills_unknown(b)),
    "benchmark": lambda b: pa.array(BENCHMARKS).take(pa.array(b.benchmark)).cast(pa.string()),
}


def _array(column: Array) -> pa.Array:
    if column.dtype == np.float64:
        return pa.array(column, from_pandas=True)  # NaN becomes null
    return pa.array(column, mask=column == NULL) if column.dtype == np.int64 else pa.array(column)


def _named(codes: I32, names: Mapping[int, str]) -> pa.Array:
    """Return participants as the input named them."""
    distinct, place = np.unique(codes, return_inverse=True)
    shown = pa.array([names.get(code, str(code)) for code in distinct.tolist()], pa.string())
    return shown.take(pa.array(place))
