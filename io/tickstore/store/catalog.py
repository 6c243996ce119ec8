"""What is in a store: one entry a partition, kept in ``catalog.json`` and rebuilt from the day files at any time.

The manifest has a line for every partition that is finished. Commit, recovery, verification and conversions call it.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from tickstore.day.reader import DayFile, open_day
from tickstore.day.schema import Key
from tickstore.durable.files import atomic_file
from tickstore.durable.json_lines import read_lines
from tickstore.errors import StoreError
from tickstore.store.paths import CATALOG_NAME, MANIFEST_NAME, partition_order

_VERSION: Final = 2
_WITHOUT_ORDERS_SEEN: Final = 1  # the version that did not know who ordered what
_MOST_LISTED: Final = 1_000  # participants or order types of a partition: with more the catalog says nothing of them
PARTICIPANT: Final = "participant"
ORDER_TYPE: Final = "order_type"
_OPEN, _NEXT, _CLOSE = b"[", b",\n", b"]\n"  # around the lines of the file
_LISTS: Final = ("session", "participants", "order_types")
_OFTEN_EQUAL: Final = frozenset(("security", "date", "participants", "order_types"))
_SMALL: Final = 1 << 20  # codes below are found by a table of all of them, in half the time that sorting takes


@dataclass(frozen=True, slots=True)
class SessionHints:
    """What the day's own rows say about its session, ns UTC or None (decisions 4)."""

    first_auction: int | None = None  # opening auction: its print before 12:00 local, nothing traded before
    first_continuous: int | None = None  # continuous print from 09:59 local
    first_dark_entry: int | None = None  # arrival of a dark order from 09:59 local
    first_quote: int | None = None  # valid quote from 09:59 local
    last_continuous: int | None = None
    last_dark_entry: int | None = None
    continuous_prints: int = 0


@dataclass(frozen=True, slots=True)
class Partition:
    """One day file."""

    security: str
    date: str
    path: Path
    rows: dict[str, int]  # events, orders, fills, quotes
    bytes: int
    first_time: int | None  # of the events, ns UTC
    last_time: int | None
    digest: str  # of the content: equal columns, equal digest
    session_hints: SessionHints
    session: tuple[int, ...] | None = None  # spans of continuous trading by a session file: start, end of each, ns UTC
    # Those with orders, and the types of orders, ascending; None where nothing is known, or there are too many.
    participants: tuple[int, ...] | None = None
    order_types: tuple[int, ...] | None = None

    @property
    def orders(self) -> int:
        """Return the number of orders."""
        return self.rows["orders"]


@dataclass(frozen=True, slots=True)
class Catalog:
    """All partitions, securities in order (integers by number, then text), then dates."""

    store: Path
    partitions: tuple[Partition, ...]
    participants: dict[str, int] | None = None  # text -> code, where participant ids are text


def describe(path: Path, day: DayFile) -> Partition:
    """Return the catalog entry of a day file."""
    facts = day.attributes
    hints = facts.get("session_hints", {})
    return Partition(
        security=day.security,
        date=day.date,
        path=path,
        rows=day.rows,
        bytes=day.index["size"],
        first_time=facts.get("first_time"),
        last_time=facts.get("last_time"),
        digest=facts.get("digest", ""),
        session_hints=SessionHints(**hints),
        session=tuple(facts["session"]) if facts.get("session") else None,
        participants=_seen(day, PARTICIPANT),
        order_types=_seen(day, ORDER_TYPE),
    )


def _seen(day: DayFile, column: str) -> tuple[int, ...] | None:
    """Return the values of a column of orders, ascending; None if they are too many to list.

    Of participants and order types they tell a selection that finds nothing there.
    """
    codes = day.orders[column]
    if len(codes) and int(codes.min()) >= 0 and int(codes.max()) < _SMALL:
        seen = np.zeros(int(codes.max()) + 1, np.bool_)
        seen[codes] = True
        found = np.flatnonzero(seen)
    else:
        found = np.unique(codes)
    return tuple(found.tolist()) if len(found) <= _MOST_LISTED else None


def write_catalog(catalog: Catalog) -> None:
    """Write ``catalog.json`` of its store: a list of a head and the partitions, each on a line of its own."""
    with atomic_file(catalog.store / CATALOG_NAME) as file:
        file.write(_OPEN + _dumped({"version": _VERSION, "participants": catalog.participants}))
        for partition in catalog.partitions:
            entry = asdict(partition) | {"path": partition.path.relative_to(catalog.store).as_posix()}
            file.write(_NEXT + _dumped(entry))
        file.write(_CLOSE)


def _dumped(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True).encode()


def merged_catalog(store: Path, changed: list[Path]) -> Catalog:
    """Return the catalog of a store in which only the day files ``changed`` are new."""
    if not (store / CATALOG_NAME).exists():
        return rebuild_catalog(store)
    old = stored_catalog(store)
    return _catalog(store, old.partitions, changed, old.participants)


def stored_catalog(store: Path) -> Catalog:
    """Return the catalog as it is, even while a conversion changes the store."""
    path = store / CATALOG_NAME
    if not path.exists():
        return rebuild_catalog(store)
    try:
        entries = _entries(path)
        head = next(entries)
        if head["version"] not in (_VERSION, _WITHOUT_ORDERS_SEEN):
            raise StoreError(f"{path}: version {head['version']}, this program reads {_VERSION}: convert again")
        shared: dict[Any, Any] = {}
        found = [_partition(store, entry, shared) for entry in entries]
        if head["version"] == _WITHOUT_ORDERS_SEEN:
            found = [_with_orders_seen(partition) for partition in found]
        return Catalog(store, tuple(found), head["participants"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{path}: damaged; delete it and it is made again from the day files") from None


def is_of_earlier_version(store: Path) -> bool:
    """Return whether the file of the catalog lacks what this version of the program keeps in it."""
    with suppress(OSError), (store / CATALOG_NAME).open("rb") as file:
        return f'"version": {_WITHOUT_ORDERS_SEEN}}}'.encode() in file.readline()
    return False


def _with_orders_seen(partition: Partition) -> Partition:
    """Return an entry of an earlier version with what the day file says beside it."""
    try:
        with open_day(partition.path) as day:
            return replace(partition, participants=_seen(day, PARTICIPANT), order_types=_seen(day, ORDER_TYPE))
    except StoreError:  # its job will say what is wrong with it
        return partition


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield head and entries of a catalog: all at once they would take many times what partitions do.

    ValueError: it is damaged.
    """
    with path.open("rb") as file:
        line = b""
        for line in file:
            yield json.loads(line.removeprefix(_OPEN).rstrip(_NEXT + _CLOSE))
    if not line.rstrip().endswith(_CLOSE.rstrip()):
        raise ValueError("the end is missing")


def _partition(store: Path, entry: dict[str, Any], shared: dict[Any, Any]) -> Partition:
    """Return a partition; shared : values that others have too, of which one is enough."""
    lists = {name: tuple(entry[name]) for name in _LISTS if entry.get(name) is not None}
    equal = {name: shared.setdefault(value, value) for name, value in (entry | lists).items() if name in _OFTEN_EQUAL}
    own = {"path": store / entry["path"], "session_hints": SessionHints(**entry["session_hints"])}
    return Partition(**entry | lists | equal | own)


def rebuild_catalog(store: Path) -> Catalog:
    """Return the catalog that the day files themselves make up."""
    return _catalog(store, (), sorted(store.glob("*/????-??-??.h5")), None)


def _catalog(
    store: Path, before: Iterable[Partition], changed: Iterable[Path], participants: dict[str, int] | None
) -> Catalog:
    """Return a catalog of what was there before, and of the day files that changed, one of which is open at a time."""
    entries, codes = {p.path: p for p in before}, dict(participants or {})
    for path in changed:
        with open_day(path) as day:
            entries[path] = describe(path, day)
            codes |= day.attributes.get("participants") or {}
    found = sorted(entries.values(), key=lambda p: partition_order(p.security, p.date))
    return Catalog(store, tuple(found), codes or participants)


def manifest_partitions(store: Path) -> dict[Key, dict[str, Any]]:
    """Return the last line of the manifest about each partition."""
    lines = (line for line in read_lines(store / MANIFEST_NAME) if is_partition_line(line))
    return {(line["security"], line["date"]): line for line in lines}


def is_partition_line(line: dict[str, Any]) -> bool:
    """Return whether a line of the manifest says all that is to be said of a partition."""
    texts = all(isinstance(line.get(name), str) for name in ("security", "date", "digest", "head"))
    return line.get("kind") == "partition" and texts and isinstance(line.get("size"), int)
