"""One conversion as it is asked for, and the tasks that it is made of. For the pipeline."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tickstore.building.build_task import BuildTask, Log
from tickstore.building.merged_attributes import MOST_SOURCES
from tickstore.conversion.parse_task import ParsedChunk, ParseTask
from tickstore.day.schema import FROM_ORDERS, NO_SHARES, QUANTITY_DECIMALS, Key
from tickstore.errors import StoreError
from tickstore.input.fields import NOT_COLUMNS
from tickstore.input.files import Chunk, Source
from tickstore.input.session_file import SessionTable
from tickstore.request import ConvertRequest
from tickstore.store.catalog import manifest_partitions
from tickstore.store.paths import MANIFEST_NAME, day_path
from tickstore.store.recovery import read_catalog

_LARGEST_PARTICIPANT: Final = 2**31 - 1  # a larger number is treated as text


@dataclass(frozen=True, slots=True)
class Plan:
    """What a conversion reads, by which rules, and where it works."""

    request: ConvertRequest
    sources: tuple[Source, ...]
    chunks: tuple[Chunk, ...]
    folder: Path  # of this conversion's temporary files, inside the store
    logs: Path | None  # of its spill logs, None: in memory
    sessions: SessionTable | None
    input_bytes: int
    apart: bool = False  # whether tasks are done on other machines, which see the same files

    def parse_task(self, number: int) -> ParseTask:
        """Return the task that parses a byte range."""
        request, chunk = self.request, self.chunks[number]
        limit = request.max_rejects
        rows_at_most = self.input_bytes // 8
        allowed = max(request.limits.rejects, int(request.max_reject_ratio * rows_at_most) if limit is None else limit)
        source = self.sources[chunk.source]
        source = replace(source, path=self.told(source.path))
        return ParseTask(
            number, source, chunk, request.timezone, request.session_cutoff, request.holidays,
            None if self.logs is None else str(self.logs), allowed, request.limits, self.apart,
        )  # fmt: skip

    def told(self, path: str | Path) -> str:
        """Return a path as tasks are told it: whoever is elsewhere works in another folder."""
        return str(Path(path).absolute() if self.apart else path)

    def built_path(self, number: int) -> Path:
        """Return where a built day file waits for its commit."""
        return self.folder / f"{number:06}.h5"


class BuildTasks:
    """Makes the task of one partition after the other, from what was parsed."""

    def __init__(self, plan: Plan, parsed: Mapping[int, ParsedChunk], codes: dict[str, int] | None) -> None:
        """``codes`` turn participants into the store's, None where they are numbers already."""
        self._plan = plan
        self._parsed = parsed
        self._codes = codes
        self._stored = manifest_partitions(plan.request.store)
        self._reversed = reversed_sources(plan, parsed)
        self._facts = _facts_of_sources(plan, parsed, self._reversed)
        self._names = [Path(source.path).name for source in plan.sources]
        self._no_shares = Counter[Key]()
        for part in parsed.values():
            self._no_shares.update(dict(part.no_shares))
        self._columns = [self._columns_of(number) for number in range(len(plan.sources))]

    def task(self, number: int, key: Key, ranges: Mapping[int, int]) -> BuildTask:
        """Return the task that builds a partition from ``ranges`` (number -> rows), which are ranked."""
        plan, request = self._plan, self._plan.request
        path = day_path(request.store, *key)
        if path.parent.exists() and not path.parent.is_dir():
            raise StoreError(f"{path.parent}: not a folder, where day files of security {key[0]} go; remove it")
        attributes = {
            "timezone": request.timezone,
            "price_decimals": request.price_decimals,
            "price_format": plan.sources[0].price_format,
            "sources": self._named({plan.chunks[place].source for place in ranges})[:MOST_SOURCES],
            "participants": self._codes or {},
            "session": plan.sessions.find(*key) if plan.sessions is not None else None,
        }
        attributes |= {FROM_ORDERS: True} if request.quotes_from_orders else {}
        attributes |= {QUANTITY_DECIMALS: request.quantity_decimals} if request.quantity_decimals else {}
        attributes |= {NO_SHARES: self._no_shares[key]} if key in self._no_shares else {}
        return BuildTask(
            number, key, self._logs_of(ranges), plan.told(plan.built_path(number)),
            plan.told(path) if path.exists() else None, self._stored.get(key), request.replace, attributes,
            None if plan.logs is None else str(plan.logs), request.duplicates, plan.apart,
        )  # fmt: skip

    def _columns_of(self, number: int) -> tuple[str, ...]:
        """Return the columns of a source that count; a sequence against the course of time does not."""
        left_out = (*NOT_COLUMNS, "sequence") if number in self._reversed else NOT_COLUMNS
        return tuple(name for name in self._plan.sources[number].stored_names if name not in left_out)

    def _logs_of(self, ranges: Mapping[int, int]) -> dict[str, tuple[Log, ...]]:
        """Return the logs of each table, files in their rank order (decisions 3)."""
        chunks = self._plan.chunks
        logs: dict[str, list[Log]] = {}

        def rank(place: int) -> tuple[int, str, int, int]:
            source = chunks[place].source
            return *self._facts[source], source, -place if source in self._reversed else place

        for place in sorted(ranges, key=rank):
            parsed, source = self._parsed[place], chunks[place].source
            mapping = None if self._codes is None else {n: self._codes[text] for text, n in parsed.names.items()}
            log = Log(place, parsed.log, ranges[place], self._columns[source], mapping, source in self._reversed)
            logs.setdefault(self._plan.sources[source].table, []).append(log)
        return {table: tuple(parts) for table, parts in logs.items()}

    def _named(self, numbers: set[int]) -> list[list[str | int]]:
        """Return what a day file says of its sources: base name, size, digest, table."""
        sources = self._plan.sources
        return sorted([self._names[n], sources[n].size, self._facts[n][1], sources[n].table] for n in numbers)


def reversed_sources(plan: Plan, parsed: Mapping[int, ParsedChunk]) -> frozenset[int]:
    """Return the sources that list the newest row first: their times fall and never rise, and no sequence with them.

    A sequence that never falls meanwhile is the number of the row, or says nothing. Rows of one instant are then taken
    from the last to the first, too. A file whose times are all the same, without a sequence, goes by the others of its
    table, where these agree.
    """
    rises, falls, descends, numbered = set[int](), set[int](), set[int](), set[int]()
    last: dict[int, int] = {}
    sequence: dict[int, int] = {}
    for number, chunk in enumerate(plan.chunks):
        part, source = parsed[number], chunk.source
        if part.first_time is None or part.last_time is None:
            continue
        before = last.get(source, part.first_time)
        if part.rises or part.first_time > before:
            rises.add(source)
        if part.falls or part.first_time < before:
            falls.add(source)
        if part.descends or part.first_sequence < sequence.get(source, part.first_sequence):
            descends.add(source)
        if part.first_sequence or part.last_sequence:
            numbered.add(source)
        last[source], sequence[source] = part.last_time, part.last_sequence
    turned = falls - rises - descends
    tables = {plan.sources[source].table for source in turned}
    tables -= {plan.sources[source].table for source in last.keys() & (rises | descends)}
    flat = {source for source in last.keys() - falls - numbered if plan.sources[source].table in tables}
    return frozenset(turned | flat)


def _facts_of_sources(plan: Plan, parsed: Mapping[int, ParsedChunk], from_end: frozenset[int]) -> list[tuple[int, str]]:
    """Return what ranks the sources (decisions 3): their first timestamps, then their digests.

    A digest is that of the digests of the file's pages, so that it does not depend on the byte ranges.
    """
    first: dict[int, int] = {}
    digests = [hashlib.sha256() for _ in plan.sources]
    for number, chunk in enumerate(plan.chunks):
        part = parsed[number]
        digests[chunk.source].update(part.pages.encode())
        if part.first_time is not None and part.last_time is not None:
            first.setdefault(chunk.source, part.first_time)
            if chunk.source in from_end:
                first[chunk.source] = part.last_time
    return [(first.get(source, 0), digest.hexdigest()[:32]) for source, digest in enumerate(digests)]


def participant_codes(parsed: Mapping[int, ParsedChunk], store: Path) -> dict[str, int] | None:
    """Return text -> code when participant ids are text, else None; codes that the store has stay as they are."""
    catalog = read_catalog(store) if (store / MANIFEST_NAME).exists() else None
    known = None if catalog is None else catalog.participants
    numbers = (number for chunk in parsed.values() for number in chunk.names.values())
    if known is None and all(0 <= number <= _LARGEST_PARTICIPANT for number in numbers):
        return None
    if known is None and catalog is not None and catalog.partitions:
        raise StoreError(f"{store}: participant ids are numbers in this store and text here; use another store")
    codes = dict(known or {})
    for text in sorted({text for chunk in parsed.values() for text in chunk.names}):
        codes.setdefault(text, len(codes))
    return codes
