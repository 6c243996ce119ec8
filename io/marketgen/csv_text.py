"""Rows of integers to CSV text, several times faster than a general writer. Lowest layer, below ``file_layout``.

A ``Form`` says for every field of a file where it comes from: a column of the rows, a constant word, a word
looked up by a column's code, or the running row number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL

NUMBER: Final = 0  # argument: column
WORD: Final = 1  # argument: word
LOOKUP: Final = 2  # argument: column of codes; see Form.words
ROW: Final = 3  # the running row number
_LONGEST_NUMBER: Final = 21


@dataclass
class Form:
    """The fields of one file. ``shift`` is added to a number that is not null: how copies get new ids and times."""

    fields: list[tuple[int, int, int]] = field(default_factory=list)  # kind, argument, shift
    words: list[bytes] = field(default_factory=list)
    lookups: dict[int, dict[int, bytes]] = field(default_factory=dict)  # place in fields -> code -> word

    def number(self, *columns: int, shift: int = 0) -> "Form":
        """Add fields taken from columns."""
        self.fields += [(NUMBER, column, shift) for column in columns]
        return self

    def word(self, text: str) -> "Form":
        """Add a field that is the same in every row."""
        self.fields.append((WORD, len(self.words), 0))
        self.words.append(text.encode())
        return self

    def lookup(self, column: int, words: dict[int, str]) -> "Form":
        """Add a field that spells a column's code."""
        self.lookups[len(self.fields)] = {code: text.encode() for code, text in words.items()}
        self.fields.append((LOOKUP, column, 0))
        return self

    def row(self) -> "Form":
        """Add the running row number."""
        self.fields.append((ROW, 0, 0))
        return self

    def compiled(self) -> tuple[tuple[I64, U8, I64, I64], int]:
        """Return fields, word bytes, word offsets, (field, code, word) table and the longest line in bytes."""
        spelled = [(place, code, word) for place, words in self.lookups.items() for code, word in words.items()]
        table = [(place, code, k) for k, (place, code, _) in enumerate(spelled, start=len(self.words))]
        words = [*self.words, *(word for _, _, word in spelled)]
        offsets = np.cumsum([0, *map(len, words)])
        longest = sum(_LONGEST_NUMBER if kind in (NUMBER, ROW) else 1 for kind, _, _ in self.fields)
        longest += sum(map(len, words)) + len(self.fields)
        text = np.frombuffer(b"".join(words) or b" ", np.uint8).copy()
        return (np.array(self.fields, np.int64), text, offsets, np.array(table or [(-1, 0, 0)], np.int64)), longest


class TextWriter:
    """Turns rows into the bytes of CSV lines, reusing one buffer."""

    def __init__(self, form: Form, block: int = 16_384) -> None:
        self.form, longest = form.compiled()
        self.block = block
        self.buffer = np.empty(longest * block, np.uint8)

    def lines(self, rows: I64, first_number: int) -> Iterator[bytes]:
        """Yield the lines of ``rows`` as a few pieces; the first row's number is ``first_number``."""
        for start in range(0, len(rows), self.block):
            part = rows[start : start + self.block]
            size = format_rows(part, *self.form, first_number + start, self.buffer)
            yield self.buffer[:size].tobytes()


@inlined
def _put_number(out: U8, at: int, value: int) -> int:
    """Write a number in decimal; return where the next byte goes."""
    if value < 0:
        out[at] = 45
        at += 1
        if value == NULL:  # its negation does not fit
            for digit in (9, 2, 2, 3, 3, 7, 2, 0, 3, 6, 8, 5, 4, 7, 7, 5, 8, 0, 8):
                out[at] = 48 + digit
                at += 1
            return at
        value = -value
    digits = 1
    bound = 10
    while digits < 19 and value >= bound:
        digits += 1
        bound *= 10
    end = at + digits
    for i in range(end - 1, at - 1, -1):
        quotient = value // 10
        out[i] = value - quotient * 10 + 48
        value = quotient
    return end


@kernel
def format_rows(rows: I64, fields: I64, text: U8, offsets: I64, table: I64, number: int, out: U8) -> int:
    """Write ``rows`` as CSV lines into ``out``; return the number of bytes.

    fields : (columns, 3) int64 kind, argument, shift. table : (codes, 3) int64 field, code, word.
    number : the first row's number. out : uint8, large enough.
    """
    at = 0
    for i in range(len(rows)):
        for f in range(len(fields)):
            kind, column = fields[f, 0], fields[f, 1]
            word = -1
            if kind == NUMBER:
                value = rows[i, column]
                if value != NULL:
                    value += fields[f, 2]
                at = _put_number(out, at, value)
            elif kind == ROW:
                at = _put_number(out, at, number + i)
            elif kind == WORD:
                word = column
            else:
                for t in range(len(table)):
                    if table[t, 0] == f and table[t, 1] == rows[i, column]:
                        word = table[t, 2]
            if word >= 0:
                for b in range(offsets[word], offsets[word + 1]):
                    out[at] = text[b]
                    at += 1
            out[at] = 44
            at += 1
        out[at - 1] = 10
    return at
