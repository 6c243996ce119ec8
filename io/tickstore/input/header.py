"""The first line of a CSV: which column is which field, and what to say when one is missing.

Called by `parse.plan`, inspection and session files.
"""

import csv
import difflib
from dataclasses import dataclass

from tickstore.errors import InputError
from tickstore.input.fields import FIELDS, Field, canonical

BOM = b"\xef\xbb\xbf"
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Header:
    """Column names of a file, where its data begins, and the column of each field found."""

    names: tuple[str, ...]
    delimiter: str
    data_start: int  # byte offset of the first row after the header
    columns: dict[str, int]  # field name -> column number


def split_names(line: bytes, path: str) -> tuple[tuple[str, ...], str]:
    """Return the stripped names of a header line and its delimiter.

    InputError: the line is not text or not whole, or two columns have the same name.
    """
    try:
        text = line.removeprefix(BOM).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{path}: the first line is not UTF-8 text; is this a CSV file?") from None
    if "\r" in text:
        raise InputError(f"{path}: lines end in CR alone; convert them to LF or CRLF first")
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        names = tuple(name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True), []))
    except csv.Error:
        raise InputError(f"{path}: a quote of the first line is not closed in it; a header is one line") from None
    keys = [canonical(name) for name in names]
    for position, key in enumerate(keys):
        if key and key in keys[:position]:
            raise InputError(f"{path}: the header names column {names[position]!r} twice")
    return names, delimiter


def match_fields(names: tuple[str, ...], table: str, mapping: dict[str, str], path: str) -> dict[str, int]:
    """Return field name -> column number, by the user's mapping first, then by the aliases.

    ``mapping`` goes from field name (``leaves_quantity``, or ``trades.price`` for one table) to header name.

    InputError: a required field has no column, or the mapping names a column that is not there.
    """
    keys = [canonical(name) for name in names]
    found: dict[str, int] = {}
    for field in FIELDS[table]:
        wanted = mapping.get(f"{table}.{field.name}", mapping.get(field.name))
        if wanted is None:
            continue
        if wanted in names:
            found[field.name] = names.index(wanted)
        elif canonical(wanted) in keys:
            found[field.name] = keys.index(canonical(wanted))
        elif f"{table}.{field.name}" in mapping:
            raise InputError(f"{path}: [input.columns] maps {field.name} to {wanted!r}, but {_found(names, wanted)}")
    for field in FIELDS[table]:
        if field.name not in found:
            column = _by_alias(field, keys, set(found.values()))
            if column is not None:
                found[field.name] = column
    for field in FIELDS[table]:
        if field.required and field.name not in found:
            taken = {alias: name for alias in field.aliases for name, n in found.items() if keys[n] == alias}
            what = "; ".join(f"column {alias!r} is taken for {name}" for alias, name in taken.items())
            raise InputError(
                f"{path}: no column for {field.name} (needed in {table} files; known as "
                f"{', '.join(field.aliases)}); {what or _found(names, field.aliases[0])}. Name it in [input.columns]"
            )
    return found


def _by_alias(field: Field, keys: list[str], taken: set[int]) -> int | None:
    for alias in field.aliases:
        if alias in keys and keys.index(alias) not in taken:
            return keys.index(alias)
    return None


def _found(names: tuple[str, ...], wanted: str) -> str:
    near = difflib.get_close_matches(wanted.lower(), [name.lower() for name in names], 1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"the file has: {', '.join(names)}{hint}"


def parse_header(line: bytes, table: str, mapping: dict[str, str], path: str) -> Header:
    """Read a header from the first line of a file."""
    if not line.removeprefix(BOM).strip():
        raise InputError(
            f"{path}: the file is empty"
            if not line.removeprefix(BOM)
            else f"{path}: the first line is blank, not a header"
        )
    names, delimiter = split_names(line, path)
    return Header(names, delimiter, len(line), match_fields(names, table, mapping, path))
