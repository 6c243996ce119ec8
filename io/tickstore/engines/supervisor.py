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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Literal, Self

from tickstore.engines.engine import Answer, EngineError, Feed, Task
from tickstore.engines.processes import SERVER_DIED, START_ATTEMPTS, STOP_SECONDS, await_end, death_of, start_process
from tickstore.engines.short_sockets import keep_sockets_short
from tickstore.engines.worker import Birth, work_loop

GUARD = "tickstore.engines.server_guard"
IDLE_SECONDS = 0.5


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
    idle: Callable[[], None] | None = None  # called now and then while all are at work


@dataclass(slots=True)
class _Attempt:
    task: Task
    number: int = 0


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    ready: bool = False
    busy: _Attempt | None = None
    since: float = 0.0


class Supervisor:
    """The workers, which of them has which task, and what waits to be tried again."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.workers: list[_Worker] = []
        self.waiting: deque[_Attempt] = deque()  # taken from the feed, not given to a worker yet
        self.again: deque[_Attempt] = deque()
        self.unready_deaths = 0
        self.context: Any = multiprocessing.get_context(options.start)
        if options.start == "forkserver":
            self.context.set_forkserver_preload([GUARD, *options.preload])
            keep_sockets_short()
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
        while self._hand_out(feed) or any(worker.busy for worker in self.workers):
            for answer in self._answers():
                if answer is not None:
                    yield answer  # before more is begun: a death loses at most what each worker has under way
                self._hand_out(feed)

    def _answers(self) -> Iterator[Answer | None]:
        """Yield what workers sent, one after the other: what is received is lost if this process dies."""
        for worker in self._listen():
            yield self._serve(worker)
        for worker in self._overdue():
            if not worker.pipe.poll():  # else it answered while the caller took its time
                yield self._give_up(worker)

    def _hand_out(self, feed: Feed) -> bool:
        """Give tasks to idle workers and start workers while they are of use; return whether a task still waits."""
        free = self.options.workers - sum(worker.busy is not None for worker in self.workers)
        while len(self.waiting) < free and (task := feed()) is not None:
            self.waiting.append(_Attempt(task))
        while self.again and len(self.waiting) < free:  # last, so that others go first
            self.waiting.append(self.again.popleft())
        idle = sum(worker.busy is None for worker in self.workers)
        for _ in range(min(self.options.workers - len(self.workers), len(self.waiting) - idle)):
            self.workers.append(self._start())
        for worker in self.workers:
            if self.waiting and worker.ready and worker.busy is None:
                worker.busy, worker.since = self.waiting.popleft(), time.monotonic()
                worker.busy.number += 1
                with contextlib.suppress(OSError):  # a worker that just died is noticed when it is listened to
                    worker.pipe.send((worker.busy.task.function, worker.busy.task.argument))
        return bool(self.waiting)

    def _start(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        close, parent = tuple[int, ...](), 0
        if self.options.start == "fork":  # else the ends of others would be held open by those who came later
            close = (ours.fileno(), self._our_end.fileno(), *(worker.pipe.fileno() for worker in self.workers))
            parent = os.getpid()
        birth = Birth(self.options.preload, self.options.memory_mb, close, parent)
        process = self.context.Process(target=work_loop, args=(theirs, self.lifeline, birth), daemon=True)
        start_process(process)
        theirs.close()
        return _Worker(process, ours)

    def _listen(self) -> list[_Worker]:
        """Return the workers that sent something or died, once there are any or a deadline has passed."""
        watched: dict[Any, _Worker] = {}
        for worker in self.workers:
            watched[worker.pipe] = watched[worker.process.sentinel] = worker
        sources = wait(list(watched), self._seconds_to_wait())
        if not sources and self.options.idle is not None:
            self.options.idle()
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
        attempt, worker.busy = worker.busy, None
        assert attempt is not None
        if kind == "done":
            return Answer(attempt.task, payload, "", None, attempt.number)
        failure, error = payload
        return self._failed(attempt, failure, error, again=kind == "exhausted" and self.options.retry_exhausted)

    def _died(self, worker: _Worker) -> Answer | None:
        attempt, worker.busy = worker.busy, None
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
        attempt, worker.busy = worker.busy, None
        self._discard(worker)
        reason = f"no answer within {self.options.deadline:g} s"
        return self._failed(attempt, reason, None, again=True) if attempt else None

    def _failed(self, attempt: _Attempt, failure: str, error: Exception | None, again: bool) -> Answer | None:
        """Keep the task for another attempt, or return its failure."""
        if again and attempt.number <= self.options.retries:
            self.again.append(attempt)
            return None
        return Answer(attempt.task, None, failure, error, attempt.number)

    def _overdue(self) -> list[_Worker]:
        if not self.options.deadline:
            return []
        limit = time.monotonic() - self.options.deadline
        return [worker for worker in self.workers if worker.busy and worker.since <= limit]

    def _seconds_to_deadline(self) -> float | None:
        running = [worker.since for worker in self.workers if worker.busy]
        if not self.options.deadline or not running:
            return None
        return max(0.0, min(running) + self.options.deadline - time.monotonic())

    def _seconds_to_wait(self) -> float | None:
        seconds = self._seconds_to_deadline()
        if self.options.idle is None:
            return seconds
        return IDLE_SECONDS if seconds is None else min(seconds, IDLE_SECONDS)

    def _discard(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.pipe.close()
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join(STOP_SECONDS)
        if worker.process.exitcode == SERVER_DIED:
            await_end(worker.process.pid)

    def _stop(self) -> None:
        """End all workers: idle ones by closing their pipe, busy ones by force."""
        for worker in self.workers:
            worker.pipe.close()
            if worker.busy is not None or not worker.ready:
                worker.process.kill()
        for worker in self.workers:
            worker.process.join(STOP_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join(STOP_SECONDS)
        self.workers.clear()
        self.lifeline.close()
        self._our_end.close()
