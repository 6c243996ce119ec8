"""What the input probably holds, by a few rows of each file: in which order to read it, and what is still to come.

A forecast only decides when work is done. A partition that is built before all its rows were seen is built again.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from tickstore.fields import TABLES
from tickstore.outlook import (
    BY_DAY,
    BY_NAME,
    UNORDERED,
    Outlook,
    agreed,
    look_into,
    outlook_of,
    security_place,
    trade_days_of,
)
from tickstore.sources import Chunk, Source
from tickstore.spill import Key
from tickstore.text_input import PLAIN
from tickstore.trade_dates import TradeCalendar, day_number

_Place = tuple[tuple[bool, int, str], int]  # how far a file in order has been read: place of the security, day


class Forecast:
    """Where the time goes in each file, and what the parts of files not yet read may hold."""

    def __init__(
        self, sources: Sequence[Source], chunks: Sequence[Chunk], timezone: str, calendar: TradeCalendar
    ) -> None:
        self._chunks = chunks
        starts: list[list[int]] = [[] for _ in sources]
        for chunk in chunks:
            starts[chunk.source].append(chunk.start)
        looks = [look_into(source, starts[n], timezone, len(sources)) for n, source in enumerate(sources)]
        self.outlooks = agreed([outlook_of(rows, calendar) for rows in looks])
        days = [trade_days_of(rows, calendar) for rows in looks]
        self._looks = [
            {offset: (time, security, day) for (offset, time, security), day in zip(rows, of_rows, strict=True)}
            for rows, of_rows in zip(looks, days, strict=True)
        ]
        self._securities = [len({security for _, _, security in rows}) for rows in looks]
        self._sizes = [source.size for source in sources]
        self._packed = [source.table if source.form != PLAIN else None for source in sources]
        self._packed_open = Counter(self._packed)  # unfinished packed files by table: only their beginning is seen
        self._unknown = 0  # unfinished files that may hold anything
        self._open: Counter[tuple[str | None, int]] = Counter()  # unread parts of files by security and day
        self._by_security: dict[int, set[int]] = {}  # by day, unfinished files of one security after the other
        self._progress: dict[int, _Place] = {}  # of unfinished files
        self._moved = 0  # how often files by security went on
        self._least: dict[int, tuple[int, dict[str, _Place]]] = {}  # by day: since when, and where the last of them is
        for number, outlook in enumerate(self.outlooks):
            if outlook is None:
                self._unknown += 1
            elif outlook.is_by_security:
                for day in range(outlook.first_day, outlook.last_day + 1):
                    self._by_security.setdefault(day, set()).add(number)
            else:
                self._count(outlook, outlook.first_day, outlook.last_day + 1, 1)
            if looks[number]:  # a file in order has nothing that belongs before its first row
                self._reached(number, looks[number][0][2], days[number][0])

    def reading_order(self) -> list[int]:
        """Return the byte ranges in an order in which partitions come to their end soon: all tables together by time.

        Files of one security each, or of one after the other, go security by security, for each may hold all days.
        """
        known = [outlook for outlook in self.outlooks if outlook is not None]
        grouped = len(known) == len(self.outlooks) and all(o.security is not None or o.is_by_security for o in known)
        starts = {o.first_day for o in known if o.is_by_security}
        orders = {o.order for o in known if o.is_by_security}
        order = orders.pop() if len(orders) == 1 else BY_NAME

        def place(number: int) -> tuple[int, tuple[bool, int, str], int, int, int]:
            chunk = self._chunks[number]
            outlook = self.outlooks[chunk.source]
            time, security, _ = self._looks[chunk.source].get(chunk.start, (0, "", 0))
            by_security = outlook is not None and outlook.is_by_security
            if grouped and outlook is not None:  # files of a day or a month each, by security, go one after the other
                first = outlook.first_day if by_security else min(starts, default=0)
                return first, security_place(security, order), time, chunk.source, chunk.start
            if by_security:  # its times go back and forth
                time = min(time for time, _, _ in self._looks[chunk.source].values())
            return 0, (False, 0, ""), time, chunk.source, chunk.start

        return sorted(range(len(self._chunks)), key=place)

    def reached(self, source: int, key: Key, stop: int) -> bool:
        """Take note that a file was read up to a byte, the last row being of a partition.

        Return whether others were passed by that. A row that is far ahead of the next one is a stray.
        """
        outlook = self.outlooks[source]
        if outlook is None:
            return False
        here = security_place(key[0], outlook.order), day_number(key[1])
        _, security, day = self._looks[source].get(stop, (0, key[0], here[1]))
        if (security_place(security, outlook.order), day) < here:
            return self._reached(source, security, day)
        return self._reached(source, key[0], here[1])

    def _reached(self, source: int, security: str, day: int) -> bool:
        outlook = self.outlooks[source]
        if outlook is None or outlook.order == UNORDERED:
            return False
        place = security_place(security, outlook.order)
        before = self._progress.get(source)
        if before is not None and (place, day) <= before:
            return False  # rows out of order are found by the partitions they belong to
        if not outlook.is_by_security:
            begin = outlook.first_day if before is None else before[1]
            self._count(outlook, max(begin, outlook.first_day), min(day, outlook.last_day + 1), -1)
        self._progress[source] = place, day
        self._moved += outlook.is_by_security
        return True

    def finished(self, source: int) -> None:
        """Take note that a file was read to its end."""
        outlook, progress = self.outlooks[source], self._progress.pop(source, None)
        self._packed_open[self._packed[source]] -= 1
        if outlook is None:
            self._unknown -= 1
        elif outlook.is_by_security:
            for day in range(outlook.first_day, outlook.last_day + 1):
                self._by_security[day].discard(source)
            self._moved += 1
        else:
            begin = outlook.first_day if progress is None else max(progress[1], outlook.first_day)
            self._count(outlook, begin, outlook.last_day + 1, -1)

    def passed(self, source: int, key: Key) -> bool:
        """Return whether an unfinished file seems to have no more rows of a partition."""
        progress = self._progress.get(source)
        if progress is None:
            return False
        outlook = self.outlooks[source]
        assert outlook is not None
        return (security_place(key[0], outlook.order), day_number(key[1])) < progress

    def awaited(self, source: int, seen: Collection[str], dates: Collection[str]) -> list[str]:
        """Return the ``dates`` that a file may have been waited for, which was read on, or to its end.

        It had rows of the dates ``seen``.
        """
        if self._unknown:
            return []
        outlook = self.outlooks[source]
        closed = [date for date in dates if not self._open[None, day_number(date)]]  # for some security, at least
        if outlook is None or self._packed[source] is not None or outlook.is_by_security:
            return closed
        progress = self._progress.get(source)
        last = outlook.last_day if progress is None else progress[1] - 1
        days = range(outlook.first_day, last + 1)
        return [date for date in closed if date in seen or day_number(date) in days]

    def may_come(self, key: Key, seen: Collection[str]) -> bool:
        """Return whether what is unread may hold rows of a partition that was ``seen`` in some tables."""
        if self._unknown or any(self._packed_open[table] for table in TABLES if table not in seen):
            return True
        security, date = key
        day = day_number(date)
        if self._open[None, day] > 0 or self._open[security, day] > 0:
            return True
        return any((security_place(security, order), day) >= place for order, place in self._last_of_all(day).items())

    def _last_of_all(self, day: int) -> dict[str, _Place]:
        """Return where the unfinished file by security is that is farthest behind, of those that may hold a day.

        There may be hundreds of them, and thousands of partitions that ask: it is looked for when one has moved.
        """
        since, least = self._least.get(day, (-1, {}))
        if since != self._moved:
            least = {}
            for source in self._by_security.get(day, ()):
                outlook = self.outlooks[source]
                assert outlook is not None
                place = self._progress[source]
                least[outlook.order] = min(place, least.get(outlook.order, place))
            self._least[day] = self._moved, least
        return least

    def bytes_in_flight(self) -> int:
        """Return about how many bytes of input must be kept at once: of all files that share days and securities."""
        by_day: Counter[tuple[str | None, int]] = Counter()
        anywhere = 0
        for number, (outlook, size) in enumerate(zip(self.outlooks, self._sizes, strict=True)):
            if outlook is None:
                anywhere += size
            elif outlook.is_by_security:
                anywhere += size // self._securities[number]
            elif outlook.order == BY_DAY and self._packed[number] is None:
                days = range(outlook.first_day, outlook.last_day + 1)
                for day in days:
                    by_day[outlook.security, day] += size // len(days)
            elif outlook.security is not None:  # all its days wait for the file's end
                by_day[outlook.security, -1] += size
            else:
                for day in range(outlook.first_day, outlook.last_day + 1):
                    by_day[None, day] += size
        anyone = max((size for (security, _), size in by_day.items() if security is None), default=0)
        single = max((size for (security, _), size in by_day.items() if security is not None), default=0)
        return anywhere + anyone + single

    def _count(self, outlook: Outlook, first: int, stop: int, step: int) -> None:
        for day in range(first, stop):
            self._open[outlook.security, day] += step
