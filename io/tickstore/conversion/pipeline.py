"""The work of a conversion: all byte ranges are parsed into logs, then all partitions are built from them.

Called by `conversion`; the tasks it feeds to an engine are `parse_task` and `building.build_task`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any

from tickstore.building.build_task import build_partition
from tickstore.conversion.accounting import check_copies, check_orders, check_securities, count_lines
from tickstore.conversion.journal import built_before, note_built, note_parsed, parsed_before
from tickstore.conversion.parse_task import ParsedChunk, parse_chunk
from tickstore.conversion.plan import BuildTasks, Plan, participant_codes
from tickstore.conversion.refusals import TooManyBadError
from tickstore.conversion.rejects import bad_rows, check_rejects, keep_rejects, rejects_of_range
from tickstore.conversion.wanted_rows import check_wanted
from tickstore.day.schema import Key
from tickstore.durable.files import clear_temporary, write_out
from tickstore.engines.engine import Engine, EngineError, Feed, Task
from tickstore.engines.supervisor import Options, Supervisor
from tickstore.errors import StoreError
from tickstore.request import ConvertProgress, Progress
from tickstore.store.commit import BuiltPartition
from tickstore.store.paths import day_path, partition_order


def processes(workers: int, idle: Callable[[], None] | None = None) -> Supervisor:
    """Return worker processes, forked once the kernels are loaded: that spares each of them a second of imports.

    They keep what this process holds, the store's lock above all: while one of them lives, it is held.
    """
    watch = None if idle is None else lambda _: idle()
    return Supervisor(Options(workers=workers, start="fork", watch=watch))


def results(engine: Engine, feed: Feed) -> Iterator[tuple[Task, Any]]:
    """Yield each task with what it gave, as they finish.

    UserError: what a task raised, or that its workers died.
    """
    try:
        for answer in engine.run(feed):
            if answer.error is not None:
                raise answer.error
            if answer.failure:
                raise StoreError(f"workers died on {answer.task.label}: out of memory? ({answer.failure})")
            yield answer.task, answer.value
    except EngineError as error:
        raise StoreError(f"no worker process can be started: {error.message}; try --max_workers=1") from None


class Pipeline:
    """One conversion under way, from files to built partitions that wait for their commit."""

    def __init__(self, plan: Plan, disk: Executor, progress: Progress) -> None:
        self._plan = plan
        self._disk = disk
        self._progress = progress
        self._told: ConvertProgress | None = None
        self._parsed: dict[int, ParsedChunk] = {}
        self._built: dict[Key, BuiltPartition] = {}
        self._ranges: dict[Key, dict[int, int]] = {}  # that hold rows of a partition, and how many
        self._keys: dict[Key, Key] = {}  # each once: a shuffled input has all of them in every range
        self._done = 0  # bytes of input
        self.counts: dict[str, Counter[str]] = {}

    @property
    def parsed(self) -> list[ParsedChunk]:
        """Return what the byte ranges held, in order."""
        return [self._parsed[number] for number in sorted(self._parsed)]

    @property
    def built(self) -> list[BuiltPartition]:
        """Return the partitions, in the order of their names and dates."""
        return [self._built[key] for key in sorted(self._built, key=lambda key: partition_order(*key))]

    def _tell(self, progress: ConvertProgress) -> None:
        self._told = progress
        self._progress(progress)

    def tell_again(self) -> None:
        """Say once more how far it is: that nothing came to an end for a while is news as well."""
        if self._told is not None:
            self._progress(self._told)

    def run(self, engine: Engine) -> None:
        """Parse everything, check it, build everything; what an interrupted conversion did is taken over.

        InputError: an input is unusable, or too many rows are bad.
        StoreError: the store holds other data, or rows got lost on the way.
        """
        self._parse(engine)
        self._check()
        self._build(engine)

    def _parse(self, engine: Engine) -> None:
        plan = self._plan
        self._tell(ConvertProgress("parse", 0, plan.input_bytes))
        if plan.logs is not None:
            for chunk in parsed_before(plan.folder, plan.logs):
                self._note_parsed(chunk)
        sizes = {n: place.stop - place.start for n, place in enumerate(plan.chunks) if n not in self._parsed}
        tasks = map(
            plan.parse_task, sorted(sizes, key=lambda number: -sizes[number])
        )  # none with a large one at the end
        jobs = (Task(parse_chunk, task, f"{task.source.path} from {task.chunk.start}") for task in tasks)
        try:
            for _, chunk in results(engine, lambda: next(jobs, None)):
                if plan.logs is not None:
                    note_parsed(plan.folder, chunk)
                self._note_parsed(chunk)
        except TooManyBadError as error:
            keep_rejects(plan.request, plan.sources, rejects_of_range(error, plan.chunks, plan.sources))
            raise

    def _note_parsed(self, chunk: ParsedChunk) -> None:
        self._parsed[chunk.number] = chunk
        chunk.keys = [(self._keys.setdefault(key, key), rows) for key, rows in chunk.keys]
        for key, rows in chunk.keys:
            self._ranges.setdefault(key, {})[chunk.number] = rows
        place = self._plan.chunks[chunk.number]
        self._done += place.stop - place.start
        self._tell(ConvertProgress("parse", self._done, self._plan.input_bytes))

    def _check(self) -> None:
        """Account for every line before anything is built."""
        plan, parsed = self._plan, self.parsed
        self.counts = count_lines(plan.sources, plan.chunks, parsed)
        check_copies(plan.sources, plan.chunks, parsed)
        check_wanted(plan.sources, plan.chunks, parsed)
        check_rejects(plan.request, plan.sources, self.counts, bad_rows(parsed, plan.chunks, plan.sources))
        check_orders(plan.request, plan.sources, self.counts)
        check_securities(plan.request, plan.sources, plan.chunks, parsed)

    def _build(self, engine: Engine) -> None:
        self._tell(ConvertProgress("build", 0, len(self._ranges)))
        before, next_number = built_before(self._plan.folder, self._plan.request.store)
        for partition in before:
            self._note_built(partition)
        clear_temporary(self._plan.folder)
        jobs = self._build_tasks(next_number)
        for _, partition in results(engine, lambda: next(jobs, None)):
            self._check_conflict(partition)
            if partition.waits_as:
                (self._plan.folder / partition.waits_as).rename(self._plan.built_path(partition.number))
                partition.waits_as = ""
            note_built(self._plan.folder, partition)
            if partition.outcome != "unchanged":
                self._disk.submit(write_out, self._plan.built_path(partition.number))
            self._note_built(partition)

    def _build_tasks(self, number: int) -> Iterator[Task]:
        """Yield the building of each partition that is not built yet, the largest first."""
        codes = participant_codes(self._parsed, self._plan.request.store)
        tasks = BuildTasks(self._plan, self._parsed, codes)
        rows = {key: sum(ranges.values()) for key, ranges in self._ranges.items() if key not in self._built}
        for key in sorted(rows, key=lambda key: (-rows[key], key)):
            yield Task(build_partition, tasks.task(number, key, self._ranges[key]), f"security {key[0]} on {key[1]}")
            number += 1

    def _check_conflict(self, partition: BuiltPartition) -> None:
        if partition.outcome == "conflict":
            security, date = partition.key
            raise StoreError(
                f"{day_path(self._plan.request.store, security, date)}: the store already holds other "
                f"{' and '.join(partition.others)} for security {security} on {date}; use --replace to put the new "
                "data in its place"
            )

    def _note_built(self, partition: BuiltPartition) -> None:
        self._built[partition.key] = partition
        self._tell(ConvertProgress("build", len(self._built), len(self._ranges)))
