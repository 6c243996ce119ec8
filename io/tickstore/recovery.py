"""Readers of a store carry out what an interrupted conversion had decided, so that they never see half of it."""

import errno
import os
import time
from pathlib import Path
from typing import Final

from tickstore.catalog import is_decided
from tickstore.errors import StoreError
from tickstore.store_lock import LockedError, store_lock

_PATIENCE_S: Final = 10.0  # a conversion that is alive needs moments for its last step


def settle(store: Path) -> None:
    """Carry out the decision of an interrupted conversion; wait for one that does so itself.

    Raises
    ------
    StoreError
        Another process is at it for long, or the store cannot be written.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while is_decided(store):
        from tickstore.commit import finish_commit  # brings the compiler, which readers can do without

        try:
            with store_lock(store):
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
        with store_lock(store):
            return ""
    except LockedError as error:
        return error.message
    except StoreError:
        return ""
