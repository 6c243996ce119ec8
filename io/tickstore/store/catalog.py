"""What is in a store: one entry a partition, kept in ``catalog.json`` and rebuilt from the day files at any time.

The manifest has a line for every partition that is finished. Commit, recovery, verification and conversions call it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tickstore.day.reader import DayFile, open_day
from tickstore.day.schema import Key
from tickstore.durable.json_lines import read_lines
from tickstore.errors import StoreError
from tickstore.store.paths import CATALOG_NAME, MANIFEST_NAME, partition_order

_VERSION: Final = 1


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
    session: tuple[int, int] | None = None  # continuous trading by a session file, ns UTC

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
    )


def catalog_bytes(catalog: Catalog) -> bytes:
    """Return the bytes of ``catalog.json``: a head, then one line a partition."""
    lines = [json.dumps({"version": _VERSION, "participants": catalog.participants}, sort_keys=True)]
    for partition in catalog.partitions:
        entry = asdict(partition)
        entry["path"] = partition.path.relative_to(catalog.store).as_posix()
        lines.append(json.dumps(entry, sort_keys=True))
    return ("[" + ",\n".join(lines) + "]\n").encode()


def merged_catalog(store: Path, changed: list[Path]) -> Catalog:
    """Return the catalog of a store in which only the day files ``changed`` are new."""
    if not (store / CATALOG_NAME).exists():
        return rebuild_catalog(store)
    old = stored_catalog(store)
    days = [(path, open_day(path)) for path in changed]
    entries = {(p.security, p.date): p for p in old.partitions}
    entries |= {(day.security, day.date): describe(path, day) for path, day in days}
    return _catalog(store, list(entries.values()), [day.attributes for _, day in days], old.participants)


def stored_catalog(store: Path) -> Catalog:
    """Return the catalog as it is, even while a conversion changes the store."""
    path = store / CATALOG_NAME
    if not path.exists():
        return rebuild_catalog(store)
    try:
        head, *entries = json.loads(path.read_bytes())
        if head["version"] != _VERSION:
            raise StoreError(f"{path}: version {head['version']}, this program reads {_VERSION}: convert again")
        return Catalog(store, tuple(_entry(store, entry) for entry in entries), head["participants"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{path}: damaged; delete it and it is made again from the day files") from None


def _entry(store: Path, entry: dict[str, Any]) -> Partition:
    return Partition(
        **entry
        | {
            "path": store / entry["path"],
            "session_hints": SessionHints(**entry["session_hints"]),
            "session": tuple(entry["session"]) if entry["session"] else None,
        }
    )


def rebuild_catalog(store: Path) -> Catalog:
    """Return the catalog that the day files themselves make up."""
    days = [(path, open_day(path)) for path in store.glob("*/????-??-??.h5")]
    entries = [describe(path, day) for path, day in days]
    return _catalog(store, entries, [day.attributes for _, day in days], None)


def _catalog(
    store: Path, entries: list[Partition], attributes: list[dict[str, Any]], participants: dict[str, int] | None
) -> Catalog:
    for facts in attributes:
        if facts.get("participants"):
            participants = (participants or {}) | facts["participants"]
    entries.sort(key=lambda p: partition_order(p.security, p.date))
    return Catalog(store, tuple(entries), participants)


def manifest_partitions(store: Path) -> dict[Key, dict[str, Any]]:
    """Return the last line of the manifest about each partition."""
    lines = (line for line in read_lines(store / MANIFEST_NAME) if is_partition_line(line))
    return {(line["security"], line["date"]): line for line in lines}


def is_partition_line(line: dict[str, Any]) -> bool:
    """Return whether a line of the manifest says all that is to be said of a partition."""
    texts = all(isinstance(line.get(name), str) for name in ("security", "date", "digest", "head"))
    return line.get("kind") == "partition" and texts and isinstance(line.get("size"), int)
