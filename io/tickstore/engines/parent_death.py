"""No process outlives the one it works for. Called at the start of workers, of their server and of a compilation."""

import ctypes
import os
import signal
from contextlib import suppress
from typing import Final

STARTED_BY: Final = "DARKREPLAY_STARTED_BY"  # variable that tells a forkserver who started it
_PR_SET_PDEATHSIG: Final = 1


def die_with_parent(parent: int) -> None:
    """Have the system kill this process, be it stopped or busy, when ``parent``, which started it, is gone."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)
