"""Look at an input file: what its columns are, which fields they match, what the values look like."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tickstore.errors import InputError
from tickstore.fields import FIELDS, TABLES, canonical
from tickstore.header import BOM, match_fields, split_names
from tickstore.sources import check_file
from tickstore.text_input import read_head, sniff_form

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
    rows = [line.rstrip(b"\r").split(delimiter.encode()) for line in lines[1:-1] if line.strip()]
    summaries = tuple(
        _summary(name, fields.get(n, ""), [r[n] for r in rows if n < len(r)]) for n, name in enumerate(names)
    )
    return Inspection(path, table, delimiter, len(rows), summaries, missing, _toml(table, names, columns, missing))


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
    absent = {f.name for f in FIELDS[table] if not any(alias in map(canonical, names) for alias in f.aliases)}
    padded = names + tuple(next(f for f in FIELDS[table] if f.name == name).aliases[0] for name in sorted(absent))
    try:
        columns = match_fields(padded, table, {}, "")
    except InputError:
        return {}
    return {name: column for name, column in columns.items() if column < len(names)}


def _summary(name: str, field: str, cells: list[bytes]) -> ColumnSummary:
    texts = [cell.strip(b'" ').decode("utf-8", "replace") for cell in cells]
    present = {text for text in texts if text and text != "-9223372036854775808"}
    try:
        ordered = sorted(present, key=float)
    except ValueError:
        ordered = sorted(present)
    nulls = sum(1 for text in texts if text not in present)
    return ColumnSummary(
        name, field, ordered[0] if ordered else "", ordered[-1] if ordered else "", nulls, len(present)
    )


def _toml(table: str, names: tuple[str, ...], columns: dict[str, int], missing: tuple[str, ...]) -> str:
    if not table:
        return "[input.columns]\n" + "".join(f'# "orders.{f.name}" = "?"\n' for f in FIELDS["orders"] if f.required)
    lines = ["[input.columns]", *(f'# {name} = "?"' for name in missing)]
    found = [field.name for field in FIELDS[table] if field.name in columns]
    lines += [f'"{table}.{name}" = "{names[columns[name]]}"' for name in found]
    return "\n".join(lines) + "\n"
