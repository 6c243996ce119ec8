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
from tickstore.input.fields import FIELDS, SNAPSHOTS, canonical
from tickstore.input.files import Source, check_file
from tickstore.input.header import BOM, match_fields, split_names
from tickstore.input.readings import Reading
from tickstore.input.text import PARQUET, PLAIN, read_head, sniff_form, stream_pieces
from tickstore.parse.plan import source_of
from tickstore.request import ConvertRequest
from tickstore.rules import ColumnRule, rules_of

EMPTY: Final = "no header line"  # of a file without a byte, which a conversion passes over
_PIECE: Final = 4 << 20  # bytes of text
_HEADER: Final = 1 << 20
_SENTINEL: Final = str(NULL)


@dataclass(frozen=True, slots=True)
class FileHead:
    """What the beginning of a file says."""

    path: Path
    table: str
    form: str  # plain, gzip, ..., parquet
    names: tuple[str, ...]
    delimiter: str
    has_header: bool
    columns: dict[str, int]  # field -> column number
    missing: tuple[str, ...]  # fields that are needed and have no column
    source: Source | None  # as a conversion would read it, None where it would not
    refused: str = ""  # why it would not

    @property
    def readings(self) -> dict[str, Reading]:
        """Return how a conversion would read the fields, none where it would not."""
        return {} if self.source is None else {reading.field.name: reading for reading in self.source.readings}


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows: texts of the fields asked for, null where a cell is empty or means no value."""

    rows: int
    texts: dict[str, Any]  # field, or "date of " + field -> pyarrow array of strings
    share: float  # of the file that is read, this batch included


def read_file_head(path: Path, table: str, request: ConvertRequest) -> FileHead:
    """Return what the beginning of a file of ``table`` says, read as ``request`` has it.

    InputError: it cannot be read, or has no header.
    """
    check_file(path, "inspect")
    form = sniff_form(path)
    line = read_head(path, form, _HEADER).partition(b"\n")[0]
    if not line.removeprefix(BOM).strip():
        raise InputError(f"{path}: {EMPTY}" + ": the first line is blank" * bool(line or read_head(path, form, 1)))
    refused, source = "", None
    try:
        source = source_of(path, table, request)
    except InputError as error:
        refused = error.message.removeprefix(f"{path}: ")
    if source is not None:
        header = source.header
        columns: dict[str, int] = {name: header.columns[name] for name in SNAPSHOTS if name in header.columns}
        columns |= {r.field.name: r.column for r in source.readings}
        return FileHead(path, table, form, header.names, header.delimiter, header.first_line > 1, columns, (), source)
    names, delimiter = split_names(line, str(path))
    columns, missing = matched(names, table, rules_of(request.columns))
    return FileHead(path, table, form, names, delimiter, True, columns, missing, None, refused)


def matched(
    names: tuple[str, ...], table: str, rules: Mapping[str, ColumnRule]
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return field -> column number of what is there, and the fields that are needed and are not."""
    keys = set(map(canonical, names))
    given = {name: rule for name, rule in rules.items() if not rule.column or canonical(rule.column) in keys}
    absent = {
        field.name
        for field in FIELDS[table]
        if not keys & {*field.aliases, *field.weak} and not {field.name, f"{table}.{field.name}"} & set(given)
    }
    taken: set[str] = set()
    for field in FIELDS[table]:  # of fields that know a column by a weak name alone, the first has it
        weak = keys & set(field.weak)
        if weak and field.name not in absent and not keys & set(field.aliases):
            absent |= {field.name} if weak <= taken else set()
            taken |= weak
    try:
        columns = match_fields(names, table, given, "", absent)
    except InputError:
        columns = {}
    stated = {name.rpartition(".")[2] for name, rule in given.items() if rule.constant is not None}
    return columns, tuple(
        field.name
        for field in FIELDS[table]
        if field.required and field.name not in columns and field.name not in stated
    )


def batches(head: FileHead, fields: Sequence[str]) -> Iterator[Batch]:
    """Yield the rows of a file that are wanted, with the texts of those ``fields`` that have a column or a constant.

    InputError: its packing is damaged, or its text is no table.
    """
    readings = head.readings
    wanted = {name: head.columns[name] for name in fields if head.columns.get(name, -1) >= 0}
    wanted |= {
        f"date of {name}": readings[name].date_column
        for name in fields
        if name in readings and readings[name].date_column >= 0
    }
    constants = {name: readings[name].constant for name in fields if name in readings and readings[name].column < 0}
    where = () if head.source is None else head.source.where
    numbers = sorted({*wanted.values(), *(column for column, _ in where)}) or [0]
    convert = pa.csv.ConvertOptions(
        include_columns=[f"c{n}" for n in numbers],
        column_types={f"c{n}": pa.string() for n in numbers},
        strings_can_be_null=False,
    )
    parse = pa.csv.ParseOptions(delimiter=head.delimiter, invalid_row_handler=lambda _: "skip")
    for number, (text, share) in enumerate(_pieces(head.path, head.form)):
        body = _clean(text.partition(b"\n")[2] if number == 0 and head.has_header else text)
        if not body.strip():
            continue
        read = pa.csv.ReadOptions(column_names=[f"c{n}" for n in range(len(head.names))], use_threads=False)
        try:
            table = pa.csv.read_csv(io.BytesIO(body), read, parse, convert)
        except pa.ArrowException as error:
            raise InputError(f"{head.path}: cannot be read as a table: {error}") from None
        cells = {n: pc.utf8_trim_whitespace(table.column(f"c{n}").combine_chunks()) for n in numbers}
        rows = table.num_rows
        for column, texts_asked in where:
            keep = pc.is_in(cells[column], value_set=pa.array(texts_asked))
            cells = {n: texts.filter(keep) for n, texts in cells.items()}
            rows = len(cells[column])
        texts = {name: _meant(cells[n], readings.get(name)) for name, n in wanted.items()}
        texts |= {name: _meant(pa.array([text] * rows, pa.string()), None) for name, text in constants.items()}
        yield Batch(rows, texts, share)


def row_count(head: FileHead) -> int | None:
    """Return how many rows a file states itself to have, None where it has to be read."""
    if head.form != PARQUET or (head.source is not None and head.source.where):
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


def _meant(texts: Any, reading: Reading | None) -> Any:
    """Return what texts stand for, null where they are empty, the null sentinel, or a word for no value."""
    words = {} if reading is None else dict(reading.words)
    if any(words.values()):
        written = texts.dictionary_encode()
        each = [words.get(text) or text for text in written.dictionary.to_pylist()]
        texts = pa.array(each, pa.string()).take(written.indices)
    nothing = ["", _SENTINEL, *(text for text, meant in words.items() if not meant)]
    empty = pc.is_in(texts, value_set=pa.array(nothing))
    return pc.if_else(empty, pa.scalar(None, pa.string()), texts)
