"""An order-level table as Parquet, CSV or gzipped CSV, which grows block by block. The lowest of `driver.job`.

Arrow writes its Parquet: matches, and orders whose ids are text; all other orders `parquet_orders` writes. Its options
were measured, `perf.bench_order_files`: the fastest that is not much larger than the smallest. A write is a row group;
Arrow uses no threads of its own for it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from isal import igzip
from pyarrow import csv, parquet, types

EXTENSIONS = {"csv": ".csv", "gzip": ".csv.gz", "parquet": ".parquet"}


class TableFile:
    """Writes tables of the same columns to an open binary file, one below the other."""

    def __init__(self, handle: IO[Any], output_format: str, quoted: bool = False) -> None:
        """Start without rows; ``quoted`` says that texts may need quotes."""
        # Arrow quotes every text or none; names that need quotes are rare, and the other texts never do.
        self._options = csv.WriteOptions(include_header=False, quoting_style="needed" if quoted else "none")
        self._format = output_format
        self._handle = self._stream = handle
        self._parquet: Any = None
        if self._format == "gzip":
            compressor: Any = igzip.IGzipFile  # five times as fast as zlib, 3 % larger, plain gzip to any reader
            self._stream = compressor("", "wb", compresslevel=1, fileobj=handle, mtime=0)
        self._started = False

    def write(self, table: pa.Table) -> None:
        """Append rows; the first table, which may be empty, fixes the columns."""
        if self._format == "parquet":
            if self._parquet is None:
                self._parquet = parquet.ParquetWriter(self._handle, table.schema, **parquet_options(table.schema))
            self._parquet.write_table(table)
            return
        if not self._started:
            self._stream.write((",".join(table.column_names) + "\n").encode())
            self._started = True
        sink = pa.BufferOutputStream()
        csv.write_csv(plain(table), sink, self._options)
        self._stream.write(sink.getvalue())

    def close(self) -> None:
        """Finish the stream; the file itself stays open."""
        if self._parquet is not None:
            self._parquet.close()
        if self._stream is not self._handle:
            self._stream.close()


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """Return how columns are written.

    Codes have a dictionary. Integers and times of 64 bits are split by byte, since most of their bytes hardly change;
    floats are not: they repeat whole. Minima and maxima are kept of what rows are looked up by, so not of floats.
    """
    wide = [field.name for field in schema if types.is_integer(field.type) and field.type.bit_width == 64]
    wide += [field.name for field in schema if types.is_timestamp(field.type)]
    floats = [field.name for field in schema if types.is_floating(field.type)]
    texts = [field.name for field in schema if types.is_string(field.type)]
    return {
        "compression": "lz4",
        "use_dictionary": [name for name in schema.names if name not in (*wide, *floats, *texts)],
        "use_byte_stream_split": wide,
        "write_statistics": [name for name in schema.names if name not in floats],
        "write_page_checksum": True,
    }


def plain(table: pa.Table) -> pa.Table:
    """Return the table as text has it: times are whole ns, words stand for themselves."""
    for place, field in enumerate(table.schema):
        if types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
        elif types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    return table


def remove_other_formats(folder: Path, kept: Mapping[str, str]) -> None:
    """Remove files of an earlier run in other formats than those kept, by name; all of a name where that is none.

    The folder is listed once: to try each name there might be took longer than all else that a job does to files.
    """
    chosen = {f"{name}{EXTENSIONS[of]}" for name, of in kept.items() if of}
    every = {f"{name}{extension}" for name in kept for extension in EXTENSIONS.values()}
    for path in [*folder.iterdir()]:
        if path.name in every and path.name not in chosen:
            path.unlink(missing_ok=True)
