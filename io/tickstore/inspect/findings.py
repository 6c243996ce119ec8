"""What a look at a folder found, as plain values: printed for people, and as JSON for programs.

`folder` fills it in. README of the driver documents the JSON, which is these classes and nothing else.
"""

from dataclasses import dataclass
from typing import Final

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One file."""

    path: str
    table: str
    form: str  # plain, gzip, zstd, bz2, lz4, parquet
    family: str  # exchange_capitals, exchange_lower, other
    columns: int
    bytes: int
    rows: int  # estimated from the bytes where not exact
    exact: bool
    rows_read: int
    missing: tuple[str, ...]  # fields that are needed and have no column
    problem: str = ""  # why it was not read
    refused: str = ""  # why a conversion would not take it


@dataclass(frozen=True, slots=True)
class TableFinding:
    """All files of a table together."""

    table: str
    files: int
    rows: int
    exact: bool
    rows_read: int
    securities: int
    some_securities: tuple[str, ...]
    dates: int
    first_date: str
    last_date: str
    security_days: int
    unreadable_times: int


@dataclass(frozen=True, slots=True)
class CodeFinding:
    """How many rows have a code."""

    code: str  # "" where the cell is empty
    rows: int
    meaning: str
    known: bool


@dataclass(frozen=True, slots=True)
class OutcomeFinding:
    """How orders of a kind ended, by their last rows."""

    kind: str  # all, sweeps, dark
    orders: int
    fully_filled: int
    partially_filled: int
    untouched: int


@dataclass(frozen=True, slots=True)
class QuoteFinding:
    """How good the quotes are, as shares of the time of continuous trading on days that have any."""

    security_days: int
    valid: float  # bid below offer
    locked: float
    crossed: float
    one_sided: float
    absent: float  # neither, or before the first quote
    sessions_from: dict[str, int]  # file, trades, settings -> security-days
    out_of_order: int  # quotes earlier than one before them, left out here
    poorest: tuple[tuple[str, float], ...]  # securities of least valid share


@dataclass(frozen=True, slots=True)
class SessionFinding:
    """What session files state."""

    files: int
    sessions: int
    securities: int
    first_date: str
    last_date: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OrphanFinding:
    """What does not find its counterpart. None where a table was not read to its end."""

    trade_rows: int
    without_order: int
    matched_orders: int  # orders whose last row says that they traded
    without_trade: int
    never_meet: dict[str, tuple[str, ...]]  # table -> securities of orders that it lacks


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a run could compute something from this."""

    what: str
    possible: bool
    why: str


@dataclass(frozen=True, slots=True)
class FolderInspection:
    """Everything found."""

    version: int
    path: str
    files: tuple[FileFinding, ...]
    unknown_files: tuple[str, ...]
    tables: tuple[TableFinding, ...]
    order_types: tuple[CodeFinding, ...]
    change_reasons: tuple[CodeFinding, ...]
    deal_sources: tuple[CodeFinding, ...]
    outcomes: tuple[OutcomeFinding, ...]
    quotes: QuoteFinding | None
    sessions: SessionFinding
    orphans: OrphanFinding | None
    sampled: float  # share of the orders that outcomes and orphans are counted over
    names: dict[str, int]  # reference, participants -> ids with names
    answers: tuple[Answer, ...]
    notes: tuple[str, ...]
