"""What a conversion knows of byte ranges and partitions: which rows are where, what is whole, what is built.

The spilled rows of a byte range are a cache of it: they go when every partition in it is built, and are made again,
by parsing the range again, when rows that come late show that one of them must be built anew.
"""

from collections import Counter, deque
from collections.abc import Sequence

from tickstore.build_task import BuiltPartition
from tickstore.forecast import Forecast
from tickstore.parse_task import ParsedChunk
from tickstore.sources import Chunk, Source
from tickstore.spill import Key


class Ledger:
    """The state of one conversion; says what may be built, what must be parsed again, what may be let go."""

    def __init__(self, sources: Sequence[Source], chunks: Sequence[Chunk], forecast: Forecast) -> None:
        self._sources = sources
        self._chunks = chunks
        self._forecast = forecast
        self._unread: list[deque[int]] = [deque() for _ in sources]  # ranges of each file from the first unread one on
        for number, place in enumerate(chunks):
            self._unread[place.source].append(number)
        self._dates: dict[int, set[str]] = {}  # seen in each file
        self.parsed: dict[int, ParsedChunk] = {}
        self.ranges: dict[Key, dict[int, int]] = {}  # that hold rows of a partition, and how many
        self.rows: Counter[Key] = Counter()
        self._keys: dict[Key, Key] = {}  # each once: a shuffled input has all of them in every range
        self.built: dict[Key, BuiltPartition] = {}
        self._tables: dict[Key, set[str]] = {}
        self._waiting: dict[str, set[Key]] = {}  # partitions that may be built early, by date
        self._held: set[Key] = set()  # not to be built before everything is read
        self._spilled: set[int] = set()  # ranges whose rows are there
        self._needed: Counter[int] = Counter()  # by unbuilt partitions of each range, and attempts under way

    @property
    def all_read(self) -> bool:
        """Return whether every byte range was parsed."""
        return len(self.parsed) == len(self._chunks)

    def add(self, chunk: ParsedChunk, has_rows: bool) -> list[Key]:
        """Take in a byte range, and return the partitions that were thought whole and have rows in it too.

        They wait for the end of all reading now.
        """
        number = self._chunks[chunk.number].source
        self.parsed[chunk.number] = chunk
        chunk.keys = [(self._keys.setdefault(key, key), rows) for key, rows in chunk.keys]
        if has_rows:
            self._spilled.add(chunk.number)
        late = []
        for key, rows in chunk.keys:
            if key not in self.ranges:
                self._waiting.setdefault(key[1], set()).add(key)
            elif key not in self._held and key not in self._waiting[key[1]]:
                late.append(key)
                self._held.add(key)
            self.ranges.setdefault(key, {})[chunk.number] = rows
            self.rows[key] += rows
            self._tables.setdefault(key, set()).add(self._sources[number].table)
            self._dates.setdefault(number, set()).add(key[1])
            self._needed[chunk.number] += 1
        return late

    def hold(self, key: Key) -> None:
        """Leave a partition until everything is read."""
        self._held.add(key)

    def whole_after(self, chunk: ParsedChunk) -> list[Key]:
        """Return partitions that seem whole since a range was read, each once, the largest first.

        To be asked once for each range.
        """
        source = self._chunks[chunk.number].source
        if not self._read_on(source):
            return []
        found = []
        for date in self._forecast.awaited(source, self._dates.get(source, set()), self._waiting):
            found += [key for key in self._waiting.get(date, ()) if self._is_whole(key)]
        return self._taken(found)

    def _read_on(self, source: int) -> bool:
        """Return whether a file is read farther than before, from its beginning and without a gap."""
        unread, last = self._unread[source], None
        while unread and unread[0] in self.parsed:
            last = self.parsed[unread.popleft()].last or last
        if unread:
            return last is not None and self._forecast.reached(source, last, self._chunks[unread[0]].start)
        self._forecast.finished(source)
        return True

    def rest(self) -> list[Key]:
        """Return every partition that was not returned before, the largest first."""
        return self._taken([*self._held, *(key for keys in self._waiting.values() for key in keys)])

    def _taken(self, keys: list[Key]) -> list[Key]:
        for key in keys:
            self._waiting[key[1]].discard(key)
            self._held.discard(key)
        return sorted(keys, key=lambda key: (-self.rows[key], key))

    def _is_whole(self, key: Key) -> bool:
        for source in {self._chunks[number].source for number in self.ranges[key]}:
            if self._unread[source] and not self._forecast.passed(source, key):
                return False
        return not self._forecast.may_come(key, self._tables[key])

    def missing(self, key: Key) -> list[int]:
        """Return the ranges of a partition whose spilled rows are not there."""
        return [number for number in self.ranges[key] if number not in self._spilled]

    def note_spilled(self, number: int) -> None:
        """Take note that the rows of a range were spilled again."""
        self._spilled.add(number)

    def begin(self, ranges: Sequence[int]) -> None:
        """Keep the rows for an attempt to build a partition, be it overtaken by rows that come late."""
        self._needed.update(ranges)

    def end(self, ranges: Sequence[int]) -> None:
        """Take note that an attempt is over."""
        self._needed.subtract(ranges)

    def note_built(self, partition: BuiltPartition) -> None:
        """Take note of a partition's file."""
        self.built[partition.key] = partition
        self._needed.subtract(partition.ranges)

    def discard(self, key: Key) -> BuiltPartition | None:
        """Forget a partition's file and return it; None if there is none."""
        partition = self.built.pop(key, None)
        if partition is not None:
            self._needed.update(partition.ranges)
        return partition

    def let_go(self, numbers: Sequence[int]) -> list[int]:
        """Return those of some ranges whose rows are there and nobody needs; they count as gone from now on."""
        unneeded = [number for number in numbers if number in self._spilled and not self._needed[number]]
        self._spilled.difference_update(unneeded)
        return unneeded
