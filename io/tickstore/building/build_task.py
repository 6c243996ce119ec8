"""Build one partition from the logs: one of the kinds of work of a conversion.

The top layer of building, run by an engine for the pipeline.
"""

import secrets
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from kernels.base.columns import Array
from tickstore.building.day_builder import BuiltDay, DayBuilder, table_digests
from tickstore.building.merged_attributes import merged_attributes
from tickstore.building.merged_tables import (
    CONFLICT,
    GIVEN,
    KEPT,
    MERGED,
    REPLACED,
    SAME,
    Choice,
    MergedTable,
    choose_rows,
)
from tickstore.building.oddities import find_oddities
from tickstore.building.row_sources import LogPart, RowSource, SpilledTable, StoredTable
from tickstore.building.scratch import Scratch
from tickstore.building.session_hints import session_hints
from tickstore.day.check import sound_day, stored_tables
from tickstore.day.reader import DayFile
from tickstore.day.schema import FILLS, FROM_ORDERS, GROUP_OF, ORDERS, QUOTES, Key
from tickstore.day.writer import forget_buffers
from tickstore.durable.files import TEMPORARY
from tickstore.errors import StoreError
from tickstore.input.fields import TABLES
from tickstore.spill.logs import Segment
from tickstore.spill.segments import Spill, open_spill
from tickstore.store.commit import BuiltPartition, Removed

_ROOM: Final = 1024  # bytes of attributes that depend on the columns
_MAPPED: Final = 64  # segments that a worker keeps mapped: a partition may have rows in any number of them


class Log(NamedTuple):
    """Where rows of a partition are: a byte range, its place in a log, how many they are, what columns they have."""

    number: int
    log: Segment | Spill
    rows: int
    columns: tuple[str, ...]
    codes: dict[int, int] | None  # participant number in the log -> code of the store
    reverse: bool = False  # whether its rows run from the newest to the oldest


@dataclass(frozen=True, slots=True)
class BuildTask:
    """One partition: its logs in rank order by table, where the file goes, what it is told."""

    number: int
    key: Key
    logs: dict[str, tuple[Log, ...]]
    path: str
    existing: str | None
    stored: dict[str, Any] | None  # the manifest's line about it
    replace: bool
    attributes: dict[str, Any]
    scratch_folder: str | None
    duplicates: str  # what becomes of rows that repeat an earlier one
    apart: bool = False  # on another machine, which may be taken for dead and still write


def build_partition(task: BuildTask) -> BuiltPartition:
    """Build a partition's day file beside its place; the commit moves it there."""
    scratch = _scratch(task.scratch_folder)
    tables: dict[str, RowSource] = {}
    spilled: dict[str, SpilledTable] = {}
    choices: dict[str, Choice] = {}
    given = [table for table, logs in task.logs.items() if logs]
    existing, damage = (None, "") if task.existing is None else sound_day(task.existing, given, task.stored)
    for table in TABLES:
        parts = [LogPart(log.number, partial(_spill, log.log), *log[2:]) for log in task.logs.get(table, ())]
        tables[table] = spilled[table] = SpilledTable(table, task.key, parts)
        if existing is not None and table in stored_tables(existing.index):
            choices[table] = _choice(table, existing, spilled[table], task)
            tables[table] = choices[table].rows
    security, date = task.key
    attributes = merged_attributes(task.attributes, existing, choices)
    if FROM_ORDERS in attributes:
        attributes = attributes | {FROM_ORDERS: tables["nbbo"].rows == 0}
    odd: list[tuple[str, int, str]] = []

    def derived(views: dict[str, Array]) -> dict[str, Any]:
        odd.extend(find_oddities(views, attributes["price_decimals"]))
        return _derived(views, attributes["timezone"], date)

    path = Path(task.path)
    if task.apart:  # a name that no other attempt has: whoever asked for it moves the file
        path = path.with_name(f"{TEMPORARY}{path.name}.{secrets.token_hex(8)}")
    built = DayBuilder(tables, scratch, task.duplicates).write(path, security, date, attributes, derived, _ROOM)
    outcome, others = _outcome(built, existing, choices, task)
    if outcome == "unchanged" and existing is not None and existing.attributes.get("session") != attributes["session"]:
        outcome = "session"
    duplicates = {t: [_locate(tables[t], row) for row in rows] for t, rows in built.duplicates.items()}
    result = BuiltPartition(
        task.number, task.key, outcome, built.index["attributes"]["digest"], built.index["size"], built.writer.head,
        duplicates, {t: _given_rows(built, t, spilled[t], choices.get(t)) for t in TABLES if spilled[t].rows},
        _removed(existing, choices, attributes) if outcome == "replaced" else [], others,
        built.contradictions, odd, path.name if task.apart else "",
    )  # fmt: skip
    if task.apart:
        built.writer.sync()
    else:
        built.writer.close()
    if outcome in ("unchanged", "conflict"):
        path.unlink()
        result.waits_as = ""
    if damage and outcome == "remade" and not task.replace:
        raise StoreError(f"{damage}, and these files are not all it was made of: convert it again with --replace")
    return result


def _choice(table: str, existing: DayFile, given: SpilledTable, task: BuildTask) -> Choice:
    """Return which rows make up a table that the store has."""
    stored = StoredTable(table, existing)
    if not given.rows:
        return Choice(stored, KEPT)
    old, new = existing.attributes["sources"], task.attributes["sources"]
    choice = choose_rows(table, stored, given, old, new, task.replace)
    if (
        table == "orders"
        and choice.verdict == SAME
        and FROM_ORDERS in existing.attributes.keys() - task.attributes.keys()
    ):
        return Choice(stored, KEPT)  # the same rows, with the quotes on them
    return choice


def _locate(rows: RowSource, row: int) -> tuple[int, int, int]:
    assert isinstance(rows, SpilledTable | MergedTable)  # a stored table repeats nothing
    return rows.locate(row)


def _given_rows(built: BuiltDay, table: str, given: SpilledTable, choice: Choice | None) -> int:
    """Return how many rows of the new input are in the store when the file is in its place."""
    if choice is not None and choice.verdict == KEPT:
        return given.rows
    stored = choice.rows.rows - given.rows if choice is not None else 0
    return int(built.index["rows"][GROUP_OF[table]]) - stored


def _removed(existing: DayFile | None, choices: dict[str, Choice], attributes: dict[str, Any]) -> list[Removed]:
    """Return table, rows and files of what a replacement takes out of the store."""
    assert existing is not None
    stay = {(s[0], *s[3:]) for s in attributes["sources"]}
    return [
        (table, choice.removed, [s[0] for s in existing.attributes["sources"] if (s[0], *s[3:]) not in stay])
        for table, choice in choices.items()
        if choice.removed
    ]


def _outcome(
    built: BuiltDay, existing: DayFile | None, choices: dict[str, Choice], task: BuildTask
) -> tuple[str, list[str]]:
    """Return what becomes of a partition, and the tables whose stored rows are not those given."""
    digest = built.index["attributes"]["digest"]
    if existing is None:
        if task.stored is None:
            return "new", []
        return ("mended" if digest == task.stored["digest"] else "remade"), []
    if existing.attributes["digest"] == digest:
        return "unchanged", []
    both = FROM_ORDERS in existing.attributes.keys() & built.index["attributes"].keys()
    old, new = table_digests(existing.index, both), table_digests(built.index, both)
    changed = [t for t, c in choices.items() if c.verdict in (SAME, REPLACED, CONFLICT) and old[t] != new[t]]
    if not changed:
        return ("merged" if any(c.verdict in (GIVEN, MERGED) for c in choices.values()) else "completed"), []
    return ("replaced" if task.replace else "conflict"), changed


def _derived(views: dict[str, Array], timezone: str, date: str) -> dict[str, Any]:
    """Return the attributes that the columns decide."""
    groups = {
        "fills": {c.name: views[c.path] for c in FILLS if c.path in views},
        "quotes": {c.name: views[c.path] for c in QUOTES},
        "orders": {c.name: views[c.path] for c in ORDERS if c.path in views},
    }
    facts: dict[str, Any] = {"session_hints": session_hints(groups, timezone, date)}
    times = views["events/timestamp"]
    if len(times):
        facts |= {"first_time": int(times[0]), "last_time": int(times[-1])}
    return facts


@lru_cache(maxsize=1)
def _scratch(folder: str | None) -> Scratch:
    """Return this process's scratch memory."""
    return Scratch(Path(folder) if folder else None)


@lru_cache(maxsize=_MAPPED)
def _mapped_spill(segment: Segment) -> Spill:
    return open_spill(segment)


def _spill(log: Segment | Spill) -> Spill:
    return _mapped_spill(log) if isinstance(log, Segment) else log


def forget_logs() -> None:
    """Let go of mapped logs and scratch memory: they belong to one conversion."""
    _mapped_spill.cache_clear()
    forget_buffers()
    _scratch.cache_clear()
