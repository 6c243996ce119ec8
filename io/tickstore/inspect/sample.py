"""The first rows of a file as cells of text, with the names of its columns; where it has none, with guessed ones."""

import csv
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tickstore.errors import InputError
from tickstore.input.fields import FIELDS, IDS, NAME, SIDE, TABLES, TIME, Field, canonical
from tickstore.input.files import check_file
from tickstore.input.header import (
    BOM,
    FIRST_LINES,
    check_first_line,
    first_text,
    is_like_header,
    looks_like_data,
    split_names,
)
from tickstore.input.text import read_head, sniff_form
from tickstore.inspect.column_guesses import are_numbers, are_sides, are_times
from tickstore.request import ConvertRequest

_DELIMITERS: Final = (",", ";", "\t", "|")
_LOOKED_AT: Final = 200  # rows, for guesses
_DAY_S: Final = 86_400
LOBSTER: Final = ("time", "event_type", "order_id", "size", "price", "direction")  # of its message files


@dataclass(frozen=True, slots=True)
class Sample:
    """What the beginning of a file holds."""

    path: Path
    names: tuple[str, ...]
    delimiter: str
    rows: list[list[str]]
    header: tuple[str, ...] = ()  # names that have to be stated, for there is no header line

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column, rows without one left out."""
        return [row[column] for row in self.rows if column < len(row)]


def read_sample(path: Path, request: ConvertRequest, table: str, size: int) -> Sample:
    """Return the beginning of a file, about ``size`` bytes of its text; ``table`` is "" where it is not known.

    InputError: it is no file, or empty, or its first line is neither a header nor a row.
    """
    check_file(path, "inspect")
    head = read_head(path, sniff_form(path), size)
    if not head.removeprefix(BOM).strip():
        raise InputError(f"{path}: no header line: the file is empty")
    whole = head.endswith(b"\n") or len(head) < size
    lines = [*head.rstrip(b"\n").split(b"\n"), b""] if whole else head.split(b"\n")
    if not lines[0].removeprefix(BOM).strip():
        raise InputError(f"{path}: no header line")
    first = first_text(lines[0], str(path))
    delimiter = max(_DELIMITERS, key=first.count)
    cells = _cells(lines[0].removeprefix(BOM), delimiter)
    stated = _stated_header(request, table, cells)
    if not stated and not looks_like_data(tuple(cells)):
        names, delimiter = split_names(lines[0], str(path))
        tables = (table,) if table else TABLES
        if not any(is_like_header([canonical(name) for name in names], one) for one in tables):
            for one in tables:
                check_first_line(lines[:FIRST_LINES], one, str(path))
        return Sample(path, names, delimiter, [_cells(line, delimiter) for line in lines[1:-1] if line.strip()])
    rows = [cells, *(_cells(line, delimiter) for line in lines[1:-1] if line.strip())]
    if stated and list(map(canonical, cells)) == list(map(canonical, stated)):
        return Sample(path, stated, delimiter, rows[1:])
    names = stated or _guessed_header(rows[:_LOOKED_AT], (table,) if table else TABLES)
    return Sample(path, names, delimiter, rows, names)


def _stated_header(request: ConvertRequest, table: str, cells: Sequence[str]) -> tuple[str, ...]:
    """Return the header that a user states for files of a table, where it has as many names as there are columns."""
    known = [getattr(request, f"{table}_header", ()) if table else (), request.header]
    return next((header for header in known if len(header) == len(cells)), ())


def _guessed_header(rows: Sequence[Sequence[str]], tables: Sequence[str]) -> tuple[str, ...]:
    """Return names for columns without: a table's own fields in their order where these fit, else by what values are.

    Names that say nothing are column_1, column_2, ...
    """
    width = len(rows[0])
    if all(_is_lobster(row) for row in rows):
        return LOBSTER
    columns = [[row[n] for row in rows if n < len(row)] for n in range(width)]
    for table in tables:
        needed = [field for field in FIELDS[table] if field.required]
        known = {len(needed): needed, len(needed) + 1: [*needed, _sequence(table)]}.get(width)
        if known and all(_fits(field, cells) for field, cells in zip(known, columns, strict=True)):
            return tuple(field.name for field in known)
    names = [f"column_{n}" for n in range(1, width + 1)]
    for name, fits in (("timestamp", are_times), ("side", are_sides)):
        found = [n for n, cells in enumerate(columns) if fits(set(cells)) and not (name == "side" and _ids(cells))]
        if len(found) == 1:
            names[found[0]] = name
    return tuple(names)


def _is_lobster(row: Sequence[str]) -> bool:
    """Return whether a row is a message of LOBSTER: seconds since midnight, kind 1 to 7, id, size, price, 1 or -1."""
    return (
        len(row) == len(LOBSTER) and row[1] in set("1234567") and row[5] in ("1", "-1") and row[0].count(".") == 1
        and are_numbers({row[0], *row[2:5]}) and float(row[0]) < _DAY_S
    )  # fmt: skip


def _sequence(table: str) -> Field:
    return next(field for field in FIELDS[table] if field.name == "sequence")


def _fits(field: Field, cells: Sequence[str]) -> bool:
    if field.kind == TIME:
        return are_times(set(cells))
    if field.kind == SIDE:
        return are_sides(set(cells))
    return field.kind == NAME or field.name in IDS or are_numbers(set(cells))


def _ids(cells: Sequence[str]) -> bool:
    """Return whether cells that could be sides are numbers that mean something else."""
    return {"-1", "1"} != set(cells) and all(cell.isdigit() for cell in cells)


def _cells(line: bytes, delimiter: str) -> list[str]:
    """Return the cells of a line as text, quotes taken off; a line that is torn within quotes is taken as it is."""
    text = line.rstrip(b"\r").decode("utf-8", "replace").replace("\0", "\ufffd")
    if '"' in text:
        with suppress(csv.Error, StopIteration):
            return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True))]
    return [cell.strip() for cell in text.split(delimiter)]
