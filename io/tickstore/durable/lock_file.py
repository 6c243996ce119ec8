"""A lock for file systems that have none of their own: a file that only one process can make.

`lock` takes it where the system's locks are not to be had (NFS without its lock service, CIFS, FUSE). Nothing drops
it when its owner dies, so it says who that was: a process of this machine that is no more has lost it.
"""

import json
import os
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

HELD_NAME: Final = ".lock.held"
_BREAKING: Final = ".lock.breaking"  # made by the one process that may take away the file of a dead owner
_MOMENT_S: Final = 2.0  # making a file and writing into it, or reading and removing one, takes no longer
_GRACE_S: Final = 0.5  # workers of a dead owner are killed with it, which takes a moment

Owner = dict[str, Any]


def this_process() -> Owner:
    """Return what is written into locks about their owner."""
    since = datetime.now(UTC).isoformat("T", "seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since, **_place(), "began": _began(os.getpid())}


def take_lock_file(folder: Path) -> Owner | None:
    """Make the file that is the lock of ``folder``: return None, or the owner if another process has it."""
    deadline = time.monotonic() + 5 * _MOMENT_S
    while True:
        if _make(folder / HELD_NAME, this_process()):
            return None
        owner = living_owner(folder)
        if owner is not None or time.monotonic() > deadline:
            return owner or {}
        _take_away(folder)


def drop_lock_file(folder: Path) -> None:
    """Remove the file, if this process made it."""
    if (_read(folder / HELD_NAME) or {}).get("pid") == os.getpid():
        (folder / HELD_NAME).unlink()


def living_owner(folder: Path) -> Owner | None:
    """Return the owner of the file, unless there is none or it is known to be dead."""
    path = folder / HELD_NAME
    deadline = time.monotonic() + _MOMENT_S
    while (owner := _read(path)) == {} and time.monotonic() < deadline:  # being written, or its owner died over it
        time.sleep(0.02)
    return None if not owner or is_dead(owner) else owner


def is_dead(owner: Owner) -> bool:
    """Return whether an owner is known to be no more: it was a process of this machine, as far as one can tell."""
    here = _place()
    if owner.get("boot") != here["boot"]:
        # it is this machine, started anew since
        return owner.get("host") == socket.gethostname() and owner.get("machine") == here["machine"] != ""
    if owner.get("processes") != here["processes"]:
        return False  # a container's numbers of processes are its own
    if here["boot"]:
        return bool(_began(owner.get("pid")) != owner.get("began"))
    try:
        os.kill(int(owner.get("pid", 0)), 0)
    except (ProcessLookupError, ValueError):
        return owner.get("host") == socket.gethostname()
    except OSError:
        pass
    return False


def _place() -> Owner:
    """Return what tells this machine, since it was started, and this set of processes from others; "" if unknown."""
    found = {"boot": "", "machine": "", "processes": ""}
    with suppress(OSError):
        found["boot"] = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        found["processes"] = str(Path("/proc/self/ns/pid").readlink())
    with suppress(OSError):
        found["machine"] = Path("/etc/machine-id").read_text().strip()
    return found


def _began(pid: object) -> str:
    """Return when a process began, in the system's ticks; "" if it is no more, be it that nobody took note of it."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if status[0] in ("Z", "X") else status[19]


def _make(path: Path, owner: Owner) -> bool:
    """Make a file unless there is one; return whether it was made."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        return False
    try:
        os.write(handle, json.dumps(owner).encode())
    finally:
        os.close(handle)
    return True


def _read(path: Path) -> Owner | None:
    """Return what a lock says of its owner: {} if it says nothing, None if there is no lock."""
    try:
        owner = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def _take_away(folder: Path) -> None:
    """Remove the file of a dead owner. One process at a time may: it must not be a new owner's that it removes."""
    breaking = folder / _BREAKING
    if not _make(breaking, this_process()):
        time.sleep(0.05)
        breaker = _read(breaking)
        if breaker and is_dead(breaker):
            breaking.unlink(missing_ok=True)
        return
    try:
        time.sleep(_GRACE_S)
        if living_owner(folder) is None:
            (folder / HELD_NAME).unlink(missing_ok=True)
    finally:
        breaking.unlink(missing_ok=True)
