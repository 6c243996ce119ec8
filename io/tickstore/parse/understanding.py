"""What the first rows of a file say of its columns: patterns of times, clocks with a date, columns that are none.

Called by `parse.plan` for each file.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from kernels.conventions import NULL
from tickstore.errors import InputError
from tickstore.input.fields import DATE, IDS, NAME, QUANTITIES, SIDE, TIME, canonical
from tickstore.input.files import Source
from tickstore.input.packed_names import is_rounded, whole_id
from tickstore.input.readings import Reading, date_in_name
from tickstore.parse.odd_lines import LineRules, is_grouped, read_cells
from tickstore.request import ConvertRequest
from tickstore.rules import ColumnRule
from tickstore.times.pattern_forms import format_pattern, infer_clock_pattern, infer_pattern, number_pattern
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_formats import stated_format
from tickstore.times.written_forms import CLOCK
from tickstore.times.written_times import NULL_TEXT

_FLOAT_SIDE: Final = re.compile(r"[12]\.0+|-1\.0+")  # of a column that once had gaps
_ROUNDED_NS: Final = re.compile(r"\d{17,}\.0*")
_ROWS: Final = 200  # at the beginning of a file, by which its columns are understood
_GROUP: Final = 3  # digits that stand together where thousands are parted
_LONGEST_ID: Final = 39  # digits of an id: a single cell of more shows nothing


def understood(
    source: Source, lines: Sequence[bytes], rules: Mapping[str, ColumnRule], request: ConvertRequest
) -> Source:
    """Return a source with what its first lines tell; what a user said of a field stands as it is.

    InputError: a column that may be anything was taken for the order or the security, and numbers the rows.
    """
    line_rules = LineRules(
        source.header.names, source.header.delimiter, source.readings, request.timezone, -(2**63), 2**63 - 1
    )
    rows = _rows(lines[:_ROWS], line_rules)
    said = {name.rpartition(".")[2] for name in rules if name.rpartition(".")[0] in ("", source.table)}
    _check_row_numbers(source, rows, said)
    readings, patterns, notes = [], [], []
    columns = [list(map(str.strip, cells)) for cells in zip(*rows, strict=True)] or [[] for _ in source.header.names]
    for reading in source.readings:
        if reading.column >= 0:
            nulls = _nulls(reading)
            present = [text for text in columns[reading.column] if text not in nulls]
            reading = _with_kind(reading, present, source, request)
            reading = _with_points(reading, present, source, rules)
            if reading.kind == TIME:
                notes += _rounded_times(reading, present, source)
                pattern = _pattern(reading, present)
                patterns += [(reading.column, pattern)] if pattern else []
            if reading.field.name not in said and (refused := _unreadable(reading, rows, line_rules)):
                notes.append(_left_out(reading, refused, source))
                continue
        readings.append(reading)
    return replace(source, readings=tuple(readings), patterns=tuple(patterns), notes=tuple(notes))


def _rows(lines: Sequence[bytes], rules: LineRules) -> list[list[str]]:
    """Return the cells of the lines that have as many as the header."""
    found = []
    for line in lines:
        text = line.decode("utf-8", "replace").removesuffix("\r").replace("\0", "")
        if text and '"' not in text and "\r" not in text:
            found.append(text.split(rules.delimiter))
            continue
        with suppress(csv.Error, StopIteration):
            found.append(next(csv.reader([text], delimiter=rules.delimiter, strict=True)))
    return [cells for cells in found if len(cells) == len(rules.names)]


def _nulls(reading: Reading) -> set[str]:
    return {"", NULL_TEXT, *(text for text, meant in reading.words if meant == "")}


def _check_row_numbers(source: Source, rows: Sequence[Sequence[str]], said: set[str]) -> None:
    for reading in source.readings:
        field = reading.field
        if reading.column < 0 or field.name in said:
            continue
        name = source.header.names[reading.column]
        if canonical(name) in field.weak and 1 < len(rows) == len({row[reading.column] for row in rows}):
            raise InputError(
                f"{source.path}: column {name!r} has another value on each of the first {len(rows)} rows: it numbers "
                f"rows and is not the {field.name}. Name the column that is, or this one if it is: "
                f"--columns={source.table}.{field.name}:{name}"
            )


def _with_kind(reading: Reading, present: Sequence[str], source: Source, request: ConvertRequest) -> Reading:
    """Return a reading as its texts are: ids that are no numbers, clocks beside a date, sides written as floats."""
    if reading.field.name in IDS and request.order_ids != "text":
        _check_rounded(reading, present, source)
    if reading.field.name in IDS and request.order_ids == "auto" and _are_texts(present):
        return replace(reading, kind=NAME)
    if reading.kind == SIDE and (floats := sorted({text for text in present if _FLOAT_SIDE.fullmatch(text)})):
        said = dict(reading.words)
        words = tuple((text, text.partition(".")[0]) for text in floats if text not in said)
        return replace(reading, words=(*reading.words, *words))
    stated = reading.clock or reading.format or reading.unit or reading.epoch
    if reading.kind == TIME and not stated and present and all(map(CLOCK.fullmatch, present)):
        dates = [other.column for other in source.readings if other.kind == DATE and other.column >= 0]
        date = "" if dates else date_in_name(source.path)
        if dates or date:
            return replace(reading, clock=True, date_column=dates[0] if dates else -1, date=date)
    return reading


def _with_points(reading: Reading, present: Sequence[str], source: Source, rules: Mapping[str, ColumnRule]) -> Reading:
    """Return the reading of a quantity that knows whether the first ones have a decimal point.

    InputError: their points may as well stand between thousands: 500 beside 1.000, or nothing but such numbers.
    """
    name = reading.field.name
    rule = rules.get(f"{source.table}.{name}", rules.get(name, ColumnRule()))
    if name not in QUANTITIES or reading.scale > 1 or rule.decimals is not None:
        return reading
    pointed = [text for text in present if "." in text]
    if present and not pointed:
        return replace(reading, points=False)
    long = any(len(text) > _GROUP for text in present if "." not in text)
    if pointed and all(map(is_grouped, pointed)) and not long:
        column = source.header.names[reading.column]
        raise InputError(
            f"{source.path}: column {column!r} has {pointed[0]!r}: a point before decimals, or between thousands? "
            "Write numbers without separators of thousands, or say how many decimals there are: --quantity_decimals=3, "
            f'or [input.columns] {name} = {{column = "{column}", decimals = 0}} where they are all 0'
        )
    return reading


def _check_rounded(reading: Reading, present: Sequence[str], source: Source) -> None:
    """Raise InputError for ids that went through floats and lost digits: several orders would be one."""
    cell = next(filter(is_rounded, present), "")
    if cell:
        raise InputError(
            f"{source.path}: column {source.header.names[reading.column]!r} has {cell!r}: an id that was written as a "
            "floating-point number, which keeps 15 to 17 digits, so that orders cannot be told apart. "
            "Write ids as whole numbers or as text; if these are names as they are, say --order_ids=text"
        )


def _rounded_times(reading: Reading, present: Sequence[str], source: Source) -> list[str]:
    """Return a note where times in ns were written as floats, which hold one ns in 256 of our years."""
    cell = next(filter(_ROUNDED_NS.fullmatch, present), "")
    return [
        f"{source.path}: column {source.header.names[reading.column]!r} has {cell!r}: times in ns that were written as "
        "floating-point numbers, which keep them to 256 ns. What is closer may have changed places; write them as "
        "whole numbers"
    ] * bool(cell)


def _are_texts(present: Sequence[str]) -> bool:
    """Return whether ids are text: most are no numbers of 64 bits, or one begins with 0, which a number would lose."""
    padded = any(text[0] == "0" and text.isdigit() and text.strip("0") for text in present)
    words = sum(not _is_number(whole_id(text)) or _is_long(text) for text in present)
    return padded or 2 * words > len(present)


def _is_long(text: str) -> bool:
    """Return whether digits are an id beyond 64 bits, of up to 128, or the one number of 64 that stands for none."""
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_ID:
        return False
    return int(text) >= 2**64 or int(text) == -NULL


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 20


def _pattern(reading: Reading, present: Sequence[str]) -> tuple[int, ...]:
    """Return the pattern of a column's times for the fast path, none where it needs none."""
    if reading.clock and reading.format and stated_format(reading.format).has_date:
        return ()  # date and clock are in two cells, which only the slow path brings together
    if reading.format:
        steps = format_pattern(reading.format)
    elif reading.clock:
        steps = infer_clock_pattern(present, reading.unit or "s")
    elif reading.unit:
        steps = number_pattern(reading.unit, reading.epoch)
    else:
        steps = infer_pattern(present)
    return tuple(steps.tolist())


def _unreadable(reading: Reading, rows: Sequence[Sequence[str]], rules: LineRules) -> str:
    """Return the first refused cell of a column that the file need not have if most of its cells are, else ""."""
    if reading.field.required or reading.kind in (NAME, DATE):
        return ""
    texts = [row[reading.column] for row in rows]
    if reading.date_column >= 0:
        texts = [f"{text}\n{row[reading.date_column]}" for text, row in zip(texts, rows, strict=True)]
    alike = dict(zip(texts, rows, strict=True))  # most columns hold few texts: one row of each is read
    bad, present, refused = 0, 0, ""
    nulls = _nulls(reading)
    for text, count in Counter(texts).items():
        present += 0 if alike[text][reading.column].strip() in nulls else count
        try:
            read_cells(alike[text], reading, rules, {})
        except RejectError:
            bad += count
            refused = refused or alike[text][reading.column].strip()
    return refused if 2 * bad > present else ""


def _left_out(reading: Reading, example: str, source: Source) -> str:
    name, field = source.header.names[reading.column], reading.field.name
    words = f'{{column = {json.dumps(name)}, values = {{{json.dumps(example)} = "1"}}}}'
    return (
        f"{source.path}: column {name!r} is left out: {example!r} is no {field}; say what its words mean "
        f'({field} = {words}) or leave it out ({field} = "")'
    )
