"""Convert raw CSVs into day files: check what is asked, work through it, account for every row, commit it all.

`known_conversion` calls it for what was not converted before; it calls all other layers.
"""

import errno
import multiprocessing
import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tickstore.building.build_task import forget_logs
from tickstore.building.repetitions import POLICIES
from tickstore.conversion.accounting import check_built
from tickstore.conversion.contradictions import orders_trouble
from tickstore.conversion.earlier_report import earlier_report, fingerprint_of, input_files, report_json
from tickstore.conversion.parse_task import close_logs
from tickstore.conversion.pipeline import Pipeline, processes
from tickstore.conversion.plan import Plan
from tickstore.conversion.rejects import bad_rows, check_rejects, duplicate_rows, keep_rejects, rejects_csv
from tickstore.conversion.remarks import remarks
from tickstore.conversion.workspace import (
    check_space,
    forget_empty,
    forget_lock,
    is_begun,
    logs_folder,
    make_store,
    prepare_folders,
    range_bytes_before,
    work_digest,
)
from tickstore.durable.lock import ReadOnlyError, folder_lock
from tickstore.engines.engine import Elsewhere, Engine, EngineGoneError, InProcess
from tickstore.errors import InputError, StoreError
from tickstore.input.files import Chunk, Source, cut_chunks
from tickstore.input.session_file import read_sessions
from tickstore.input.text import PLAIN
from tickstore.parse.odd_lines import NO_SHARES
from tickstore.parse.plan import find_sources
from tickstore.parse.text_ids import text_id_fields
from tickstore.request import ConvertReport, ConvertRequest, Progress, TableCount
from tickstore.store.commit import Decision, boot_id, commit, finish_commit, remove_working_folder
from tickstore.store.names import store_names
from tickstore.store.paths import CONVERT_FOLDER, REJECTS_NAME, is_decided
from tickstore.times.trade_dates import trade_calendar

_TEXT_RANGE: Final = 32 << 20  # bytes of a range where ids are text: the parser then knows all that fit into it
_PACKED: Final = 8  # bytes of text in a byte of a packed file


def convert(
    request: ConvertRequest, progress: Progress | None = None, elsewhere: Elsewhere | None = None
) -> ConvertReport:
    """Convert the inputs of ``request`` into its store and say what was done; see `known_conversion.convert`.

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
    if request.duplicates not in POLICIES:
        raise InputError(f"duplicates: one of {', '.join(POLICIES)}, not {request.duplicates!r}")
    made = make_store(request.store)
    fingerprint = fingerprint_of(request, input_files(sources))
    try:
        with folder_lock(request.store):
            try:
                finish_commit(request.store)
                report = earlier_report(request.store, fingerprint, request.replace) or _convert(
                    request, sources, fingerprint, progress or (lambda _: None), elsewhere
                )
                report = replace(report, warnings=(*report.warnings, *store_names(request)))
            finally:
                forget_lock(made)
    except ReadOnlyError:
        done = None if is_decided(request.store) else earlier_report(request.store, fingerprint, request.replace)
        if done is None:
            raise
        report = done
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
    request: ConvertRequest,
    sources: tuple[Source, ...],
    fingerprint: dict[str, Any],
    progress: Progress,
    elsewhere: Elsewhere | None,
) -> ConvertReport:
    with ExitStack() as stack:
        engine = None
        if elsewhere is not None:
            engine = stack.enter_context(elsewhere(_shared_folders(request), [Path(source.path) for source in sources]))
        plan, workers, about = _plan(request, sources, fingerprint, engine.workers if engine else 0)
        return _carry_through(plan, workers, about, engine, progress)


def _carry_through(
    plan: Plan, workers: int, about: dict[str, Any], elsewhere: Engine | None, progress: Progress
) -> ConvertReport:
    request, sources, folder, logs = plan.request, plan.sources, plan.folder, plan.logs
    keep = False
    disk = ThreadPoolExecutor(1, "disk chores")  # what nobody waits for
    try:
        prepare_folders(folder, logs, about)
        check_space(folder, logs, sources)
        pipeline = Pipeline(plan, disk, progress)
        if elsewhere is not None:
            pipeline.run(elsewhere)
        else:
            with nullcontext(InProcess()) if workers == 1 else processes(workers, pipeline.tell_again) as engine:
                pipeline.run(engine)
        return _finish(plan, pipeline, about["fingerprint"], progress)
    except (KeyboardInterrupt, SystemExit, EngineGoneError):
        keep = True  # what is finished stays, the next run goes on from it
        raise
    finally:
        disk.shutdown(cancel_futures=True)
        forget_logs()
        close_logs()
        if not keep and not is_decided(request.store):
            with suppress(OSError):
                if logs is not None:
                    shutil.rmtree(logs, ignore_errors=True)
                remove_working_folder(request.store)


def _shared_folders(request: ConvertRequest) -> list[tuple[str, Path]]:
    """Return the folders that whoever does tasks writes to, and what they are."""
    temporary = [("folder for temporary files", request.temp_dir)] if request.temp_dir else []
    return [("store", request.store), *temporary]


def _plan(
    request: ConvertRequest, sources: tuple[Source, ...], fingerprint: dict[str, Any], elsewhere: int
) -> tuple[Plan, int, dict[str, Any]]:
    """Return the plan of a conversion, its number of workers (on other machines if there are any), and its subject."""
    rules, limits = (request.timezone, request.session_cutoff, request.holidays), request.limits
    sessions = read_sessions(request.sessions, *rules) if request.sessions else None
    total = sum(source.size for source in sources)
    chunk_bytes = max(1, request.chunk_size_mb) << 20
    folder = request.store / CONVERT_FOLDER
    text = sum(source.size * (1 if source.form == PLAIN else _PACKED) for source in sources)
    in_memory = text <= min(limits.in_memory_bytes, request.memory_mb << 18) and not elsewhere
    logs = None if in_memory else logs_folder(request.store, request.temp_dir)
    alone = in_memory or multiprocessing.current_process().daemon
    workers = 1 if alone else max(1, min(request.workers, total // limits.process_bytes))
    workers = elsewhere or workers
    if not in_memory:  # several ranges for each worker, so that all of them end at about the same time
        share = total // (limits.ranges * workers) // limits.page_bytes * limits.page_bytes
        chunk_bytes = min(chunk_bytes, max(limits.range_bytes, share))
    if any(text_id_fields(source) for source in sources):
        chunk_bytes = min(chunk_bytes, max(_TEXT_RANGE, limits.page_bytes))
    known = {"fingerprint": fingerprint, "logs": logs and str(logs), "boot": boot_id()}
    chunks, about = _cut(sources, chunk_bytes, request.replace, folder, known)
    return Plan(request, sources, chunks, folder, logs, sessions, total, bool(elsewhere)), workers, about


def _cut(
    sources: tuple[Source, ...], usual: int, replace: bool, folder: Path, about: dict[str, Any]
) -> tuple[tuple[Chunk, ...], dict[str, Any]]:
    """Return byte ranges, and what the conversion is about with them.

    If an interrupted conversion is resumed, its byte ranges are used again even when the number of workers changed.
    """
    for size in dict.fromkeys((range_bytes_before(folder) or usual, usual)):
        chunks = cut_chunks(sources, size)
        plan = about | {"range_bytes": size, "work": work_digest(sources, chunks, replace)}
        if is_begun(folder, plan):
            break
    return chunks, plan


def _finish(plan: Plan, pipeline: Pipeline, fingerprint: dict[str, Any], progress: Progress) -> ConvertReport:
    """Account for every row, duplicates included, and commit."""
    request, built, counts = plan.request, pipeline.built, pipeline.counts
    rejects = bad_rows(pipeline.parsed, plan.chunks, plan.sources)
    repeated = sum(len(places) for partition in built for places in partition.duplicates.values())
    if repeated:  # before each of them is looked for
        bad = [row for row in rejects if row.reason != NO_SHARES]
        first = [*bad[:3], *duplicate_rows(built, plan.chunks, plan.sources, request, 3)]
        check_rejects(request, plan.sources, counts, first, len(bad) + repeated - len(first))
        duplicates = duplicate_rows(built, plan.chunks, plan.sources, request)
        for row in duplicates:
            counts[row.table].update(stored=-1, rejected=1)
        rejects = sorted(rejects + duplicates, key=lambda row: (row.table, row.path, row.offset))
    check_built(counts, built)
    if trouble := orders_trouble(built):
        keep_rejects(request, plan.sources, rejects)
        raise InputError(trouble)
    report = ConvertReport(
        partitions=tuple(partition.key for partition in built),
        written=tuple(partition.key for partition in built if partition.outcome != "unchanged"),
        unchanged=tuple(partition.key for partition in built if partition.outcome == "unchanged"),
        tables={table: TableCount(**count) for table, count in counts.items()},
        reject_reasons=dict(sorted(Counter(bad.reason for bad in rejects).items())),
        rejects_path=request.store / REJECTS_NAME,
        warnings=remarks(plan, pipeline.parsed, built, rejects),
        input_bytes=plan.input_bytes,
        stored_bytes=sum(p.size for p in built if p.outcome != "unchanged"),
    )
    conversion = {"kind": "conversion", "fingerprint": fingerprint, "report": report_json(report)}
    table = rejects_csv(request.store / REJECTS_NAME, plan.sources, rejects)
    commit(Decision(request.store, plan.logs, built, table, conversion), progress)
    return report
