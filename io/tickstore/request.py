"""What a conversion is asked to do, and what it says it did: the words between its callers and every layer of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tickstore.rules import Columns

Progress = Callable[["ConvertProgress"], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """The sizes that a conversion's work is cut by. They change how long it takes, never what is stored.

    Only ``page_bytes`` is in the day files: it decides the digests of their sources.
    """

    in_memory_bytes: int = 64 << 20  # of text, up to which parsed rows need no logs on disk
    process_bytes: int = 24 << 20  # of input, for which another process pays
    ranges: int = 16  # for each worker, at least, of an input that is large enough
    range_bytes: int = 8 << 20  # at least
    page_bytes: int = 1 << 20  # of a file, digested at a time; ranges begin where pages do
    piece_bytes: int = 16 << 20  # of text, parsed at a time
    rejects: int = 10_000  # bad rows of a range that are counted to the end, whatever is allowed


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """Inputs, rules and limits of one conversion. Paths may be globs."""

    orders: tuple[Path, ...]
    store: Path
    trades: tuple[Path, ...] = ()
    nbbo: tuple[Path, ...] = ()
    sessions: tuple[Path, ...] = ()
    reference: tuple[Path, ...] = ()  # names of securities, their ticks
    participants: tuple[Path, ...] = ()  # names and types of participants
    timezone: str = "Australia/Sydney"
    session_cutoff: str = "19:00"
    holidays: tuple[str, ...] = ()
    price_decimals: int = 3
    price_format: str = "auto"  # auto, units, decimal
    columns: Columns = ()  # (field or table.field, header name or rule)
    header: tuple[str, ...] = ()  # names of the columns of files that have no header
    trades_header: tuple[str, ...] = ()  # where those of trades and of quotes differ from it
    nbbo_header: tuple[str, ...] = ()
    time_unit: str = ""  # of timestamps that are numbers: s, ms, us, ns; "": told by their size
    epoch: str = ""  # what they are counted from: a date, or midnight; "": 1970
    time_format: str = ""  # of timestamps that are text, as strptime has it; "": told by what they look like
    date: str = ""  # of timestamps that are clocks: a column, or a date
    null_values: tuple[str, ...] = ()  # texts that mean no value, in columns that may be empty
    quantity_decimals: int = 0
    price_divisor: int = 1  # prices are whole numbers of 1/price_divisor of the currency; 1: of the price unit
    order_ids: str = "auto"  # auto, integer, text
    chunk_size_mb: int = 1024
    memory_mb: int = 384  # of a worker, beyond which parsed rows spill to temp_dir
    temp_dir: Path | None = None  # default: inside the store
    workers: int = 1
    max_reject_ratio: float = 0.001
    max_rejects: int | None = None
    replace: bool = False
    quotes_from_orders: bool = False
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (column or table.column, what rows have in it that are read)
    duplicates: str = "auto"  # auto, reject, keep: what becomes of rows that repeat an earlier one
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class ConvertProgress:
    """Where a conversion is. ``total`` and ``done`` count input bytes while parsing, partitions afterwards."""

    stage: str  # parse, build, commit
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TableCount:
    """Rows of one input table. ``read`` is counted independently of parsing: newlines less headers.

    ``other_dates`` counts rows whose stated trade date is not the one their time gives.
    """

    read: int = 0
    stored: int = 0
    rejected: int = 0
    blank: int = 0
    other_dates: int = 0
    left_out: int = 0  # rows that the user wants not (`ConvertRequest.where`)


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What a conversion did. ``partitions`` are all (security, date) its inputs make up."""

    partitions: tuple[tuple[str, str], ...]
    written: tuple[tuple[str, str], ...]
    unchanged: tuple[tuple[str, str], ...]
    tables: dict[str, TableCount]
    reject_reasons: dict[str, int] = field(default_factory=dict)
    rejects_path: Path | None = None
    warnings: tuple[str, ...] = ()
    input_bytes: int = 0
    stored_bytes: int = 0
    seconds: float = 0.0
    nothing_to_do: bool = False
    bytes_checked: bool = False  # of nothing to do: every byte of the day files, not only size, date and index
