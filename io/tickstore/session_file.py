"""A file of sessions: when continuous trading of a security began and ended on a date.

Two shapes are known. One row a session: security, start, end and, unless it holds for every date, date; times are
HH:MM[:SS] local, ISO or epoch. Or the exchange's own: one row a change of state, with a timestamp and a
matchingType, of which 1 is continuous matching.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from tickstore.errors import InputError
from tickstore.fields import SECURITY_ALIASES, TIME_ALIASES, canonical
from tickstore.header import split_names
from tickstore.odd_lines import RejectError, parse_time
from tickstore.trade_dates import day_number, day_text, local_time_ns, trade_calendar, trade_days

_DATE: Final = ("date", "tradedate")
_START: Final = ("start", "open", "starttime", "sessionstart", "opentime")
_END: Final = ("end", "close", "endtime", "sessionend", "closetime")
_MATCHING: Final = ("matchingtype",)
_CONTINUOUS: Final = "1"
_DAY_NS: Final = 86_400 * 10**9
_ANY_DAY: Final = "2024-01-01"  # to read a clock by


@dataclass(frozen=True, slots=True)
class SessionTable:
    """Sessions by security and date; rows without a date hold for all."""

    dated: dict[tuple[str, str], tuple[int, int]]
    clocks: dict[str, tuple[str, str]]  # local times of securities for every date
    timezone: str

    def find(self, security: str, date: str) -> tuple[int, int] | None:
        """Return start and end in ns UTC, or None where the file says nothing."""
        found = self.dated.get((security, date))
        if found is None and security in self.clocks:
            start, end = (local_time_ns(self.timezone, date, clock) for clock in self.clocks[security])
            return start, end
        return found

    def unmatched(self, keys: Iterable[tuple[str, str]]) -> int:
        """Return how many sessions belong to none of the partitions ``keys``."""
        known = set(keys)
        securities = {security for security, _ in known}
        return len(self.dated.keys() - known) + len(self.clocks.keys() - securities)


def read_sessions(path: Path, timezone: str, cutoff: str, holidays: tuple[str, ...]) -> SessionTable:
    """Read a session file.

    Raises
    ------
    InputError
        It is missing, has neither shape, or a row of it cannot be read.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"sessions: cannot read {path}: {error.strerror}") from None
    names, delimiter = split_names(text.partition(b"\n")[0], str(path))
    keys = [canonical(name) for name in names]
    rows = list(csv.reader(text.decode("utf-8-sig", "replace").splitlines()[1:], delimiter=delimiter))
    lines = [n for n, row in enumerate(rows, 2) if any(cell.strip() for cell in row)]
    rows = [[cell.strip() for cell in rows[n - 2]] for n in lines]

    def column(aliases: tuple[str, ...]) -> Callable[[list[str]], str] | None:
        place = next((keys.index(alias) for alias in aliases if alias in keys), None)
        return None if place is None else lambda row: row[place] if place < len(row) else ""

    security, start, end = column(SECURITY_ALIASES), column(_START), column(_END)
    time, matching = column(TIME_ALIASES), column(_MATCHING)
    if security is None or not ((start and end) or (time and matching)):
        raise InputError(
            f"{path}: a session file needs the columns security, start and end (date is optional), "
            f"or security, timestamp and matchingType; it has: {', '.join(names)}"
        )
    try:
        if start and end:
            table, wrong = _of_spans(rows, security, column(_DATE), start, end, timezone)
            if wrong is not None:
                raise InputError(f"{path}:{lines[wrong]}: the session ends before it starts")
            return table
        assert time is not None
        assert matching is not None
        return SessionTable(_of_changes(rows, security, time, matching, (timezone, cutoff, holidays)), {}, timezone)
    except (RejectError, ValueError) as error:
        raise InputError(f"{path}: a time or date cannot be read ({error.args[0]})") from None


def _of_spans(
    rows: list[list[str]],
    security: Callable[[list[str]], str],
    date: Callable[[list[str]], str] | None,
    start: Callable[[list[str]], str],
    end: Callable[[list[str]], str],
    timezone: str,
) -> tuple[SessionTable, int | None]:
    """Return the sessions, and the number of a row that ends when it starts or before."""
    table, wrong = SessionTable({}, {}, timezone), None
    for number, row in enumerate(rows):
        day = date(row) if date else ""
        if day:
            day = day_text(int(day) // _DAY_NS) if day.isdigit() and len(day) > 8 else day_text(day_number(day))
            span = _time(start(row), day, timezone), _time(end(row), day, timezone)
            table.dated[security(row), day] = span
        else:
            clocks = start(row), end(row)
            span = local_time_ns(timezone, _ANY_DAY, clocks[0]), local_time_ns(timezone, _ANY_DAY, clocks[1])
            table.clocks[security(row)] = clocks
        if wrong is None and span[0] >= span[1]:
            wrong = number
    return table, wrong


def _time(text: str, day: str, timezone: str) -> int:
    return local_time_ns(timezone, day, text) if len(text) <= 8 and ":" in text else parse_time(text, timezone)


def _of_changes(
    rows: list[list[str]],
    security: Callable[[list[str]], str],
    time: Callable[[list[str]], str],
    matching: Callable[[list[str]], str],
    rules: tuple[str, str, tuple[str, ...]],
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return from the first change into continuous matching to the last change out of it."""
    changes = sorted((security(row), parse_time(time(row), rules[0]), matching(row)) for row in rows)
    calendar = trade_calendar(*rules)
    days = np.empty(len(changes), np.int32)
    stamps = np.array([stamp for _, stamp, _ in changes], np.int64)
    trade_days(stamps, calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, days)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for (one, day), (two, _) in pairwise(zip(changes, days.tolist(), strict=True)):
        if one[0] == two[0] and one[2] == _CONTINUOUS and two[2] != _CONTINUOUS:
            key = one[0], day_text(day)
            found[key] = min(one[1], found.get(key, one[1:2] * 2)[0]), two[1]
    return found
