"""Several processes for one conversion: forked once the kernels are loaded, one pipe each, watched for death.

Workers run only this package's code and hold no locks of the parent's threads, so forking is safe here; it spares
each of them a second of imports.
"""

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Self

from tickstore.errors import StoreError, UserError

_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A function to be called with a task somewhere. ``label`` names it in errors."""

    function: Callable[[Any], Any]
    task: Any
    label: str


Feed = Callable[[], Job | None]  # the next job, None while there is none


@dataclass(slots=True, eq=False)
class _Worker:
    process: Any
    pipe: Connection
    job: Job | None = None


class WorkerPool:
    """Run functions over tasks in ``workers`` processes; with one worker, in this process."""

    def __init__(self, workers: int) -> None:
        """Workers keep what the parent holds, the store's lock above all: while one of them lives, it is held."""
        self._count = workers
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        gc.freeze()  # what is imported stays: looking through it again and again costs, and copies it in each worker
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            if error[0] is not None:
                worker.process.kill()
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join()
        self._workers = []
        gc.unfreeze()

    def run(self, feed: Feed) -> Iterator[tuple[Job, Any]]:
        """Yield each job with its result, as they finish, until none runs and ``feed`` has no other.

        ``feed`` is asked again after every result: what the caller does with it may bring new jobs.

        Raises
        ------
        UserError
            What a job raised, or that its worker died twice.
        """
        if self._count <= 1:
            while (job := feed()) is not None:
                yield job, job.function(job.task)
            return
        failed: list[Job] = []  # with their worker, once
        again: list[Job] = []
        while True:
            self._hand_out(lambda: again.pop() if again else feed())
            pipes = {id(worker.pipe): worker for worker in self._workers if worker.job is not None}
            if not pipes:
                return
            for pipe in wait([worker.pipe for worker in pipes.values()]):
                worker = pipes[id(pipe)]
                job, worker.job = worker.job, None
                assert job is not None
                try:
                    good, value = worker.pipe.recv()
                except (EOFError, ConnectionError):
                    self._replace(worker)
                    if job in failed:
                        raise StoreError(f"a worker died twice on {job.label}: out of memory?") from None
                    failed.append(job)
                    again.append(job)
                    continue
                if not good:
                    raise value
                yield job, value
                self._hand_out(lambda: again.pop() if again else feed())

    def _hand_out(self, feed: Feed) -> None:
        """Give every idle worker a job, as long as there are any; start workers while they are of use."""
        for number in range(self._count):
            if number < len(self._workers) and self._workers[number].job is not None:
                continue
            job = feed()
            if job is None:
                return
            if number == len(self._workers):
                self._workers.append(self._start())
            worker = self._workers[number]
            worker.job = job
            with contextlib.suppress(BrokenPipeError):  # its death is seen when its answer is waited for
                worker.pipe.send((job.function, job.task))

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        others = [worker.pipe.fileno() for worker in self._workers]
        process = context.Process(target=_serve, args=(theirs, os.getpid(), (ours.fileno(), *others)), daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # "multi-threaded": see the module's docstring
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _replace(self, worker: _Worker) -> None:
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()
        place = self._workers.index(worker)
        del self._workers[place]
        self._workers.insert(place, self._start())


def _serve(pipe: Connection, parent: int, close: tuple[int, ...]) -> None:
    """Answer tasks until the parent hangs up. Killed with the parent, whatever it is doing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    for handle in close:
        with contextlib.suppress(OSError):
            os.close(handle)
    while True:
        try:
            function, task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = True, function(task)
        except UserError as error:
            answer = False, error
        except OSError as error:
            answer = False, OSError(error.errno, error.strerror, error.filename)
        except Exception as error:
            answer = False, RuntimeError(f"{type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except OSError:  # the parent has given up: another worker's answer ended the conversion
            return
