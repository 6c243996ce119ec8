"""Values of tables as CSV text, the lowest of `driver.tables`: every table and order file is written with it."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

Value = int | float | str | None
_QUOTED: Final = re.compile('[,"\n\r]').search  # what needs quotes
_OWN_WAY: Final = ("\r", "nan")  # in what the library wrote: it may have done what it does in another way than ``text``


def text(value: Value) -> str:
    """Return a value as it stands in a CSV: shortest text that reads back exactly, empty when missing."""
    kind = type(value)  # most are of these two; asking so takes half the time
    if kind is int:
        return str(value)
    if kind is float:
        return repr(value) if value == value else ""
    if value is None or value != value:
        return ""
    plain = str(value)
    return '"' + plain.replace('"', '""') + '"' if _QUOTED(plain) else plain


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return a CSV file with a header line, each value as ``text`` has it."""
    return f"{','.join(columns)}\n".encode(errors="backslashreplace") + csv_lines(rows)


def csv_lines(rows: Iterable[Sequence[Value]]) -> bytes:
    """Return lines of a CSV file, each value as ``text`` has it.

    The library's writer takes a third of the time, but has another mind of numbers that are none.
    """
    lines, written = [*rows], ""
    if lines:
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerows(lines)
        written = file.getvalue()
    if any(own in written for own in _OWN_WAY):
        written = "".join([",".join([text(value) for value in row]) + "\n" for row in lines])
    return written.encode(errors="backslashreplace")  # an error may name a path that is no text


def table_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> bytes:
    """Return a CSV file of rows by name; what a row lacks is missing."""
    return csv_bytes(columns, ([row.get(name) for name in columns] for row in rows))
