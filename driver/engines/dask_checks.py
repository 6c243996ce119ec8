"""Whether the workers of a Dask cluster are as this machine is: same versions, same files. `dask_engine` asks first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.engines.dask_worker import seen_here, stamps_here, versions_here
from tickstore.durable.files import TEMPORARY
from tickstore.errors import UserError

Ask = Callable[..., dict[str, Any]]  # a function and its arguments -> what it gives on each worker


@dataclass(frozen=True, slots=True)
class Places:
    """What the workers must see as this process does: folders that all write to, and files that all read."""

    folders: tuple[tuple[str, Path], ...]  # what each is for, and where it is
    files: tuple[Path, ...]


def check_versions(ask: Ask) -> None:
    """Raise a UserError that names the first worker whose versions differ."""
    ours = versions_here()
    for worker, theirs in ask(versions_here).items():
        for name, value in ours.items():
            if theirs.get(name) != value:
                raise UserError(
                    f"worker {worker} has {name} {theirs.get(name, 'absent')}, this machine {value}: results would "
                    "depend on who does a job; install the same versions"
                )


def check_paths(ask: Ask, places: Places, run: str) -> None:
    """Raise a UserError that names the first worker that sees other files, or may not write."""
    with _tokens(places, run) as tokens:
        for worker, seen in ask(seen_here, list(tokens)).items():
            for token, (purpose, folder) in tokens.items():
                if seen[token] != run:
                    raise UserError(
                        f"worker {worker} does not see the {purpose} {folder} as this machine does "
                        f"({seen[token]}): all machines need one file system under the same paths"
                    )
    paths = [str(path) for path in places.files]
    ours = stamps_here(paths)
    for worker, theirs in ask(stamps_here, paths).items():
        for path, size in ours.items():
            if theirs[path] != size:
                what = "does not see" if theirs[path] < 0 else "sees another"
                raise UserError(
                    f"worker {worker} {what} {path}: all machines need one file system under the same paths"
                )


@contextmanager
def _tokens(places: Places, run: str) -> Iterator[dict[str, tuple[str, Path]]]:
    """Write a file into each folder; yield their paths with what each folder is."""
    tokens = {str(folder / f"{TEMPORARY}dask-{run}"): (purpose, folder) for purpose, folder in places.folders}
    try:
        for token in tokens:
            Path(token).write_text(run, encoding="utf-8")
        yield tokens
    finally:
        for token in tokens:
            Path(token).unlink(missing_ok=True)


def refused(found: dict[str, Any], scheduler: str) -> dict[str, Any]:
    """Return what a function gave on each worker; UserError where one could not even run it."""
    for worker, value in found.items():
        if isinstance(value, BaseException):
            said, who = " ".join(str(value).split()), worker or f"of {scheduler}"
            raise UserError(f"worker {who} cannot run this program ({said}): install the same version there")
    return found
