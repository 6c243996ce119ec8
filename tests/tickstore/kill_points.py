"""Kill a conversion at its n-th file operation, in forked processes that have the kernels loaded already."""

import mmap
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_EVENTS: Final = frozenset(
    ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.scandir", "shutil.rmtree")
)
_COUNT: Final = struct.Struct("q")
_TEXT: Final = 64  # offset of what is known of the last operation
COORDINATOR, WORKER = "coordinator", "worker"


@dataclass(slots=True)
class KillPoint:
    """The n-th operation on a file below ``folder`` by the coordinator or by its workers, counted from 1."""

    folder: Path
    role: str
    number: int
    _shared: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, mmap.PAGESIZE))

    def arm(self) -> None:
        """Count this process's operations from now on, and those of the processes it forks."""
        coordinator = os.getpid()

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if event not in _EVENTS or not self._is_ours(event, arguments):
                return
            if (os.getpid() == coordinator) != (self.role == COORDINATOR):
                return
            seen = _COUNT.unpack_from(self._shared)[0] + 1
            _COUNT.pack_into(self._shared, 0, seen)
            if seen == self.number:
                text = f"{event} {arguments[:2]}".encode()[:400]
                self._shared[_TEXT : _TEXT + len(text)] = text
                os.kill(coordinator, signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)

    def _is_ours(self, event: str, arguments: tuple[Any, ...]) -> bool:
        relative = event in ("os.remove", "os.rmdir") and arguments[1] != -1  # by rmtree, in an open folder
        return relative or event == "os.scandir" or str(self.folder) in str(arguments[0])

    @property
    def operation(self) -> str:
        """Return what was about to be done when the conversion was killed."""
        return self._shared[_TEXT : _TEXT + 400].rstrip(b"\0").decode()


def start(action: Callable[[], object], point: KillPoint | None = None) -> int:
    """Run ``action`` in a forked process and return its id; it ends with 0, or with 1 and a traceback."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        if point is not None:
            point.arm()
        action()
        code = 0
    except BaseException:  # nothing of the test may go on in this process
        traceback.print_exc()
    finally:
        os._exit(code)


def finish(process: int) -> int:
    """Wait for a process and return its exit code, or less than zero the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def in_child(action: Callable[[], object], point: KillPoint | None = None) -> int:
    """Run ``action`` in a forked process and return its exit code."""
    return finish(start(action, point))
