"""The first line of a CSV: which column is which field, and what to say when one is missing.

Called by `parse.plan`, inspection and session files.
"""

import csv
import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tickstore.errors import InputError
from tickstore.input.fields import FIELDS, canonical
from tickstore.rules import ColumnRule

BOM = b"\xef\xbb\xbf"
MOST_NAMED: Final = 0.75  # of the needed columns: a line that names so many of them is a header
HEADER_SETTING: Final = (
    "[input] header (--header=order_id,timestamp,...), or trades_header and nbbo_header for files of these"
)
LIKE_AN_ALIAS: Final = 0.75  # by difflib: "eventtimeutc" is like "eventtime", "exchange" not like "timechanged"
FIRST_LINES: Final = 30  # of a file, among which its header may be
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Header:
    """Column names of a file, where its data begins, and the column of each field found."""

    names: tuple[str, ...]
    delimiter: str
    data_start: int  # byte offset of the first row after the header
    columns: dict[str, int]  # field name -> column number
    first_line: int = 2  # the number of the first row's line; 1 where there is no header


def split_names(line: bytes, path: str) -> tuple[tuple[str, ...], str]:
    """Return the stripped names of a header line and its delimiter.

    InputError: the line is not text or not whole, or two columns have the same name.
    """
    text = first_text(line, path)
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        names = tuple(name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True), []))
    except csv.Error:
        raise InputError(f"{path}: a quote of the first line is not closed in it; a header is one line") from None
    keys = [canonical(name) for name in names]
    for position, key in enumerate(keys):
        if key and key in keys[:position]:
            if looks_like_data(names):
                raise InputError(
                    f"{path}: the first line looks like data, not like a header ({text[:80]}); say what the columns "
                    f"are: {HEADER_SETTING}"
                )
            raise InputError(f"{path}: the header names column {names[position]!r} twice")
    return names, delimiter


def first_text(line: bytes, path: str) -> str:
    """Return the text of a first line. InputError: it is not text, or not one line."""
    try:
        text = line.removeprefix(BOM).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{path}: the first line is not UTF-8 text; is this a CSV file?") from None
    if "\0" in text:
        raise InputError(f"{path}: NUL bytes in the first line: no CSV, or UTF-16 text; convert that to UTF-8 first")
    if "\r" in text:
        raise InputError(f"{path}: lines end in CR alone; convert them to LF or CRLF first")
    return text


def looks_like_data(names: tuple[str, ...]) -> bool:
    """Return whether most cells of a first line begin with a digit or a sign: they are no names."""
    cells = [name for name in names if name]
    return 2 * sum(name[0].isdigit() or name[0] in "+-." for name in cells) > len(cells)


def match_fields(
    names: tuple[str, ...], table: str, rules: Mapping[str, ColumnRule], path: str, more: Collection[str] = ()
) -> dict[str, int]:
    """Return field name -> column number, by the user's rules first, then by the aliases.

    ``rules`` go from field name (``leaves_quantity``, or ``trades.price`` for one table) to what is said of it. Two
    fields may name one column. A field that is left out, or a constant, has none; neither have those of ``more``.

    InputError: a required field has no column, or a rule names a column that is not there.
    """
    keys = [canonical(name) for name in names]
    found: dict[str, int] = {}
    without = set(more)
    for field in FIELDS[table]:
        rule = rules.get(f"{table}.{field.name}", rules.get(field.name, ColumnRule()))
        if rule.is_constant or (rule.column == "" and not field.required):
            without.add(field.name)
        elif rule.column == "":
            raise InputError(
                f"{path}: [input.columns] leaves {field.name} out, which {table} files need; name its column, or "
                f'give it a constant: {field.name} = {{constant = "0"}}'
            )
        elif rule.column is not None:
            column = column_of(names, rule.column)
            if column is not None:
                found[field.name] = column
            elif f"{table}.{field.name}" in rules:
                raise InputError(
                    f"{path}: [input.columns] maps {field.name} to {rule.column!r}, but {_found(names, rule.column)}"
                )
    open_fields = [field for field in FIELDS[table] if field.name not in found and field.name not in without]
    for weak in (False, True):  # a name that may mean anything is left to those who know no better
        for field in open_fields:
            if field.name not in found:
                column = _by_alias(field.weak if weak else field.aliases, keys, set(found.values()))
                if column is not None:
                    found[field.name] = column
    for field in open_fields:
        if field.required and field.name not in found:
            aliases = (*field.aliases, *field.weak)
            taken = {alias: name for alias in aliases for name, n in found.items() if keys[n] == alias}
            what = "; ".join(f"column {alias!r} is taken for {name}" for alias, name in taken.items())
            free = {key: name for key, name in zip(keys, names, strict=True) if keys.index(key) not in found.values()}
            raise InputError(
                f"{path}: no column for {field.name} (needed in {table} files; known as {', '.join(aliases)}); "
                f"{what or _has(names, _near(free, aliases))}.{_other_table(keys, table)} Name it in [input.columns] "
                f'(`inspect` of the file proposes how), or give it a constant: {field.name} = {{constant = "..."}}'
            )
    return found


def column_of(names: tuple[str, ...], wanted: str) -> int | None:
    """Return the number of the column that a user names, spelt as in the file or nearly; None for none."""
    if wanted in names:
        return names.index(wanted)
    keys = [canonical(name) for name in names]
    return keys.index(canonical(wanted)) if canonical(wanted) and canonical(wanted) in keys else None


def _by_alias(aliases: tuple[str, ...], keys: list[str], taken: set[int]) -> int | None:
    for alias in aliases:
        if alias in keys and keys.index(alias) not in taken:
            return keys.index(alias)
    return None


def _found(names: tuple[str, ...], wanted: str) -> str:
    near = difflib.get_close_matches(wanted.lower(), [name.lower() for name in names], 1)
    return _has(names, near)


def _has(names: tuple[str, ...], near: Sequence[str]) -> str:
    return f"the file has: {', '.join(names)}" + (f" (did you mean {near[0]!r}?)" if near else "")


def _near(free: Mapping[str, str], aliases: Sequence[str]) -> list[str]:
    """Return the name of the column, of those that are no field yet, that is spelt most like one of ``aliases``."""
    likeness = [
        (difflib.SequenceMatcher(None, alias, key).ratio(), name) for alias in aliases for key, name in free.items()
    ]
    most, name = max(likeness, default=(0.0, ""))
    return [name] if most >= LIKE_AN_ALIAS else []


def _other_table(keys: Sequence[str], table: str) -> str:
    """Return whose a header is if it names most of what another table needs, and not of what ``table`` does."""
    like = [] if is_like_header(keys, table) else [other for other in FIELDS if is_like_header(keys, other)]
    return f" It looks like a file of {like[0]}, not of {table}." if like else ""


def parse_header(line: bytes, table: str, rules: Mapping[str, ColumnRule], path: str) -> Header:
    """Read a header from the first line of a file."""
    if not line.removeprefix(BOM).strip():
        raise InputError(f"{path}: the first line is blank, not a header")
    names, delimiter = split_names(line, path)
    if looks_like_data(names):
        raise InputError(
            f"{path}: the first line looks like data, not like a header ({line.decode().strip()[:80]}); say what the "
            f"columns are: {HEADER_SETTING}"
        )
    return Header(names, delimiter, len(line), match_fields(names, table, rules, path))


def is_like_header(keys: Sequence[str], table: str) -> bool:
    """Return whether canonical texts name most of the fields that a table needs, under whatever aliases."""
    needed = [field for field in FIELDS[table] if field.required]
    return sum(not {*field.aliases, *field.weak}.isdisjoint(keys) for field in needed) >= MOST_NAMED * len(needed)


def check_first_line(lines: Sequence[bytes], table: str, path: str) -> None:
    """Raise InputError where the first line cannot be the header: one follows, or no delimiter that is read parts it.

    Asked where the first line lacks a column that is needed: so the reason is told, not the consequence.
    """
    if lines[0].count(b'"') % 2:  # the header goes on behind its line
        return
    texts = [line.removeprefix(BOM).decode("utf-8", "replace").rstrip("\r\n") for line in lines]
    for number, text in enumerate(texts[1:], 2):
        names = text.split(max(_DELIMITERS, key=text.count))
        if is_like_header([canonical(name) for name in names], table):
            raise InputError(
                f"{path}: the header is line {number}, the first one is {texts[0][:80]!r}; remove what stands before "
                "the header"
            )
    for parted in (r"\s+", "[~^:\x01\x1f]"):
        names = re.split(parted, texts[0].strip())
        if not any(delimiter in texts[0] for delimiter in _DELIMITERS) and is_like_header(
            list(map(canonical, names)), table
        ):
            raise InputError(
                f"{path}: the cells of the first line are parted by none of comma, semicolon, tab and | "
                f"({texts[0][:80]!r}); write the file with one of these"
            )


def with_last_column(header: Header, lines: Sequence[bytes]) -> Header:
    """Return a header with a last column of no name where rows end in a delimiter and it does not, or without one."""
    texts = [line.decode("utf-8", "replace").rstrip("\r").replace("\0", "") for line in lines if line.strip()]
    try:
        rows = [next(csv.reader([text], delimiter=header.delimiter, strict=True)) for text in texts]
    except csv.Error:
        return header
    counts, names = set(map(len, rows)), header.names
    if counts == {len(names) + 1} and all(row[-1] == "" for row in rows):
        return replace(header, names=(*names, ""))
    if counts == {len(names) - 1} and names[-1] == "":
        return replace(header, names=names[:-1])
    return header


def given_header(names: tuple[str, ...], line: bytes, table: str, rules: Mapping[str, ColumnRule], path: str) -> Header:
    """Return the header of a file that has none: the user names its columns, of which the first line has as many.

    A file whose first line holds just these names, or names of its own, has it as its header.
    """
    text = first_text(line, path)
    delimiter = max(_DELIMITERS, key=text.count)
    cells = [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), [])]
    keys = list(map(canonical, cells))
    if keys == list(map(canonical, names)) or is_like_header(keys, table):
        return parse_header(line, table, rules, path)
    if len(cells) != len(names):
        raise InputError(
            f"{path}: the stated header names {len(names)} columns, the first line has {len(cells)}: {text[:80]}"
        )
    start = len(BOM) if line.startswith(BOM) else 0
    return Header(names, delimiter, start, match_fields(names, table, rules, path), 1)
