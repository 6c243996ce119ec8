"""One conversion as it is asked for, and the tasks that it is made of."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tickstore.build_task import FROM_ORDERS, MOST_SOURCES, BuildTask, Log
from tickstore.catalog import day_path, read_catalog
from tickstore.commit import manifest_partitions
from tickstore.errors import StoreError
from tickstore.fields import NOT_COLUMNS
from tickstore.parse_task import ParsedChunk, ParseTask
from tickstore.request import ConvertRequest
from tickstore.seal_task import NOT_YET_KNOWN
from tickstore.session_file import SessionTable
from tickstore.sources import Chunk, Source
from tickstore.spill import Key
from tickstore.store_files import MANIFEST_NAME

_UNKNOWN: Final = -1  # the first timestamp of a file
_ALWAYS_COUNTED: Final = 10_000  # bad rows of a byte range that are counted to the end
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

    def parse_task(self, number: int) -> ParseTask:
        """Return the task that parses a byte range."""
        request, chunk = self.request, self.chunks[number]
        limit = request.max_rejects
        rows_at_most = self.input_bytes // 8
        allowed = max(_ALWAYS_COUNTED, int(request.max_reject_ratio * rows_at_most) if limit is None else limit)
        return ParseTask(
            number, self.sources[chunk.source], chunk, request.timezone, request.session_cutoff, request.holidays,
            None if self.logs is None else str(self.logs), allowed,
        )  # fmt: skip

    def built_path(self, number: int) -> Path:
        """Return where a built day file waits for its commit."""
        return self.folder / f"{number:06}.h5"


class BuildTasks:
    """Makes the task of one partition after the other, from what was parsed."""

    def __init__(self, plan: Plan, parsed: Mapping[int, ParsedChunk]) -> None:
        self._plan = plan
        self._parsed = parsed
        self._stored = manifest_partitions(plan.request.store)
        self._facts: dict[int, tuple[int, str]] = {}
        self._ranges: dict[int, list[int]] = {}  # of each source, in the order of the file
        for number, chunk in enumerate(plan.chunks):
            self._ranges.setdefault(chunk.source, []).append(number)
        self._names = [Path(source.path).name for source in plan.sources]
        self._columns = [tuple(name for name in s.names if name not in NOT_COLUMNS) for s in plan.sources]

    def is_new(self, key: Key) -> bool:
        """Return whether the store has nothing of a partition."""
        return key not in self._stored and not day_path(self._plan.request.store, *key).exists()

    def task(self, number: int, key: Key, ranges: Mapping[int, int], codes: dict[str, int] | None) -> BuildTask:
        """Return the task that builds a partition from ``ranges`` (number -> rows), which are ranked."""
        plan, request = self._plan, self._plan.request
        facts = self._facts_of(ranges)
        ordered = sorted(
            ranges, key=lambda place: (*facts[plan.chunks[place].source], plan.chunks[place].source, place)
        )
        logs: dict[str, list[Log]] = {}
        for place in ordered:
            chunk, source = self._parsed[place], plan.chunks[place].source
            mapping = None if codes is None else {n: codes[text] for text, n in chunk.names.items()}
            log = Log(place, chunk.log, ranges[place], self._columns[source], mapping)
            logs.setdefault(plan.sources[source].table, []).append(log)
        path = day_path(request.store, *key)
        if path.parent.exists() and not path.parent.is_dir():
            raise StoreError(f"{path.parent}: not a folder, where day files of security {key[0]} go; remove it")
        attributes = {
            "timezone": request.timezone,
            "price_decimals": request.price_decimals,
            "price_format": plan.sources[0].price_format,
            "sources": self._named(facts)[:MOST_SOURCES],
            "participants": codes or {},
            "session": plan.sessions.find(*key) if plan.sessions is not None else None,
        } | ({FROM_ORDERS: True} if request.quotes_from_orders else {})
        return BuildTask(
            number, key, sorted(ranges), codes is not None, {table: tuple(parts) for table, parts in logs.items()},
            str(plan.built_path(number)), str(path) if path.exists() else None, self._stored.get(key),
            request.replace, attributes, None if plan.logs is None else str(plan.logs),
            all(digest != NOT_YET_KNOWN for _, digest in facts.values()),
        )  # fmt: skip

    def are_ranked(self, ranges: Iterable[int]) -> bool:
        """Return whether the order of a partition's rows is known (decisions 3).

        Of a file that is being read the beginning may not be known yet, and the digest is not, which ranks files of
        equal first timestamps.
        """
        tables: dict[str, list[tuple[int, str]]] = {}
        for source, facts in self._facts_of(ranges).items():
            tables.setdefault(self._plan.sources[source].table, []).append(facts)
        return all(len(files) == 1 or _are_told_apart(files) for files in tables.values())

    def sources_of(self, ranges: Iterable[int]) -> list[list[Any]]:
        """Return what a day file says of the files that these ranges are of."""
        return self._named(self._facts_of(ranges))[:MOST_SOURCES]

    def _facts_of(self, ranges: Iterable[int]) -> dict[int, tuple[int, str]]:
        return {source: self._source_facts(source) for source in {self._plan.chunks[place].source for place in ranges}}

    def _named(self, facts: dict[int, tuple[int, str]]) -> list[list[Any]]:
        sources = self._plan.sources
        return sorted(
            [self._names[number], sources[number].size, digest, sources[number].table]
            for number, (_, digest) in facts.items()
        )

    def _source_facts(self, source: int) -> tuple[int, str]:
        """Return what ranks a source (decisions 3): its first timestamp, then its digest.

        The digest is that of the digests of its pages, so that it does not depend on the byte ranges.
        """
        if source not in self._facts:
            ranges = self._ranges[source]
            first = self._first_time(ranges)
            if any(number not in self._parsed for number in reversed(ranges)):  # those at the end are read last
                return first, NOT_YET_KNOWN
            parts = [self._parsed[number] for number in ranges]
            digest = hashlib.sha256("".join(part.pages for part in parts).encode()).hexdigest()[:32]
            self._facts[source] = first, digest
        return self._facts[source]

    def _first_time(self, ranges: list[int]) -> int:
        """Return the first timestamp of a file, _UNKNOWN before a row was read and all that is before it."""
        for number in ranges:
            part = self._parsed.get(number)
            if part is None:
                return _UNKNOWN
            if part.first_time is not None:
                return part.first_time
        return 0


def _are_told_apart(files: list[tuple[int, str]]) -> bool:
    """Return whether first timestamps and digests, as far as they are known, rank the files."""
    digests: dict[int, list[str]] = {}
    for first, digest in files:
        digests.setdefault(first, []).append(digest)
    return _UNKNOWN not in digests and all(len(d) == 1 or NOT_YET_KNOWN not in d for d in digests.values())


def has_text(chunk: ParsedChunk) -> bool:
    """Return whether participant ids of a byte range are text."""
    return any(not 0 <= number <= _LARGEST_PARTICIPANT for number in chunk.names.values())


def stored_codes(store: Path) -> tuple[dict[str, int] | None, bool]:
    """Return the store's participant codes, None where there are none, and whether it has partitions."""
    if not (store / MANIFEST_NAME).exists():
        return None, False
    catalog = read_catalog(store)
    return catalog.participants, bool(catalog.partitions)


def participant_codes(
    parsed: Mapping[int, ParsedChunk], known: dict[str, int] | None, stored: bool, store: Path
) -> dict[str, int] | None:
    """Return text -> code when participant ids are text, else None; codes ``known`` before stay as they are."""
    texts = {text for chunk in parsed.values() for text in chunk.names}
    if known is None and not any(has_text(chunk) for chunk in parsed.values()):
        return None
    if known is None and stored:
        raise StoreError(f"{store}: participant ids are numbers in this store and text here; use another store")
    codes = dict(known or {})
    for text in sorted(texts):
        codes.setdefault(text, len(codes))
    return codes
