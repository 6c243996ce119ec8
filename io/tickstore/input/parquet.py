"""Parquet made into the CSV that the parser reads: times as ns, the rest as it is written.

Called by `input.text` for its pieces and by `parse.plan`, late: other inputs need not load pyarrow.
"""

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from tickstore.errors import InputError

_EXACT: Final = 2.0**53  # floats below it hold every whole number


def parquet_text(path: Path) -> Iterator[bytes]:
    """Yield a Parquet file as CSV: times as ns, the rest as it is written."""
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
            yield (",".join(f'"{_one_line(name)}"' for name in file.schema_arrow.names) + "\n").encode()
            for batch in file.iter_batches(1 << 16):
                sink = io.BytesIO()
                table = pa.table([_plain(column) for column in batch.columns], names=batch.schema.names)
                pyarrow.csv.write_csv(table, sink, options)
                yield sink.getvalue()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: not a Parquet file that can be read ({error})") from None


def _one_line(name: str) -> str:
    """Return a column's name as it stands between quotes on the first line of a CSV."""
    return " ".join(name.splitlines()).replace('"', '""')


def _plain(column: Any) -> Any:
    """Return a Parquet column in types that CSV can hold; times with a zone become epoch ns.

    Values that no line of text can hold are null: lists, structures and other nested ones, bytes that are not UTF-8.
    """
    kind, types = column.type, pa.types
    if types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if types.is_timestamp(kind) and kind.tz is not None:
        try:
            return column.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
        except pa.ArrowInvalid:  # years beyond ns: the rows that have them will be rejects, the others not
            return column.cast(pa.string())
    if types.is_float64(kind):
        return _whole(column)
    if types.is_timestamp(kind) or types.is_date(kind):
        return column.cast(pa.string())
    if types.is_decimal(kind):
        return _without_exponent(column.cast(pa.string()))
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _one_lined(_decoded(column))
    if types.is_string(kind) or types.is_large_string(kind) or kind == pa.string_view():
        return _one_lined(column.cast(pa.string()))
    written = (types.is_integer, types.is_floating, types.is_boolean, types.is_time, types.is_duration)
    return column if any(is_such(kind) for is_such in written) else pa.nulls(len(column))


def _whole(column: Any) -> Any:
    """Return floats that are whole numbers as such, where none has lost digits: as text they have exponents."""
    try:
        numbers = column.cast(pa.int64())
    except pa.ArrowInvalid:  # a fraction, NaN, infinite, too large
        return column
    largest = pc.max(pc.abs(column)).as_py()
    return numbers if largest is None or largest <= _EXACT else column


def _without_exponent(column: Any) -> Any:
    """Return decimal numbers in digits alone: zero of nine decimals is written 0E-9."""
    odd = pc.fill_null(pc.match_substring(column, "E"), False)
    if not pc.any(odd).as_py():
        return column
    digits = [f"{Decimal(text):f}" for text in column.filter(odd).to_pylist()]
    return pc.replace_with_mask(column, odd, pa.array(digits, pa.string()))


def _decoded(column: Any) -> Any:
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        texts = [value if value is None else value.decode(errors="replace") for value in column.to_pylist()]
        return pa.array([None if text and "\ufffd" in text else text for text in texts], pa.string())


def _one_lined(column: Any) -> Any:
    """Return texts with a blank for each line break: a line of CSV is a row, as it is in Parquet."""
    return pc.replace_substring(column, "\n", " ") if pc.any(pc.match_substring(column, "\n")).as_py() else column


def float_columns(path: Path) -> set[int]:
    """Return the numbers of a Parquet file's columns of floats."""
    with pyarrow.parquet.ParquetFile(path) as file:
        return {n for n, column in enumerate(file.schema_arrow) if pa.types.is_floating(column.type)}
