"""Columns of an order file: how they become Arrow's arrays, and how lines of CSV."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from driver.cubes import Arrays
from driver.tables import text
from kernels import csv_rows
from kernels.buffers import Buffers
from kernels.conventions import NULL
from kernels.decimal_text import I64, U8

USUAL_WIDTH = 9  # bytes of a field and its comma, more than most files have on average


@dataclass(frozen=True, slots=True)
class Column:
    """One column. NaN is missing, in 64-bit integers NULL; ``missing`` says where else."""

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None
    texts: tuple[str, ...] | None = None  # what the values number, if they do

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    def arrow(self) -> pa.Array:
        """Return the column for Parquet, what is missing null."""
        if self.texts is not None:
            return pa.array(self.texts, pa.string()).take(pa.array(self.values))
        if self.values.dtype == np.float64:
            return pa.array(self.values, from_pandas=True)
        missing = self.missing
        if missing is None and self.values.dtype == np.int64:
            missing = self.values == NULL
        return pa.array(self.values, mask=missing)


class RowText:
    """Writes columns as lines of CSV: integers plain, floats by their shortest digits, what is missing as nothing."""

    def __init__(self, quoted: bool, buffers: Buffers) -> None:
        """Start with memory that may be used again once the lines are written; ``quoted``: put texts in quotes."""
        self._quoted = quoted
        self._buffers = buffers

    def lines(self, columns: Mapping[str, Column]) -> U8:
        """Return the bytes of the lines of all rows, good until the next call."""
        rows = max(map(len, columns.values()), default=0)
        values = cast(I64, self._buffers.take("lines.values", (len(columns), rows), np.int64))
        kinds, texts = np.zeros(len(columns), np.int64), list[bytes]()
        for c, column in enumerate(columns.values()):
            if column.texts is not None:
                kinds[c] = csv_rows.TEXT
                np.add(column.values, len(texts), out=values[c])
                texts += [self._shown(word).encode() for word in column.texts]
            elif column.values.dtype == np.float64:
                kinds[c] = csv_rows.FLOAT
                values[c].view(np.float64)[:] = column.values
            else:
                values[c] = column.values
                if column.missing is not None:
                    values[c, column.missing] = NULL
        starts = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        return self._write(values, kinds, np.frombuffer(bytearray().join(texts), np.uint8), starts)

    def _write(self, values: I64, kinds: I64, texts: U8, starts: I64) -> U8:
        widest = csv_rows.widest_row(len(kinds), int(np.diff(starts).max(initial=0)))
        memory = Arrays("lines", self._buffers)
        size, row, end = USUAL_WIDTH * values.size + widest, 0, 0
        while True:
            out = cast(U8, memory.longer("text", (size,), np.uint8, end))
            words = csv_rows.words_of(out)
            row, end = csv_rows.write_rows(values, kinds, texts, starts, row, widest, out, words, end)
            if row == values.shape[1]:
                return out[:end]
            size += size // 2

    def _shown(self, word: str) -> str:
        if not self._quoted:
            return word
        shown = text(word)
        return shown if shown.startswith('"') else f'"{shown}"'
