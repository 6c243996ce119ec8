"""What engines share: tasks go in, answers come out in the order they finish.

The converter feeds byte ranges and partitions, the driver feeds jobs. ``InProcess`` is the engine of this process,
``tickstore.engines.supervisor`` that of worker processes; another one, such as the driver's for machines that share a
file system, needs ``run`` alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from tickstore.errors import UserError


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Something to do. ``function`` takes ``argument``; workers import it as ``module:name``, or get it pickled."""

    function: Callable[[Any], Any] | str
    argument: Any
    label: str  # names the task in errors
    weight: int = 0  # how much there is to do, in the caller's unit: small ones travel together
    memory: int = 0  # bytes of its own it is expected to take

    def run(self) -> Any:
        """Do it here and return what it gives."""
        return resolve(self.function)(self.argument)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a task: the value its function returned, or why there is none.

    ``error`` is what it raised, as far as that can travel between processes; None where its worker died or hung.
    """

    task: Task
    value: Any
    failure: str  # one line, "" if all went well
    error: Exception | None
    attempts: int


Feed = Callable[[], Task | None]  # the next task, None while there is none


class Engine(Protocol):
    """A way of doing tasks."""

    def run(self, feed: Feed) -> Iterator[Answer]:
        """Yield an answer for every task as it finishes, until none is under way and ``feed`` has no other.

        ``feed`` is asked again after every answer: what the caller does with one may bring new tasks.
        """


class SharedEngine(Engine, Protocol):
    """An engine whose workers are on other machines, and see the same files under the same paths."""

    @property
    def workers(self) -> int:
        """Return how many tasks it does at a time."""


# Folders that all machines write to, each with what it is, and files that all read -> an engine that looked at them.
Elsewhere = Callable[[Sequence[tuple[str, Path]], Sequence[Path]], AbstractContextManager[SharedEngine]]


class EngineError(Exception):
    """Workers cannot be started at all. ``damaged`` means that the compiled kernels could not be loaded."""

    def __init__(self, message: str, damaged: bool = False) -> None:
        super().__init__(message, damaged)
        self.message = message
        self.damaged = damaged


class EngineGoneError(UserError):
    """The engine went away with what it had under way; what it answered before is done, and stays."""


class InProcess:
    """Tasks in this process, one after another. A task that kills its process ends everything."""

    def run(self, feed: Feed) -> Iterator[Answer]:
        """Yield an answer for every task, in the order of the feed."""
        while (task := feed()) is not None:
            try:
                yield Answer(task, task.run(), "", None, 1)
            except Exception as error:
                yield Answer(task, None, error_line(error), error, 1)


def resolve(function: Callable[[Any], Any] | str) -> Callable[[Any], Any]:
    """Return a function given itself or as ``module:name``."""
    if not isinstance(function, str):
        return function
    module, _, name = function.partition(":")
    found: Callable[[Any], Any] = getattr(import_module(module), name)
    return found


def error_line(error: BaseException) -> str:
    """Return one line that says what went wrong, and for bugs also where."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, UserError | EngineError):  # the message alone is for people
        return text
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    return f"{type(error).__name__}: {text}{place}"


def travelling(error: Exception) -> Exception:
    """Return an error that survives being sent to another process: a user's mistake or the system's as it is."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror, error.filename)
    return RuntimeError(error_line(error))
