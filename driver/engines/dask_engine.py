"""Tasks on the workers of an existing Dask cluster: the engine of `--engine=dask`, of jobs and of conversions.

Dask starts no task twice that ended, and tries one whose worker died on others; what is finished is known from disk
alone, since a scheduler that dies takes all it knew with it.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, Self

from distributed import CancelledError, Client, KilledWorker

from driver.engines.dask_checks import Places, check_paths, check_versions, refused
from driver.engines.dask_memory import Room
from driver.engines.dask_worker import Call, WarmKernels, at_work_here, await_idle, do_task, left_here, machine_here
from tickstore.engines.engine import Answer, EngineGoneError, Feed, Task, error_line
from tickstore.engines.supervisor import WATCH_SECONDS, AtWork
from tickstore.errors import UserError

CONNECT_SECONDS: Final = 10
ASK_SECONDS: Final = 1.0  # between questions of what the workers do, and of who they are
STAYS: Final = "Dask cannot end it: its worker has it until it is started again"
SILENT_SECONDS: Final = 10.0
SILENT: Final = (
    "note: a worker of the cluster does not answer (is it stopped, or cut off?): Dask gives it up after "
    "distributed.scheduler.worker-ttl, five minutes by default; until then the run waits, unless the worker is ended"
)
MAPPED: Final = (
    "Dask counts mapped day files as memory of a worker: give workers --memory-limit=0, or they may be killed"
)


@dataclass(frozen=True, slots=True)
class DaskOptions:
    """How tasks are run on a cluster."""

    scheduler: str
    preload: Sequence[str]  # modules with ``ensure_loaded``
    places: Places
    say: Callable[[str], None]
    retries: int = 0  # of a task that lacked memory or met an error of the system
    alone: bool = False  # one task at a time in each process, once what an earlier run left there has ended
    deadline: float = 0.0  # seconds that a task may take, 0: for ever
    memory: int = 0  # bytes that a task may be expected to take, 0: any number
    watch: Callable[[Sequence[AtWork]], None] = lambda _: None  # is shown now and then what workers do


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A task that was given to the cluster, and how often it was."""

    task: Task
    attempt: int
    future: Any


class DaskEngine:
    """Tasks on a cluster's workers. Entering connects, and checks versions and paths on every worker."""

    def __init__(self, options: DaskOptions) -> None:
        self.options = options
        self.client: Any = None
        self.run_name = uuid.uuid4().hex[:12]
        self.place = str(options.places.folders[0][1])
        self.room = Room(options.memory, options.say)
        self.at_work: list[AtWork] = []
        self.finished: SimpleQueue[Any] = SimpleQueue()
        self.ended = threading.Event()
        self.under_way: dict[str, UnderWay] = {}
        self.count = 0
        self.shown = 0.0
        self.told = False

    @property
    def workers(self) -> int:
        """Return how many tasks the cluster can do at a time."""
        return self.room.threads

    def __enter__(self) -> Self:
        logging.disable(logging.CRITICAL)  # Dask prints tracebacks, to the end, of what is told here in a line
        scheduler = self.options.scheduler
        try:
            self.client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise UserError(
                f"--scheduler={scheduler}: no Dask scheduler answers there within {CONNECT_SECONDS} s ({error})"
            ) from None
        try:
            self._prepare()
        except BaseException:
            self.__exit__()
            raise
        threading.Thread(target=self._look, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        with suppress(Exception):  # of a scheduler that is gone: there is nothing left to close
            self.client.close(timeout=2)

    def _prepare(self) -> None:
        options = self.options
        if any(facts.get("memory_limit") for facts in self._workers().values()):
            options.say(f"note: {MAPPED}")
        check_versions(self._ask)
        check_paths(self._ask, options.places, self.run_name)
        if options.alone and any(self._ask(left_here, self.place, self.run_name).values()):
            options.say("waiting until workers have ended what an earlier run left under way (or start them again)")
            self._ask(await_idle, self.place, self.run_name)
        self.room.count(self.client.nthreads(), self._ask(machine_here))
        try:
            self.client.register_plugin(WarmKernels(options.preload))
        except Exception as error:
            raise UserError(f"--scheduler={options.scheduler}: {' '.join(str(error).split())}") from None

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Return what a function gives on each worker that is there to the end."""
        notice = threading.Timer(SILENT_SECONDS, self.options.say, [SILENT])
        notice.daemon = True
        notice.start()
        try:
            found: dict[str, Any] = self.client.run(function, *arguments, on_error="return")
        except Exception as error:  # the function itself did not arrive: this program is not installed there
            found = {"": error}
        finally:
            notice.cancel()
        if any(worker and isinstance(value, BaseException) for worker, value in found.items()):
            known = self._workers()
            found = {worker: value for worker, value in found.items() if worker in known}
        return refused(found, self.options.scheduler)

    def _workers(self) -> dict[str, Any]:
        """Return what the scheduler knows of its workers, of which it must have some."""
        known: dict[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
        if not known:
            scheduler = self.options.scheduler
            raise UserError(f"--scheduler={scheduler} has no workers: start some (dask worker {scheduler})")
        return known

    def _look(self) -> None:
        """Keep what is known of the workers up to date, in a thread: one that hangs must hold up nothing."""
        while not self.ended.wait(ASK_SECONDS):
            with suppress(Exception):  # of a worker that just went, of a scheduler that is gone: `run` finds out
                found = self.client.run(at_work_here, self.run_name, on_error="ignore")
                self.at_work = [
                    AtWork(process, label, seconds, worker.rpartition("://")[2], memory)
                    for worker, lines in found.items()
                    for process, label, seconds, memory in lines
                ]
                if self.room.known != set(found):
                    self.room.count(self.client.nthreads(), self.client.run(machine_here, on_error="ignore"))

    def run(self, feed: Feed) -> Iterator[Answer]:
        """Yield an answer for every task as it finishes.

        EngineGoneError: the scheduler is gone; what was answered before is done.
        """
        waiting: list[Task] = []  # one at most
        while True:
            while (task := waiting.pop() if waiting else feed()) is not None:
                if trouble := self.room.too_large(task.memory):
                    yield Answer(task, None, trouble, None, 0)
                elif self.room.has_place([one.task.memory for one in self.under_way.values()], task.memory):
                    self._submit(task, 1)
                else:
                    waiting.append(task)
                    break
            if not self.under_way:
                return
            one, kind, payload = self._next()
            if kind == "exhausted" and one.attempt <= self.options.retries:
                self._submit(one.task, one.attempt + 1)
            elif kind == "done":
                yield Answer(one.task, payload, "", None, one.attempt)
            else:
                failure, error = payload
                yield Answer(one.task, None, failure, error, one.attempt)

    def _submit(self, task: Task, attempt: int) -> None:
        self.count += 1
        key = f"darkreplay-{self.run_name}-{self.count}-{task.label}"
        call = Call(self.place, self.run_name, task, self.options.alone)
        future = self.client.submit(do_task, call, key=key, pure=False, retries=0, priority=-self.count)
        self.under_way[future.key] = UnderWay(task, attempt, future)
        future.add_done_callback(self.finished.put)

    def _next(self) -> tuple[UnderWay, str, Any]:
        """Return the next task that ended, with its answer; show meanwhile what is done."""
        while True:
            if time.monotonic() - self.shown >= WATCH_SECONDS:
                self.shown = time.monotonic()
                self.options.watch(self.at_work)
            with suppress(Empty):
                future = self.finished.get(timeout=WATCH_SECONDS)
                if (one := self.under_way.pop(future.key, None)) is not None:
                    answer = self._outcome(future)
                    future.release()
                    return one, *answer
                continue
            if self.client.status != "running":
                raise self._gone()
            if (late := self._overdue()) is not None:
                late.future.cancel()
                return late, "failed", (f"no answer within {self.options.deadline:g} s; {STAYS}", None)
            if not self.room.known and not self.told:
                self.told = True
                self.options.say(f"note: no worker of {self.options.scheduler} is left: waiting for others")

    def _overdue(self) -> UnderWay | None:
        """Return a task that takes longer than any may, no longer under way then."""
        late = {one.label for one in self.at_work if self.options.deadline and one.seconds > self.options.deadline}
        for key, one in self.under_way.items():
            if one.task.label in late:
                return self.under_way.pop(key)
        return None

    def _gone(self) -> EngineGoneError:
        return EngineGoneError(
            f"the Dask scheduler {self.options.scheduler} is gone; what is finished stays: start it again and give the "
            "same command, which goes on from there, or go on with --engine=local"
        )

    def _outcome(self, future: Any) -> tuple[str, Any]:
        """Return what a task gave, or why its workers died."""
        try:
            kind, payload = future.result()
            return str(kind), payload
        except CancelledError:
            raise self._gone() from None
        except KilledWorker:
            return "failed", ("its workers died, one after the other", None)
        except Exception as error:
            if self.client.status != "running":
                raise self._gone() from None
            return "failed", (error_line(error), None)
