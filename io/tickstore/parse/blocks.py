"""Parse pieces of text into blocks of typed columns; no line is lost: each is a row, a reject or blank.

The top layer of parsing, called by parse tasks and for the table of rejects.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kernels.base.columns import I64, U8
from tickstore.input.fields import FIELDS, TIME
from tickstore.input.files import Source
from tickstore.input.page_digests import count_newlines
from tickstore.input.text import Piece
from tickstore.parse.fast_lines import BLANK, NEXT, ODD, ROWS, parse_lines
from tickstore.parse.known_names import KnownNames
from tickstore.parse.odd_lines import LineRules, read_line
from tickstore.parse.plan import line_rules, parser_plan
from tickstore.spill.segments import BLOCK_ROWS
from tickstore.times.iso_times import to_utc
from tickstore.times.trade_dates import local_changes
from tickstore.times.written_times import RejectError

_ODD_ROWS: Final = 1 << 16
_NOTHING: Final = np.empty(0, np.int64)
_RAW_KEPT: Final = 300  # bytes of a bad line that are shown


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is not stored. Offset and line count from the start of the byte range or file they came from."""

    offset: int  # bytes, of uncompressed text
    line: int
    column: str
    reason: str
    raw: str


@dataclass(slots=True)
class Block:
    """Parsed rows in the order of the file. The columns are overwritten by the next block."""

    columns: dict[str, I64]
    line_start: I64  # offset of each row's line
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0
    lines: int = 0  # counted apart from parsing

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.line_start)


class BlockParser:
    """Fast path, slow path and bookkeeping for the lines of one source, piece after piece."""

    def __init__(self, source: Source, timezone: str, long_names: dict[str, int], longest: int = BLOCK_ROWS) -> None:
        """Make the buffers; ``longest`` bounds the rows of a block."""
        self._names = source.names
        self._plan = parser_plan(source)
        self._delimiter = ord(source.header.delimiter)
        self._rules: LineRules = line_rules(source, timezone)
        times = {field.name for field in FIELDS[source.table] if field.kind == TIME}
        self._times = [slot for slot, name in enumerate(self._names) if name in times]
        self._local = local_changes(timezone)
        self._long_names = long_names
        self._known = KnownNames(long_names)
        odd = max(1, min(_ODD_ROWS, longest // 4))
        self._out = np.empty((len(self._names), max(1, longest - odd)), np.int64)
        self._line_start = np.empty(self._out.shape[1], np.int64)
        self._odd = np.empty((odd, 2), np.int64)
        self.lines = 0  # passed so far

    def parse(self, piece: Piece) -> Iterator[Block]:
        """Yield blocks of the lines of a piece; only the last line of a file may lack its newline."""
        data, start, stop, offset = piece
        whole = stop
        if data[stop - 1] != 10:
            whole = start + data[start:stop].tobytes().rfind(b"\n") + 1
        while start < whole:
            block, reached = self._parse_some(data, start, whole, offset - piece[1])
            start = reached
            yield block
        if whole < stop:
            yield self._read_last(data[whole:stop].tobytes(), whole + offset - piece[1])

    def _read_last(self, text: bytes, at: int) -> Block:
        """Return the block of a last line without a newline: a row if it is whole, else a reject (decisions 31)."""
        block = Block(dict.fromkeys(self._names, _NOTHING), _NOTHING, [], 0, 1)
        try:
            row = read_line(text, self._rules, self._long_names, may_be_torn=True)
        except RejectError:
            block.rejects.append(Reject(at, self.lines, "", "truncated last line", _shown(text)))
        else:
            if row is None:
                block.blank = 1
            else:
                block.columns = {name: np.array([v]) for name, v in zip(self._names, row, strict=True)}
                block.line_start = np.array([at])
        self.lines += 1
        return block

    def _parse_some(self, data: U8, start: int, stop: int, shift: int) -> tuple[Block, int]:
        counts = np.array([0, 0, 0, start], np.int64)
        block = Block({}, _NOTHING)
        odd = _OddRows(self.lines, start)
        most, batch = 0, 1  # lines for the slow path before the fast path is told what they were called
        while counts[ODD] == most < len(self._odd):
            begin, most = most, min(most + batch, len(self._odd))
            with np.errstate(over="ignore"):  # a number of 20 digits wraps, and is told by its digits
                parse_lines(
                    data, stop, self._delimiter, self._plan, self._out, self._line_start, self._odd[:most], counts,
                    self._known.book,
                )  # fmt: skip
            self._read_odd(data, self._odd[begin : counts[ODD]], odd, block)
            batch = 1 if self._known.learn() else 2 * batch
        rows, reached = int(counts[ROWS]), int(counts[NEXT])
        values = self._out[:, :rows]
        for slot in self._times:
            to_utc(values[slot], *self._local)
        block.line_start = self._line_start[:rows]
        if odd.starts:
            values = odd.merge(values, block)
        block.columns = dict(zip(self._names, values, strict=True))
        block.line_start = block.line_start + shift
        block.rejects = [
            Reject(r.offset + shift, r.line, r.column, r.reason, r.raw) if shift else r for r in block.rejects
        ]
        block.blank += int(counts[BLANK])
        block.lines = int(count_newlines(data[start:reached]))
        self.lines += block.lines
        return block, reached

    def _read_odd(self, data: U8, odd: I64, found: "_OddRows", block: Block) -> None:
        """Sort odd lines into rows, rejects and blanks."""
        for start, stop in odd.tolist():
            text = data[start:stop].tobytes()
            try:
                row = read_line(text, self._rules, self._long_names)
            except RejectError as error:
                found.line += int(count_newlines(data[found.counted : start]))
                found.counted = start
                block.rejects.append(Reject(start, found.line, error.column, error.reason, _shown(text)))
                continue
            if row is None:
                block.blank += 1
            else:
                found.values.append(row)
                found.starts.append(start)


@dataclass(slots=True)
class _OddRows:
    """The rows among the odd lines of a block."""

    line: int  # of the byte ``counted``
    counted: int
    values: list[list[int]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def merge(self, values: I64, block: Block) -> I64:
        """Put the rows in their places among those of the fast path."""
        line_start = np.concatenate([block.line_start, np.array(self.starts, np.int64)])
        order = np.argsort(line_start, kind="stable")
        block.line_start = line_start[order]
        merged: I64 = np.concatenate([values, np.array(self.values, np.int64).T], axis=1)[:, order]
        return merged


def _shown(raw: bytes) -> str:
    return raw[:_RAW_KEPT].decode("utf-8", "backslashreplace").rstrip("\r")
