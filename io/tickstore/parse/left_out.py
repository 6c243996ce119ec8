"""Rows that a file has and its user wants not: lines left out by what stands in a column (`[input.where]`).

For `blocks`, before any cell is read: a line left out may hold anything. Its cells are told apart as the `csv` module
does; a line that is too short for the columns asked of, or whose quotes do not close, stays, and is refused there.
"""

import csv
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined, kernel
from tickstore.input.files import Where
from tickstore.input.page_digests import count_newlines

LF, CR, QUOTE = np.uint8(10), np.uint8(13), np.uint8(34)
TAB, SPACE = np.uint8(9), np.uint8(32)
COLUMN, FIRST, STOP = 0, 1, 2  # of a text asked for: its column, where its bytes are
_SHOWN: Final = 64  # texts of rows left out that are remembered
_LOOKED_AT: Final = 1 << 12  # bytes of a run of them


@inlined
def _is_text(data: U8, start: int, stop: int, texts: U8, first: int, last: int) -> bool:
    """Return whether a cell holds a text; blanks around it do not count."""
    while start < stop and (data[start] == SPACE or data[start] == TAB):
        start += 1
    while stop > start and (data[stop - 1] == SPACE or data[stop - 1] == TAB):
        stop -= 1
    if stop - start != last - first:
        return False
    same = True
    for k in range(last - first):
        same &= data[start + k] == texts[first + k]
    return same


@inlined
def _is_left_out(data: U8, position: int, end: int, delim: Any, asked: I64, texts: U8, hits: I64) -> bool:
    """Return whether data[position:end], a line, has another text than those asked for in one of their columns."""
    k, column, unwanted = 0, 0, False
    while k < len(asked):
        if position > end:
            return False  # too short
        start = position
        if position < end and data[position] == QUOTE:
            position += 1
            while position < end and (data[position] != QUOTE or (position + 1 < end and data[position + 1] == QUOTE)):
                position += 1 if data[position] != QUOTE else 2
            stop, start = position, start + 1
            position += 1
            if position > end or (position < end and data[position] != delim):
                return False  # not closed
        else:
            while position < end and data[position] != delim:
                position += 1
            stop = position
        found = asked[k, COLUMN] != column
        while k < len(asked) and asked[k, COLUMN] == column:
            if _is_text(data, start, stop, texts, asked[k, FIRST], asked[k, STOP]):
                hits[k] += 1
                found = True
            k += 1
        if not found:
            unwanted = True
        column += 1
        position += 1
    return unwanted


@kernel
def find_gaps(data: U8, start: int, stop: int, delimiter: int, asked: I64, texts: U8, hits: I64, gaps: I64) -> int:
    """Write the runs of lines in data[start:stop] that are left out: [begin, end) and lines; return how many runs.

    Parameters
    ----------
    data, stop : (size,) data[stop - 1] is LF
    asked : (n, 3) column, and where the bytes are in ``texts`` of each text asked for, ascending
    hits : (n,) rows that have it, counted on
    gaps : (lines / 2 + 1 or more, 3), to write
    """
    runs, delim = 0, np.uint8(delimiter)
    while start < stop:
        end = start
        while data[end] != LF:
            end += 1
        line_end = end - 1 if end > start and data[end - 1] == CR else end
        if line_end > start and _is_left_out(data, start, line_end, delim, asked, texts, hits):
            if runs > 0 and gaps[runs - 1, 1] == start:
                gaps[runs - 1, 1] = end + 1
                gaps[runs - 1, 2] += 1
            else:
                gaps[runs, 0], gaps[runs, 1], gaps[runs, 2] = start, end + 1, 1
                runs += 1
        start = end + 1
    return runs


class LeftOut:
    """Tells which lines of a source are left out, and remembers what they had instead."""

    def __init__(self, where: Where, delimiter: str) -> None:
        self.where, self._delimiter = where, delimiter
        self.asked = [(column, text) for column, texts in where for text in texts]
        data = [text.encode() for _, text in self.asked]
        stops = np.cumsum([len(text) for text in data], dtype=np.int64)
        columns = np.array([column for column, _ in self.asked], np.int64)
        self._asked = np.stack([columns, stops - [len(text) for text in data], stops], axis=1).reshape(-1, 3)
        self._texts = np.frombuffer(b"".join(data), np.uint8)
        self.hits = np.zeros(len(data), np.int64)
        self.others: list[tuple[int, str]] = []  # (column, text) of rows left out, the first kinds of them

    def gaps(self, data: U8, start: int, stop: int) -> I64:
        """Return the runs of lines left out of data[start:stop]: begin, end, number of lines."""
        gaps = np.empty((int(count_newlines(data[start:stop])) // 2 + 1, 3), np.int64)
        delimiter = ord(self._delimiter)
        runs = int(find_gaps(data, start, stop, delimiter, self._asked, self._texts, self.hits, gaps))
        self._remember(data, gaps[:runs])
        return gaps[:runs]

    def _remember(self, data: U8, gaps: NDArray[np.int64]) -> None:
        """Note what stands in the columns asked of on the first lines of some gaps."""
        texts_of = (data[begin : min(end, begin + _LOOKED_AT)].tobytes() for begin, end, _ in gaps[:_SHOWN].tolist())
        for line in (line for text in texts_of for line in text.split(b"\n")[:-1]):
            cells = cells_of(line, self._delimiter)
            if len(cells) <= self.where[-1][0]:
                continue
            for column, texts in self.where:
                text = cells[column]
                if text not in texts and (column, text) not in self.others and len(self.others) < _SHOWN:
                    self.others.append((column, text))


def cells_of(line: bytes, delimiter: str) -> list[str]:
    """Return the cells of a line without the blanks around them; none where it is not one."""
    text = line.decode("utf-8", "replace").removesuffix("\r").replace("\0", "\ufffd")
    with suppress(csv.Error, StopIteration):
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True))]
    return []


def kept(lines: Sequence[bytes], where: Where, delimiter: str) -> list[bytes]:
    """Return the lines of a file's beginning that are not left out."""
    if not where:
        return list(lines)
    found = []
    for line in lines:
        cells = cells_of(line, delimiter)
        if len(cells) <= where[-1][0] or all(cells[column] in texts for column, texts in where):
            found.append(line)
    return found
