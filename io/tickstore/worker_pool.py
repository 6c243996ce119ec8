"""Several processes for one conversion: forked once the kernels are loaded, one pipe each, watched for death.

Workers run only this package's code and hold no locks of the parent's threads, so forking is safe here; it spares
each of them a second of imports.
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, Self, TypeVar

from tickstore.errors import StoreError, UserError

T = TypeVar("T")
R = TypeVar("R")
_PR_SET_PDEATHSIG: Final = 1
_ATTEMPTS: Final = 2


@dataclass(slots=True)
class _Worker(Generic[T]):
    process: Any
    pipe: Connection
    task: int | None = None


class WorkerPool:
    """Run functions over tasks in ``workers`` processes; with one worker, in this process."""

    def __init__(self, workers: int, close: Sequence[int] = ()) -> None:
        """``close`` are file descriptors that a worker must not keep open, such as the store's lock."""
        self._count = workers
        self._close = tuple(close)
        self._workers: list[_Worker[Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.pipe.close()
            if error[0] is not None:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join()
        self._workers = []

    def run(self, function: Callable[[T], R], tasks: Sequence[T], label: Callable[[T], str]) -> Iterator[tuple[T, R]]:
        """Yield each task with its result, as they finish.

        Raises
        ------
        UserError
            What a task raised, or that its worker died twice.
        """
        if self._count <= 1 or len(tasks) <= 1:
            for task in tasks:
                yield task, function(task)
            return
        while len(self._workers) < min(self._count, len(tasks)):
            self._workers.append(self._start())
        yield from self._supervise(function, tasks, label)

    def _supervise(
        self, function: Callable[[T], R], tasks: Sequence[T], label: Callable[[T], str]
    ) -> Iterator[tuple[T, R]]:
        waiting = list(range(len(tasks)))[::-1]
        attempts = [0] * len(tasks)
        busy = 0
        while waiting or busy:
            for worker in self._workers:
                if worker.task is None and waiting:
                    worker.task = waiting.pop()
                    attempts[worker.task] += 1
                    with contextlib.suppress(BrokenPipeError):  # its death is seen below
                        worker.pipe.send((function, tasks[worker.task]))
                    busy += 1
            pipes = {id(w.pipe): w for w in self._workers if w.task is not None}
            for pipe in wait([w.pipe for w in pipes.values()]):
                worker = pipes[id(pipe)]
                number, worker.task = worker.task, None
                busy -= 1
                assert number is not None
                try:
                    good, value = worker.pipe.recv()
                except (EOFError, ConnectionError):
                    self._replace(worker)
                    if attempts[number] >= _ATTEMPTS:
                        raise StoreError(f"a worker died twice on {label(tasks[number])}: out of memory?") from None
                    waiting.append(number)
                    continue
                if not good:
                    raise value
                yield tasks[number], value

    def _start(self) -> _Worker[Any]:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        others = [worker.pipe.fileno() for worker in self._workers]
        process = context.Process(
            target=_serve, args=(theirs, os.getpid(), (*self._close, ours.fileno(), *others)), daemon=True
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # "multi-threaded": see the module's docstring
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _replace(self, worker: _Worker[Any]) -> None:
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()
        self._workers.remove(worker)
        self._workers.append(self._start())


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
        pipe.send(answer)
