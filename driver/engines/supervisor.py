"""Jobs on worker processes of this machine, under a supervisor of our own with one pipe per worker.

Standard pools lose all pending work, or hang, when one worker is killed. Here a job that kills its worker,
hangs or runs out of memory is tried again, then listed as failed, and every other job completes.
`driver.run.runner` calls `run_jobs`: jobs in, outcomes out, in the order they finish.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from typing import Any

from driver.engines.engine import Outcome, PoolError, Work, answer
from driver.plan.jobs import Job

START_ATTEMPTS = 3  # workers in a row that die before they are ready
STOP_SECONDS = 2.0
SINGLE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """How jobs are run. ``work`` is ``module:function``, imported in the worker."""

    work: str = "driver.job.job:run_job"
    max_workers: int = 8
    deadline: float = 0.0  # seconds a job may take, 0 is for ever
    retries: int = 1
    memory_mb: int = 0
    preload: tuple[str, ...] = ("driver.engines.preload",)


@dataclass(slots=True)
class _Task:
    job: Job
    attempts: int = 0


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    ready: bool = False
    task: _Task | None = None
    since: float = 0.0


def run_jobs(jobs: Sequence[Job], options: PoolOptions) -> Iterator[Outcome]:
    """Yield the outcome of every job as it finishes; largest jobs start first."""
    pool = _Supervisor(jobs, options)
    try:
        yield from pool.run()
    finally:
        pool.stop()


class _Supervisor:
    """The state of one run: the queue, the workers, and which worker has which job."""

    def __init__(self, jobs: Sequence[Job], options: PoolOptions) -> None:
        ordered = sorted(jobs, key=lambda job: (-job.event_rows, job.index))
        self.queue = deque(_Task(job) for job in ordered)
        self.options = options
        self.workers: list[_Worker] = []
        self.unready_deaths = 0
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(list(options.preload))
        self.lifeline, self._our_end = self.context.Pipe(duplex=False)

    def run(self) -> Iterator[Outcome]:
        """Hand out jobs until the queue is empty and no worker has one."""
        while self.queue or any(worker.task for worker in self.workers):
            self._start_workers()
            self._give_work()
            outcomes = [self._serve(worker) for worker in self._wait()]
            outcomes += [self._give_up(worker) for worker in self._overdue()]
            self._give_work()  # before the caller sees the outcomes: it may take its time
            yield from (outcome for outcome in outcomes if outcome is not None)

    def _wait(self) -> list[_Worker]:
        """Return the workers that sent something or died, once there are any or a deadline has passed."""
        watched: dict[Any, _Worker] = {}
        for worker in self.workers:
            watched[worker.pipe] = watched[worker.process.sentinel] = worker
        sources = wait(list(watched), self._seconds_to_deadline())
        return list({id(watched[source]): watched[source] for source in sources}.values())

    def _start_workers(self) -> None:
        idle = sum(worker.task is None for worker in self.workers)
        wanted = min(self.options.max_workers - len(self.workers), len(self.queue) - idle)
        for _ in range(wanted):
            ours, theirs = self.context.Pipe()
            arguments = (theirs, self.lifeline, self.options.work, self.options.preload, self.options.memory_mb)
            process = self.context.Process(target=work_loop, args=arguments, daemon=True)
            with _worker_birth():
                process.start()
            theirs.close()
            self.workers.append(_Worker(process, ours))

    def _serve(self, worker: _Worker) -> Outcome | None:
        """Take what a worker sent, or its death."""
        try:
            message: tuple[str, Any] = worker.pipe.recv() if worker.pipe.poll() else ("dead", None)
        except (EOFError, OSError):
            message = "dead", None
        kind, payload = message
        if kind == "dead":
            return self._died(worker)
        if kind == "broken":
            raise PoolError(payload, damaged=True)
        outcome = None
        if kind == "ready":
            worker.ready, self.unready_deaths = True, 0
        elif worker.task is not None:
            task, worker.task = worker.task, None
            if kind == "done":
                outcome = Outcome(task.job, payload, "", task.attempts)
            else:
                outcome = self._failed(task, payload, again=kind == "exhausted")
        return outcome

    def _give_work(self) -> None:
        for worker in self.workers:
            if self.queue and worker.ready and worker.task is None:
                worker.task, worker.since = self.queue.popleft(), time.monotonic()
                worker.task.attempts += 1
                with contextlib.suppress(OSError):  # a worker that just died is noticed through its sentinel
                    worker.pipe.send(worker.task.job)

    def _give_up(self, worker: _Worker) -> Outcome | None:
        task, worker.task = worker.task, None
        self._discard(worker)
        return self._failed(task, f"no answer within {self.options.deadline:g} s", again=True) if task else None

    def _died(self, worker: _Worker) -> Outcome | None:
        task, worker.task = worker.task, None
        worker.process.join(STOP_SECONDS)
        reason = _death(worker.process.exitcode)
        self._discard(worker)
        if not worker.ready:
            self.unready_deaths += 1
            if self.unready_deaths >= START_ATTEMPTS:
                raise PoolError(f"workers do not start: {reason}", damaged=True)
        return self._failed(task, reason, again=True) if task else None

    def _failed(self, task: _Task, reason: str, again: bool) -> Outcome | None:
        """Put the job back into the queue, or return its failure. The last in line, so that others go first."""
        if again and task.attempts <= self.options.retries:
            self.queue.append(task)
            return None
        return Outcome(task.job, None, reason, task.attempts)

    def _overdue(self) -> list[_Worker]:
        if not self.options.deadline:
            return []
        limit = time.monotonic() - self.options.deadline
        return [worker for worker in self.workers if worker.task and worker.since <= limit]

    def _seconds_to_deadline(self) -> float | None:
        running = [worker.since for worker in self.workers if worker.task]
        if not self.options.deadline or not running:
            return None
        return max(0.0, min(running) + self.options.deadline - time.monotonic())

    def _discard(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.pipe.close()
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join(STOP_SECONDS)

    def stop(self) -> None:
        """End all workers: idle ones by closing their pipe, busy ones by force."""
        for worker in self.workers:
            worker.pipe.close()
            if worker.task is not None or not worker.ready:
                worker.process.kill()
        for worker in list(self.workers):
            worker.process.join(STOP_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join(STOP_SECONDS)
        self.workers.clear()
        self.lifeline.close()
        self._our_end.close()


@contextlib.contextmanager
def _worker_birth() -> Iterator[None]:
    """Start processes that run one thread each and never see Ctrl-C, which reaches the whole process group.

    The forkserver, which starts with the first worker, inherits the signal mask and the environment, and the
    workers from it. An interrupt that comes meanwhile is delivered at the end.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    environment = {name: os.environ.get(name) for name in SINGLE_THREAD}
    os.environ |= dict.fromkeys(SINGLE_THREAD, "1")
    try:
        yield
    finally:
        for name, value in environment.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        return f"its worker was killed by {signal.Signals(-code).name}"
    return f"its worker ended with exit code {code}"


def work_loop(pipe: Connection, lifeline: Connection, work_name: str, preload: tuple[str, ...], memory_mb: int) -> None:
    """Run jobs from the pipe until it closes. Runs in the worker."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_driver(lifeline)
    _limit_memory(memory_mb)
    for name in preload:  # the forkserver has done this; it says nothing when it failed
        failure = import_module(name).ensure_loaded()
        if failure:
            pipe.send(("broken", failure))
            return
    module, _, function = work_name.partition(":")
    work: Work = getattr(import_module(module), function)
    pipe.send(("ready", None))
    while True:
        try:
            job = pipe.recv()
            pipe.send(answer(work, job))
        except (EOFError, OSError):
            return


def _die_with_driver(lifeline: Connection) -> None:
    """End this process when the driver is gone, however it went: its end of the lifeline then closes.

    PR_SET_PDEATHSIG would not do: our parent is the forkserver, and it lives as long as any worker does.
    """

    def watch() -> None:
        with contextlib.suppress(EOFError, OSError):
            lifeline.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _limit_memory(memory_mb: int) -> None:
    """Cap private memory. Not the address space: day files are mapped, and may be larger than memory."""
    if memory_mb:
        import resource

        limit = memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
