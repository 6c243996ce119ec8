"""What shards leave in a results folder: a folder each below ``.shards``, with a lock and records of its own.

Job folders and tables are those of any run. `shards` writes here; `runner` and `from_results` read it.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from driver.plan.plan import Plan
from driver.plan.shards import Shard, split
from driver.run import results_folder as folder
from driver.run.manifest import SHARDS, Finished, Manifest
from tickstore.durable.files import make_folder
from tickstore.durable.lock import LOCK_NAME, LockedError, folder_lock
from tickstore.errors import UserError

POLL_SECONDS: Final = 0.2
SAID_SECONDS: Final = 30.0
SHOWN: Final = 10  # shards named in a message


@contextmanager
def in_turn(results: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Wait until no other shard prepares its work (one of them converts the files), and keep runs away meanwhile.

    LockedError: it is not a shard that works there.
    """
    make_folder(results / SHARDS, "results")
    with _awaited_lock(results / SHARDS, say), folder_lock(results, "run"):
        yield


@contextmanager
def _awaited_lock(place: Path, say: Callable[[str], None]) -> Iterator[None]:
    told = time.monotonic()
    while True:
        lock = folder_lock(place, "shard")
        try:
            lock.__enter__()
            break
        except LockedError as error:
            if time.monotonic() - told >= SAID_SECONDS:
                told = time.monotonic()
                say(f"waiting until another shard has prepared its work: {error.message}")
            time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def refuse_beside_shards(results: Path, own: Path | None = None) -> None:
    """Raise a LockedError, which names it, if a shard is at work in a results folder that the caller has locked.

    own : records of the shard that the caller is, if it is one
    """
    for lock in sorted((results / SHARDS).glob(f"*of*/{LOCK_NAME}")):
        if lock.parent == own:
            continue
        with folder_lock(lock.parent, f"shard {lock.parent.name.replace('of', '/')}"):
            pass


def finished_jobs(plan: Plan, results: Path) -> dict[str, Finished]:
    """Return the jobs of ``plan`` that are valid and intact, whichever run or shard finished them."""
    places = [results, *sorted(path for path in (results / SHARDS).glob("*of*") if path.is_dir())]
    found: dict[str, Finished] = {}
    for place in places:
        found |= folder.valid_jobs(plan, Manifest(place).read())
    return found


def failed_jobs(results: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the lines of jobs that failed, of the records of all shards."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for place in sorted((results / SHARDS).glob("*of*")):
        with suppress(UserError):  # it has not come to write any
            found |= {key: row for key, row in folder.recorded_states(place).items() if row["state"] == "failed"}
    return found


def forget_shards(results: Path, but: Shard | None = None) -> None:
    """Remove the records of shards: the results folder's own have taken in what they finished."""
    kept = set() if but is None else {but.folder}
    for place in (results / SHARDS).glob("*of*"):
        if place.name not in kept:
            shutil.rmtree(place, ignore_errors=True)
    if but is None:
        shutil.rmtree(results / SHARDS, ignore_errors=True)


def missing_shards(plan: Plan, of: int, missing: frozenset[int]) -> tuple[str, ...]:
    """Return a sentence on the shards that have jobs, by index, which are not complete; none if there are none."""
    if not missing or not of:
        return ()
    lacking = {
        str(Shard(number, of)): sum(job.index in missing for job in share)
        for number, share in enumerate(split(plan.jobs, of), 1)
    }
    named = [f"{shard} ({count} jobs)" for shard, count in lacking.items() if count]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    what = f"{len(missing)} of {len(plan.jobs)} jobs are missing, of {len(named)} shards"
    return (f"{what}: {', '.join(named[:SHOWN])}{more}; run these with --shard=, then aggregate again",)
