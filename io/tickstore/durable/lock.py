"""One writer at a time in a folder, a store's or a run's. The system drops the lock when its owner is dead.

Called by conversions, verification, recovery and runs. Where a file system has no locks, a file is one: `lock_file`.

Workers forked while it is held inherit it: one that outlives its parent for a moment must not write beside the next.
"""

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tickstore.durable.lock_file import (
    HELD_NAME,
    Owner,
    drop_lock_file,
    is_dead,
    living_owner,
    take_lock_file,
    this_process,
)
from tickstore.errors import StoreError

LOCK_NAME: Final = ".lock"
LOCK_NAMES: Final = frozenset({LOCK_NAME, HELD_NAME})
# What systems answer that have no such lock; EPERM and EINVAL are some of FUSE.
_NO_LOCKS: Final = {
    errno.ENOLCK,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.ENOTSUP,
    errno.EINVAL,
    errno.EPERM,
    errno.ENOTTY,
}


class LockedError(StoreError):
    """Another process holds the lock."""


class ReadOnlyError(StoreError):
    """The folder cannot be written."""


_PATIENCE_S: Final = 30.0  # workers of a dead owner may live for a moment, on a slow disk for some


@contextmanager
def folder_lock(folder: Path, work: str = "conversion") -> Iterator[int]:
    """Hold a folder's lock and yield its file descriptor. ``work`` is what is done there, for the message.

    LockedError: another process is writing there; the message names it.
    ReadOnlyError: the folder cannot be written.
    """
    handle, by_file = _hold(folder, work)
    try:
        os.truncate(handle, 0)
        os.pwrite(handle, json.dumps(this_process()).encode(), 0)
        yield handle
        os.truncate(handle, 0)
    finally:
        if by_file:
            drop_lock_file(folder)
        os.close(handle)


def present_owner(folder: Path) -> Owner | None:
    """Return who holds a folder's lock, as far as can be told without touching it; None if nobody does."""
    with suppress(OSError, ValueError):
        owner = json.loads((folder / LOCK_NAME).read_bytes())
        if isinstance(owner, dict) and not is_dead(owner):
            return owner
    return living_owner(folder)


def _hold(folder: Path, work: str) -> tuple[int, bool]:
    """Return a descriptor that holds the lock of the file that is there: its owner before may have removed his.

    Also whether another file stands for the lock, which this descriptor could not take.
    """
    while True:
        try:
            handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ReadOnlyError(f"{folder}: cannot be written ({error.strerror})") from None
        try:
            by_file = not _acquire(handle, folder, work)
            owner = take_lock_file(folder) if by_file else living_owner(folder)
            if owner is not None:
                raise LockedError(f"{_refusal(folder, work, owner)}, or remove {folder / HELD_NAME} if it is no more")
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), (folder / LOCK_NAME).stat()):
                    return handle, by_file
            if by_file:
                drop_lock_file(folder)
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _acquire(handle: int, folder: Path, work: str) -> bool:
    """Take the system's lock; return False where it has none."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            owner = _owner(handle)
            dead = owner["host"] == socket.gethostname() and _is_dead(owner["pid"])
            if dead and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise LockedError(_refusal(folder, work, owner, dead)) from None
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return False
            raise StoreError(f"{folder}: cannot be locked ({error.strerror}): give a folder on another disk") from None


def _refusal(folder: Path, work: str, owner: Owner, dead: bool = False) -> str:
    workers = f"workers of a {work} that died are still" if dead else f"another {work} is"
    pid, host, since = (owner.get(name, "?") for name in ("pid", "host", "since"))
    return f"{folder}: {workers} writing here (process {pid} on {host}, since {since}); wait for it or stop it"


def _is_dead(pid: object) -> bool:
    """Return whether a process of this machine has ended, be it that nobody has taken note of its end yet."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return Path("/proc/self").exists()  # else nothing is known here
    return status.rpartition(")")[2].split()[0] in ("Z", "X")


def _owner(handle: int) -> Owner:
    owner = {"pid": "?", "host": "?", "since": "?"}
    with suppress(ValueError):
        owner |= json.loads(os.pread(handle, 4096, 0))
    return owner
