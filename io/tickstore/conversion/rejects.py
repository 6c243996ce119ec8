"""Rows that are not stored: where each one is, why, what it says, and how many of them are too many.

Called by the pipeline once all is parsed and by `conversion` for the table.
"""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from tickstore.conversion.parse_task import ParsedChunk, ParseTask
from tickstore.conversion.range_text import RangeText
from tickstore.conversion.refusals import TooManyBadError, too_many_bad
from tickstore.day.schema import Key
from tickstore.durable.files import atomic_write
from tickstore.errors import InputError
from tickstore.input.files import Chunk, Source
from tickstore.input.packed_names import name_text
from tickstore.input.page_digests import count_newlines
from tickstore.parse.blocks import BlockParser
from tickstore.parse.odd_lines import NO_SHARES
from tickstore.request import ConvertRequest
from tickstore.store.commit import BuiltPartition
from tickstore.store.paths import REJECTS_NAME
from tickstore.times.trade_dates import day_text, trade_calendar
from tickstore.times.trade_days import trade_days

HEADER: Final = ("table", "file", "line", "byte_offset", "column", "reason", "raw")
DUPLICATE: Final = "duplicate"
_USUAL_RATIO: Final = next(f.default for f in fields(ConvertRequest) if f.name == "max_reject_ratio")


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row of the rejects table. The line counts from 1, the header's; the offset from the start of the text."""

    table: str
    path: str
    line: int
    offset: int
    column: str
    reason: str
    raw: str
    cell: str = ""
    field: str = ""


def bad_rows(parsed: list[ParsedChunk], chunks: tuple[Chunk, ...], sources: tuple[Source, ...]) -> list[BadRow]:
    """Return the bad rows of all byte ranges, with line numbers of their files."""
    rows = []
    before: Counter[int] = Counter()
    for chunk in parsed:
        number = chunks[chunk.number].source
        source, first = sources[number], sources[number].header.first_line
        rows += [
            BadRow(
                source.table,
                source.path,
                first + before[number] + r.line,
                r.offset,
                r.column,
                r.reason,
                r.raw,
                r.cell,
                r.field,
            )
            for r in chunk.rejects
        ]
        before[number] += chunk.lines
    return sorted(rows, key=lambda bad: (bad.table, bad.path, bad.offset))


def most_rejects(request: ConvertRequest, rows: int) -> int:
    """Return how many of ``rows`` may be bad: no more than either limit that is stated, else the usual share.

    Examples
    --------
    >>> from pathlib import Path
    >>> def most(**limits): return most_rejects(ConvertRequest((), Path(), **limits), 1000)
    >>> most(), most(max_reject_ratio=0.29), most(max_rejects=0), most(max_rejects=7)
    (1, 290, 0, 7)
    >>> most(max_rejects=7, max_reject_ratio=0.005)
    5
    """
    by_share = int(Fraction(str(request.max_reject_ratio)) * rows)  # 0.29 of 100 is 29, not 28.999...
    if request.max_rejects is None:
        return by_share
    return request.max_rejects if request.max_reject_ratio == _USUAL_RATIO else min(request.max_rejects, by_share)


def check_rejects(
    request: ConvertRequest,
    sources: tuple[Source, ...],
    counts: Mapping[str, Counter[str]],
    rejects: Sequence[BadRow],
    more: int = 0,
) -> None:
    """Raise InputError when more rows were refused than the request allows, ``rejects`` and ``more``, or all of them.

    Trades of no shares do not count: they could be read, and lack nothing. The table of rejects is written all the
    same.
    """
    rows = sum(count["read"] - count["blank"] for count in counts.values())
    limit = most_rejects(request, rows)
    bad = [row for row in rejects if row.reason != NO_SHARES]
    count = len(bad) + more
    if count <= limit and any(count["stored"] for count in counts.values()):
        return
    path = keep_rejects(request, sources, rejects)
    first = [(f"{row.path}:{row.line}", row.reason, row.column, row.cell, row.field) for row in (bad or rejects)[:3]]
    if count > limit:
        raise too_many_bad(f"{count} of {rows} rows are bad, {limit} allowed", first, str(path))
    if rejects:
        raise too_many_bad(f"all {rows} rows are bad", first, str(path))
    raise InputError("the files have headers and no rows: nothing was stored")


def keep_rejects(request: ConvertRequest, sources: tuple[Source, ...], rejects: Sequence[BadRow]) -> Path:
    """Write the table of rejects of a conversion that is refused, and return its path."""
    path = request.store / REJECTS_NAME
    if rejects:
        atomic_write(path, rejects_csv(path, sources, rejects))
    return path


def rejects_of_range(error: TooManyBadError, chunks: tuple[Chunk, ...], sources: tuple[Source, ...]) -> list[BadRow]:
    """Return the bad rows that stopped the reading of a byte range; lines are known from a file's beginning only."""
    chunk = chunks[error.number]
    source = sources[chunk.source]
    lines = [source.header.first_line + r.line if chunk.start == 0 else 0 for r in error.rejects]
    return [
        BadRow(source.table, source.path, line, r.offset, r.column, r.reason, r.raw, r.cell, r.field)
        for line, r in zip(lines, error.rejects, strict=True)
    ]


def duplicate_rows(
    built: list[BuiltPartition],
    chunks: tuple[Chunk, ...],
    sources: tuple[Source, ...],
    request: ConvertRequest,
    most: int | None = None,
) -> list[BadRow]:
    """Return the repeated rows that building partitions found, the first ``most``, by parsing their ranges again."""
    wanted: dict[int, dict[Key, set[tuple[int, int]]]] = {}
    found = [(p.key, place) for p in built for places in p.duplicates.values() for place in places]
    for key, (chunk, block, row) in found[:most]:
        wanted.setdefault(chunk, {}).setdefault(key, set()).add((block, row))
    rows: list[BadRow] = []
    for number, keys in sorted(wanted.items()):
        task = ParseTask(
            number, sources[chunks[number].source], chunks[number], request.timezone, request.session_cutoff,
            request.holidays, None, 0, request.limits,
        )  # fmt: skip
        rows += _find(task, keys)
    return rows


def _find(task: ParseTask, keys: dict[Key, set[tuple[int, int]]]) -> list[BadRow]:
    """Return the rows at (block, row among its partition's) of each key, in the order of the file."""
    calendar = trade_calendar(task.timezone, task.session_cutoff, task.holidays)
    long_names: dict[str, int] = {}
    parser = BlockParser(task.source, task.timezone, long_names)
    rows = []
    wanted = {block for places in keys.values() for block, _ in places}
    stored_blocks = 0
    for piece in RangeText(task.source, task.chunk, task.limits).pieces():
        data, start, _, offset = piece
        for block in parser.parse(piece):
            if not block.rows:
                continue
            if stored_blocks not in wanted:
                stored_blocks += 1
                continue
            texts = {number: text for text, number in long_names.items()}
            days = np.empty(block.rows, np.int32)
            trade_days(
                block.columns["timestamp"], calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, days
            )
            seen: Counter[Key] = Counter()
            for i, (security, day) in enumerate(zip(block.columns["security"].tolist(), days.tolist(), strict=True)):
                key = name_text(security, texts), day_text(day)
                if key in keys and (stored_blocks, seen[key]) in keys[key]:
                    at = int(block.line_start[i])
                    text = data[at - offset + start :][:400].tobytes().partition(b"\n")[0]
                    rows.append((at, text))
                seen[key] += 1
            stored_blocks += 1
    return [
        BadRow(
            task.source.table, task.source.path, line, at, "", DUPLICATE, text[:300].decode("utf-8", "backslashreplace")
        )
        for (at, text), line in zip(rows, _lines_of(task, [at for at, _ in rows]), strict=True)
    ]


def _lines_of(task: ParseTask, offsets: list[int]) -> list[int]:
    """Return the line numbers of ascending byte offsets of a source's text, counting from its start."""
    whole = replace(task, chunk=Chunk(task.chunk.source, 0, task.source.size))
    lines = []
    waiting = iter([*offsets, None])
    offset = next(waiting)
    count = task.source.header.first_line
    for data, start, stop, base in RangeText(whole.source, whole.chunk, whole.limits).pieces():
        counted = start
        while offset is not None and offset < base + stop - start:
            count += int(count_newlines(data[counted : start + offset - base]))
            counted = start + offset - base
            lines.append(count)
            offset = next(waiting)
        if offset is None:
            break
        count += int(count_newlines(data[counted:stop]))
    return lines


def rejects_csv(path: Path, sources: tuple[Source, ...], rows: Sequence[BadRow]) -> bytes:
    """Return the rejects table as CSV: ``rows``, after what the table at ``path`` says of files not in ``sources``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    now = {Path(source.path).resolve() for source in sources}
    if path.exists():
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            for row in islice(csv.reader(line.replace("\0", "") for line in file), 1, None):
                if len(row) == len(HEADER) and Path(row[1]).resolve() not in now:
                    writer.writerow(row)
    for bad in rows:
        raw = bad.raw.replace("\0", "\\x00")  # readers of CSV do without what follows a NUL, or refuse the file
        writer.writerow([bad.table, bad.path, bad.line, bad.offset, bad.column, bad.reason, raw])
    return text.getvalue().encode("utf-8", "backslashreplace")
