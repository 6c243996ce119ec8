"""The engine of a conversion, and what it does with an answer that is none. Called by the pipeline."""

from collections.abc import Iterator
from typing import Any

from tickstore.engines.engine import Engine, Feed, Task
from tickstore.engines.supervisor import Options, Supervisor
from tickstore.errors import StoreError


def processes(workers: int) -> Supervisor:
    """Return worker processes, forked once the kernels are loaded: that spares each of them a second of imports.

    They keep what this process holds, the store's lock above all: while one of them lives, it is held.
    """
    return Supervisor(Options(workers=workers, start="fork"))


def results(engine: Engine, feed: Feed) -> Iterator[tuple[Task, Any]]:
    """Yield each task with what it gave, as they finish.

    UserError: what a task raised, or that its worker died twice.
    """
    for answer in engine.run(feed):
        if answer.error is not None:
            raise answer.error
        if answer.failure:
            raise StoreError(f"a worker died twice on {answer.task.label}: out of memory?")
        yield answer.task, answer.value
