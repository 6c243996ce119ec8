"""What of an input file is parsed, and how: its fields, its price unit, the plan of the fast and of the slow path.

Called by `conversion` before all work, and by `blocks`.
"""

import itertools
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import NULL
from tickstore.day.reader import open_day
from tickstore.errors import InputError, StoreError
from tickstore.input.fields import FIELDS, INTEGER, NAME, PRICE, SIDE, SNAPSHOTS, TABLES, TIME, Field, canonical
from tickstore.input.files import Source, check_file, expand
from tickstore.input.header import parse_header
from tickstore.input.text import PARQUET, read_head, sniff_form
from tickstore.parse.odd_lines import LineRules, limits, time_shapes
from tickstore.parse.plain_fields import (
    DEFAULT,
    EASY_HIGH,
    EASY_LOW,
    EMPTY_OK,
    HIGH,
    KIND,
    LOW,
    PLAN_HEIGHT,
    SCALE,
    SLOT,
)  # fmt: skip
from tickstore.request import ConvertRequest
from tickstore.store.paths import MANIFEST_NAME
from tickstore.times.trade_dates import LATEST_TIME

_IN_NS: Final = 10**17  # from here on a time is in ns: see the line parser
_LARGEST_NAME: Final = 10**18 - 1  # of 18 digits: an id beyond it is text
_ANY_NUMBER: Final = 2**63 - 1
_EARLIEST: Final = 3_652 * 86_400 * 10**9  # 1980: before, it is no epoch time but a clock or a date YYYYMMDD
_SNIFFED: Final = 1 << 18
_SENTINEL: Final = str(NULL).encode()


def line_rules(source: Source, timezone: str) -> LineRules:
    """Return what the slow path needs to read a line of ``source``."""
    fields = {field.name: field for field in FIELDS[source.table]}
    pairs = tuple((source.header.columns[name], fields[name]) for name in source.names)
    return LineRules(
        source.header.names, source.header.delimiter, pairs, source.price_scale, timezone, _EARLIEST, LATEST_TIME,
        source.shapes,
    )  # fmt: skip


def parser_plan(source: Source) -> I64:
    """Return what the fast path needs to read ``source``, (PLAN_HEIGHT, file columns) int64."""
    plan = np.zeros((PLAN_HEIGHT, len(source.header.names)), np.int64)
    plan[SLOT] = -1
    plan[SCALE] = 1
    plan[EASY_HIGH] = _ANY_NUMBER  # of columns that are skipped
    fields = {field.name: field for field in FIELDS[source.table]}
    for slot, name in enumerate(source.names):
        field = fields[name]
        row = plan[:, source.header.columns[name]]
        low, high = (-1, 1) if field.kind == SIDE else limits(field, _EARLIEST, LATEST_TIME)
        row[[KIND, SLOT, DEFAULT, LOW, HIGH]] = field.kind, slot, field.default, low, high
        row[SCALE] = source.price_scale if field.kind == PRICE else 1
        row[EMPTY_OK] = not field.required or field.nullable
        row[[EASY_LOW, EASY_HIGH]] = _easy_range(field, low, high, source.price_scale)
    return plan


def _easy_range(field: Field, low: int, high: int, price_scale: int) -> tuple[int, int]:
    """Return which numbers, written as digits alone, are a field's value as they are, or for a side its code."""
    if field.kind == SIDE:
        return 1, 2
    if field.kind == TIME:
        return max(low, _IN_NS), high
    if field.kind == NAME:
        return 0, _LARGEST_NAME
    if field.kind == INTEGER or (field.kind == PRICE and price_scale == 1):
        return max(low, 0), high
    return 1, 0


def find_sources(request: ConvertRequest) -> tuple[Source, ...]:
    """Return the sources of a request, or raise InputError for the first thing wrong with them."""
    mapping = dict(request.columns)
    found = [
        _source(path, table, mapping, request) for table in TABLES for path in expand(getattr(request, table), table)
    ]
    _check_tables([source for source, _ in found])
    _check_mapping(mapping, [source for source, _ in found])
    decimal = _decimal_prices(found, request)
    if decimal:
        scale = 10**request.price_decimals
        found = [(replace(source, price_scale=scale, price_format="decimal"), None) for source, _ in found]
    sources = [source for source, _ in found]
    grows = (request.store / MANIFEST_NAME).exists()  # then trades or quotes may come later
    if not sources or not (grows or any(source.table == "orders" for source in sources)):
        raise InputError("no orders file given: name one with --orders")
    return tuple(sources)


def _check_tables(sources: list[Source]) -> None:
    """Raise InputError for a file given as two tables: order rows have all that trades need, and would be both."""
    tables: dict[Path, str] = {}
    for source in sources:
        table = tables.setdefault(Path(source.path).resolve(), source.table)
        if table != source.table:
            raise InputError(f"{source.path}: given as {table} and as {source.table}; it can be one of them")


def _check_mapping(mapping: dict[str, str], sources: list[Source]) -> None:
    """Raise InputError for a mapping that no file has a use for: it is misspelt."""
    for name, header in mapping.items():
        table, _, field = name.rpartition(".")
        if field not in {f.name for t in TABLES if table in ("", t) for f in FIELDS[t]}:
            raise InputError(f"[input.columns] {name}: there is no such field")
        files = [s for s in sources if table in ("", s.table) and field in {f.name for f in FIELDS[s.table]}]
        if files and not any(
            header in s.header.names or canonical(header) in map(canonical, s.header.names) for s in files
        ):
            raise InputError(
                f"[input.columns] maps {name} to {header!r}, but no file has such a column; "
                f"{files[0].path} has: {', '.join(files[0].header.names)}"
            )


def _decimal_prices(found: list[tuple[Source, bool | None]], request: ConvertRequest) -> bool | None:
    """Return whether prices are decimal, one answer for all files; None where no price tells."""
    if request.price_format != "auto":
        return request.price_format == "decimal"
    told = {decimal: source.path for source, decimal in reversed(found) if decimal is not None}
    stored = next(request.store.glob("*/????-??-??.h5"), None)
    if stored is not None:
        with suppress(StoreError):  # damaged: that is said elsewhere
            known = open_day(stored).attributes.get("price_format")
            if known is not None:
                told.setdefault(known == "decimal", f"the store's {stored}")
    if len(told) == 2:
        raise InputError(
            f"{told[True]} has decimal prices, {told[False]} has whole ones: they may be of different units. "
            "Say --price_format=decimal or --price_format=units, or convert them one after the other, each with its own"
        )
    unclear = next((source.path for source, _ in found if source.form == PARQUET and _float_prices(source)), None)
    if unclear and not told:
        raise InputError(
            f"{unclear}: its prices are whole numbers kept as floats: of the currency, or of the price unit? "
            "Say --price_format=decimal or --price_format=units"
        )
    return next(iter(told), None)


def _float_prices(source: Source) -> bool:
    """Return whether a Parquet file keeps prices as floats, whose text does not tell 3400.0 from 3400."""
    from tickstore.input.parquet import float_columns

    return not float_columns(Path(source.path)).isdisjoint(_price_columns(source))


def _price_columns(source: Source) -> list[int]:
    prices = (field.name for field in FIELDS[source.table] if field.kind == PRICE)
    return [source.header.columns[name] for name in prices if name in source.names]


def _source(path: Path, table: str, mapping: dict[str, str], request: ConvertRequest) -> tuple[Source, bool | None]:
    """Return a source, its price scale still open, and whether its prices look decimal."""
    status = check_file(path, table)
    form = sniff_form(path)
    head = read_head(path, form, _SNIFFED)
    header = parse_header(head.partition(b"\n")[0] + b"\n" if b"\n" in head else head, table, mapping, str(path))
    source = Source(
        table=table,
        path=str(path),
        size=status.st_size,
        modified=status.st_mtime_ns,
        form=form,
        header=header,
        price_scale=1,
        price_format="units",
        names=tuple(
            field.name
            for field in FIELDS[table]
            if field.name in header.columns
            and (table != "orders" or request.quotes_from_orders or field.name not in SNAPSHOTS)
        ),
    )
    first = head.split(b"\n", 2)[1:-1]  # if it is a whole line
    shapes = time_shapes(first[0], line_rules(source, request.timezone)) if first else ()
    return replace(source, shapes=shapes), _has_decimal_prices(head, source)


def _has_decimal_prices(head: bytes, source: Source) -> bool | None:
    """Return whether most prices at the start of the text have a decimal point; None where there are no prices.

    One bad price must not turn a file of integer prices into another unit; a market order's 0 tells nothing. Where
    Parquet keeps prices as floats whole ones tell nothing either, and any other one does.
    """
    prices, decimals = 0, 0
    for line, column in itertools.product(head.split(b"\n")[1:], _price_columns(source)):
        cells = line.split(source.header.delimiter.encode())
        if column < len(cells):
            price = cells[column].strip(b'" \r')
            told = price.strip(b"0.") != b"" and price != _SENTINEL
            prices += told
            decimals += told and b"." in price
    if source.form == PARQUET and _float_prices(source):
        return True if decimals else None
    return 2 * decimals > prices if prices else None
