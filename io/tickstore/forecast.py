"""What the input probably holds, by a few rows of each file: in which order to read it, and what is still to come.

A forecast only decides when work is done. A partition that is built before all its rows were seen is built again.
"""

import os
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tickstore.fields import TABLES
from tickstore.names import name_text
from tickstore.odd_lines import LineRules, RejectError, read_line
from tickstore.sources import Chunk, Source
from tickstore.spill import Key
from tickstore.text_input import PLAIN, read_head
from tickstore.trade_dates import TradeCalendar, day_number, trade_days

_WINDOW: Final = 1 << 16  # bytes that are looked at for a row
_TRIES: Final = 3  # lines that may be odd before a place is given up
_LOOKS: Final = 4  # places in a file, at least
_DAYS: Final = 4000  # a file that seems to span more tells nothing


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a file seems to hold: trade days from first to last, of one security or of any (None)."""

    first_day: int
    last_day: int
    security: str | None


class Forecast:
    """Where the time goes in each file, and what the files not yet read to their end may hold."""

    def __init__(
        self, sources: Sequence[Source], chunks: Sequence[Chunk], timezone: str, calendar: TradeCalendar
    ) -> None:
        self._chunks = chunks
        starts: list[list[int]] = [[] for _ in sources]
        for chunk in chunks:
            starts[chunk.source].append(chunk.start)
        looks = [_look(source, starts[n], timezone) for n, source in enumerate(sources)]
        self.outlooks = [_outlook(rows, calendar) for rows in looks]
        self._times = [{offset: time for offset, time, _ in rows} for rows in looks]
        self._sizes = [source.size for source in sources]
        self._packed = [source.table if source.form != PLAIN else None for source in sources]
        self._packed_open = Counter(self._packed)  # unfinished packed files by table: only their beginning is seen
        self._unknown = 0  # unfinished files that may hold anything
        self._open: Counter[tuple[str | None, int]] = Counter()  # unfinished files by security and day
        for outlook in self.outlooks:
            self._count(outlook, 1)

    def reading_order(self) -> list[int]:
        """Return the byte ranges in an order in which partitions come to their end soon: all tables together by time.

        Files of one security each go security by security, for each may hold all days.
        """
        single = all(outlook is not None and outlook.security is not None for outlook in self.outlooks)

        def place(number: int) -> tuple[str, int, int, int]:
            chunk = self._chunks[number]
            outlook = self.outlooks[chunk.source]
            security = outlook.security if single and outlook is not None else None
            return security or "", self._times[chunk.source].get(chunk.start, 0), chunk.source, chunk.start

        return sorted(range(len(self._chunks)), key=place)

    def finished(self, source: int) -> None:
        """Take note that a file was read to its end."""
        self._count(self.outlooks[source], -1)
        self._packed_open[self._packed[source]] -= 1

    def awaited(self, source: int, seen: Collection[str], dates: Collection[str]) -> list[str]:
        """Return the ``dates`` that a file's end may have been waited for; it had rows of the dates ``seen``."""
        outlook = self.outlooks[source]
        if outlook is None or self._packed[source] is not None:
            return list(dates)
        days = range(outlook.first_day, outlook.last_day + 1)
        return [date for date in dates if date in seen or day_number(date) in days]

    def may_come(self, key: Key, seen: Collection[str]) -> bool:
        """Return whether a file not yet finished may hold rows of a partition that was ``seen`` in some tables."""
        if self._unknown or any(self._packed_open[table] for table in TABLES if table not in seen):
            return True
        security, date = key
        day = day_number(date)
        return self._open[None, day] > 0 or self._open[security, day] > 0

    def bytes_in_flight(self) -> int:
        """Return about how many bytes of input must be kept at once: of all files that share days and securities."""
        by_day: Counter[tuple[str | None, int]] = Counter()
        anywhere = 0
        for outlook, size in zip(self.outlooks, self._sizes, strict=True):
            if outlook is None:
                anywhere += size
            elif outlook.security is not None:  # all its days wait for the file's end
                by_day[outlook.security, -1] += size
            else:
                for day in range(outlook.first_day, outlook.last_day + 1):
                    by_day[None, day] += size
        anyone = max((size for (security, _), size in by_day.items() if security is None), default=0)
        single = max((size for (security, _), size in by_day.items() if security is not None), default=0)
        return anywhere + anyone + single

    def _count(self, outlook: Outlook | None, step: int) -> None:
        if outlook is None:
            self._unknown += step
        else:
            for day in range(outlook.first_day, outlook.last_day + 1):
                self._open[outlook.security, day] += step


def _outlook(rows: list[tuple[int, int, str]], calendar: TradeCalendar) -> Outlook | None:
    """Return what a file seems to hold; None where its rows are too wild, or there are none."""
    if not rows:
        return None
    times = np.array([time for _, time, _ in rows], np.int64)
    days = np.empty(len(times), np.int32)
    trade_days(times, calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, days)
    first, last = int(days.min()), int(days.max())
    shuffled = bool((times[1:] < times[:-1]).any())
    securities = {security for _, _, security in rows}
    if last - first > _DAYS or (shuffled and last > first and len(securities) > 1):
        return None
    return Outlook(first, last, securities.pop() if len(securities) == 1 else None)


def _look(source: Source, starts: list[int], timezone: str) -> list[tuple[int, int, str]]:
    """Return (byte offset asked for, timestamp, security) of rows all over a file, in its order."""
    wanted = sorted({*starts, *range(0, source.size, max(1, source.size // _LOOKS))})
    texts: list[tuple[int, list[bytes]]] = []
    if source.form == PLAIN:
        handle = os.open(source.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            texts = [(offset, _lines_after(handle, offset, source)) for offset in wanted]
            texts.append((source.size, _lines_before_end(handle, source)))
        finally:
            os.close(handle)
    else:
        text = read_head(Path(source.path), source.form, _WINDOW)[: 4 * _WINDOW]
        lines = text[source.header.data_start :].split(b"\n")
        texts = [(0, lines[:_TRIES]), (source.size, lines[-2 : -2 - _TRIES : -1])]
    rows = []
    rules = source.rules(timezone)
    for offset, lines in texts:
        row = _first_row(lines, source.names, rules)
        if row is not None:
            rows.append((offset, *row))
    return rows


def _lines_after(handle: int, offset: int, source: Source) -> list[bytes]:
    """Return the first whole lines that begin at or after an offset."""
    begin = max(offset - 1, source.header.data_start - 1, 0)
    text = os.pread(handle, _WINDOW, begin)  # the byte before decides whether a line begins at the offset
    return text.partition(b"\n")[2].split(b"\n", _TRIES)[:-1]


def _lines_before_end(handle: int, source: Source) -> list[bytes]:
    """Return the last lines, the last one first."""
    begin = max(source.size - _WINDOW, source.header.data_start)
    lines = os.pread(handle, _WINDOW, begin).split(b"\n")
    return lines[:0:-1][: 1 + _TRIES]


def _first_row(lines: list[bytes], names: tuple[str, ...], rules: LineRules) -> tuple[int, str] | None:
    """Return time and security of the first line that is a row."""
    for line in lines:
        long_names: dict[str, int] = {}
        try:
            row = read_line(line, rules, long_names)
        except RejectError:
            continue
        if row is not None:
            values = dict(zip(names, row, strict=True))
            return values["timestamp"], name_text(values["security"], {n: text for text, n in long_names.items()})
    return None
