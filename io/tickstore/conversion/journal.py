"""What an interrupted conversion has done already: JSON lines beside its files, each written when a thing is done.

For the pipeline. No sync: the journal is trusted only until the machine starts again.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from tickstore.conversion.parse_task import ParsedChunk
from tickstore.day.check import stated
from tickstore.durable.json_lines import read_lines
from tickstore.parse.blocks import Reject, SlowRows
from tickstore.spill.logs import Segment, keep_only
from tickstore.spill.segments import is_whole
from tickstore.store.commit import BuiltPartition
from tickstore.store.paths import day_path

_BUILT: Final = "built.jsonl"
_PARSED: Final = "parsed.jsonl"


def built_before(folder: Path, store: Path) -> tuple[list[BuiltPartition], int]:
    """Return the partitions that are finished, and a number that no file has; other files are removed.

    Finished means that the file is there in full; of an unchanged partition, the one in the store.
    """
    found: dict[Path, BuiltPartition] = {}
    number = -1
    for line in read_lines(folder / _BUILT):
        duplicates = {t: [(a, b, c) for a, b, c in places] for t, places in line["duplicates"].items()}
        security, date = line["key"]
        partition = BuiltPartition(**line | {"key": (security, date), "duplicates": duplicates})
        path = folder / f"{partition.number:06}.h5"
        number = max(number, partition.number)
        if partition.outcome == "unchanged":
            whole = (stated(day_path(store, security, date)) or (0, ""))[1] == partition.digest
        else:
            whole = path.exists() and path.stat().st_size == partition.size
        if whole:
            found[path] = partition
    for path in folder.glob("*.h5"):
        number = max(number, int(path.stem))
        if path not in found:
            path.unlink()
    return list(found.values()), number + 1


def note_built(folder: Path, partition: BuiltPartition) -> None:
    """Add a finished partition."""
    _add(folder / _BUILT, partition)


def parsed_before(folder: Path, logs: Path) -> list[ParsedChunk]:
    """Return what the byte ranges held whose rows are in a log in full; what else is in the logs is removed."""
    found: dict[int, tuple[ParsedChunk, Segment]] = {}
    for line in read_lines(folder / _PARSED):
        keys = [((security, date), rows) for (security, date), rows in line["keys"]]
        rejects = [Reject(**reject) for reject in line["rejects"]]
        log = Segment(*line["log"])
        if is_whole(log):
            slow = {column: SlowRows(**rows) for column, rows in line["slow"].items()}
            no_shares = [((security, date), count) for (security, date), count in line["no_shares"]]
            told = {"keys": keys, "rejects": rejects, "no_shares": no_shares, "log": log, "slow": slow}
            found[line["number"]] = ParsedChunk(**line | told), log
    keep_only(logs, [log for _, log in found.values()])
    return [chunk for chunk, _ in found.values()]


def note_parsed(folder: Path, chunk: ParsedChunk) -> None:
    """Add what a byte range held and where its rows are."""
    _add(folder / _PARSED, chunk)


def _add(path: Path, record: BuiltPartition | ParsedChunk) -> None:
    with path.open("ab") as file:
        file.write(b"\n" + json.dumps(record, default=_fields).encode() + b"\n")  # the first newline ends a torn line


def _fields(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass, for JSON; `asdict` would copy what is in them first."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
