"""Worker processes under a supervisor, with one pipe each: the engine of conversions and of runs on one machine.

Called by the conversion's pipeline and by runs. Standard pools lose all pending work, or hang, when one worker is
killed. Here a task that kills its worker, hangs or runs out of memory is tried again, then answered as failed, and
every other task completes.
"""

import contextlib
import gc
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Literal, Self

from tickstore.engines.engine import Answer, EngineError, Feed
from tickstore.engines.processes import (
    SERVER_DIED,
    START_ATTEMPTS,
    STOP_SECONDS,
    await_end,
    death_of,
    prepare_server,
    start_process,
)  # fmt: skip
from tickstore.engines.waiting import Attempt, Waiting
from tickstore.engines.worker import Birth, work_loop

WATCH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class AtWork:
    """What a worker does."""

    pid: int
    label: str  # of its task, "" while it waits or is not ready
    seconds: float  # since it began with that
    worker: str = ""  # its name where it is on another machine
    memory: int | None = None  # bytes of its own, where that cannot be seen from here


@dataclass(frozen=True, slots=True)
class Options:
    """How tasks are run.

    Workers are forked from this process where it holds all they need and no threads of its own that could hold locks
    (a conversion; it also passes on the store's lock), else from a server that has loaded ``preload``: modules with a
    function ``ensure_loaded``, which returns what went wrong.
    """

    workers: int = 8
    start: Literal["fork", "forkserver"] = "forkserver"
    preload: tuple[str, ...] = ()
    deadline: float = 0.0  # seconds a task may take, 0 is for ever
    retries: int = 1  # of a task that killed its worker or hung
    retry_exhausted: bool = False  # and of one that lacked memory or met an error of the system
    memory_mb: int = 0  # private memory of a worker, 0: no limit
    batch: int = 0  # weight that tasks may have together to be given to a worker at once, 0: one by one
    memory_budget: int = 0  # bytes that tasks under way may be expected to take together, 0: any number
    watch: Callable[[Sequence[AtWork]], None] | None = None  # is shown now and then what workers do


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    ready: bool = False
    given: deque[Attempt] = field(default_factory=deque)  # what it does, and what it does then
    since: float = 0.0

    def begin(self) -> None:
        """Note that it begins with the next it was given."""
        if self.given:
            self.given[0].number += 1
            self.since = time.monotonic()


class Supervisor:
    """The workers, which of them has which task, and what waits to be tried again."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.workers: list[_Worker] = []
        self.waiting = Waiting(options.batch, options.memory_budget)
        self.unready_deaths = 0
        self.watched = 0.0
        self.context: Any = multiprocessing.get_context(options.start)
        if options.start == "forkserver":
            prepare_server(options.preload)
        self.lifeline, self._our_end = multiprocessing.Pipe(duplex=False)

    def __enter__(self) -> Self:
        if self.options.start == "fork":
            gc.freeze()  # what is imported stays: looking through it again would copy it into each worker
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        if self.options.start == "fork":
            gc.unfreeze()

    def run(self, feed: Feed) -> Iterator[Answer]:
        """Yield an answer for every task as it finishes, until none is under way and ``feed`` has no other.

        EngineError: workers die before they are ready, or cannot load what they need.
        """
        while self._hand_out(feed) or any(worker.given for worker in self.workers):
            for answer in self._answers():
                if answer is not None:
                    yield answer  # before more is begun: a death loses at most what each worker has under way
                self._hand_out(feed)
            self._show()

    def _answers(self) -> Iterator[Answer | None]:
        """Yield what workers sent, one after the other: what is received is lost if this process dies."""
        for worker in self._listen():
            yield self._serve(worker)
        for worker in self._overdue():
            if not worker.pipe.poll():  # else it answered while the caller took its time
                yield self._give_up(worker)

    def _hand_out(self, feed: Feed) -> bool:
        """Give tasks to idle workers and start workers while they are of use; return whether a task still waits."""
        idle = [worker for worker in self.workers if not worker.given]
        self.waiting.fill(feed, self.options.workers - len(self.workers) + len(idle))
        for _ in range(min(self.options.workers - len(self.workers), len(self.waiting) - len(idle))):
            self.workers.append(self._start())
        for worker in idle:
            if worker.ready and (taken := self.waiting.take(feed, self._memory_in_use())):
                worker.given.extend(taken)
                worker.begin()
                with contextlib.suppress(OSError):  # a worker that just died is noticed when it is listened to
                    worker.pipe.send([(attempt.task.function, attempt.task.argument) for attempt in taken])
        return bool(len(self.waiting))

    def _memory_in_use(self) -> int:
        return sum(worker.given[0].task.memory for worker in self.workers if worker.given)

    def _show(self) -> None:
        """Show who watches what each worker does, now and then."""
        now = time.monotonic()
        if self.options.watch is not None and now - self.watched >= WATCH_SECONDS:
            self.watched = now
            labels = [(worker, worker.given[0].task.label if worker.given else "") for worker in self.workers]
            self.options.watch([AtWork(one.process.pid, label, now - one.since) for one, label in labels])

    def _start(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        close, parent = tuple[int, ...](), 0
        if self.options.start == "fork":  # else the ends of others would be held open by those who came later
            close = (ours.fileno(), self._our_end.fileno(), *(worker.pipe.fileno() for worker in self.workers))
            parent = os.getpid()
        birth = Birth(self.options.preload, self.options.memory_mb, close, parent)
        process = self.context.Process(target=work_loop, args=(theirs, self.lifeline, birth), daemon=True)
        start_process(process, has_server=self.options.start == "forkserver")
        theirs.close()
        return _Worker(process, ours)

    def _listen(self) -> list[_Worker]:
        """Return the workers that sent something or died, once there are any or a deadline has passed."""
        watched: dict[Any, _Worker] = {}
        for worker in self.workers:
            watched[worker.pipe] = watched[worker.process.sentinel] = worker
        sources = wait(list(watched), self._seconds_to_wait())
        return list({id(watched[source]): watched[source] for source in sources}.values())

    def _serve(self, worker: _Worker) -> Answer | None:
        """Take what a worker sent, or its death."""
        try:
            message: tuple[str, Any] = worker.pipe.recv() if worker.pipe.poll() else ("dead", None)
        except (EOFError, OSError):
            message = "dead", None
        kind, payload = message
        if kind == "dead":
            return self._died(worker)
        if kind == "broken":
            raise EngineError(payload, damaged=True)
        if kind == "ready":
            worker.ready, self.unready_deaths = True, 0
            return None
        attempt = worker.given.popleft()
        worker.begin()
        if kind == "done":
            return Answer(attempt.task, payload, "", None, attempt.number)
        failure, error = payload
        return self._failed(attempt, failure, error, again=kind == "exhausted" and self.options.retry_exhausted)

    def _died(self, worker: _Worker) -> Answer | None:
        attempt = self._take_away(worker)
        worker.process.join(STOP_SECONDS)
        code = worker.process.exitcode
        reason = death_of(code)
        self._discard(worker)
        if not worker.ready and not (code == SERVER_DIED and self.workers):  # which all died with it count as one
            self.unready_deaths += 1
            if self.unready_deaths >= START_ATTEMPTS:
                raise EngineError(f"workers do not start: {reason}", damaged=True)
        return self._failed(attempt, reason, None, again=True) if attempt else None

    def _give_up(self, worker: _Worker) -> Answer | None:
        attempt = self._take_away(worker)
        self._discard(worker)
        reason = f"no answer within {self.options.deadline:g} s"
        return self._failed(attempt, reason, None, again=True) if attempt else None

    def _take_away(self, worker: _Worker) -> Attempt | None:
        """Return what a worker was doing, if anything; what it had not begun goes to another."""
        attempt = worker.given.popleft() if worker.given else None
        self.waiting.give_back(worker.given)
        worker.given.clear()
        return attempt

    def _failed(self, attempt: Attempt, failure: str, error: Exception | None, again: bool) -> Answer | None:
        """Keep the task for another attempt, or return its failure."""
        if again and attempt.number <= self.options.retries:
            self.waiting.again.append(attempt)
            return None
        return Answer(attempt.task, None, failure, error, attempt.number)

    def _overdue(self) -> list[_Worker]:
        if not self.options.deadline:
            return []
        limit = time.monotonic() - self.options.deadline
        return [worker for worker in self.workers if worker.given and worker.since <= limit]

    def _seconds_to_deadline(self) -> float | None:
        running = [worker.since for worker in self.workers if worker.given]
        if not self.options.deadline or not running:
            return None
        return max(0.0, min(running) + self.options.deadline - time.monotonic())

    def _seconds_to_wait(self) -> float | None:
        seconds = self._seconds_to_deadline()
        if self.options.watch is None:
            return seconds
        return WATCH_SECONDS if seconds is None else min(seconds, WATCH_SECONDS)

    def _discard(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.pipe.close()
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join(STOP_SECONDS)
        if worker.process.exitcode == SERVER_DIED:
            await_end(worker.process.pid)

    def _stop(self) -> None:
        """End all workers by force: an idle one has nothing to finish, and would take its time to end by itself."""
        for worker in self.workers:
            worker.process.kill()
            worker.pipe.close()
        for worker in self.workers:
            worker.process.join(STOP_SECONDS)
        self.workers.clear()
        self.lifeline.close()
        self._our_end.close()
