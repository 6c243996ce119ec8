"""The text of an input file, in pieces that end at line ends: from a map, a decompressor, or Parquet made into CSV.

The layer between files and the parser: parse tasks, `parse.plan` and inspection call it.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from kernels.base.columns import U8
from tickstore.errors import InputError

_HEAD_PIECE: Final = 16 << 20  # bytes of a packed file that are looked at as its beginning
PLAIN: Final = "plain"
PARQUET: Final = "parquet"
_MAGICS: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PAR1", PARQUET),
)
_REFUSED: Final = (
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"\xfd7zXZ", "an xz file; unpack it first"),
    (b"\x89HDF", "an HDF5 file; export it as CSV or Parquet first"),
    (b"darkrepl", "a file of a store, converted already; `plan` and `run` read it"),
)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
# (data, start, stop, offset): text data[start:stop] begins at byte ``offset`` of the whole text
Piece = tuple[U8, int, int, int]


def sniff_form(path: Path) -> str:
    """Return how a file is packed, by its first bytes, whatever its name says."""
    with path.open("rb") as file:
        head = file.read(8)
    for magic, form in _MAGICS:
        if head.startswith(magic):
            return form
    for magic, what in _REFUSED:
        if head.startswith(magic):
            raise InputError(f"{path}: {what}")
    if head.startswith(_UTF16):
        raise InputError(f"{path}: UTF-16 text; convert it to UTF-8 first")
    return PLAIN


def read_head(path: Path, form: str, size: int) -> bytes:
    """Return about the first ``size`` bytes of a file's text."""
    if form == PLAIN:
        with path.open("rb") as file:
            return file.read(size)
    head = b""
    for data, start, stop, _ in stream_pieces(path, form, _HEAD_PIECE):
        head += data[start:stop].tobytes()
        if len(head) >= size:
            break
    return head


@contextmanager
def mapped(path: str) -> Iterator[mmap.mmap]:
    """Map a file for reading once, front to back."""
    with open(path, "rb") as file:  # noqa: PTH123 - a str from a plan, not a Path
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        yield data
    finally:
        with suppress(BufferError):  # an array still looks at it: the map goes with the last one
            data.close()


def plain_pieces(data: mmap.mmap, start: int, stop: int, data_start: int, piece_bytes: int) -> Iterator[Piece]:
    """Yield the lines that begin in [start, stop) of a mapped file, in pieces; pages are let go once used."""
    position = next_line(data, start, data_start)
    stop = next_line(data, stop, data_start)
    view = np.frombuffer(data, np.uint8)
    while position < stop:
        end = stop
        if stop - position > piece_bytes:
            end = data.rfind(b"\n", position, position + piece_bytes) + 1
            if end <= position:  # one line longer than a piece
                end = data.find(b"\n", position, stop) + 1 or stop
        yield view, position, end, position
        release(data, position, end)
        position = end


def release(data: mmap.mmap, start: int, stop: int) -> None:
    """Let go of the pages of data[start:stop], so that memory does not seem to hold the whole input."""
    first = start // mmap.PAGESIZE * mmap.PAGESIZE
    data.madvise(mmap.MADV_DONTNEED, first, stop - first)


def next_line(data: mmap.mmap, position: int, data_start: int) -> int:
    """Return where the first line at or after ``position`` begins."""
    if position <= data_start:
        return data_start
    if position >= len(data):
        return len(data)
    return data.find(b"\n", position - 1) + 1 or len(data)


def stream_pieces(path: Path, form: str, piece_bytes: int, newlines: list[int] | None = None) -> Iterator[Piece]:
    """Yield the whole text of a packed file, header included, cut at line ends; lines are counted before the cut."""
    rest = b""
    offset = 0
    for part in _parquet_text(path) if form == PARQUET else _decompressed(path, form, piece_bytes):
        if newlines is not None:
            newlines.append(part.count(b"\n"))
        text = rest + part
        cut = text.rfind(b"\n") + 1
        rest = text[cut:]
        if cut:
            yield np.frombuffer(text, np.uint8), 0, cut, offset
            offset += cut
    if rest:
        if newlines is not None:
            newlines.append(1)
        yield np.frombuffer(rest, np.uint8), 0, len(rest), offset


def _decompressed(path: Path, form: str, piece_bytes: int) -> Iterator[bytes]:
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression=form) as stream:
            while part := stream.read(piece_bytes):
                yield part
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: the {form} data is truncated or damaged ({error})") from None


def _parquet_text(path: Path) -> Iterator[bytes]:
    """Yield a Parquet file as CSV: times as ns, the rest as it is written."""
    import io

    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

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
    import pyarrow as pa

    kind, types = column.type, pa.types
    if types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if types.is_timestamp(kind) and kind.tz is not None:
        try:
            return column.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
        except pa.ArrowInvalid:  # years beyond ns: the rows that have them will be rejects, the others not
            return column.cast(pa.string())
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


def _without_exponent(column: Any) -> Any:
    """Return decimal numbers in digits alone: zero of nine decimals is written 0E-9."""
    import pyarrow as pa
    import pyarrow.compute as pc

    odd = pc.fill_null(pc.match_substring(column, "E"), False)
    if not pc.any(odd).as_py():
        return column
    digits = [f"{Decimal(text):f}" for text in column.filter(odd).to_pylist()]
    return pc.replace_with_mask(column, odd, pa.array(digits, pa.string()))


def _decoded(column: Any) -> Any:
    import pyarrow as pa

    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        texts = [value if value is None else value.decode(errors="replace") for value in column.to_pylist()]
        return pa.array([None if text and "\ufffd" in text else text for text in texts], pa.string())


def _one_lined(column: Any) -> Any:
    """Return texts with a blank for each line break: a line of CSV is a row, as it is in Parquet."""
    import pyarrow.compute as pc

    return pc.replace_substring(column, "\n", " ") if pc.any(pc.match_substring(column, "\n")).as_py() else column


def float_columns(path: Path) -> tuple[int, ...]:
    """Return the numbers of a Parquet file's columns of floats."""
    import pyarrow as pa
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        return tuple(n for n, column in enumerate(file.schema_arrow) if pa.types.is_floating(column.type))
