"""When trading was continuous: as files state it, as prints show it, or as usual. For `folder`."""

from pathlib import Path
from typing import Final

from kernels.base.local_time import local_instant
from tickstore.errors import InputError
from tickstore.input.session_file import SessionTable, read_sessions
from tickstore.inspect.findings import SessionFinding
from tickstore.request import ConvertRequest
from tickstore.times.trade_dates import day_text

_MINUTE: Final = 60 * 10**9


class SessionTimes:
    """Continuous trading of securities on days."""

    def __init__(self, paths: tuple[Path, ...], request: ConvertRequest, usual: str) -> None:
        """``usual`` is the session where neither files nor prints show it, 10:00-16:00."""
        self._zone, self._usual = request.timezone, usual
        self._table: SessionTable | None = None
        self.finding = SessionFinding(len(paths), 0, 0, "", "")
        if not paths:
            return
        try:
            table = read_sessions(paths, request.timezone, request.session_cutoff, request.holidays)
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
            return stated[0], stated[-1], "file"
        if prints is not None and prints[0] < prints[1]:
            return prints[0], -(-prints[1] // _MINUTE) * _MINUTE, "trades"
        start, end = (local_instant(self._zone, date, clock) for clock in self._usual.split("-"))
        return start, end, "settings"
