"""What a few rows of a file tell of the rest: its days, its securities, the order of its rows."""

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from tickstore.names import name_text
from tickstore.odd_lines import LineRules, RejectError, read_line
from tickstore.sources import Source
from tickstore.text_input import PLAIN, read_head
from tickstore.trade_dates import TradeCalendar, trade_days

_WINDOW: Final = 1 << 16  # bytes that are looked at for a row
_TRIES: Final = 3  # lines that may be odd before a place is given up
_LOOKS, _FEWEST_LOOKS = 4096, 4  # places in all files together, and in each of them, at least
_MOST_LOOKS: Final = 16  # in a small file
_EVERY: Final = 64 << 20  # bytes of a file for another place
_DAYS: Final = 4000  # a file that seems to span more tells nothing
_SURE, _SURE_OF_ONE_DAY = 5, 8  # rows that are in the order of their securities not by chance
_STRAY: Final = 8  # of so many rows one may be out of order
BY_DAY, BY_NUMBER, BY_NAME, UNORDERED = "by day", "by number", "by name", ""

Look = tuple[int, int, str]  # byte offset asked for, timestamp, security


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a file seems to hold: trade days from first to last, of one security or of any (None), in which order."""

    first_day: int
    last_day: int
    security: str | None
    orders: tuple[str, ...]  # what its rows may be in: by day; by security, each with its days in order

    @property
    def order(self) -> str:
        """Return the likeliest order of the rows."""
        return self.orders[0] if self.orders else UNORDERED

    @property
    def is_by_security(self) -> bool:
        """Return whether many securities come one after the other."""
        return self.security is None and self.order in (BY_NUMBER, BY_NAME)


def security_place(security: str, order: str) -> tuple[bool, int, str]:
    """Return what a file of this order is sorted by before the day; numbers come before names."""
    if order == BY_NUMBER and security.isdecimal():
        return False, int(security), ""
    return True, 0, security if order in (BY_NUMBER, BY_NAME) else ""


def outlook_of(rows: list[Look], calendar: TradeCalendar) -> Outlook | None:
    """Return what a file seems to hold; None where its rows are too wild, or there are none."""
    if not rows:
        return None
    days = trade_days_of(rows, calendar)
    first, last = min(days), max(days)
    if last - first > _DAYS:
        return None
    securities = [security for _, _, security in rows]
    seen = [True, *(before[1:] != after[1:] for before, after in pairwise(rows))]  # a row once, wherever it was met
    orders = _orders(list(compress(days, seen)), list(compress(securities, seen)))
    shuffled = any(after[1] < before[1] for before, after in pairwise(rows))
    many = len(set(securities)) > 1
    if not orders and shuffled and last > first and many:
        return None
    return Outlook(first, last, None if many else securities[0], orders)


def trade_days_of(rows: Sequence[Look], calendar: TradeCalendar) -> list[int]:
    """Return the day numbers of rows."""
    times = np.array([time for _, time, _ in rows], np.int64)
    days = np.empty(len(times), np.int32)
    trade_days(times, calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, days)
    return [int(day) for day in days]


def agreed(outlooks: Sequence[Outlook | None]) -> list[Outlook | None]:
    """Return outlooks with all files in one order, if their rows let them: few rows fit several."""
    several = [outlook for outlook in outlooks if outlook is not None and outlook.security is None]
    common = [order for order in (BY_DAY, BY_NUMBER, BY_NAME) if all(order in outlook.orders for outlook in several)]
    if not common:
        return list(outlooks)
    order = min(common, key=lambda order: sum(outlook.orders.index(order) for outlook in several))
    return [replace(o, orders=(order,)) if o is not None and o.security is None else o for o in outlooks]


def _orders(days: list[int], securities: list[str]) -> tuple[str, ...]:
    """Return the orders that rows seen in a file may be in, a few strays aside; they are stored none the worse."""
    rows = len(days)
    in_order = {BY_DAY: _most_in_order(days)}
    one_day = len(set(days)) == 1
    if rows >= (_SURE_OF_ONE_DAY if one_day else _SURE) and len(set(securities)) > 1:
        for order in (BY_NUMBER, BY_NAME):
            keys = [(security_place(s, order), day) for s, day in zip(securities, days, strict=True)]
            in_order[order] = _most_in_order(keys)
    most = max(in_order.values())
    if most < rows - rows // _STRAY:
        return ()
    found = [order for order, count in in_order.items() if count == most]
    return tuple(found[1:] + found[:1] if one_day else found)  # the order of one day says nothing


def _most_in_order(keys: Sequence[Any]) -> int:
    """Return how many of the keys can stay, at most, when others go so that the rest is in order."""
    ends: list[Any] = []  # the least last key of what is in order, by its length
    for key in keys:
        place = bisect_right(ends, key)
        ends[place : place + 1] = [key]
    return len(ends)


def look_into(source: Source, starts: list[int], timezone: str, files: int) -> list[Look]:
    """Return rows all over one of so many files, those where its byte ranges start among them, in its order."""
    looks = min(_MOST_LOOKS, max(_FEWEST_LOOKS, _LOOKS // files))
    wanted = sorted({*starts, *range(0, source.size, max(1, min(_EVERY, source.size // looks)))})
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
