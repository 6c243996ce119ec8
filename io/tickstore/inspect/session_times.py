"""How files are to be read, and when trading was continuous: stated, seen in prints, or as usual. For `folder`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kernels.base.local_time import local_instant
from tickstore.errors import InputError
from tickstore.input.session_file import SessionTable, read_sessions
from tickstore.inspect.findings import SessionFinding
from tickstore.times.trade_dates import TradeCalendar, day_text, trade_calendar

_MINUTE: Final = 60 * 10**9


@dataclass(frozen=True, slots=True)
class Rules:
    """How files are read, as conversions read them."""

    timezone: str = "Australia/Sydney"
    session_cutoff: str = "19:00"
    holidays: tuple[str, ...] = ()
    session: str = "10:00-16:00"  # where neither files nor trades show it
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def calendar(self) -> TradeCalendar:
        """Return the tables of trade dates."""
        return trade_calendar(self.timezone, self.session_cutoff, self.holidays)


class SessionTimes:
    """Continuous trading of securities on days."""

    def __init__(self, paths: tuple[Path, ...], rules: Rules) -> None:
        self._rules = rules
        self._table: SessionTable | None = None
        self.finding = SessionFinding(len(paths), 0, 0, "", "")
        if not paths:
            return
        try:
            table = read_sessions(paths, rules.timezone, rules.session_cutoff, rules.holidays)
        except InputError as error:
            self.finding = SessionFinding(len(paths), 0, 0, "", "", error.message)
            return
        dates = sorted(date for _, date in table.dated)
        securities = {security for security, _ in table.dated} | set(table.clocks)
        first, last = (dates[0], dates[-1]) if dates else ("", "")
        count = len(table.dated) + len(table.clocks)
        self._table, self.finding = table, SessionFinding(len(paths), count, len(securities), first, last)

    def find(self, security: str, day: int, prints: tuple[int, int] | None) -> tuple[int, int, str]:
        """Return start and end in ns UTC, and where they are from; ``prints`` are the first and the last of the day."""
        date = day_text(day)
        stated = self._table.find(security, date) if self._table else None
        if stated is not None:
            return *stated, "file"
        if prints is not None and prints[0] < prints[1]:
            return prints[0], -(-prints[1] // _MINUTE) * _MINUTE, "trades"
        start, end = (local_instant(self._rules.timezone, date, clock) for clock in self._rules.session.split("-"))
        return start, end, "settings"
