"""Parse one byte range of input into spilled rows: one of the kinds of work of a conversion.

Run by an engine for the pipeline; it joins the parser to the spill.
"""

import io
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import UNKNOWN_CODE
from tickstore.conversion.range_text import RangeText
from tickstore.conversion.refusals import TooManyBadError, check_contradictions, place_of, too_many_bad
from tickstore.day.schema import Key
from tickstore.input.files import Chunk, Source
from tickstore.input.packed_names import name_text
from tickstore.parse.blocks import Block, BlockParser, Reject, SlowRows
from tickstore.parse.odd_lines import NO_SHARES
from tickstore.parse.text_ids import TextIds
from tickstore.request import Limits
from tickstore.spill.logs import Segment, WorkerLog
from tickstore.spill.segments import Spill, SpillWriter, open_spill
from tickstore.times.trade_dates import TradeCalendar, day_text, trade_calendar
from tickstore.times.trade_days import trade_days

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
    no_shares: list[tuple[Key, int]] = field(default_factory=list)  # rejects that are trades of none, by partition
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
    no_shares: list[tuple[int, int]] = []
    writer = SpillWriter(target, task.source.stored_names, calendar)
    ids = TextIds(task.source, long_names)
    text = RangeText(task.source, task.chunk, task.limits)
    for piece in text.pieces():
        for block in parser.parse(piece):
            no_shares += block.no_shares
            _count(result, block, task, len(no_shares))
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
    result.no_shares = _by_partition(no_shares, texts, calendar)
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


def _count(result: ParsedChunk, block: Block, task: ParseTask, no_shares: int) -> None:
    result.stored += block.rows
    result.blank += block.blank
    result.rejects += block.rejects
    check_contradictions(block.rejects, task.source, task.chunk.start)
    if len(result.rejects) - no_shares > task.most_rejects:
        bad = [reject for reject in result.rejects if reject.reason != NO_SHARES][:3]
        first = [
            (place_of(reject, task.source, task.chunk.start), reject.reason, reject.column, reject.cell, reject.field)
            for reject in bad
        ]
        error = too_many_bad(f"more than {task.most_rejects} rows are bad", first)
        raise TooManyBadError(error.message, task.number, result.rejects)


def _by_partition(rows: list[tuple[int, int]], texts: dict[int, str], calendar: TradeCalendar) -> list[tuple[Key, int]]:
    """Return how many of some rows, by security and time, are of each partition."""
    days = np.empty(len(rows), np.int32)
    times = np.array([time for _, time in rows], np.int64)
    trade_days(times, calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, days)
    named = [name_text(security, texts) for security, _ in rows]
    return sorted(Counter(zip(named, map(day_text, days.tolist()), strict=True)).items())


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
