"""Look at a folder of the exchange's files: what is in it, how good it is, what a run could make of it.

The top of `tickstore.inspect`; the command line calls it.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from kernels.base.columns import I64
from tickstore.errors import InputError
from tickstore.input.exchange_folder import ExchangeFolder, read_folder
from tickstore.input.fields import TABLES
from tickstore.input.reference_files import read_participants, read_reference
from tickstore.inspect.answers import Evidence, answers, refusal
from tickstore.inspect.batches import EMPTY, Batch, FileHead, batches, read_file_head, row_count
from tickstore.inspect.codes import MEANINGS, header_family
from tickstore.inspect.findings import VERSION, FileFinding, FolderInspection, OrphanFinding, TableFinding
from tickstore.inspect.order_lives import MOST_ORDERS, OrderLives
from tickstore.inspect.quote_states import QuoteStates
from tickstore.inspect.session_times import SessionTimes
from tickstore.inspect.table_counts import Securities, TableCounts, meets, security_and_day, security_day
from tickstore.inspect.values import order_keys, prices, times, whole_numbers
from tickstore.request import ConvertRequest
from tickstore.times.trade_dates import TradeCalendar, day_text, trade_calendar

MOST_ROWS: Final = 5_000_000  # of a table
_SHOWN: Final = 10
_FIELDS: Final = {
    "orders": ("order_id", "timestamp", "security", "leaves_quantity", "matched_quantity", "sequence",
               "change_reason", "order_type"),
    "trades": ("order_id", "timestamp", "security", "deal_source"),
    "nbbo": ("timestamp", "security", "bid", "offer"),
}  # fmt: skip
_LIFE: Final = {
    "sequence": "sequence", "leaves": "leaves_quantity", "matched": "matched_quantity", "reason": "change_reason",
    "type": "order_type",
}  # fmt: skip


def inspect_folder(
    path: Path | str, rows: int = MOST_ROWS, request: ConvertRequest | None = None, session: str = "10:00-16:00"
) -> FolderInspection:
    """Return what the files of a folder hold, by at most ``rows`` rows of each table, 0: all.

    They are read as ``request`` has it, whose own files do not matter; ``session`` is continuous trading where neither
    files nor trades show it.

    Raises
    ------
    InputError
        There is no such folder, or it cannot be listed. What is wrong with a file is in its finding.
    """
    look = _Look(read_folder(Path(path)), request or ConvertRequest((), Path()), rows, session)
    for table in TABLES:
        look.read_table(table)
    return look.finding()


@dataclass(slots=True)
class _Look:
    folder: ExchangeFolder
    request: ConvertRequest
    most_rows: int
    session: str
    securities: Securities = field(default_factory=Securities)
    lives: OrderLives = field(default_factory=lambda: OrderLives(MOST_ORDERS))
    counts: dict[str, TableCounts] = field(default_factory=lambda: {table: TableCounts(table) for table in TABLES})
    files: dict[str, list[FileFinding]] = field(default_factory=lambda: {table: [] for table in TABLES})
    fields: dict[str, set[str]] = field(default_factory=dict)
    quotes: QuoteStates = field(init=False)
    sessions: SessionTimes = field(init=False)
    calendar: TradeCalendar = field(init=False)

    def __post_init__(self) -> None:
        self.quotes = QuoteStates(self._session_of)
        self.sessions = SessionTimes(self.folder.files["sessions"], self.request, self.session)
        self.calendar = trade_calendar(self.request.timezone, self.request.session_cutoff, self.request.holidays)

    def read_table(self, table: str) -> None:
        """Read the files of a table, each as far as its share of the rows goes."""
        left, paths = self.most_rows, self.folder.files[table]
        for number, path in enumerate(paths):
            share = -(-left // (len(paths) - number)) if self.most_rows else None
            found = self._read_file(path, table, share)
            left = max(0, left - found.rows_read)
            self.files[table].append(found)
        self.files[table] = _estimated(self.files[table])

    def _read_file(self, path: Path, table: str, most: int | None) -> FileFinding:
        shown, size = path.relative_to(self.folder.path).as_posix(), path.stat().st_size
        found = FileFinding(shown, table, "", "other", 0, size, 0, True, 0, ())
        try:
            head = read_file_head(path, table, self.request)
            family = header_family(head.names, table)
            found = replace(
                found, form=head.form, family=family, columns=len(head.names), missing=head.missing, exact=False,
                refused=head.refused,
            )  # fmt: skip
            first = not any(one.form == head.form and one.rows_read for one in self.files[table])
            read, share = self._read_rows(head, 1 if most == 0 and first else most)
        except InputError as error:
            problem = error.message.removeprefix(f"{path}: ")
            return replace(found, problem=problem, refused="" if problem == EMPTY else problem)
        stated = row_count(head)
        if share >= 1 or stated is not None:
            return replace(found, rows=read if stated is None else stated, exact=True, rows_read=read)
        return replace(found, rows=round(read / share) if share > 0 else 0, rows_read=read)

    def _read_rows(self, head: FileHead, most: int | None) -> tuple[int, float]:
        """Count the rows of a file, at most about ``most``; return how many, and what share of the file they are."""
        if most == 0:
            return 0, 0.0
        read = 0
        for batch in batches(head, _FIELDS[head.table]):
            self._add(head, batch)
            read += batch.rows
            if most is not None and read >= most and batch.share < 1:
                self._note_fields(head)
                return read, batch.share
        if read:
            self._note_fields(head)
        return read, 1.0

    def _note_fields(self, head: FileHead) -> None:
        self.fields[head.table] = self.fields.get(head.table, set(head.columns)) & set(head.columns)

    def _add(self, head: FileHead, batch: Batch) -> None:
        table, stamp = head.table, times(head, batch, self.request.timezone)
        placed = self.counts[table].add(batch, stamp, self.securities, self.calendar)
        nothing: Any = pa.nulls(batch.rows, pa.string())
        if table == "nbbo":
            bid, offer = (prices(batch.texts.get(name, nothing)) for name in ("bid", "offer"))
            self.quotes.add(placed, bid, offer)
            return
        keys = order_keys(batch.texts.get("order_id", nothing), placed.security)
        if table == "trades":
            self.lives.add_trades(keys)
            return
        columns: dict[str, I64] = {
            name: whole_numbers(batch.texts.get(column, nothing)) for name, column in _LIFE.items()
        }
        self.lives.add_orders(keys, columns | {"time": placed.stamp})

    def _session_of(self, security: int, day: int) -> tuple[int, int, str]:
        """Return continuous trading of a security on a day, and where it is known from."""
        prints = self.counts["trades"].spans.get(security_day(security, day))
        return self.sessions.find(self.securities.names[security], day, prints)

    def finding(self) -> FolderInspection:
        """Return everything found."""
        share = self.lives.settle()
        names = {
            kind: len(read(self.folder.files[kind])[0])
            for kind, read in (("reference", read_reference), ("participants", read_participants))
        }
        codes = {name: self.counts["trades" if name == "deal_source" else "orders"] for name in MEANINGS}
        types, reasons, deals = (codes[name].code_findings(name) for name in MEANINGS)
        quotes, orphans = self.quotes.finding(self.securities.names), self._orphans()
        files = tuple(found for table in TABLES for found in self.files[table])
        tables = tuple(self._table(table) for table in TABLES if self.files[table])
        refused = refusal(files, tables, self.sessions.finding.problem, self.request)
        return FolderInspection(
            VERSION,
            str(self.folder.path),
            files,
            tuple(path.relative_to(self.folder.path).as_posix() for path in self.folder.unknown),
            tables,
            types,
            reasons,
            deals,
            self.lives.outcomes() if self.fields.get("orders") else (),
            quotes,
            self.sessions.finding,
            orphans,
            share,
            names,
            answers(Evidence(self.fields, types, quotes, orphans, refused)),
            self._notes(share),
        )

    def _table(self, table: str) -> TableFinding:
        counts, files = self.counts[table], self.files[table]
        own = sorted(counts.securities - {-1})
        days = sorted({security_and_day(key)[1] for key in counts.days})
        first, last = (day_text(days[0]), day_text(days[-1])) if days else ("", "")
        return TableFinding(
            table,
            len(files),
            sum(one.rows for one in files),
            all(one.exact for one in files),
            sum(one.rows_read for one in files),
            len(own),
            tuple(self.securities.names[n] for n in own[:_SHOWN]),
            len(days),
            first,
            last,
            len(counts.days),
            counts.unreadable_times,
        )

    def _is_whole(self, table: str) -> bool:
        files = self.files[table]
        return bool(files) and all(one.exact and one.rows == one.rows_read and not one.problem for one in files)

    def _orphans(self) -> OrphanFinding | None:
        """Return what has no counterpart; only whole tables can tell."""
        if not (self._is_whole("orders") and self._is_whole("trades")):
            return None
        own = self.counts["orders"].securities
        lacking = {table: meets(own, self.counts[table].securities) for table in ("trades", "nbbo")}
        shown = {
            table: tuple(self.securities.names[n] for n in missing[:_SHOWN])
            for table, missing in lacking.items()
            if missing and self.files[table]
        }
        return OrphanFinding(*self.lives.orphans(), shown)

    def _notes(self, share: float) -> tuple[str, ...]:
        notes = []
        for table in TABLES:
            read, rows = (sum(getattr(one, name) for one in self.files[table]) for name in ("rows_read", "rows"))
            if read < rows:
                notes.append(f"{table}: {read:,} of about {rows:,} rows were read; --rows=0 reads all")
            if self.folder.files[table] and table not in self.fields:
                notes.append(f"{table}: no file gave rows")
        if share < 1:
            notes.append(f"orders: outcomes and orphans are counted over {share:.3%} of the orders, drawn by their ids")
        return tuple(notes)


def _estimated(files: list[FileFinding]) -> list[FileFinding]:
    """Return findings with rows for files that were not read: by the bytes a row takes in others packed like them."""
    read: dict[str, tuple[int, int]] = {}
    for one in files:
        if one.rows_read:
            size, rows = read.get(one.form, (0, 0))
            read[one.form] = size + one.bytes, rows + one.rows
    return [
        replace(one, rows=round(one.bytes * read[one.form][1] / read[one.form][0]))
        if not one.exact and not one.rows and one.form in read
        else one
        for one in files
    ]
