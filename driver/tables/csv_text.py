"""Values of tables as CSV text, the lowest of `driver.tables`: every table and order file is written with it."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Value = int | float | str | None
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
    return '"' + plain.replace('"', '""') + '"' if any(c in plain for c in ',"\n\r') else plain


def texts(values: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return numbers as text, those that are none or have no end as missing: of what is shown again and again."""
    shown = [text(value) if math.isfinite(value) else "" for value in values.tolist()]
    return np.array(shown, np.object_)


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return a CSV file with a header line, each value as ``text`` has it.

    The library's writer takes a third of the time, but has another mind of numbers that are none.
    """
    lines, file = [*rows], io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(lines)
    written = file.getvalue()
    if any(own in written for own in _OWN_WAY):
        written = "".join([",".join([text(value) for value in row]) + "\n" for row in lines])
    content = f"{','.join(columns)}\n{written}"
    return content.encode(errors="backslashreplace")  # an error may name a path that is no text


def table_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> bytes:
    """Return a CSV file of rows by name; what a row lacks is missing."""
    return csv_bytes(columns, ([row.get(name) for name in columns] for row in rows))
