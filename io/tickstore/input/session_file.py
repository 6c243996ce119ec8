"""Files of sessions: when continuous trading of a security began and ended on a date. For `conversion`.

Two shapes are known. One row a session: security, start, end and, unless it holds for every date, date; times are
HH:MM[:SS] local, ISO or epoch. Or the exchange's own: one row a change of state, with a timestamp and a
matchingType, of which 1 is continuous matching. A day that was halted has several spans of it.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from kernels.base.local_time import local_instant
from tickstore.errors import InputError, UserError
from tickstore.input.fields import SECURITY_ALIASES, TIME_ALIASES, canonical
from tickstore.input.header import split_names
from tickstore.input.text import read_text
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_dates import DAYS_BELOW, UNREADABLE, read_stated_date
from tickstore.times.trade_dates import DAY_NS, TradeCalendar, day_number, day_text, trade_calendar
from tickstore.times.trade_days import trade_days
from tickstore.times.written_times import parse_time

_COLUMNS: Final = {
    "security": SECURITY_ALIASES,
    "date": ("date", "tradedate"),
    "start": ("start", "open", "starttime", "sessionstart", "opentime"),
    "end": ("end", "close", "endtime", "sessionend", "closetime"),
    "time": TIME_ALIASES,
    "matching": ("matchingtype",),
}
_CONTINUOUS: Final = "1"
_CLOCK: Final = re.compile(r"\d?\d:\d\d(:\d\d)?")
_DATE: Final = range(10_000_000, 100_000_000)  # numbers of eight digits are YYYYMMDD
_ANY_DAY: Final = "2024-01-01"  # to read a clock by
Row = Mapping[str, str]
_Time = TypeVar("_Time", int, str)
Spans = tuple[int, ...]  # start and end of each, ns UTC, ascending


@dataclass(frozen=True, slots=True)
class SessionTable:
    """Sessions by security and date, as spans of continuous matching; rows without a date hold for all."""

    dated: dict[tuple[str, str], Spans]
    clocks: dict[str, tuple[str, ...]]  # local times of securities for every date
    timezone: str

    def find(self, security: str, date: str) -> Spans | None:
        """Return start and end of each span in ns UTC, or None where the file says nothing."""
        found = self.dated.get((security, date))
        if found is None and security in self.clocks:
            return tuple(local_instant(self.timezone, date, clock) for clock in self.clocks[security])
        return found

    def unmatched(self, keys: Iterable[tuple[str, str]]) -> int:
        """Return how many sessions belong to none of the partitions ``keys``."""
        known = set(keys)
        securities = {security for security, _ in known}
        return len(self.dated.keys() - known) + len(self.clocks.keys() - securities)


class _RowError(Exception):
    """What is wrong with a row."""


def read_sessions(paths: Sequence[Path], timezone: str, cutoff: str, holidays: tuple[str, ...]) -> SessionTable:
    """Read session files, as if they were one.

    InputError: one is missing, has neither shape, or a row cannot be read or contradicts another.
    """
    spans: list[tuple[Path, int, Row]] = []
    changes: list[tuple[Path, int, Row]] = []
    for path in paths:
        names, rows = _read_rows(path)
        has_spans = {"security", "start", "end"} <= names
        if not has_spans and not {"security", "time", "matching"} <= names:
            raise InputError(
                f"{path}: a session file needs the columns security, start and end (date is optional), "
                f"or security, timestamp and matchingType; it has: {', '.join(_header(path)[0])}"
            )
        if not rows and len(paths) == 1:
            raise InputError(f"{path}: no sessions in it")
        (spans if has_spans else changes).extend((path, number, row) for number, row in rows)
    calendar = trade_calendar(timezone, cutoff, holidays)
    table = SessionTable({}, {}, timezone)
    _read_all(spans, _span_reader(table, calendar))
    _read_all(changes, _change_reader(table, calendar, [row for _, _, row in changes]))
    return table


def _read_all(rows: Iterable[tuple[Path, int, Row]], read: Callable[[Row], None]) -> None:
    for path, number, row in rows:
        try:
            if not row["security"]:
                raise _RowError("the security is missing")
            read(row)
        except (_RowError, RejectError, UserError, ValueError) as error:
            reason = error.args[0] if isinstance(error, _RowError) else "a time or date cannot be read"
            raise InputError(f"{path}:{number}: {reason}") from None


def _header(path: Path) -> tuple[tuple[str, ...], str, bytes]:
    """Return names, delimiter and content of a file, packed or not."""
    try:
        text = read_text(path)
    except OSError as error:
        raise InputError(f"sessions: cannot read {path}: {error.strerror}") from None
    return *split_names(text.partition(b"\n")[0], str(path)), text


def _read_rows(path: Path) -> tuple[set[str], list[tuple[int, Row]]]:
    """Return which columns there are, and line number and cells of each row that is not blank."""
    names, delimiter, text = _header(path)
    keys = [canonical(name) for name in names]
    places = {
        name: next(keys.index(alias) for alias in aliases if alias in keys)
        for name, aliases in _COLUMNS.items()
        if any(alias in keys for alias in aliases)
    }
    rows: list[tuple[int, Row]] = []
    try:
        lines = list(csv.reader(text.decode("utf-8-sig", "replace").splitlines()[1:], delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV file that can be read ({error})") from None
    for number, cells in enumerate(lines, 2):
        if any(cell.strip() for cell in cells):
            padded = [*(cell.strip() for cell in cells), *[""] * len(names)]
            rows.append((number, {name: padded[place] for name, place in places.items()}))
    return set(places), rows


def _span_reader(table: SessionTable, calendar: TradeCalendar) -> Callable[[Row], None]:
    """Return what puts a row of security, start, end and perhaps date into ``table``."""

    def read(row: Row) -> None:
        security, texts = row["security"], (row["start"], row["end"])
        if row.get("date"):
            day = _date(row["date"], calendar)
            span = _time(texts[0], day, table.timezone), _time(texts[1], day, table.timezone)
            if day_text(_local_day(span[1] - 1, calendar)) != day and day_text(_trade_day(span[1], calendar)) != day:
                raise _RowError(f"the session is not on {day}")
        else:
            if not all(_CLOCK.fullmatch(text) for text in texts):
                raise _RowError("without a date, start and end are clocks such as 10:00")
            span = _time(texts[0], _ANY_DAY, table.timezone), _time(texts[1], _ANY_DAY, table.timezone)
        if span[0] >= span[1]:
            raise _RowError("the session ends before it starts")
        if row.get("date"):
            table.dated[security, day] = _joined(security, table.dated.get((security, day), ()), span)
        else:
            clocks = _clock(texts[0]), _clock(texts[1])
            table.clocks[security] = _joined(security, table.clocks.get(security, ()), clocks)

    return read


def _joined(security: str, spans: tuple[_Time, ...], span: tuple[_Time, _Time]) -> tuple[_Time, ...]:
    """Return the spans of a session with one more; two that overlap contradict each other."""
    pairs: list[tuple[_Time, _Time]] = list(zip(spans[::2], spans[1::2], strict=True))
    if span in pairs:
        return spans
    pairs.append(span)
    joined = tuple(time for pair in sorted(pairs) for time in pair)
    if list(joined) != sorted(joined):
        raise _RowError(f"another session of {security} than a row before it states")
    return joined


def _change_reader(table: SessionTable, calendar: TradeCalendar, rows: list[Row]) -> Callable[[Row], None]:
    """Return what puts the session that a row begins into ``table``.

    It lasts from the first change into continuous matching of a trade date to the last change out of it; from one out
    of it to the next one into it again it is halted.
    """
    days: dict[tuple[str, int], list[tuple[int, str]]] = {}

    def place(row: Row) -> tuple[tuple[str, int], int]:
        stamp = parse_time(row["time"], table.timezone)
        return (row["security"], _trade_day(stamp, calendar)), stamp

    for row in rows:
        try:
            key, stamp = place(row)
            days.setdefault(key, []).append((stamp, row["matching"]))
        except RejectError:  # its turn will come
            continue

    def read(row: Row) -> None:
        key = place(row)[0]
        if row["matching"] != _CONTINUOUS:
            return
        spans: list[int] = []
        for stamp, matching in sorted(days[key], key=lambda change: change[0]):
            if (matching == _CONTINUOUS) == (len(spans) % 2 == 0):
                spans.append(stamp)
        if len(spans) % 2 == 1:
            raise _RowError(f"continuous matching of {key[0]} does not end on {day_text(key[1])}")
        lasting = [pair for pair in zip(spans[::2], spans[1::2], strict=True) if pair[0] < pair[1]]
        table.dated[key[0], day_text(key[1])] = tuple(
            time for pair in lasting or [(spans[0], spans[1])] for time in pair
        )

    return read


def _date(text: str, calendar: TradeCalendar) -> str:
    """Return a stated date as YYYY-MM-DD; epoch times that are no UTC midnight are local, as elsewhere."""
    number = read_stated_date(text)
    if number == UNREADABLE:
        raise _RowError(f"{text!r} is not a date like 2024-09-05")
    if number in _DATE:
        return day_text(day_number(str(number)))
    if number < DAYS_BELOW:
        return day_text(number)
    ns = parse_time(text, "UTC")
    return day_text(ns // DAY_NS if ns % DAY_NS == 0 else _local_day(ns, calendar))


def _clock(text: str) -> str:
    """Return H:MM or HH:MM, seconds or not, with two digits of hours."""
    return text if text[2] == ":" else f"0{text}"


def _time(text: str, day: str, timezone: str) -> int:
    if _CLOCK.fullmatch(text):
        return local_instant(timezone, day, _clock(text))
    if len(text) < len("YYYYMMDD"):
        raise _RowError(f"{text!r} is not a time like 10:00")
    return parse_time(text, timezone)


def _local_day(stamp: int, calendar: TradeCalendar) -> int:
    """Return the local date of a time, in days since 1970."""
    offset = calendar.offsets[np.searchsorted(calendar.changes, stamp, side="right") - 1]
    return int((stamp + offset) // DAY_NS)


def _trade_day(stamp: int, calendar: TradeCalendar) -> int:
    day = np.empty(1, np.int32)
    trade_days(np.array([stamp]), calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, day)
    return int(day[0])
