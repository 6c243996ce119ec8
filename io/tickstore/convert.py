"""Convert raw CSVs into day files: parse, stage by partition, build, commit."""

import csv
import io
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.conventions import UNKNOWN_CODE
from tickstore.assemble import Columns, assemble
from tickstore.blocks import Block, Reject, count_newlines, read_blocks
from tickstore.catalog import (
    CATALOG_NAME,
    Partition,
    day_path,
    describe,
    partition_order,
    rebuild_catalog,
    write_catalog,
)
from tickstore.day_file import open_day, write_day
from tickstore.errors import InputError, StoreError
from tickstore.names import name_text
from tickstore.request import ConvertProgress, ConvertReport, ConvertRequest, Progress, TableCount
from tickstore.session_hints import session_hints
from tickstore.sources import Source, cut_chunks, find_sources
from tickstore.store_files import MANIFEST_NAME, append_lines, read_lines, replace_file, write_atomic
from tickstore.trade_dates import TradeCalendar, day_text, trade_calendar, trade_days

REJECTS_NAME = "rejects.csv"
Key = tuple[str, str]  # security, date


class _Staging:
    """Parsed rows by partition and table, in the order of the input."""

    def __init__(self, calendar: TradeCalendar) -> None:
        self._calendar = calendar
        self.rows: dict[Key, dict[str, list[tuple[int, NDArray[np.int64], Columns]]]] = {}
        self.counts: dict[str, Counter[str]] = {}
        self.rejects: list[tuple[str, int, int, Reject]] = []  # table, source, line, reject
        self.long_names: dict[str, int] = {}
        self.weekend_rows = 0

    def add(self, source: Source, number: int, block: Block) -> None:
        """Sort a block's rows into partitions."""
        calendar = self._calendar
        rows = len(block.line_start)
        if rows == 0:
            return
        days = np.empty(rows, np.int32)
        self.weekend_rows += trade_days(
            block.columns["timestamp"], calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, days
        )
        security = block.columns["security"]
        order = np.lexsort((days, security))
        sorted_days, sorted_security = days[order], security[order]
        changed = np.flatnonzero((np.diff(sorted_days) != 0) | (np.diff(sorted_security) != 0)) + 1
        texts = {number: text for text, number in self.long_names.items()}
        for part in np.split(order, changed):
            key = name_text(int(security[part[0]]), texts), day_text(days[part[0]])
            part.sort()
            columns: Columns = {name: column[part] for name, column in block.columns.items() if name != "security"}
            self.rows.setdefault(key, {}).setdefault(source.table, []).append((number, block.line_start[part], columns))


def convert(request: ConvertRequest, progress: Progress | None = None) -> ConvertReport:
    """Convert the inputs of ``request`` into its store and say what was done.

    Raises
    ------
    InputError
        An input is missing or unusable, or too many rows are bad; nothing is committed then.
    StoreError
        The store holds other data for a partition and ``replace`` is off.
    """
    began = time.perf_counter()
    sources = find_sources(request)
    request.store.mkdir(parents=True, exist_ok=True)
    fingerprint = _fingerprint(request, sources)
    done = _earlier_report(request.store, fingerprint)
    if done is not None:
        return done
    calendar = trade_calendar(request.timezone, request.session_cutoff, request.holidays)
    staging = _Staging(calendar)
    _parse(request, sources, staging, progress)
    report = _build(request, sources, staging, progress)
    report = _with_time(report, time.perf_counter() - began, sum(source.size for source in sources))
    line = {"kind": "conversion", "fingerprint": fingerprint, "report": _report_json(report)}
    append_lines(request.store / MANIFEST_NAME, [line])
    return report


def _parse(request: ConvertRequest, sources: tuple[Source, ...], staging: _Staging, progress: Progress | None) -> None:
    total = sum(source.size for source in sources)
    done = 0
    lines_before: Counter[int] = Counter()
    for chunk in cut_chunks(sources, request.chunk_size_mb << 20):
        source = sources[chunk.source]
        counts = staging.counts.setdefault(source.table, Counter())
        before = chunk.start
        for block in read_blocks(source, chunk, request.timezone, staging.long_names):
            staging.add(source, chunk.source, block)
            for reject in block.rejects:
                line = 2 + lines_before[chunk.source] + _lines_between(source, before, reject.offset)
                staging.rejects.append((source.table, chunk.source, line, reject))
            lines_before[chunk.source] += block.lines
            counts.update(
                read=block.lines, stored=len(block.line_start), rejected=len(block.rejects), blank=block.blank
            )
            before = block.stop
            if progress is not None:
                progress(ConvertProgress("parse", done + block.stop - chunk.start, total))
        done += chunk.stop - chunk.start
    for table, count in staging.counts.items():
        if count["read"] != count["stored"] + count["rejected"] + count["blank"]:
            raise InputError(f"{table}: rows do not add up ({dict(count)}); nothing was stored")


def _lines_between(source: Source, start: int, stop: int) -> int:
    with Path(source.path).open("rb") as file:
        file.seek(start)
        return count_newlines(np.frombuffer(file.read(max(0, stop - start)), np.uint8))


def _check_rejects(request: ConvertRequest, staging: _Staging, sources: tuple[Source, ...]) -> None:
    """Raise InputError when more rows were refused than the request allows."""
    rejected = len(staging.rejects)
    rows = sum(count["read"] - count["blank"] for count in staging.counts.values())
    limit = request.max_rejects if request.max_rejects is not None else int(request.max_reject_ratio * rows)
    if rejected <= limit:
        return
    shown = "; ".join(
        f"{sources[number].path}:{line} {reject.reason}{' in ' + reject.column if reject.column else ''}"
        for _, number, line, reject in staging.rejects[:3]
    )
    raise InputError(
        f"{rejected} of {rows} rows are bad, {limit} allowed: nothing was stored. First: {shown}. "
        "Mend the file or raise --max_rejects or --max_reject_ratio"
    )


def _build(
    request: ConvertRequest, sources: tuple[Source, ...], staging: _Staging, progress: Progress | None
) -> ConvertReport:
    ranks = _source_ranks(sources, staging)
    participants = _participant_codes(staging, request.store)
    keys = sorted(staging.rows, key=lambda key: partition_order(*key))
    finished: list[tuple[Key, Path | None, Partition]] = []
    for number, key in enumerate(keys):
        finished.append(_build_partition(request, sources, staging, key, ranks, participants))
        if progress is not None:
            progress(ConvertProgress("build", number + 1, len(keys)))
    _check_rejects(request, staging, sources)
    return _commit(request, sources, staging, finished, participants)


def _source_ranks(sources: tuple[Source, ...], staging: _Staging) -> dict[int, int]:
    """Return the rank of each source by its first timestamp, then size and name."""
    first: dict[int, tuple[int, int]] = {}
    for tables in staging.rows.values():
        for parts in tables.values():
            for number, line_start, columns in parts:
                candidate = (int(line_start[0]), int(columns["timestamp"][0]))
                first[number] = min(first.get(number, candidate), candidate)
    order = sorted(first, key=lambda n: (first[n][1], sources[n].size, Path(sources[n].path).name))
    return {number: rank for rank, number in enumerate(order)}


def _participant_codes(staging: _Staging, store: Path) -> dict[str, int] | None:
    """Return text -> code when some participant id is text, else None; known codes stay as they are."""
    texts = {number: text for text, number in staging.long_names.items()}
    numbers: set[int] = set()
    for tables in staging.rows.values():
        for parts in tables.values():
            for _, _, columns in parts:
                if "participant" in columns:
                    numbers.update(np.unique(columns["participant"]).tolist())
    numbers.discard(UNKNOWN_CODE)
    known = rebuild_catalog(store).participants if (store / MANIFEST_NAME).exists() else None
    if known is None and all(0 <= number < 2**31 for number in numbers):
        return None
    codes = dict(known or {})
    for text in sorted(name_text(number, texts) for number in numbers):
        codes.setdefault(text, len(codes))
    return codes


def _build_partition(
    request: ConvertRequest,
    sources: tuple[Source, ...],
    staging: _Staging,
    key: Key,
    ranks: dict[int, int],
    participants: dict[str, int] | None,
) -> tuple[Key, Path | None, Partition]:
    tables: dict[str, Columns] = {}
    used: set[int] = set()
    texts = {number: text for text, number in staging.long_names.items()}
    for table, parts in staging.rows[key].items():
        parts.sort(key=lambda part: (ranks[part[0]], int(part[1][0])))
        used |= {part[0] for part in parts}
        names = set.union(*(set(part[2]) for part in parts))
        tables[table] = {name: _joined(table, name, parts) for name in names}
        _fill_absent(table, tables[table], sum(len(part[1]) for part in parts))
        if participants is not None and "participant" in tables[table]:
            tables[table]["participant"] = _coded(tables[table]["participant"], participants, texts)
    assembled = assemble(tables)
    for table, positions in assembled.duplicates.items():
        _reject_duplicates(staging, sources, table, staging.rows[key].get(table, []), positions)
    del staging.rows[key]
    security, date = key
    path = day_path(request.store, security, date)
    attributes: dict[str, Any] = {
        "timezone": request.timezone,
        "price_decimals": request.price_decimals,
        "session_hints": session_hints(assembled.groups, request.timezone, date),
        "sources": sorted([Path(sources[n].path).name, sources[n].size] for n in used),
        "tables": sorted(tables),
        "participants": participants or {},
    }
    times = assembled.groups["events"]["timestamp"]
    if len(times):
        attributes |= {"first_time": int(times[0]), "last_time": int(times[-1])}
    temporary = path.with_name(path.name + ".tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_day(temporary, security, date, assembled.groups, attributes)
    entry = describe(path, open_day(temporary))
    if path.exists():
        old = describe(path, open_day(path))
        if old.digest == entry.digest:
            temporary.unlink()
            return key, None, old
        if not request.replace:
            temporary.unlink()
            raise StoreError(
                f"{path}: the store already holds other data for security {security} on {date}; use --replace"
            )
    return key, temporary, entry


def _joined(table: str, name: str, parts: list[tuple[int, NDArray[np.int64], Columns]]) -> NDArray[Any]:
    from tickstore.fields import FIELDS

    default = next(field.default for field in FIELDS[table] if field.name == name)
    return np.concatenate(
        [part[2][name] if name in part[2] else np.full(len(part[1]), default, np.int64) for part in parts]
    )


def _fill_absent(table: str, columns: Columns, rows: int) -> None:
    """Give columns that no file has their defaults; optional ones stay away."""
    from tickstore.fields import FIELDS

    for field in FIELDS[table]:
        if field.name not in columns and field.name not in ("decision_time", "parent_id", "security"):
            columns[field.name] = np.full(rows, field.default, np.int64)


def _coded(numbers: NDArray[Any], codes: dict[str, int], texts: dict[int, str]) -> NDArray[Any]:
    values, inverse = np.unique(numbers, return_inverse=True)
    table = [UNKNOWN_CODE if value == UNKNOWN_CODE else codes[name_text(value, texts)] for value in values.tolist()]
    return np.array(table, np.int64)[inverse]


def _reject_duplicates(
    staging: _Staging,
    sources: tuple[Source, ...],
    table: str,
    parts: list[tuple[int, NDArray[np.int64], Columns]],
    positions: NDArray[np.int64],
) -> None:
    if len(positions) == 0:
        return
    numbers = np.concatenate([np.full(len(part[1]), part[0]) for part in parts])
    offsets = np.concatenate([part[1] for part in parts])
    for position in sorted(positions.tolist()):
        number, offset = int(numbers[position]), int(offsets[position])
        with Path(sources[number].path).open("rb") as file:
            file.seek(offset)
            raw = file.readline()[:300].decode("utf-8", "backslashreplace").rstrip("\r\n")
        line = 1 + _lines_between(sources[number], 0, offset)
        staging.rejects.append((table, number, line, Reject(offset, "", "duplicate", raw)))
    staging.counts[table].update(stored=-len(positions), rejected=len(positions))


def _commit(
    request: ConvertRequest,
    sources: tuple[Source, ...],
    staging: _Staging,
    finished: list[tuple[Key, Path | None, Partition]],
    participants: dict[str, int] | None,
) -> ConvertReport:
    store = request.store
    for key, temporary, entry in finished:
        if temporary is not None:
            replace_file(temporary, entry.path)
            line = {"kind": "partition", "security": key[0], "date": key[1], "digest": entry.digest}
            append_lines(store / MANIFEST_NAME, [line])
    catalog = rebuild_catalog(store)
    write_atomic(store / CATALOG_NAME, write_catalog(store, list(catalog.partitions), catalog.participants))
    write_atomic(store / REJECTS_NAME, _rejects_csv(staging, sources))
    return ConvertReport(
        partitions=tuple(key for key, _, _ in finished),
        written=tuple(key for key, temporary, _ in finished if temporary is not None),
        unchanged=tuple(key for key, temporary, _ in finished if temporary is None),
        tables={table: TableCount(**count) for table, count in staging.counts.items()},
        reject_reasons=dict(sorted(Counter(reject.reason for *_, reject in staging.rejects).items())),
        rejects_path=store / REJECTS_NAME,
        warnings=(f"{staging.weekend_rows} rows are dated on a weekend",) if staging.weekend_rows else (),
        stored_bytes=sum(entry.bytes for _, temporary, entry in finished if temporary is not None),
    )


def _rejects_csv(staging: _Staging, sources: tuple[Source, ...]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "file", "line", "byte_offset", "column", "reason", "raw"])
    for table, number, line, reject in sorted(staging.rejects, key=lambda r: (r[1], r[3].offset)):
        writer.writerow([table, sources[number].path, line, reject.offset, reject.column, reject.reason, reject.raw])
    return text.getvalue().encode()


def _fingerprint(request: ConvertRequest, sources: tuple[Source, ...]) -> dict[str, Any]:
    """Return what decides the result of a conversion, as it is kept in the manifest."""
    rules = {
        "timezone": request.timezone,
        "session_cutoff": request.session_cutoff,
        "holidays": sorted(request.holidays),
        "price_decimals": request.price_decimals,
        "price_format": request.price_format,
        "columns": sorted(map(list, request.columns)),
        "quotes_from_orders": request.quotes_from_orders,
    }
    files = sorted([s.table, str(Path(s.path).resolve()), s.size, s.modified] for s in sources)
    return {"rules": rules, "files": files}


def _earlier_report(store: Path, fingerprint: dict[str, Any]) -> ConvertReport | None:
    """Return the report of an earlier equal conversion whose day files are all there still."""
    found = None
    for line in read_lines(store / MANIFEST_NAME):
        if line.get("kind") == "conversion" and line["fingerprint"] == fingerprint:
            found = line["report"]
    if found is None:
        return None
    keys = tuple((security, date) for security, date in found["partitions"])
    if not all(day_path(store, *key).exists() for key in keys):
        return None
    return ConvertReport(
        partitions=keys,
        written=(),
        unchanged=keys,
        tables={table: TableCount(**count) for table, count in found["tables"].items()},
        reject_reasons=found["reject_reasons"],
        rejects_path=store / REJECTS_NAME,
        warnings=tuple(found["warnings"]),
        input_bytes=found["input_bytes"],
        nothing_to_do=True,
    )


def _report_json(report: ConvertReport) -> dict[str, Any]:
    return {
        "partitions": report.partitions,
        "tables": {table: asdict(count) for table, count in report.tables.items()},
        "reject_reasons": report.reject_reasons,
        "warnings": report.warnings,
        "input_bytes": report.input_bytes,
    }


def _with_time(report: ConvertReport, seconds: float, input_bytes: int) -> ConvertReport:
    from dataclasses import replace

    return replace(report, seconds=seconds, input_bytes=input_bytes)
