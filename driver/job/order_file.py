"""The order file of a job, as Parquet, CSV or gzipped CSV, which `job` writes block by block: a row is an order."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from driver.job.order_arrays import Participants, arrays, order_columns, partition_columns
from driver.job.order_ids import OrderIds
from driver.job.parquet_orders import ParquetOrders, is_known
from driver.job.table_file import EXTENSIONS, TableFile
from driver.plan.jobs import Settings
from driver.tables.csv_text import text
from kernels.measure.order_columns import ALL, CORE
from kernels.measure.result_rows import OrderBlock
from tickstore.durable.files import atomic_file


class OrderFile:
    """Writes blocks of orders to an open binary file.

    Arrow does it where files are text, where the ids of orders are, and should a version to come describe files in
    another way than is known here.
    """

    def __init__(
        self,
        handle: IO[Any],
        settings: Settings,
        partition: tuple[str, str],
        participants: Mapping[int, str],
        ids: OrderIds | None = None,
    ) -> None:
        self._files = (CORE, ALL) if settings.order_columns == ALL else (CORE,)
        self._partition = partition
        self._participants = Participants(participants) if participants else None
        self._ids = None if ids is None or ids.as_stored else ids
        words = *participants.values(), partition[0]
        quoted = self._ids is not None or any(text(word) != word for word in words)
        self._pages: ParquetOrders | None = None
        if settings.output_format == "parquet" and self._ids is None and is_known():
            self._pages = ParquetOrders(handle)
        self._table = TableFile(handle, settings.output_format, quoted)

    def write(self, block: OrderBlock) -> None:
        """Append a block; the first one, which may be empty, fixes the columns."""
        shown = partition_columns(*self._partition, len(block)) | order_columns(block, self._files)
        if self._participants is not None:
            shown["participant_id"] = self._participants.shown(block.participant)
        if self._pages is not None:
            self._pages.write(shown)
            return
        columns = arrays(shown)
        if self._ids is not None:
            columns["order_id"] = self._ids.shown(block.order_id)
            if "parent_id" in columns:
                columns["parent_id"] = self._ids.shown_parents(block.parent_id)
        self._table.write(pa.table(columns))

    def close(self) -> None:
        """Finish the stream; the file itself stays open."""
        (self._pages or self._table).close()


@contextmanager
def open_order_file(
    folder: Path,
    settings: Settings,
    partition: tuple[str, str],
    participants: Mapping[int, str] | None = None,
    ids: OrderIds | None = None,
) -> Iterator[OrderFile]:
    """Open the order file of a job; it appears under its name when the block ends without an error.

    partition : security code and trade date
    participants : code -> text, where the store coded text ids
    ids : shows the ids of orders
    """
    path = folder / f"orders{EXTENSIONS[settings.output_format]}"
    with atomic_file(path) as handle:
        file = OrderFile(handle, settings, partition, participants or {}, ids)
        try:
            yield file
        finally:
            file.close()  # after an error too: writers that are left open complain when they are collected
