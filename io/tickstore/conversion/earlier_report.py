"""What a conversion is known by, and the report of an equal one that was done before. For `conversion`."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final, NamedTuple

from tickstore.day.check import check_day, stated
from tickstore.day.schema import Key
from tickstore.durable.json_lines import read_lines
from tickstore.input.files import Source, check_file
from tickstore.request import ConvertReport, ConvertRequest, TableCount
from tickstore.rules import rule_facts
from tickstore.store.catalog import is_partition_line
from tickstore.store.paths import MANIFEST_NAME, REJECTS_NAME, day_path

_READING: Final = (
    "header", "trades_header", "nbbo_header", "time_unit", "epoch", "time_format", "date", "null_values",
    "quantity_decimals", "price_divisor", "order_ids", "where",
)  # fmt: skip
_USUAL: Final = {f.name: f.default for f in fields(ConvertRequest)}


class InputFile(NamedTuple):
    """What is known of an input file without a look into it."""

    table: str
    path: str
    size: int
    modified: int  # ns


def input_files(sources: Iterable[Source]) -> list[InputFile]:
    """Return what of the sources decides the result of a conversion."""
    return [InputFile(source.table, source.path, source.size, source.modified) for source in sources]


def fingerprint_of(request: ConvertRequest, sources: Iterable[InputFile]) -> dict[str, Any]:
    """Return what decides the result of a conversion, as it is kept in the manifest."""
    rules = {
        "timezone": request.timezone,
        "session_cutoff": request.session_cutoff,
        "holidays": sorted(request.holidays),
        "price_decimals": request.price_decimals,
        "price_format": request.price_format,
        "columns": sorted([name, rule_facts(rule)] for name, rule in request.columns),
        "reading": {name: getattr(request, name) for name in _READING if getattr(request, name) != _USUAL[name]},
        "quotes_from_orders": request.quotes_from_orders,
        "duplicates": request.duplicates,
        "limits": [request.max_rejects, request.max_reject_ratio],
    }
    files = sorted([s.table, str(Path(s.path).resolve()), s.size, s.modified] for s in sources)
    for path in request.sessions:
        status = check_file(path, "sessions")
        files.append(["sessions", str(path.resolve()), status.st_size, status.st_mtime_ns])
    known: dict[str, Any] = json.loads(json.dumps({"rules": rules, "files": files}))  # as the manifest will say it
    return known


def date_rules(store: Path) -> dict[str, Any]:
    """Return the cutoff of a store's last conversion and the holidays of all of them; nothing where none is known."""
    rules: dict[str, Any] = {}
    for line in read_lines(store / MANIFEST_NAME):
        if line.get("kind") == "conversion":
            latest = line["fingerprint"]["rules"]
            holidays = {*rules.get("holidays", ()), *latest["holidays"]}
            rules = {"session_cutoff": latest["session_cutoff"], "holidays": tuple(sorted(holidays))}
    return rules


def earlier_report(store: Path, fingerprint: dict[str, Any], replace: bool) -> ConvertReport | None:
    """Return the report of an earlier equal conversion whose day files are all there as it left them.

    A file is known by its index and size, and is read in full where it changed after the manifest was last written.
    With ``replace`` every byte is read: whoever asks for it may want a damaged file made again.
    """
    found = None
    partitions: dict[Key, dict[str, Any]] = {}
    for line in read_lines(store / MANIFEST_NAME):
        if is_partition_line(line):
            partitions[line["security"], line["date"]] = line
        elif line.get("kind") == "conversion" and line.get("fingerprint") == fingerprint:
            found = line.get("report"), dict(partitions)
    if found is None or not (store / REJECTS_NAME).exists():  # the table of rejects is made again by converting
        return None
    try:
        return _unchanged(store, *found, partitions, replace)
    except (KeyError, TypeError, ValueError):  # a damaged line
        return None


def _unchanged(
    store: Path, report: Any, then: dict[Key, dict[str, Any]], partitions: dict[Key, dict[str, Any]], thorough: bool
) -> ConvertReport | None:
    """Return the report of a conversion if its partitions are as they were ``then`` and their files are there."""
    keys = tuple((security, date) for security, date in report["partitions"])
    manifest = store / MANIFEST_NAME
    written = manifest.stat().st_mtime_ns
    touched = False
    for key in keys:
        now = partitions.get(key)
        if now is None or now["head"] != then.get(key, {}).get("head"):
            return None
        path = day_path(store, *key)
        changed = path.exists() and path.stat().st_mtime_ns > written
        touched |= changed
        whole = (
            path.exists() and not check_day(path, now)
            if thorough or changed
            else stated(path) == (now["size"], now["digest"])
        )
        if not whole:
            return None
    if touched:  # all sound: a copied store, say
        with suppress(OSError):  # one that cannot be written is read again the next time
            os.utime(manifest)
    return ConvertReport(
        partitions=keys,
        written=(),
        unchanged=keys,
        tables={table: TableCount(**count) for table, count in report["tables"].items()},
        reject_reasons=report["reject_reasons"],
        rejects_path=store / REJECTS_NAME,
        warnings=tuple(report["warnings"]),
        input_bytes=report["input_bytes"],
        nothing_to_do=True,
        bytes_checked=thorough,
    )


def report_json(report: ConvertReport) -> dict[str, Any]:
    """Return the part of a report that the manifest keeps."""
    return {
        "partitions": report.partitions,
        "tables": {table: asdict(count) for table, count in sorted(report.tables.items())},
        "reject_reasons": report.reject_reasons,
        "warnings": report.warnings,
        "input_bytes": report.input_bytes,
    }
