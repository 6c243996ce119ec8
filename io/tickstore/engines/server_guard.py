"""Imported by the forkserver alone, before all else: it, and each worker from its fork on, ends with its parent.

By itself it looks for that, and ignores Ctrl-C, only once it has loaded what workers need, which takes long where
kernels are compiled. It loads that without collecting garbage; `worker` collects again.
"""

import gc
import os
import signal
import sys
from pickle import UnpicklingError
from types import TracebackType

from tickstore.engines.parent_death import STARTED_BY, die_with_parent

_forking = 0  # the process that forks


def _note_parent() -> None:
    global _forking
    _forking = os.getpid()


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what went wrong, but for one that asked for a worker and was gone before it had said what for.

    Killed or interrupted there, it leaves the worker, or the server, with nothing to read and nobody to tell. It is
    multiprocessing that reads: errors of the same kinds from elsewhere, as of a damaged file, are told.
    """
    last = trace
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    reads = last is not None and last.tb_frame.f_globals.get("__package__") == "multiprocessing"
    if not (reads and issubclass(kind, EOFError | ConnectionError | UnpicklingError)):
        sys.__excepthook__(kind, error, trace)


gc.disable()  # what is imported stays: to look through it again and again is a tenth of loading it
signal.signal(signal.SIGINT, signal.SIG_IGN)  # it reaches the whole process group, and is the parent's to handle
die_with_parent(int(os.environ.pop(STARTED_BY, "") or os.getppid()))  # that one may be gone by now
os.register_at_fork(before=_note_parent, after_in_child=lambda: die_with_parent(_forking))
sys.excepthook = _tell
