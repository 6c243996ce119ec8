"""One lock for a folder that only one process may write."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from tickstore.errors import StoreError, UserError

LOCK = ".lock"


class RunLock:
    """One run at a time on a folder. The lock dies with its owner, so a killed run never blocks the next."""

    def __init__(self, folder: Path, purpose: str) -> None:
        self.path = folder / LOCK
        self.purpose = purpose
        self.file: IO[str] | None = None

    def __enter__(self) -> Self:
        file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            file.close()
            raise UserError(
                f"{self.purpose} folder {self.path.parent} is in use by {owner}: wait for it, or give another folder"
            ) from None
        file.truncate(0)
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        file.write(f"process {os.getpid()} on {socket.gethostname()} since {since}\n")
        file.flush()
        self.file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.file is not None:
            self.file.truncate(0)
            self.file.close()


LOCK_NAME: Final = ".lock"


class LockedError(StoreError):
    """Another process holds the lock."""


class ReadOnlyError(StoreError):
    """The store cannot be written."""


_PATIENCE_S: Final = 30.0  # workers of a dead owner may live for a moment, on a slow disk for some


@contextmanager
def store_lock(store: Path) -> Iterator[int]:
    """Hold the store's lock and yield its file descriptor.

    Raises
    ------
    LockedError
        Another conversion is writing; the message names it.
    ReadOnlyError
        The store cannot be written.
    """
    handle = _hold(store)
    try:
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat("T", "seconds")}
        os.truncate(handle, 0)
        os.pwrite(handle, json.dumps(owner).encode(), 0)
        yield handle
        os.truncate(handle, 0)
    finally:
        os.close(handle)


def _hold(store: Path) -> int:
    """Return a descriptor that holds the lock of the file that is there: its owner before may have removed his."""
    while True:
        try:
            handle = os.open(store / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ReadOnlyError(f"{store}: cannot be written ({error.strerror})") from None
        try:
            _acquire(handle, store)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), (store / LOCK_NAME).stat()):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _acquire(handle: int, store: Path) -> None:
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
            workers = "workers of a conversion that died are still" if dead else "another conversion is"
            raise LockedError(
                f"{store}: {workers} writing here (process {owner['pid']} on {owner['host']}, "
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
