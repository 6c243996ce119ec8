"""Whole columns as text, and their rows as lines of a CSV file: byte for byte what `csv_text` makes of each value.

Arrow finds the shortest text of a double five times as fast as Python, and joins cells for next to nothing. Both have
the same digits; where they write them in another form (powers of ten, whole numbers) Python's is taken.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from driver.tables.columns.quotients import Column, nothing_in
from driver.tables.csv_text import Value, csv_bytes, text
from kernels.base.columns import F64, I64
from kernels.conventions import NULL

# Between them, and at 0, both write doubles without a power of ten.
LEAST_PLAIN, FIRST_LARGE = 1e-4, 1e10
# Of fewer Python makes the lines: a job has one small table, for which alone Arrow's code would come to the processor.
MANY_VALUES: Final = 6_000
TEXT: Final = pa.string()
# Which values are written in one way, and Arrow's array of their texts.
Written = Iterator[tuple[NDArray[np.bool_], Any]]


def lines_of(columns: Sequence[Column], before: Sequence[str] | None = None) -> list[str]:
    """Return the rows of columns of n values each as lines; before : what each begins with, if anything."""
    if len(columns) * len(columns[0]) < MANY_VALUES:
        return [*map(",".join, zip(*(() if before is None else (before,)), *map(_texts, columns), strict=True))]
    return lines_of_many(columns, before)


def _texts(values: Column) -> list[str]:
    """Return the texts of a column, as ``text`` has them."""
    match values.dtype.kind:
        case "f":
            return [repr(value) if value == value else "" for value in values.tolist()]
        case "i":
            return ["" if value == NULL else str(value) for value in values.tolist()]
        case _:
            return [*map(text, values.tolist())]


def lines_of_many(columns: Sequence[Column], before: Sequence[str] | None) -> list[str]:
    """Return lines by Arrow: each way of writing values at once, whatever the column, then the order of lines."""
    columns = [column if column.dtype.kind in _TEXTS else column.astype(np.object_) for column in columns]
    n, types = len(columns[0]), [column.dtype.kind for column in columns]
    texts, place = [pa.array([""], TEXT)], np.zeros((len(columns), n), np.int64)  # of the text of each value
    end = 1
    for kind in sorted(set(types)):
        same = [row for row, other in enumerate(types) if other == kind]
        values = np.concatenate([columns[row] for row in same])
        places = np.zeros(len(values), np.int64)
        for which, written in _TEXTS[kind](values):
            places[which] = np.arange(end, end := end + len(written))
            texts.append(written)
        place[same] = places.reshape(-1, n)
    if before is not None:
        place = np.concatenate([np.arange(end, end + n)[None], place])
        texts.append(pa.array(before, TEXT))
    cells = pa.concat_arrays(texts).take(pa.array(place.T.ravel()))
    ends = np.arange(0, place.size + 1, len(place), dtype=np.int32)
    lines: list[str] = compute.binary_join(pa.ListArray.from_arrays(pa.array(ends), cells), ",").to_pylist()
    return lines


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
    lines = lines_of(columns, before) if before else []
    return csv_bytes(head, []) + encoded(lines)


def encoded(lines: Iterable[str]) -> bytes:
    """Return lines as they stand in a file."""
    return "".join([f"{line}\n" for line in lines]).encode(errors="backslashreplace")


def _texts_of_objects(values: Column) -> Written:
    known = np.not_equal(values, nothing_in(values)).astype(np.bool_)
    yield known, pa.array([text(value) for value in values[known].tolist()], TEXT)


def _texts_of_integers(values: I64) -> Written:
    known = values != NULL
    yield known, pa.array(values[known]).cast(TEXT)


def _texts_of_floats(values: F64) -> Written:
    size = np.abs(values)
    plain = ((size >= LEAST_PLAIN) & (size < FIRST_LARGE)) | (size == 0)
    whole = plain & (np.floor(np.where(plain, size, 0.5)) == size)
    broken, own = plain ^ whole, ~plain & (values == values)
    yield broken, pa.array(values[broken]).cast(TEXT)
    yield whole, compute.binary_join_element_wise(pa.array(values[whole]).cast(TEXT), ".0", "")
    yield own, pa.array([*map(repr, values[own].tolist())], TEXT)


# By the type of a column; of what they leave out nothing is written.
_TEXTS: Final[dict[str, Callable[[Column], Written]]] = {
    "f": _texts_of_floats,
    "i": _texts_of_integers,
    "O": _texts_of_objects,
}
