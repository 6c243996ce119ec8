"""Parse pieces of text into blocks of typed columns; no line is lost: each is a row, a reject or blank.

The top layer of parsing, called by parse tasks and for the table of rejects.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from kernels.base.columns import I64, U8
from kernels.conventions import NULL
from tickstore.input.fields import TIME
from tickstore.input.files import Source
from tickstore.input.page_digests import count_newlines
from tickstore.input.text import Piece
from tickstore.parse.cell_times import join
from tickstore.parse.fast_lines import BLANK, ENTRY, GAP, LEFT, NAMES, NEXT, ODD, ROWS, parse_lines
from tickstore.parse.known_names import FEW_SLOTS, MANY_SLOTS, KnownNames
from tickstore.parse.left_out import LeftOut, kept
from tickstore.parse.odd_lines import NO_SHARES, LineRules, read_line
from tickstore.parse.odd_rows import OddRows, line_end
from tickstore.parse.parse_plan import parse_plan
from tickstore.parse.plan import line_rules
from tickstore.parse.text_ids import text_id_fields
from tickstore.spill.segments import BLOCK_ROWS
from tickstore.times.iso_times import to_utc
from tickstore.times.local_clocks import REPEATED, SKIPPED
from tickstore.times.reject_error import RejectError
from tickstore.times.trade_dates import local_changes

_ODD_ROWS: Final = 1 << 16
_NOTHING: Final = np.empty(0, np.int64)
_NO_GAPS: Final = np.empty((0, 3), np.int64)
_RAW_KEPT: Final = 300  # bytes of a bad line that are shown


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is not stored. Offset and line count from the start of the byte range or file they came from."""

    offset: int  # bytes, of uncompressed text
    line: int
    column: str
    reason: str
    raw: str
    cell: str = ""  # what stands in the column
    field: str = ""  # that the column is


@dataclass(slots=True)
class SlowRows:
    """Rows that the fast path left to the slow one because of one column."""

    rows: int
    offset: int  # of the first of them
    line: int
    cell: str


@dataclass(slots=True)
class Block:
    """Parsed rows in the order of the file. The columns are overwritten by the next block."""

    columns: dict[str, I64]
    line_start: I64  # offset of each row's line
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0
    lines: int = 0  # counted apart from parsing
    left_out: int = 0  # lines that the user wants not
    no_shares: list[tuple[int, int]] = field(default_factory=list)  # security and time of trades of none, all rejects

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.line_start)


class BlockParser:
    """Fast path, slow path and bookkeeping for the lines of one source, piece after piece."""

    def __init__(self, source: Source, timezone: str, long_names: dict[str, int], longest: int = BLOCK_ROWS) -> None:
        """Make the buffers; ``longest`` bounds the rows of a block."""
        self._names = source.names
        self._rules: LineRules = line_rules(source, timezone)
        self._made = parse_plan(source, self._rules, long_names)
        self._delimiter = ord(source.header.delimiter)
        self._columns = len(source.header.names)
        clocks = {slot for slot, _ in self._made.clocks}
        times = [slot for slot, reading in enumerate(source.readings) if reading.kind == TIME and reading.column >= 0]
        self._times = [slot for slot in times if slot not in clocks]
        self._timezone = timezone
        self._local = local_changes(timezone)
        self._long_names = long_names
        self._known = KnownNames(long_names, MANY_SLOTS if text_id_fields(source) else FEW_SLOTS)
        odd = max(1, min(_ODD_ROWS, longest // 4))
        self._out = np.empty((self._made.slots, max(1, longest - odd)), np.int64)
        for slot, value in self._made.constants:
            self._out[slot] = value
        self._line_start = np.empty(self._out.shape[1], np.int64)
        self._odd = np.empty((odd, 3), np.int64)
        self.left_out = LeftOut(source.where, source.header.delimiter)
        self._gaps, self._gap = _NO_GAPS, 0  # of the piece, and the next one
        self.lines = 0  # passed so far
        self.slow: dict[str, SlowRows] = {}  # by the column that the fast path could not read

    def parse(self, piece: Piece) -> Iterator[Block]:
        """Yield blocks of the lines of a piece; only the last line of a file may lack its newline."""
        data, start, stop, offset = piece
        whole = stop
        if data[stop - 1] != 10:
            whole = start + data[start:stop].tobytes().rfind(b"\n") + 1
        if self.left_out.where and start < whole:
            self._gaps, self._gap = self.left_out.gaps(data, start, whole), 0
        while start < whole:
            block, reached = self._parse_some(data, start, whole, offset - piece[1])
            start = reached
            yield block
        if whole < stop:
            yield self._read_last(data[whole:stop].tobytes(), whole + offset - piece[1])

    def _read_last(self, text: bytes, at: int) -> Block:
        """Return the block of a last line without a newline: a row if it is whole, else a reject (decisions 31)."""
        block = Block(dict.fromkeys(self._names, _NOTHING), _NOTHING, [], 0, 1)
        if not kept([text], self.left_out.where, self._rules.delimiter):
            self.lines, block.left_out = self.lines + 1, 1
            return block
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
        self._known.learn()
        counts = np.array([0, 0, 0, start, self._known.seen, self._known.entry, self._gap, 0], np.int64)
        block = Block({}, _NOTHING)
        odd = OddRows(self.lines, start)
        most, batch = 0, 1  # lines for the slow path before the fast path is told what they were called
        while counts[ODD] == most < len(self._odd):
            begin, most = most, min(most + batch, len(self._odd))
            with np.errstate(over="ignore"):  # a number of 20 digits wraps, and is told by its digits
                parse_lines(
                    data, stop, self._delimiter, self._columns, self._made.plan, self._out, self._line_start,
                    self._odd[:most], counts, self._known.book, self._gaps,
                )  # fmt: skip
            self._known.follow(int(counts[NAMES]), int(counts[ENTRY]))
            self._read_odd(data, self._odd[begin : counts[ODD]], odd, block)
            batch = 1 if self._known.learn() else 2 * batch
            counts[NAMES], counts[ENTRY] = self._known.seen, self._known.entry
        rows, reached, self._gap, block.left_out = counts[[ROWS, NEXT, GAP, LEFT]].tolist()
        values, block.line_start = self._out[:, :rows], self._line_start[:rows]
        bad = self._complete(values)
        if len(bad):
            starts = block.line_start[bad]
            values, block.line_start = np.delete(values, bad, axis=1), np.delete(block.line_start, bad)
            ends = [line_end(data, start) for start in starts.tolist()]
            lines = np.array([starts, ends, np.full(len(bad), self._date_column())]).T
            self._read_odd(data, lines, odd, block)
            block.rejects.sort(key=lambda reject: reject.offset)
        values = values[: len(self._names)]
        if odd.starts:
            values, block.line_start = odd.merged(values, block.line_start)
        block.columns = dict(zip(self._names, values, strict=True))
        block.line_start = block.line_start + shift
        block.rejects = [replace(r, offset=r.offset + shift) if shift else r for r in block.rejects]
        block.blank += int(counts[BLANK])
        block.lines = int(count_newlines(data[start:reached]))
        self.lines += block.lines
        return block, reached

    def _complete(self, values: I64) -> I64:
        """Fill what the kernel left open in the rows of a block; return the rows whose time, clock or date is none."""
        for slot, source in self._made.copies:
            values[slot] = values[source]
        bad = np.zeros(values.shape[1], np.bool_)
        for slot in self._times:
            if to_utc(values[slot], *self._local):  # the slow path says what is wrong with each
                bad |= (values[slot] == SKIPPED) | (values[slot] == REPEATED)
        for slot, date in self._made.clocks:
            absent = values[slot] == NULL
            join(values[slot], values[date], self._timezone)
            bad |= ~absent & ((values[slot] < self._rules.earliest) | (values[slot] > self._rules.latest))
        return np.flatnonzero(bad)

    def _without_shares(self, text: bytes, block: Block, refused: RejectError) -> RejectError:
        """Note a trade of no shares; return why it is refused, or what else is wrong with its line."""
        others = tuple(reading for reading in self._rules.readings if reading.field.name != "quantity")
        try:
            row = read_line(text, replace(self._rules, readings=others), self._long_names)
        except RejectError as error:
            return error
        known = dict(zip((reading.field.name for reading in others), row or (), strict=True))
        block.no_shares.append((known["security"], known["timestamp"]))
        return refused

    def _date_column(self) -> int:
        """Return the file's column of the dates of clocks, or of the clocks."""
        clocks = [reading for reading in self._rules.readings if reading.clock]
        return next((r.date_column if r.date_column >= 0 else r.column for r in clocks), 0)

    def _read_odd(self, data: U8, odd: I64, found: OddRows, block: Block) -> None:
        """Sort odd lines into rows, rejects and blanks."""
        for start, stop, column in odd.tolist():
            text = data[start:stop].tobytes()
            names = len(self._long_names)
            try:
                row = read_line(text, self._rules, self._long_names)
            except RejectError as refused:
                error = self._without_shares(text, block, refused) if refused.reason == NO_SHARES else refused
                line = found.line_of(data, start)
                block.rejects.append(
                    Reject(start, line, error.column, error.reason, _shown(text), error.cell, error.field)
                )
                continue
            if row is None:
                block.blank += 1
                continue
            found.values.append(row)
            found.starts.append(start)
            if len(self._long_names) == names:  # else the fast path knows the name from now on
                name = self._rules.names[column]
                if name in self.slow:
                    self.slow[name].rows += 1
                else:
                    cells = text.decode("utf-8", "replace").split(self._rules.delimiter)
                    cell = cells[column].strip() if column < len(cells) else ""
                    self.slow[name] = SlowRows(1, start, found.line_of(data, start), cell)


def _shown(raw: bytes) -> str:
    return raw[:_RAW_KEPT].decode("utf-8", "backslashreplace").rstrip("\r")
