"""Convert raw CSVs into day files: parse byte ranges into logs, build partitions from the logs, commit them all."""

import errno
import hashlib
import multiprocessing
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tickstore.accounting import check_built, count_lines
from tickstore.build_task import FROM_ORDERS, MOST_SOURCES, BuildTask, BuiltPartition, Log, build_partition, forget_logs
from tickstore.catalog import day_path, is_decided, partition_order, read_catalog
from tickstore.commit import Decision, boot_id, commit, finish_commit, manifest_partitions
from tickstore.earlier import earlier_report, fingerprint_of, report_json
from tickstore.errors import InputError, StoreError
from tickstore.journal import built_before, note_built
from tickstore.parse_task import ParsedChunk, ParseTask, parse_chunk
from tickstore.rejects import BadRow, bad_rows, duplicate_rows, rejects_csv
from tickstore.request import ConvertProgress, ConvertReport, ConvertRequest, Progress, TableCount
from tickstore.session_file import SessionTable, read_sessions
from tickstore.sources import Chunk, Source, cut_chunks, find_sources
from tickstore.spill import Key
from tickstore.stated_dates import date_warnings
from tickstore.store_files import CONVERT_FOLDER, MANIFEST_NAME, REJECTS_NAME
from tickstore.store_lock import store_lock
from tickstore.trade_dates import trade_calendar
from tickstore.worker_pool import WorkerPool
from tickstore.workspace import check_space, forget_empty, forget_lock, logs_folder, make_store, prepare_folders

_IN_MEMORY: Final = 64 << 20  # inputs up to this size are converted without logs on disk
_WORTH_A_PROCESS: Final = 24 << 20  # bytes of input for which another process pays
_ALWAYS_COUNTED: Final = 10_000  # bad rows of a byte range that are counted to the end
_LARGEST_PARTICIPANT: Final = 2**31 - 1  # a larger number is treated as text


@dataclass(slots=True)
class _Run:
    """One conversion under way."""

    request: ConvertRequest
    sources: tuple[Source, ...]
    chunks: tuple[Chunk, ...]
    fingerprint: dict[str, Any]
    folder: Path  # of this conversion's temporary files, inside the store
    logs: Path | None  # of its spill logs, None: in memory
    pool: WorkerPool
    progress: Progress
    sessions: SessionTable | None
    parsed: list[ParsedChunk] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)


def convert(request: ConvertRequest, progress: Progress | None = None) -> ConvertReport:
    """Convert the inputs of ``request`` into its store and say what was done.

    All or nothing: day files appear when every row of the input is accounted for. An interrupted conversion is
    taken up where it stopped when it is asked for again.

    Raises
    ------
    InputError
        An input is missing or unusable, or too many rows are bad; nothing is committed then.
    StoreError
        The store holds other data for a partition and ``replace`` is off, or it cannot be written.
    """
    began = time.perf_counter()
    sources = find_sources(request)
    trade_calendar(request.timezone, request.session_cutoff, request.holidays)  # a wrong rule is said before any work
    made = make_store(request.store)
    fingerprint = fingerprint_of(request, sources)
    try:
        with store_lock(request.store) as lock:
            try:
                finish_commit(request.store)
                report = earlier_report(request.store, fingerprint, request.replace) or _convert(
                    request, sources, fingerprint, lock, progress or (lambda _: None)
                )
            finally:
                forget_lock(made)
    except OSError as error:
        raise _storage_error(error, request) from None
    finally:
        forget_empty(made)
    return replace(report, seconds=time.perf_counter() - began)


def _storage_error(error: OSError, request: ConvertRequest) -> StoreError:
    where = error.filename or request.store
    decided = is_decided(request.store)
    outcome = "not all was stored yet, the next conversion will finish it" if decided else "nothing was stored"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError(f"no space left for {where}: {outcome}. Free some, or set --temp_dir or --store")
    return StoreError(f"{where}: {error.strerror or error}; {outcome}")


def _convert(
    request: ConvertRequest, sources: tuple[Source, ...], fingerprint: dict[str, Any], lock: int, progress: Progress
) -> ConvertReport:
    rules = request.timezone, request.session_cutoff, request.holidays
    sessions = None if request.sessions is None else read_sessions(request.sessions, *rules)
    total = sum(source.size for source in sources)
    chunk_bytes = max(1, request.chunk_size_mb) << 20
    folder = request.store / CONVERT_FOLDER
    logs = logs_folder(request.store, request.temp_dir) if total > min(_IN_MEMORY, request.memory_mb << 18) else None
    workers = 1 if multiprocessing.current_process().daemon else max(1, min(request.workers, total // _WORTH_A_PROCESS))
    if workers > 1:  # enough ranges for everyone
        chunk_bytes = min(chunk_bytes, max(1 << 20, -(-total // (4 * workers)) >> 20 << 20))
    plan = {"fingerprint": fingerprint, "chunk_bytes": chunk_bytes, "boot": boot_id(), "logs": logs and str(logs)}
    keep = False
    try:
        prepare_folders(folder, logs, plan)
        check_space(folder, logs, sources)
        with WorkerPool(workers, (lock,)) as pool:
            run = _Run(
                request, sources, cut_chunks(sources, chunk_bytes), fingerprint, folder, logs, pool, progress, sessions
            )
            _parse(run)
            return _finish(run, *_build(run))
    except (KeyboardInterrupt, SystemExit):
        keep = True  # what is finished stays, the next run goes on from it
        raise
    finally:
        forget_logs()
        if not keep and not is_decided(request.store):
            shutil.rmtree(folder, ignore_errors=True)
            if logs is not None:
                shutil.rmtree(logs, ignore_errors=True)


def _parse(run: _Run) -> None:
    """Parse every byte range and check that each line became a row, a reject or a blank."""
    request = run.request
    rows_at_most = sum(source.size for source in run.sources) // 8
    limit = request.max_rejects
    allowed = max(_ALWAYS_COUNTED, int(request.max_reject_ratio * rows_at_most) if limit is None else limit)
    tasks = [
        ParseTask(
            number, run.sources[chunk.source], chunk, request.timezone, request.session_cutoff, request.holidays,
            None if run.logs is None else str(run.logs / f"{number:06}.log"), allowed,
        )
        for number, chunk in enumerate(run.chunks)
    ]  # fmt: skip
    total = sum(source.size for source in run.sources)
    done = 0
    run.progress(ConvertProgress("parse", 0, total))
    for task, chunk in run.pool.run(parse_chunk, tasks, lambda task: f"{task.source.path} from {task.chunk.start}"):
        run.parsed.append(chunk)
        done += task.chunk.stop - task.chunk.start
        run.progress(ConvertProgress("parse", done, total))
    run.parsed.sort(key=lambda chunk: chunk.number)
    run.counts = count_lines(run.sources, run.chunks, run.parsed)
    _check_rejects(run, bad_rows(run.parsed, run.chunks, run.sources))


def _check_rejects(run: _Run, rejects: list[BadRow], repeated: Sequence[BuiltPartition] = ()) -> None:
    """Raise InputError when more rows were refused than the request allows, duplicates of ``repeated`` included."""
    request = run.request
    rows = sum(count["read"] - count["blank"] for count in run.counts.values())
    limit = request.max_rejects if request.max_rejects is not None else int(request.max_reject_ratio * rows)
    count = len(rejects) + sum(len(places) for partition in repeated for places in partition.duplicates.values())
    if count > limit:
        if repeated:
            rejects = [*rejects[:3], *duplicate_rows(list(repeated), run.chunks, run.sources, request, 3)]
        first = "; ".join(
            f"{bad.path}:{bad.line} {bad.reason}{' in ' + bad.column if bad.column else ''}" for bad in rejects[:3]
        )
        raise InputError(
            f"{count} of {rows} rows are bad, {limit} allowed: nothing was stored. First: {first}. "
            "Mend the file or raise --max_rejects or --max_reject_ratio"
        )


def _build(run: _Run) -> tuple[list[BuiltPartition], list[BadRow]]:
    """Build every partition beside its place; return them in order, and all bad rows, duplicates included."""
    request = run.request
    tasks = _build_tasks(run)
    built = built_before(run.folder, request.store)
    finished = {partition.number for partition in built}
    waiting = [task for task in tasks if task.number not in finished]
    for task, partition in run.pool.run(
        build_partition, waiting, lambda task: f"security {task.key[0]} on {task.key[1]}"
    ):
        built.append(partition)
        if partition.outcome == "conflict":
            security, date = task.key
            raise StoreError(
                f"{task.existing}: the store already holds other data for security {security} on {date}; "
                "use --replace to put the new data in its place"
            )
        note_built(run.folder, partition)
        run.progress(ConvertProgress("build", len(built), len(tasks)))
    built.sort(key=lambda partition: partition.number)
    rejects = bad_rows(run.parsed, run.chunks, run.sources)
    _check_rejects(run, rejects, built)  # before each of them is looked for
    duplicates = duplicate_rows(built, run.chunks, run.sources, request)
    if duplicates:
        for bad in duplicates:
            run.counts[bad.table].update(stored=-1, rejected=1)
        rejects = sorted(rejects + duplicates, key=lambda bad: (bad.table, bad.path, bad.offset))
    check_built(run.counts, built)
    return built, rejects


def _build_tasks(run: _Run) -> list[BuildTask]:
    """Return one task a partition, the largest first."""
    request = run.request
    digests = _source_digests(run)
    ranks = _ranks(run, digests)
    codes = _participant_codes(run)
    logs: dict[Key, dict[str, list[Log]]] = {}
    rows: Counter[Key] = Counter()
    used: dict[Key, set[int]] = {}
    order = sorted(run.parsed, key=lambda chunk: (ranks[run.chunks[chunk.number].source], chunk.number))
    for chunk in order:
        number = run.chunks[chunk.number].source
        mapping = None if codes is None else _mapping(chunk, codes)
        for key, count in chunk.keys:
            tables = logs.setdefault(key, {})
            tables.setdefault(run.sources[number].table, []).append((chunk.number, chunk.log, mapping))
            rows[key] += count
            used.setdefault(key, set()).add(number)
    stored = manifest_partitions(request.store)
    tasks = []
    for place, key in enumerate(sorted(logs, key=lambda key: partition_order(*key))):
        path = day_path(request.store, *key)
        named = sorted(
            [Path(s.path).name, s.size, digests[n], s.table] for n, s in enumerate(run.sources) if n in used[key]
        )
        attributes = {
            "timezone": request.timezone,
            "price_decimals": request.price_decimals,
            "price_format": run.sources[0].price_format,
            "sources": named[:MOST_SOURCES],
            "participants": codes or {},
            "session": run.sessions.find(*key) if run.sessions is not None else None,
        } | ({FROM_ORDERS: True} if request.quotes_from_orders else {})
        tasks.append(
            BuildTask(
                place, key, rows[key], {table: tuple(parts) for table, parts in logs[key].items()},
                str(run.folder / f"{place:06}.h5"), str(path) if path.exists() else None, stored.get(key),
                request.replace, attributes,
                None if run.logs is None else str(run.logs),
            )
        )  # fmt: skip
    return sorted(tasks, key=lambda task: (-task.rows, task.number))


def _source_digests(run: _Run) -> list[str]:
    """Return a digest of each source: of the digests of its pages, so that it does not depend on the byte ranges."""
    pages = ["" for _ in run.sources]
    for chunk in run.parsed:
        pages[run.chunks[chunk.number].source] += chunk.pages
    return [hashlib.sha256(text.encode()).hexdigest()[:32] for text in pages]


def _ranks(run: _Run, digests: list[str]) -> list[int]:
    """Return the rank of each source: by its first timestamp, then its digest (decisions 3)."""
    first: dict[int, int] = {}
    for chunk in run.parsed:
        if chunk.first_time is not None:
            first.setdefault(run.chunks[chunk.number].source, chunk.first_time)
    order = sorted(range(len(run.sources)), key=lambda n: (first.get(n, 0), digests[n]))
    ranks = [0] * len(order)
    for rank, number in enumerate(order):
        ranks[number] = rank
    return ranks


def _participant_codes(run: _Run) -> dict[str, int] | None:
    """Return text -> code when participant ids are text, else None; codes given before stay as they are."""
    texts = {text for chunk in run.parsed for text in chunk.names}
    has_text = any(not 0 <= n <= _LARGEST_PARTICIPANT for chunk in run.parsed for n in chunk.names.values())
    known = None
    stored = False
    if (run.request.store / MANIFEST_NAME).exists():
        catalog = read_catalog(run.request.store)
        known, stored = catalog.participants, bool(catalog.partitions)
    if not has_text and known is None:
        return None
    if known is None and stored:
        raise StoreError(
            f"{run.request.store}: participant ids are numbers in this store and text here; use another store"
        )
    codes = dict(known or {})
    for text in sorted(texts):
        codes.setdefault(text, len(codes))
    return codes


def _mapping(chunk: ParsedChunk, codes: dict[str, int]) -> dict[int, int]:
    return {number: codes[text] for text, number in chunk.names.items()}


def _finish(run: _Run, built: list[BuiltPartition], rejects: list[BadRow]) -> ConvertReport:
    request = run.request
    report = ConvertReport(
        partitions=tuple(partition.key for partition in built),
        written=tuple(partition.key for partition in built if partition.outcome != "unchanged"),
        unchanged=tuple(partition.key for partition in built if partition.outcome == "unchanged"),
        tables={table: TableCount(**count) for table, count in run.counts.items()},
        reject_reasons=dict(sorted(Counter(bad.reason for bad in rejects).items())),
        rejects_path=request.store / REJECTS_NAME,
        warnings=_warnings(run, built),
        input_bytes=sum(source.size for source in run.sources),
        stored_bytes=sum(p.size for p in built if p.outcome != "unchanged"),
    )
    conversion = {"kind": "conversion", "fingerprint": run.fingerprint, "report": report_json(report)}
    table = rejects_csv(request.store / REJECTS_NAME, run.sources, rejects)
    decision = Decision(request.store, run.folder, run.logs, built, table, conversion)
    commit(decision, run.progress)
    return report


def _warnings(run: _Run, built: list[BuiltPartition]) -> tuple[str, ...]:
    warnings = []
    weekend = sum(chunk.weekend_rows for chunk in run.parsed)
    if weekend:
        warnings.append(f"{weekend} rows are dated on a weekend")
    tables = [run.sources[run.chunks[chunk.number].source].table for chunk in run.parsed]
    warnings += date_warnings(
        [(t, chunk.stored, chunk.other_dates, chunk.other_date) for t, chunk in zip(tables, run.parsed, strict=True)]
    )
    unmatched = 0 if run.sessions is None else run.sessions.unmatched(partition.key for partition in built)
    if unmatched:
        warnings.append(f"{unmatched} sessions of {run.request.sessions} match no security and date of this input")
    completed = sum(partition.outcome == "completed" for partition in built)
    if completed:
        warnings.append(f"{completed} partitions were completed with tables they lacked")
    mended = sum(partition.outcome == "mended" for partition in built)
    if mended:
        warnings.append(f"{mended} day files were missing or damaged; they were made again as they had been stored")
    for partition in built:
        name = f"security {partition.key[0]} on {partition.key[1]}"
        if partition.outcome == "remade":
            warnings.append(
                f"{name}: the stored day file was gone or damaged; it is made of these files alone now, "
                "which is not all that it held"
            )
        for table, rows, files in partition.removed:
            also = f"; files no longer in it: {', '.join(files)}; convert these again" if files else ""
            warnings.append(f"{name}: {rows} stored rows of {table} were removed by --replace{also}")
    return tuple(warnings)
