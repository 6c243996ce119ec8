"""Whole columns as text, and their rows as lines of a CSV file: byte for byte what `csv_text` makes of each value.

Arrow finds the shortest text of a double five times as fast as Python, and joins cells for next to nothing. Both have
the same digits; where they write them in another form (powers of ten, whole numbers) Python's is taken.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute

from driver.tables.columns.quotients import Column
from driver.tables.csv_text import Value, csv_bytes, text
from kernels.base.columns import F64, I64
from kernels.conventions import NULL

# Between them, and at 0, both write doubles without a power of ten.
LEAST_PLAIN, FIRST_LARGE = 1e-4, 1e10
TEXT: Final = pa.string()
JOINED: Final = {"null_handling": "replace", "null_replacement": ""}


def column_texts(columns: Sequence[Column]) -> list[Any]:
    """Return columns of n values each as Arrow's arrays of text, null where a value is missing."""
    n, found = len(columns[0]), [None] * len(columns)
    for kind, texts_of in (("f", _texts_of_floats), ("i", _texts_of_integers)):
        places = [place for place, column in enumerate(columns) if column.dtype.kind == kind]
        if places:  # all at once: of small tables most of the time goes into calls
            whole = texts_of(np.concatenate([columns[place] for place in places]))
            for k, place in enumerate(places):
                found[place] = whole.slice(k * n, n)
    for place, column in enumerate(columns):
        if found[place] is None:
            found[place] = pa.array([text(value) for value in column.tolist()], TEXT)
    return found


def blocks_csv(head: Sequence[str], blocks: Iterable[tuple[Sequence[Value], Sequence[Column]]]) -> bytes:
    """Return a table of blocks of rows: what stands before each row of a block, and the columns behind it.

    Columns of the same place are of the same type in all blocks.
    """
    before, parts = list[str](), list[Sequence[Column]]()
    for labels, columns in blocks:
        if len(columns[0]):
            before += [",".join([text(label) for label in labels])] * len(columns[0])
            parts.append(columns)
    return table_of(head, before, [np.concatenate(of) for of in zip(*parts, strict=True)])


def table_of(head: Sequence[str], before: Sequence[str], columns: Sequence[Column]) -> bytes:
    """Return a table with a header line; before : what each row begins with."""
    lines = joined([pa.array(before, TEXT), *column_texts(columns)]).to_pylist() if before else []
    return csv_bytes(head, []) + encoded(lines)


def encoded(lines: Iterable[str]) -> bytes:
    """Return lines as they stand in a file."""
    return "".join([f"{line}\n" for line in lines]).encode(errors="backslashreplace")


def joined(texts: Sequence[Any]) -> Any:
    """Return the rows of columns of text as an Arrow array of lines."""
    return compute.binary_join_element_wise(*texts, ",", **JOINED)


def _texts_of_integers(values: I64) -> Any:
    return compute.cast(pa.array(values, mask=values == NULL), TEXT)


def _texts_of_floats(values: F64) -> Any:
    missing, size = np.isnan(values), np.abs(values)
    texts = compute.cast(pa.array(values, mask=missing), TEXT)
    plain = ((size >= LEAST_PLAIN) & (size < FIRST_LARGE)) | (size == 0)
    whole = plain & (np.floor(np.where(plain, size, 0.5)) == size)
    texts = compute.if_else(pa.array(whole), compute.binary_join_element_wise(texts, ".0", ""), texts)
    own = ~(plain | missing)
    if own.any():
        texts = compute.replace_with_mask(texts, pa.array(own), pa.array(map(repr, values[own].tolist()), TEXT))
    return texts
