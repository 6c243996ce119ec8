"""Jobs on the workers of an existing Dask cluster: the engine of `--engine=dask`.

Dask starts no job twice that ended, and tries one whose worker died on others; what is finished is known from disk
alone, since a scheduler that dies takes all it knew with it.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from distributed import Client, as_completed

from driver.engines.dask_worker import WarmKernels, do_task, seen_here, stamps_here, versions_here
from tickstore.durable.files import TEMPORARY
from tickstore.engines.engine import Answer, Feed, Task
from tickstore.errors import UserError

CONNECT_SECONDS: Final = 10
AHEAD: Final = 4  # tasks that each thread of the cluster has at hand
MAPPED: Final = (
    "Dask counts mapped day files as memory of a worker: give workers --memory-limit=0, or they may be killed"
)


@dataclass(frozen=True, slots=True)
class Places:
    """What the workers must see as this process does: a folder that all write to, and files that all read."""

    results: Path
    files: tuple[Path, ...]


class DaskEngine:
    """Tasks on a cluster's workers. Entering connects, and checks versions and paths on every worker."""

    def __init__(
        self, scheduler: str, preload: Sequence[str], places: Places, retries: int, say: Callable[[str], None]
    ) -> None:
        self.scheduler, self.preload, self.places, self.retries, self.say = scheduler, preload, places, retries, say
        self.client: Any = None
        self.run_name = uuid.uuid4().hex[:12]

    def __enter__(self) -> Self:
        logging.disable(logging.CRITICAL)  # Dask prints tracebacks, to the end, of what is told here in a line
        try:
            self.client = Client(self.scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise UserError(
                f"--scheduler={self.scheduler}: no Dask scheduler answers there within {CONNECT_SECONDS} s ({error})"
            ) from None
        try:
            self._prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # of a scheduler that is gone: there is nothing left to close
            self.client.close(timeout=2)

    def _prepare(self) -> None:
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        if not workers:
            raise UserError(f"--scheduler={self.scheduler} has no workers: start some (dask worker {self.scheduler})")
        if any(facts.get("memory_limit") for facts in workers.values()):
            self.say(f"note: {MAPPED}")
        self._compare_versions()
        self._compare_paths()
        try:
            self.client.register_plugin(WarmKernels(self.preload))
        except Exception as error:
            raise UserError(f"--scheduler={self.scheduler}: {' '.join(str(error).split())}") from None

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Return what a function gives on each worker."""
        try:
            found: dict[str, Any] = self.client.run(function, *arguments, on_error="return")
        except Exception as error:  # the function itself did not arrive: this program is not installed there
            found = {"": error}
        for worker, value in found.items():
            if isinstance(value, BaseException):
                said, who = " ".join(str(value).split()), worker or f"of {self.scheduler}"
                raise UserError(f"worker {who} cannot run this program ({said}): install the same version there")
        return found

    def _compare_versions(self) -> None:
        ours = versions_here()
        for worker, theirs in self._ask(versions_here).items():
            for name, value in ours.items():
                if theirs.get(name) != value:
                    raise UserError(
                        f"worker {worker} has {name} {theirs.get(name, 'absent')}, this machine {value}: results would "
                        "depend on who does a job; install the same versions"
                    )

    def _compare_paths(self) -> None:
        token = self.places.results / f"{TEMPORARY}dask-{self.run_name}"
        token.write_text(self.run_name, encoding="utf-8")
        try:
            for worker, seen in self._ask(seen_here, {str(token): ""}).items():
                if (found := seen[str(token)]) != self.run_name:
                    raise UserError(
                        f"worker {worker} does not see the results folder {self.places.results} as this machine does "
                        f"({found}): all machines need one file system under the same paths"
                    )
        finally:
            token.unlink(missing_ok=True)
        paths = [str(path) for path in self.places.files]
        ours = stamps_here(paths)
        for worker, theirs in self._ask(stamps_here, paths).items():
            for path, size in ours.items():
                if theirs[path] != size:
                    what = "does not see" if theirs[path] < 0 else "sees another"
                    raise UserError(
                        f"worker {worker} {what} {path}: all machines need one file system under the same paths"
                    )

    def run(self, feed: Feed) -> Iterator[Answer]:
        """Yield an answer for every task as it finishes.

        UserError: the scheduler is gone; what was answered before is done.
        """
        under_way: dict[Any, tuple[Task, int]] = {}
        finished = as_completed(loop=self.client.loop)
        room = AHEAD * max(1, sum(self.client.nthreads().values()))
        count = 0

        def submit(task: Task, attempt: int) -> None:
            nonlocal count
            count += 1
            key = f"darkreplay-{self.run_name}-{count}-{task.label}"
            future = self.client.submit(
                do_task, task.function, task.argument, key=key, pure=False, retries=0, priority=-count
            )
            under_way[future.key] = task, attempt
            finished.add(future)

        while True:
            while len(under_way) < room and (task := feed()) is not None:
                submit(task, 1)
            if not under_way:
                return
            future = next(finished)
            task, attempt = under_way.pop(future.key)
            kind, payload = self._outcome(future)
            future.release()
            if kind == "exhausted" and attempt <= self.retries:
                submit(task, attempt + 1)
            elif kind == "done":
                yield Answer(task, payload, "", None, attempt)
            else:
                failure, error = payload
                yield Answer(task, None, failure, error, attempt)

    def _outcome(self, future: Any) -> tuple[str, Any]:
        """Return what a task gave, or why its workers died."""
        if future.status == "cancelled" or self.client.status != "running":
            raise UserError(
                f"the Dask scheduler {self.scheduler} is gone; what is finished stays: start it again and give the "
                "same command, which goes on from there, or go on with --engine=local"
            )
        if future.status == "error":
            return "failed", (f"its workers died, one after the other ({type(future.exception()).__name__})", None)
        kind, payload = future.result()
        return str(kind), payload
