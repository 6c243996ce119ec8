"""The inside of a worker process: load, say so, do tasks until the pipe closes. Started by the supervisor."""

import contextlib
import gc
import os
import signal
import threading
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

from tickstore.engines.engine import Task, error_line, travelling
from tickstore.engines.freed_memory import keep_freed_memory
from tickstore.engines.parent_death import die_with_parent

SINGLE_THREAD: Final = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Birth(NamedTuple):
    """What a worker is born with."""

    preload: tuple[str, ...]  # modules that say by ``ensure_loaded()`` what went wrong when they were loaded
    memory_mb: int
    close: tuple[int, ...]  # file descriptors of its parent that are none of its business
    parent: int  # the process that gives it tasks where that is its parent, else 0


def work_loop(pipe: Connection, lifeline: Connection, birth: Birth) -> None:
    """Do tasks from the pipe until it closes."""
    gc.freeze()  # what the forkserver has loaded stays, and looking through it would copy it
    gc.enable()
    os.environ |= dict.fromkeys(SINGLE_THREAD, "1")  # a forkserver that others started does not say so
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # held back where the parent forked this process
    for handle in birth.close:
        with contextlib.suppress(OSError):
            os.close(handle)
    die_with_parent(birth.parent or os.getppid())  # or the forkserver: nobody could tell how a worker without it ends
    _end_with(lifeline)
    _limit_memory(birth.memory_mb)
    if not birth.memory_mb:
        keep_freed_memory()
    with contextlib.suppress(EOFError, OSError):  # the parent has given up, or is done
        for name in birth.preload:  # the forkserver has done this; it says nothing when it failed
            failure = import_module(name).ensure_loaded()
            if failure:
                pipe.send(("broken", failure))
                return
        pipe.send(("ready", None))
        while True:
            for function, argument in pipe.recv():  # one after the other; each is answered when it is done
                pipe.send(_answer(function, argument))


def _answer(function: Any, argument: Any) -> tuple[str, Any]:
    try:
        return "done", Task(function, argument, "").run()
    except (MemoryError, OSError) as error:
        return "exhausted", (error_line(error), travelling(error))
    except Exception as error:
        return "failed", (error_line(error), travelling(error))


def _end_with(lifeline: Connection) -> None:
    """End this process when the one that gives it tasks is gone, however it went: the lifeline's other end then closes.

    Its parent may be a forkserver, which lives as long as any worker does.
    """

    def watch() -> None:
        with contextlib.suppress(EOFError, OSError):
            lifeline.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _limit_memory(memory_mb: int) -> None:
    """Cap private memory. Not the address space: day files are mapped, and may be larger than memory."""
    if memory_mb:
        import resource

        limit = memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
