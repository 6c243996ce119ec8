"""Parse one byte range of input into spilled rows: one of the kinds of work of a conversion.

Run by an engine for the pipeline; it joins the parser to the spill.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import UNKNOWN_CODE
from tickstore.conversion.refusals import TooManyBadError, check_contradictions, place_of, too_many_bad
from tickstore.day.schema import Key
from tickstore.errors import InputError
from tickstore.input.files import Chunk, Source
from tickstore.input.packed_names import name_text
from tickstore.input.page_digests import count_newlines, page_digest
from tickstore.input.text import PLAIN, Piece, mapped, plain_pieces, stream_pieces
from tickstore.parse.blocks import BlockParser, Reject, SlowRows
from tickstore.parse.text_ids import TextIds
from tickstore.request import Limits
from tickstore.spill.logs import Segment, WorkerLog
from tickstore.spill.segments import Spill, SpillWriter, open_spill
from tickstore.times.trade_dates import trade_calendar

_NEWLINE: Final = 10
_FEW: Final = 1 << 16  # participant numbers below this are found without sorting


@dataclass(frozen=True, slots=True)
class ParseTask:
    """One byte range, the rules it is read by, and the folder of the logs (None: its rows stay in memory)."""

    number: int
    source: Source
    chunk: Chunk
    timezone: str
    session_cutoff: str
    holidays: tuple[str, ...]
    logs: str | None
    most_rejects: int  # more in one range stop the conversion
    limits: Limits
    apart: bool = False  # on another machine: its log is written out when the range is done, for all to see


@dataclass(slots=True)
class ParsedChunk:
    """What a byte range held."""

    number: int
    keys: list[tuple[Key, int]]  # rows of each partition
    log: Segment | Spill  # where its rows are: in a log, or in memory
    lines: int  # passed by the parser
    raw_lines: int  # beginning in the range, by the newlines of its raw bytes
    stored: int
    blank: int
    weekend_rows: int
    first_time: int | None  # of the first stored row
    pages: str  # digests of the file's pages in the range, hex
    text: str = ""  # of a packed file: digests of the pages of its text, hex
    other_dates: int = 0  # rows that state another trade date
    other_date: str = ""  # the first of them
    left_out: int = 0  # rows that the user wants not
    hits: list[int] = field(default_factory=list)  # rows that have each text that the user wants
    others: list[str] = field(default_factory=list)  # what those left out have instead, column:text
    last_time: int | None = None  # of the last stored row
    rises: bool = False  # whether a row is later than the one before
    falls: bool = False  # whether one is earlier; not looked for any more once one was later
    first_sequence: int = 0
    last_sequence: int = 0
    descends: bool = False  # whether a sequence is below the one before; likewise
    names: dict[str, int] = field(default_factory=dict)  # participants as text -> their number in this log
    rejects: list[Reject] = field(default_factory=list)
    slow: dict[str, SlowRows] = field(default_factory=dict)  # rows off the fast path, by the column that it was for


_logs: dict[str, WorkerLog] = {}  # this process's, by folder


def parse_chunk(task: ParseTask) -> ParsedChunk:
    """Parse a byte range."""
    calendar = trade_calendar(task.timezone, task.session_cutoff, task.holidays)
    long_names: dict[str, int] = {}
    parser = BlockParser(task.source, task.timezone, long_names)
    result = ParsedChunk(task.number, [], Segment("", 0, 0), 0, 0, 0, 0, 0, None, "")
    log = None if task.logs is None else _own_log(task.logs)
    target = io.BytesIO() if log is None else log.begin()
    numbers: set[int] = set()
    writer = SpillWriter(target, task.source.stored_names, calendar)
    ids = TextIds(task.source, long_names)
    text = RangeText(task)
    for piece in text.pieces():
        for block in parser.parse(piece):
            _count(result, block.rows, block.blank, block.rejects, task)
            result.left_out += block.left_out
            if block.rows:
                _follow_times(result, block.columns["timestamp"], block.columns.get("sequence"))
                _collect_names(numbers, block.columns.get("participant"))
                writer.add(ids.columns(block.columns))
    texts = {number: text for text, number in long_names.items()}
    result.names = {name_text(number, texts): number for number in sorted(numbers)}
    result.slow = parser.slow
    result.hits, result.others = parser.left_out.hits.tolist(), [f"{n}:{text}" for n, text in parser.left_out.others]
    result.lines, result.raw_lines, result.weekend_rows = parser.lines, sum(text.newlines), writer.weekend_rows
    result.other_dates, result.other_date = writer.dates.others, writer.dates.example
    result.pages, result.text = text.pages.hex(), text.text_pages.hex()
    result.keys = writer.finish(texts)
    result.log = open_spill(target.getvalue()) if isinstance(target, io.BytesIO) else _logs[str(task.logs)].end()
    if task.apart:
        close_logs(durable=True)
    return result


def _own_log(folder: str) -> WorkerLog:
    """Return this process's log, and never that of the process it was forked from."""
    log = _logs.get(folder)
    if log is None or log.process != os.getpid():
        _logs[folder] = log = WorkerLog(Path(folder))
    return log


def close_logs(durable: bool = False) -> None:
    """Let go of this process's log: it belongs to one conversion."""
    for log in _logs.values():
        log.close(durable)
    _logs.clear()


def _follow_times(result: ParsedChunk, times: I64, sequence: I64 | None) -> None:
    """Note where the times of the rows so far begin and end, whether they ever rise, and the sequence falls."""
    before = result.last_time
    if result.first_time is None:
        result.first_time = before = int(times[0])
        if sequence is not None:
            result.first_sequence = result.last_sequence = int(sequence[0])
    assert before is not None
    if not result.rises:
        result.rises = bool(max(times[0], times[-1]) > before or np.any(times[1:] > times[:-1]))
        result.falls |= bool(times[0] < before or times[-1] < times[0])
        if sequence is not None and not result.rises:
            result.descends |= bool(sequence[0] < result.last_sequence or np.any(sequence[1:] < sequence[:-1]))
            result.last_sequence = int(sequence[-1])
    result.last_time = int(times[-1])


def _count(result: ParsedChunk, rows: int, blank: int, rejects: list[Reject], task: ParseTask) -> None:
    result.stored += rows
    result.blank += blank
    result.rejects += rejects
    check_contradictions(rejects, task.source, task.chunk.start)
    if len(result.rejects) > task.most_rejects:
        first = [
            (place_of(reject, task.source, task.chunk.start), reject.reason, reject.column, reject.cell, reject.field)
            for reject in result.rejects[:3]
        ]
        error = too_many_bad(f"more than {task.most_rejects} rows are bad", first)
        raise TooManyBadError(error.message, task.number, result.rejects)


def _collect_names(numbers: set[int], column: Any) -> None:
    """Remember which participants there are."""
    if column is None:
        return
    if column.min() >= UNKNOWN_CODE and column.max() < _FEW:
        seen = np.zeros(_FEW + 1, np.bool_)
        seen[column] = True  # -1, unknown, is the last place
        numbers.update(np.flatnonzero(seen[:_FEW]).tolist())
    else:
        numbers.update(np.unique(column).tolist())
        numbers.discard(UNKNOWN_CODE)


class RangeText:
    """The text of a task's byte range, and what is known of its file and lines once all of it has passed by."""

    def __init__(self, task: ParseTask) -> None:
        self._source, self._chunk, self._limits = task.source, task.chunk, task.limits
        self.pages = b""  # digests of the file's pages in the range
        self.text_pages = b""  # of a packed file: digests of the pages of its text
        self._rest = b""  # of such a text, less than a page
        self.newlines: list[int] = []

    def pieces(self) -> Iterator[Piece]:
        """Yield the text of the range."""
        source, chunk, piece_bytes = self._source, self._chunk, self._limits.piece_bytes
        with mapped(source.path) as data:
            if len(data) < source.size:
                raise InputError(f"{source.path}: the file became shorter while it was read")
            page = chunk.start
            if source.form == PLAIN:
                for piece in plain_pieces(data, chunk.start, chunk.stop, source.header.data_start, piece_bytes):
                    yield piece
                    page = self._digest_pages(data, page, min(piece[2], chunk.stop))
            else:
                yield from self._unpacked()
            self._digest_pages(data, page, chunk.stop)

    def _unpacked(self) -> Iterator[Piece]:
        """Yield the whole text of a packed file but its header, digested as if it were a plain file."""
        source, step = self._source, self._limits.page_bytes
        for view, start, stop, offset in stream_pieces(
            Path(source.path), source.form, self._limits.piece_bytes, self.newlines
        ):
            text = self._rest + view[start:stop].tobytes()
            whole = len(text) // step * step
            self.text_pages += b"".join(_digest(text, page, page + step) for page in range(0, whole, step))
            self._rest = text[whole:]
            begin = source.header.data_start if offset == 0 else start
            if begin < stop:
                yield view, begin, stop, offset + begin - start
        if self._rest:
            self.text_pages += _digest(self._rest, 0, len(self._rest))
        if source.header.data_start > 0 and source.header.first_line == 2:
            self.newlines.append(-1)  # the header

    def _digest_pages(self, data: Any, page: int, reached: int) -> int:
        """Digest and count lines of the whole pages of the file in [page, reached), the last one when it is reached."""
        stop, step = self._chunk.stop, self._limits.page_bytes
        while page < stop and (page + step <= reached or reached == stop):
            end = min(page + step, stop)
            self.pages += _digest(data, page, end)
            if self._source.form == PLAIN:
                self.newlines.append(_lines(data, page, end, self._source))
            page = end
        return page


def _digest(data: Any, page: int, end: int) -> bytes:
    """Return the digest of data[page:end]."""
    words = (end - page) // 8
    tail = int.from_bytes(data[page + 8 * words : end], "little")
    with np.errstate(over="ignore"):
        return int(page_digest(np.frombuffer(data, np.uint64, words, page), tail)).to_bytes(8, "little")


def _lines(data: Any, start: int, stop: int, source: Source) -> int:
    """Return how many lines of a file's rows end in [start, stop); one without a newline ends with the file."""
    start = max(start, source.header.data_start)
    if start >= stop:
        return 0
    lines = int(count_newlines(np.frombuffer(data, np.uint8, stop - start, start)))
    return lines + (stop == source.size and data[stop - 1] != _NEWLINE)
