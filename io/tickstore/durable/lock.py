"""One writer at a time in a folder, a store's or a run's. The system drops the lock when its owner is dead.

Called by conversions, verification, recovery and runs.

Workers forked while it is held inherit it: one that outlives its parent for a moment must not write beside the next.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tickstore.errors import StoreError

LOCK_NAME: Final = ".lock"


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
    handle = _hold(folder, work)
    try:
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat("T", "seconds")}
        os.truncate(handle, 0)
        os.pwrite(handle, json.dumps(owner).encode(), 0)
        yield handle
        os.truncate(handle, 0)
    finally:
        os.close(handle)


def _hold(folder: Path, work: str) -> int:
    """Return a descriptor that holds the lock of the file that is there: its owner before may have removed his."""
    while True:
        try:
            handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ReadOnlyError(f"{folder}: cannot be written ({error.strerror})") from None
        try:
            _acquire(handle, folder, work)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), (folder / LOCK_NAME).stat()):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _acquire(handle: int, folder: Path, work: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            owner = _owner(handle)
            dead = owner["host"] == socket.gethostname() and _is_dead(owner["pid"])
            if dead and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            workers = f"workers of a {work} that died are still" if dead else f"another {work} is"
            raise LockedError(
                f"{folder}: {workers} writing here (process {owner['pid']} on {owner['host']}, "
                f"since {owner['since']}); wait for it or stop it"
            ) from None


def _is_dead(pid: object) -> bool:
    """Return whether a process of this machine has ended, be it that nobody has taken note of its end yet."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return Path("/proc/self").exists()  # else nothing is known here
    return status.rpartition(")")[2].split()[0] in ("Z", "X")


def _owner(handle: int) -> dict[str, str]:
    owner = {"pid": "?", "host": "?", "since": "?"}
    with suppress(ValueError):
        owner |= json.loads(os.pread(handle, 4096, 0))
    return owner
