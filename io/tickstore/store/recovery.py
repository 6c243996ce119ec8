"""Readers of a store carry out what an interrupted conversion had decided, so that they never see half of it.

Called by all who read a store: runs, plans, verification, conversions.
"""

import errno
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from tickstore.durable.lock import LockedError, folder_lock
from tickstore.errors import StoreError
from tickstore.store.catalog import Catalog, is_of_earlier_version, stored_catalog, write_catalog
from tickstore.store.commit import finish_commit
from tickstore.store.paths import is_decided

_ATTEMPTS: Final = 3
_PATIENCE_S: Final = 10.0  # a conversion that is alive needs moments for its last step


def existing(store: Path | str, *marks: str) -> Path:
    """Return the path of a store, or raise StoreError where there is no folder, or none of ``marks`` in it."""
    store = Path(store)
    if not store.is_dir() or (marks and not any(next(store.glob(mark), None) for mark in marks)):
        raise StoreError(f"{store}: no store here; `convert` makes one")
    return store


def settle(store: Path) -> None:
    """Carry out the decision of an interrupted conversion; wait for one that does so itself.

    Raise StoreError where another process is at it for long, or the store cannot be written.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while is_decided(store):
        try:
            with folder_lock(store):
                finish_commit(store)
        except LockedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        except StoreError as error:
            raise _unfinished(store, error.message) from None
        except OSError as error:
            raise _unfinished(store, os.strerror(error.errno or errno.EIO)) from None


def _unfinished(store: Path, reason: str) -> StoreError:
    return StoreError(
        f"{store}: a conversion was interrupted while it changed this store, and it cannot be finished from here: "
        f"{reason.removeprefix(f'{store}: ')}. `python -m driver verify --store={store}` finishes it where it may write"
    )


def writer_of(store: Path) -> str:
    """Return what is known of the process that writes to a store now; "" if there is none."""
    if not os.access(store, os.W_OK):
        return ""
    try:
        with folder_lock(store):
            return ""
    except LockedError as error:
        return error.message
    except StoreError:
        return ""


def read_catalog(store: Path | str) -> Catalog:
    """Return the catalog of a store, from its file, or from the day files where that is missing.

    What an interrupted conversion had decided to store is put in its place first. The file of an earlier version of the
    program is written again, if it may be, since what it lacks is read from every day file.

    Raises
    ------
    StoreError
        There is no store, its catalog is damaged, or a conversion is half way through changing its files.
    """
    store = existing(store)
    for _ in range(_ATTEMPTS):
        settle(store)
        if is_of_earlier_version(store):
            with suppress(StoreError, OSError), folder_lock(store):
                write_catalog(stored_catalog(store))
        catalog = stored_catalog(store)
        if not is_decided(store):
            return catalog
    raise StoreError(f"{store}: conversions keep changing this store; wait for them")
