"""The work of a conversion: byte ranges are parsed into logs, partitions are built as soon as they seem whole.

Both go through the same workers, so that a partition is built while its log is still in the system's cache, and the
space of logs is given back early. What seemed whole and was not is built again when everything has been read; the
files are the same as if all had been built then.
"""

from collections import Counter, deque
from typing import Final

from tickstore.accounting import check_copies, count_lines
from tickstore.build_task import BuiltPartition, build_partition, forget_log
from tickstore.catalog import day_path, partition_order
from tickstore.disk_chores import DiskChores
from tickstore.errors import InputError, StoreError
from tickstore.forecast import Forecast
from tickstore.journal import built_before, note_built, note_given_back, note_parsed, parsed_before
from tickstore.ledger import Ledger
from tickstore.parse_task import ParsedChunk, parse_chunk
from tickstore.planning import BuildTasks, Plan, has_text, participant_codes, stored_codes
from tickstore.rejects import bad_rows, check_rejects
from tickstore.request import ConvertProgress, Progress
from tickstore.seal_task import Sealed, SealTask, seal_days
from tickstore.spill import Key, is_whole
from tickstore.worker_log import Segment, keep_only
from tickstore.worker_pool import Job, WorkerPool

_ASKED: Final = -1
_SEALED_AT_ONCE: Final = 64


class Pipeline:
    """One conversion under way, from files to built partitions that wait for their commit."""

    def __init__(self, plan: Plan, forecast: Forecast, chores: DiskChores, progress: Progress) -> None:
        self._plan = plan
        self._chores = chores
        self._progress = progress
        self._order = forecast.reading_order()
        self._ledger = Ledger(plan.sources, plan.chunks, forecast)
        self._tasks = BuildTasks(plan, self._ledger.parsed)
        self._known, self._stored = stored_codes(plan.request.store)
        self._numeric = self._known is None  # as far as one can see: codes of texts depend on all of them
        self._codes: dict[str, int] | None = None
        self._to_parse: deque[int] = deque()
        self._to_build: deque[Key] = deque()
        self._needs: dict[Key, set[int]] = {}  # ranges to be parsed again before a partition can be built
        self._again: deque[int] = deque()
        self._needed_by: dict[int, list[Key]] = {}  # for ranges of ``_again``, and those of it that are being parsed
        self._to_seal: deque[Key] = deque()
        self._under_way: dict[Key, int] = {}  # the number of a partition's latest attempt, _ASKED before it
        self._next_number = 0
        self._before: dict[Key, BuiltPartition] = {}  # built before an interruption
        self._done = 0
        self.counts: dict[str, Counter[str]] = {}

    @property
    def parsed(self) -> list[ParsedChunk]:
        """Return what the byte ranges held, in order."""
        return [self._ledger.parsed[number] for number in sorted(self._ledger.parsed)]

    @property
    def built(self) -> list[BuiltPartition]:
        """Return the partitions, in the order of their names and dates."""
        return [self._ledger.built[key] for key in sorted(self._ledger.built, key=lambda key: partition_order(*key))]

    def run(self, pool: WorkerPool) -> None:
        """Parse and build everything.

        Raises
        ------
        InputError
            An input is unusable, or too many rows are bad.
        StoreError
            The store holds other data, or rows got lost on the way.
        """
        self._progress(ConvertProgress("parse", 0, self._plan.input_bytes))
        self._take_up()
        for job, result in pool.run(self._next_job):
            if isinstance(result, BuiltPartition):
                self._note_built(result)
            elif isinstance(result, Sealed):
                self._note_sealed(result)
            else:
                if self._plan.logs is not None:
                    note_parsed(self._plan.folder, result)
                if job.task.number in self._ledger.parsed:
                    self._note_parsed_again(result)
                else:
                    self._note_parsed(result, has_rows=True)

    def _take_up(self) -> None:
        """Go on from where an interrupted conversion stopped, if there is one."""
        built, self._next_number = built_before(self._plan.folder, self._plan.request.store)
        self._before = {partition.key: partition for partition in built}
        parsed, there = parsed_before(self._plan.folder)
        if self._plan.logs is not None:
            logs = {n: log for n in there if isinstance(log := parsed[n].log, Segment) and is_whole(log)}
            there &= logs.keys()
            keep_only(self._plan.logs, logs.values())
        self._to_parse.extend(number for number in self._order if number not in parsed)
        for number in self._order:
            if number in parsed:
                self._note_parsed(parsed[number], number in there)

    def _next_job(self) -> Job | None:
        """Return what to do next: build before parsing, so that space is given back."""
        while self._to_build:
            key = self._to_build.popleft()
            if self._under_way.get(key) == _ASKED and key not in self._needs:  # not put off meanwhile
                self._under_way[key] = number = self._next_number
                self._next_number += 1
                task = self._tasks.task(number, key, self._ledger.ranges[key], self._codes)
                self._ledger.begin(task.ranges)
                return Job(build_partition, task, f"security {key[0]} on {key[1]}")
        for waiting in (self._to_parse, self._again):
            if waiting:
                parse = self._plan.parse_task(waiting.popleft())
                return Job(parse_chunk, parse, f"{parse.source.path} from {parse.chunk.start}")
        keys = [self._to_seal.popleft() for _ in range(min(_SEALED_AT_ONCE, len(self._to_seal)))]
        if keys:
            built = [(key, self._ledger.built[key]) for key in keys]
            files = [(k, str(self._plan.built_path(p.number)), self._tasks.sources_of(p.ranges)) for k, p in built]
            return Job(seal_days, SealTask(tuple(files)), f"{len(files)} day files")
        return None

    def _note_parsed(self, chunk: ParsedChunk, has_rows: bool) -> None:
        place = self._plan.chunks[chunk.number]
        for key in self._ledger.add(chunk, has_rows):
            self._discard(key)
        self._done += place.stop - place.start
        self._progress(ConvertProgress("parse", self._done, self._plan.input_bytes))
        self._numeric = self._numeric and not has_text(chunk)
        if self._ledger.all_read:
            self._all_read()
        elif self._numeric:
            for key in self._ledger.whole_after(chunk):
                self._build_early(key)
        self._release([chunk.number])

    def _note_parsed_again(self, chunk: ParsedChunk) -> None:
        before = self._ledger.parsed[chunk.number]
        if (before.pages, before.keys) != (chunk.pages, chunk.keys):
            path = self._plan.sources[self._plan.chunks[chunk.number].source].path
            raise InputError(f"{path}: the file changed while it was read")
        before.log = chunk.log
        self._ledger.note_spilled(chunk.number)
        for key in self._needed_by.pop(chunk.number):
            needs = self._needs[key]
            needs.discard(chunk.number)
            if not needs:
                del self._needs[key]
                self._to_build.append(key)

    def _build_early(self, key: Key) -> None:
        """Have a partition built that seems whole, if it is as simple as that."""
        before = self._before.get(key)
        if before is not None and self._is_valid(before):
            self._accept(before)
        elif (
            self._ledger.missing(key)
            or not self._tasks.is_new(key)
            or not self._tasks.are_ranked(self._ledger.ranges[key])
        ):
            self._ledger.hold(key)
        else:
            self._under_way[key] = _ASKED
            self._to_build.append(key)

    def _all_read(self) -> None:
        """Have everything built that is not, whatever it takes."""
        plan = self._plan
        self.counts = count_lines(plan.sources, plan.chunks, self.parsed)
        check_copies(plan.sources, plan.chunks, self.parsed)
        check_rejects(plan.request, self.counts, bad_rows(self.parsed, plan.chunks, plan.sources))
        self._codes = participant_codes(self._ledger.parsed, self._known, self._stored, plan.request.store)
        keys = self._ledger.rest()
        if self._codes is not None:  # what was built is of no use
            early = [*self._ledger.built, *self._under_way]
            for key in early:
                self._discard(key)
            keys = sorted({*keys, *early}, key=lambda key: (-self._ledger.rows[key], key))
        self._progress(ConvertProgress("build", len(self._ledger.built), len(self._ledger.ranges)))
        self._to_seal.extend(key for key, partition in self._ledger.built.items() if not partition.sealed)
        for key in keys:
            before = self._before.get(key)
            if before is not None and self._is_valid(before):
                self._accept(before)
            else:
                self._build(key)

    def _build(self, key: Key) -> None:
        """Have a partition built, after parsing again whose rows are not there any more."""
        self._under_way[key] = _ASKED
        missing = set(self._ledger.missing(key))
        if not missing:
            self._to_build.append(key)
            return
        self._needs[key] = missing
        for number in sorted(missing):
            if number not in self._needed_by:
                self._needed_by[number] = []
                self._again.append(number)
            self._needed_by[number].append(key)

    def _note_built(self, partition: BuiltPartition) -> None:
        key = partition.key
        self._ledger.end(partition.ranges)
        if self._under_way.get(key) != partition.number:  # more rows came while it was built
            self._remove(partition)
            self._release(partition.ranges)
            return
        del self._under_way[key]
        if partition.outcome == "conflict":
            raise StoreError(
                f"{day_path(self._plan.request.store, *key)}: the store already holds other "
                f"{' and '.join(partition.others)} for security {key[0]} on {key[1]}; use --replace to put the new "
                "data in its place"
            )
        note_built(self._plan.folder, partition)
        if partition.outcome != "unchanged":
            self._chores.write_out(self._plan.built_path(partition.number))
        self._accept(partition)

    def _accept(self, partition: BuiltPartition) -> None:
        self._ledger.note_built(partition)
        self._release(partition.ranges)
        if self._ledger.all_read and not partition.sealed:
            self._to_seal.append(partition.key)
        if self._ledger.all_read:
            self._progress(ConvertProgress("build", len(self._ledger.built), len(self._ledger.ranges)))
        else:
            self._progress(ConvertProgress("parse", self._done, self._plan.input_bytes))

    def _note_sealed(self, sealed: Sealed) -> None:
        for key, head in sealed.heads:
            if head:
                partition = self._ledger.built[key]
                partition.sealed, partition.head = True, head
                note_built(self._plan.folder, partition)
            else:
                self._discard(key)
                self._build(key)

    def _is_valid(self, partition: BuiltPartition) -> bool:
        """Return whether a file of before the interruption is what would be built now."""
        coded = self._codes is not None
        return partition.ranges == sorted(self._ledger.ranges[partition.key]) and partition.coded == coded

    def _discard(self, key: Key) -> None:
        self._under_way.pop(key, None)
        partition = self._ledger.discard(key)
        if partition is not None:
            self._remove(partition)

    def _remove(self, partition: BuiltPartition) -> None:
        self._plan.built_path(partition.number).unlink(missing_ok=True)

    def _release(self, numbers: list[int]) -> None:
        """Give back the space of logs that nobody needs any more."""
        for number in self._ledger.let_go(numbers):
            chunk = self._ledger.parsed[number]
            if isinstance(chunk.log, Segment):
                note_given_back(self._plan.folder, number)
                self._chores.give_back(chunk.log)
            else:
                chunk.log = b""
                forget_log(number)
