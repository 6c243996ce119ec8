"""Look at an input file: what its columns are, which fields they match, what the values look like.

Beside the parser, called by the command line.
"""

import csv
import json
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from kernels.conventions import NULL
from tickstore.errors import InputError
from tickstore.input.fields import FIELDS, TABLES, canonical
from tickstore.input.files import check_file
from tickstore.input.header import BOM, match_fields, split_names
from tickstore.input.text import read_head, sniff_form
from tickstore.inspect.column_guesses import guessed_columns

_SENTINEL: Final = str(NULL)
_ENOUGH: Final = 0.5  # of the needed fields
_HINTS: Final = {"orders": ("order",), "trades": ("trade", "fill"), "nbbo": ("nbbo", "quote", "bbo")}


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """One column of the rows looked at."""

    name: str
    field: str  # the field it is taken for, or ""
    low: str
    high: str
    nulls: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file."""

    path: Path
    table: str  # orders, trades, nbbo or "" where no table fits
    delimiter: str
    rows_sampled: int
    columns: tuple[ColumnSummary, ...]
    missing: tuple[str, ...]  # required fields without a column
    mapping: str  # proposed TOML


def inspect_file(path: Path | str, sample_bytes: int = 8 << 20) -> Inspection:
    """Return what a CSV or Parquet file, packed or not, holds, by its header and its first ``sample_bytes`` bytes."""
    path = Path(path)
    check_file(path, "inspect")
    head = read_head(path, sniff_form(path), sample_bytes)
    whole = head.endswith(b"\n") or len(head) < sample_bytes
    lines = [*head.rstrip(b"\n").split(b"\n"), b""] if whole else head.split(b"\n")
    if not lines[0].removeprefix(BOM).strip():
        raise InputError(f"{path}: no header line")
    names, delimiter = split_names(lines[0], str(path))
    table, columns, missing = _best_table(path, names)
    fields = {column: name for name, column in columns.items()}
    rows = [_cells(line, delimiter) for line in lines[1:-1] if line.strip()]
    summaries = tuple(
        _summary(name, fields.get(n, ""), [r[n] for r in rows if n < len(r)]) for n, name in enumerate(names)
    )
    wanted = missing if table else tuple(field.name for field in FIELDS["orders"] if field.required)
    left = {name: {row[n] for row in rows if n < len(row)} for n, name in enumerate(names) if name and n not in fields}
    proposal = _toml(table or "orders", names, columns, wanted, guessed_columns(table or "orders", wanted, left))
    return Inspection(path, table, delimiter, len(rows), summaries, missing, proposal)


def _best_table(path: Path, names: tuple[str, ...]) -> tuple[str, dict[str, int], tuple[str, ...]]:
    """Return the table with the largest share of its needed fields found, its columns, and what it misses.

    Where less than half are found the file's name decides, and without a hint in it there is no table.
    """
    best: tuple[float, int, str, dict[str, int], tuple[str, ...]] | None = None
    for table in TABLES:
        columns = _matches(names, table)
        needed = [f.name for f in FIELDS[table] if f.required]
        missing = tuple(name for name in needed if name not in columns)
        hinted = any(hint in path.name.lower() for hint in _HINTS[table])
        share = 1 - len(missing) / len(needed)
        candidate = (share if share >= _ENOUGH or not hinted else _ENOUGH, len(columns), table, columns, missing)
        if best is None or candidate[:2] > best[:2]:
            best = candidate
    if best is None or best[0] < _ENOUGH:
        return "", {}, ()
    return best[2], best[3], best[4]


def _matches(names: tuple[str, ...], table: str) -> dict[str, int]:
    """Return the fields that aliases find, leaving absent ones out."""
    fields = [f for f in FIELDS[table] if f.aliases]
    absent = {f.name for f in fields if not any(a in map(canonical, names) for a in (*f.aliases, *f.weak))}
    padded = names + tuple(next(f for f in FIELDS[table] if f.name == name).aliases[0] for name in sorted(absent))
    try:
        columns = match_fields(padded, table, {}, "")
    except InputError:
        return {}
    return {name: column for name, column in columns.items() if column < len(names)}


def _cells(line: bytes, delimiter: str) -> list[str]:
    """Return the cells of a line as text, quotes taken off; a line that is torn within quotes is taken as it is."""
    text = line.rstrip(b"\r").decode("utf-8", "replace").replace("\0", "\ufffd")
    if '"' in text:
        with suppress(csv.Error, StopIteration):
            return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True))]
    return [cell.strip() for cell in text.split(delimiter)]


def _summary(name: str, field: str, texts: list[str]) -> ColumnSummary:
    present = {text for text in texts if text and text != _SENTINEL}
    low, high = _range(present) if present else ("", "")
    return ColumnSummary(name, field, low, high, sum(text not in present for text in texts), len(present))


def _range(texts: set[str]) -> tuple[str, str]:
    """Return the smallest and the largest: as exact numbers where all are numbers, else as text."""
    try:
        numbers = {Decimal(text): text for text in texts}
        if all(number.is_finite() for number in numbers):
            return numbers[min(numbers)], numbers[max(numbers)]
    except InvalidOperation:
        pass
    return min(texts), max(texts)


def _toml(
    table: str, names: tuple[str, ...], columns: dict[str, int], missing: tuple[str, ...], guesses: dict[str, str]
) -> str:
    """Return what finds the fields, as configuration; needed ones that nothing found stand first, to be filled in."""
    lines = ["[input.columns]"]
    for name in missing:
        lines.append(f'# "{table}.{name}" = "?"')
        if name in guesses:
            lines.append(f'# perhaps "{table}.{name}" = {_quoted(guesses[name])}')
    left = [name for number, name in enumerate(names) if name and number not in columns.values()]
    if missing and left:
        lines += [f"# columns not taken: {', '.join(map(_quoted, left))}"]
    lines += [f'"{table}.{f.name}" = {_quoted(names[columns[f.name]])}' for f in FIELDS[table] if f.name in columns]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
