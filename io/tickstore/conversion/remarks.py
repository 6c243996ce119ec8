"""What a conversion that succeeded tells its user all the same. Called by `conversion` before it commits."""

from collections.abc import Sequence

from tickstore.conversion.accounting import files_without_rows
from tickstore.conversion.contradictions import odd_warnings, reversed_warning, strangers, unknown_ids
from tickstore.conversion.parse_task import ParsedChunk
from tickstore.conversion.plan import Plan, reversed_sources
from tickstore.conversion.plausibility import range_warnings, slow_warnings
from tickstore.conversion.rejects import BadRow
from tickstore.conversion.wanted_rows import absent_warnings
from tickstore.day.schema import Key
from tickstore.parse.odd_lines import NO_SHARES
from tickstore.store.commit import BuiltPartition
from tickstore.times.stated_dates import date_warnings


def remarks(
    plan: Plan, parsed: list[ParsedChunk], built: list[BuiltPartition], rejects: Sequence[BadRow]
) -> tuple[str, ...]:
    """Return what a conversion warns about, what is doubted last."""
    keys = [partition.key for partition in built]
    warnings = [note for source in plan.sources for note in source.notes]
    warnings += range_warnings(keys, plan.sources)
    warnings += slow_warnings(plan.sources, plan.chunks, parsed)
    warnings += absent_warnings(plan.sources, plan.chunks, parsed)
    none = [bad for bad in rejects if bad.reason == NO_SHARES]
    if none:
        warnings.append(
            f"{len(none)} trades of no shares are left out, as none that happened; first: {none[0].path}:{none[0].line}"
        )
    weekend = sum(chunk.weekend_rows for chunk in parsed)
    if weekend:
        warnings.append(f"{weekend} rows are dated on a weekend")
    empty = files_without_rows(plan.sources, plan.chunks, parsed)
    if empty:
        warnings.append(
            f"{len(empty)} of {len(plan.sources)} files gave no rows: {empty[0]}{' ...' * (len(empty) > 1)}"
        )
    tables = [plan.sources[plan.chunks[chunk.number].source].table for chunk in parsed]
    warnings += date_warnings(
        [(t, chunk.stored, chunk.other_dates, chunk.other_date) for t, chunk in zip(tables, parsed, strict=True)]
    )
    unmatched = 0 if plan.sessions is None else plan.sessions.unmatched(partition.key for partition in built)
    if unmatched:
        given = plan.request.sessions
        where = str(given[0]) if len(given) == 1 else f"{len(given)} files"
        warnings.append(f"{unmatched} sessions of {where} match no security and date of this input")
    for column in ("side", "participant"):
        rows = sum(partition.contradictions.get(column, 0) for partition in built)
        if rows:
            warnings.append(f"{rows} order rows state another {column} than the first row of their order")
    warnings += _of_the_store(built)
    held: dict[str, set[Key]] = {}
    for table, chunk in zip(tables, parsed, strict=True):
        held.setdefault(table, set()).update(key for key, _ in chunk.keys)
    from_end = reversed_sources(plan, {chunk.number: chunk for chunk in parsed})
    warnings += reversed_warning([plan.sources[number].path for number in sorted(from_end)])
    warnings += [*strangers(held), *unknown_ids(built, plan.sources), *odd_warnings(built)]
    return tuple(warnings)


def _of_the_store(built: list[BuiltPartition]) -> list[str]:
    """Return what became of day files that the store had."""
    warnings = []
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
    return warnings
