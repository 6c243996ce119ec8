"""Rows of an input file as columns of text, a few megabytes at a time: what inspection counts.

Beside the converter, which reads the same files by kernels and to the last byte; here the text goes through pyarrow,
rows that are no rows are left out, and reading may stop early. All of `tickstore.inspect` reads by it.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from kernels.conventions import NULL
from tickstore.errors import InputError
from tickstore.input.fields import FIELDS, canonical
from tickstore.input.files import check_file
from tickstore.input.header import match_fields, split_names
from tickstore.input.text import PARQUET, PLAIN, read_head, sniff_form, stream_pieces

_PIECE: Final = 4 << 20  # bytes of text
_HEADER: Final = 1 << 20
_SENTINEL: Final = str(NULL)


@dataclass(frozen=True, slots=True)
class FileHead:
    """What the first line of a file says."""

    path: Path
    table: str
    form: str  # plain, gzip, ..., parquet
    names: tuple[str, ...]
    delimiter: str
    columns: dict[str, int]  # field -> column number
    missing: tuple[str, ...]  # fields that are needed and have no column


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows: texts of the fields asked for, null where a cell is empty or the null sentinel."""

    rows: int
    texts: dict[str, Any]  # field -> pyarrow array of strings
    share: float  # of the file that is read, this batch included


def read_file_head(path: Path, table: str, mapping: Mapping[str, str]) -> FileHead:
    """Return what the first line of a file of ``table`` says.

    InputError: it cannot be read, or has no header.
    """
    check_file(path, "inspect")
    form = sniff_form(path)
    line = read_head(path, form, _HEADER).partition(b"\n")[0]
    if not line.strip():
        raise InputError(f"{path}: no header line")
    names, delimiter = split_names(line, str(path))
    columns, missing = matched(names, table, mapping)
    return FileHead(path, table, form, names, delimiter, columns, missing)


def matched(names: tuple[str, ...], table: str, mapping: Mapping[str, str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return field -> column number of what is there, and the fields that are needed and are not."""
    keys = set(map(canonical, names))
    given = {name: column for name, column in mapping.items() if canonical(column) in keys}
    absent = [
        field.aliases[0]
        for field in FIELDS[table]
        if not keys & set(field.aliases) and field.name not in given and f"{table}.{field.name}" not in given
    ]
    try:
        columns = match_fields(names + tuple(absent), table, given, "")
    except InputError:
        columns = {}
    found = {name: column for name, column in columns.items() if column < len(names)}
    return found, tuple(field.name for field in FIELDS[table] if field.required and field.name not in found)


def batches(head: FileHead, fields: Sequence[str]) -> Iterator[Batch]:
    """Yield the rows of a file with the texts of those ``fields`` that have a column.

    InputError: its packing is damaged, or its text is no table.
    """
    wanted = {name: head.columns[name] for name in fields if name in head.columns}
    numbers = sorted(set(wanted.values()))
    convert = pa.csv.ConvertOptions(
        include_columns=[f"c{n}" for n in numbers],
        column_types={f"c{n}": pa.string() for n in numbers},
        strings_can_be_null=False,
    )
    parse = pa.csv.ParseOptions(delimiter=head.delimiter, invalid_row_handler=lambda _: "skip")
    for number, (text, share) in enumerate(_pieces(head.path, head.form)):
        body = _clean(text.partition(b"\n")[2] if number == 0 else text)
        if not body.strip():
            continue
        read = pa.csv.ReadOptions(column_names=[f"c{n}" for n in range(len(head.names))], use_threads=False)
        try:
            table = pa.csv.read_csv(io.BytesIO(body), read, parse, convert)
        except pa.ArrowException as error:
            raise InputError(f"{head.path}: cannot be read as a table: {error}") from None
        texts = {n: _text(table.column(f"c{n}").combine_chunks()) for n in numbers}
        yield Batch(table.num_rows, {name: texts[n] for name, n in wanted.items()}, share)


def row_count(head: FileHead) -> int | None:
    """Return how many rows a file states itself to have, None where it has to be read."""
    if head.form != PARQUET:
        return None
    with pyarrow.parquet.ParquetFile(head.path) as file:
        return int(file.metadata.num_rows)


def _pieces(path: Path, form: str) -> Iterator[tuple[bytes, float]]:
    """Yield whole lines of a file's text, header included, and the share of the file read so far."""
    if form == PARQUET:
        for data, start, stop, _ in stream_pieces(path, form, _PIECE):
            yield data[start:stop].tobytes(), 0.0
        return
    size = max(1, path.stat().st_size)
    rest = b""
    with path.open("rb") as raw:
        try:
            stream = raw if form == PLAIN else pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), form)
            while part := stream.read(_PIECE):
                text = rest + part
                cut = text.rfind(b"\n") + 1
                rest = text[cut:]
                if cut:
                    yield text[:cut], min(1.0, (raw.tell() - len(rest)) / size if form == PLAIN else raw.tell() / size)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{path}: the {form} data is truncated or damaged ({error})") from None
    if rest:
        yield rest + b"\n", 1.0


def _clean(text: bytes) -> bytes:
    """Return text that is UTF-8, whatever it was: pyarrow tells the handler of odd rows of no other."""
    return text if text.isascii() else text.decode("utf-8", "replace").encode()


def _text(cells: Any) -> Any:
    """Return cells as trimmed text, null where they are empty or the null sentinel."""
    texts = pc.utf8_trim_whitespace(cells)
    empty = pc.is_in(texts, value_set=pa.array(["", _SENTINEL]))
    return pc.if_else(empty, pa.scalar(None, pa.string()), texts)
