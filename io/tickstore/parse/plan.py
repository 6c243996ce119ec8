"""What of an input file is parsed, and how: its fields, its price unit, the plan of the fast and of the slow path.

Called by `conversion` before all work, and by `blocks`.
"""

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from tickstore.errors import InputError
from tickstore.input.fields import FIELDS, IDS, NAME, PRICE, TABLES
from tickstore.input.files import Source, Where, check_file, expand
from tickstore.input.header import (
    BOM,
    FIRST_LINES,
    check_first_line,
    column_of,
    given_header,
    parse_header,
    with_last_column,
)
from tickstore.input.readings import field_readings
from tickstore.input.text import read_head, sniff_form
from tickstore.parse.left_out import kept
from tickstore.parse.odd_lines import LineRules, time_shapes
from tickstore.parse.price_units import decimal_prices, has_decimal_prices
from tickstore.parse.understanding import understood
from tickstore.request import ConvertRequest
from tickstore.rules import ColumnRule, rules_of
from tickstore.store.paths import MANIFEST_NAME
from tickstore.times.trade_dates import LATEST_TIME

_EARLIEST: Final = 3_652 * 86_400 * 10**9  # 1980: before, it is no epoch time but a clock or a date YYYYMMDD
_SNIFFED: Final = 1 << 18


def line_rules(source: Source, timezone: str) -> LineRules:
    """Return what the slow path needs to read a line of ``source``."""
    return LineRules(
        source.header.names,
        source.header.delimiter,
        source.readings,
        timezone,
        _EARLIEST,
        LATEST_TIME,
        source.shapes,
        source.table,
    )


def find_sources(request: ConvertRequest) -> tuple[Source, ...]:
    """Return the sources of a request, or raise InputError for the first thing wrong with them."""
    rules = rules_of(request.columns)
    found = [
        _source(path, table, rules, request) for table in TABLES for path in expand(getattr(request, table), table)
    ]
    empty = [path for path, source, _ in found if source is None]
    told = [(source, decimal) for _, source, decimal in found if source is not None]
    if empty and not told:
        raise InputError(f"{empty[0]}: the file is empty{', and so are the others' * (len(empty) > 1)}")
    sources = [source for source, _ in told]
    _check_tables(sources)
    _check_mapping(rules, sources)
    _check_where(request, sources)
    sources = _as_text_ids(sources)
    if decimal_prices([(source, decimal) for source, (_, decimal) in zip(sources, told, strict=True)], request):
        sources = [_in_currency(source, request.price_decimals) for source in sources]
    if empty and sources:
        note = f"{len(empty)} of {len(found)} files are empty: {empty[0]}{' ...' * (len(empty) > 1)}"
        sources[0] = replace(sources[0], notes=(note, *sources[0].notes))
    grows = (request.store / MANIFEST_NAME).exists()  # then trades or quotes may come later
    if not sources or not (grows or any(source.table == "orders" for source in sources)):
        raise InputError(
            f"{empty[0]}: the file is empty, and no other one has orders"
            if request.orders
            else "no orders file given: name one with --orders"
        )
    return tuple(sources)


def source_of(path: Path, table: str, request: ConvertRequest) -> Source | None:
    """Return one file as a conversion of it alone would read it, None where it is empty."""
    _, source, decimal = _source(path, table, rules_of(request.columns), request)
    if source is None:
        return None
    source = _as_text_ids([source])[0]
    return _in_currency(source, request.price_decimals) if decimal_prices([(source, decimal)], request) else source


def _in_currency(source: Source, price_decimals: int) -> Source:
    """Return a source whose prices are decimal numbers of the currency, or whole numbers of 1/divisor of it."""
    scale = 10**price_decimals
    readings = tuple(replace(r, scale=scale) if r.kind == PRICE else r for r in source.readings)
    return replace(source, readings=readings, price_format="decimal")


def _as_text_ids(sources: list[Source]) -> list[Source]:
    """Return the sources with ids as text in all files where one file has them so: else the same ids would not meet."""
    text = {r.field.name for source in sources for r in source.readings if r.field.name in IDS and r.kind == NAME}
    if "order_id" in text:
        text.add("previous_order_id")  # mostly 0, whatever ids are

    def aligned(source: Source) -> Source:
        readings = tuple(replace(r, kind=NAME) if r.field.name in text else r for r in source.readings)
        return replace(source, readings=readings)

    return [aligned(source) for source in sources]


def _check_tables(sources: list[Source]) -> None:
    """Raise InputError for a file given as two tables: order rows have all that trades need, and would be both.

    Where the user says which rows are of each table, it may hold several.
    """
    tables: dict[Path, Source] = {}
    for source in sources:
        other = tables.setdefault(Path(source.path).resolve(), source)
        if other.table != source.table and not (other.where and source.where and other.where != source.where):
            raise InputError(
                f"{source.path}: given as {other.table} and as {source.table}; it can be one of them, unless you say "
                f"which rows are of each: --where={other.table}.COLUMN=VALUE,{source.table}.COLUMN=VALUE"
            )


def _where(names: tuple[str, ...], table: str, request: ConvertRequest) -> Where:
    """Return which rows of a file are wanted; what is said of its table comes before what is said of all."""
    found: dict[int, tuple[str, ...]] = {}
    for name, texts in sorted(request.where, key=lambda each: each[0].partition(".")[0] in TABLES):
        column = column_of(names, _asked_column(name)[1]) if _asked_column(name)[0] in ("", table) else None
        if column is not None:
            found[column] = texts
    return tuple(sorted(found.items()))


def _asked_column(name: str) -> tuple[str, str]:
    """Return table, "" for any, and column that a condition on rows is about."""
    table, _, column = name.partition(".")
    return (table, column) if table in TABLES and column else ("", name)


def _check_where(request: ConvertRequest, sources: list[Source]) -> None:
    """Raise InputError for a condition on a column that no file of its table has."""
    for name, _ in request.where:
        table, column = _asked_column(name)
        files = [source for source in sources if table in ("", source.table)]
        if all(column_of(source.header.names, column) is None for source in files):
            known = files[0].header.names if files else ()
            near = get_close_matches(column, known, 1)
            columns = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known) or 'no such files'}"
            raise InputError(f"[input.where] asks for rows by {name!r}, a column that no file has: {columns}")


def _check_mapping(rules: dict[str, ColumnRule], sources: list[Source]) -> None:
    """Raise InputError for a mapping that no file has a use for: it is misspelt."""
    for name, rule in rules.items():
        table, _, field = name.rpartition(".")
        if field not in {f.name for t in TABLES if table in ("", t) for f in FIELDS[t]}:
            raise InputError(f"[input.columns] {name}: there is no such field")
        files = [s for s in sources if table in ("", s.table) and field in {f.name for f in FIELDS[s.table]}]
        if files and rule.column and all(column_of(s.header.names, rule.column) is None for s in files):
            raise InputError(
                f"[input.columns] maps {name} to {rule.column!r}, but no file has such a column; "
                f"{files[0].path} has: {', '.join(files[0].header.names)}"
            )


def _source(
    path: Path, table: str, rules: dict[str, ColumnRule], request: ConvertRequest
) -> tuple[str, Source | None, bool | None]:
    """Return a file's path, its source, None for an empty file, and whether its prices look decimal."""
    status = check_file(path, table)
    form = sniff_form(path)
    head = read_head(path, form, _SNIFFED)
    if not head.removeprefix(BOM).strip():  # a line break alone is no header either
        return str(path), None, None
    first, newline, rest = head.partition(b"\n")
    stated = getattr(request, f"{table}_header", ()) or request.header
    try:
        found = given_header(stated, first + newline, table, rules, str(path)) if stated else None
        header = found or parse_header(first + newline, table, rules, str(path))
    except InputError:
        check_first_line(head.split(b"\n", FIRST_LINES)[:FIRST_LINES], table, str(path))
        raise
    lines = (head[header.data_start :] if stated else rest).split(b"\n")[:-1]  # the last one may be torn
    header = with_last_column(header, lines[:FIRST_LINES])
    where = _where(header.names, table, request)
    lines = kept(lines, where, header.delimiter)
    source = Source(
        table=table,
        path=str(path),
        size=status.st_size,
        modified=status.st_mtime_ns,
        form=form,
        header=header,
        readings=field_readings(header, table, rules, request, str(path)),
        unit_stated=request.price_format != "auto" or request.price_divisor > 1,
        where=where,
    )
    source = understood(source, lines, rules, request)
    shapes = time_shapes(lines[0], line_rules(source, request.timezone)) if lines else ()
    return str(path), replace(source, shapes=shapes), has_decimal_prices(lines, source)
