"""How worker processes begin and end. Called by the supervisor, which says when."""

import contextlib
import os
import signal
import time
import warnings
from collections.abc import Iterator, Sequence
from multiprocessing import forkserver, resource_tracker
from typing import Any, Final

from tickstore.engines.engine import EngineError, error_line
from tickstore.engines.parent_death import STARTED_BY
from tickstore.engines.short_sockets import keep_sockets_short
from tickstore.engines.worker import SINGLE_THREAD

GUARD: Final = "tickstore.engines.server_guard"
START_ATTEMPTS: Final = 3  # workers in a row that die before they are ready
STOP_SECONDS: Final = 2.0
SERVER_DIED: Final = 255  # what multiprocessing takes for the exit code of a worker when its forkserver was killed


def prepare_server(preload: Sequence[str]) -> None:
    """Say what the server of workers loads, if it does not live yet.

    UserError: there is no folder for its socket.
    """
    forkserver.set_forkserver_preload([GUARD, *preload])
    keep_sockets_short()


def start_server(preload: Sequence[str]) -> int:
    """Start the server of workers before any is wanted, if it does not live yet; return its process, 0 if unknown.

    OSError: the system gives no more processes. UserError: see ``prepare_server``.
    """
    prepare_server(preload)
    with _quiet_birth(True):
        forkserver.ensure_running()
    return _server()


def stop_server(pid: int) -> None:
    """End the server ``pid`` at once, whatever it does, unless another has taken its place; it has no workers yet."""
    if pid and pid == _server():
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)  # the next to be asked for a worker finds it dead, and starts another


def _server() -> int:
    server: Any = getattr(forkserver, "_forkserver", None)
    return getattr(server, "_forkserver_pid", None) or 0


def start_process(process: Any, has_server: bool = True) -> None:
    """Start a process of multiprocessing; a forkserver that died is replaced by the next try.

    EngineError: it dies each time, or the system gives no more processes.
    """
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            with _quiet_birth(has_server):
                (forkserver.ensure_running if has_server else process.start)()
            if has_server:  # it answers once it has loaded the kernels: an interrupt must not wait for that
                with _without_warnings():
                    process.start()
            return
        except (OSError, EOFError) as error:
            if attempt == START_ATTEMPTS:
                died = isinstance(error, EOFError | ConnectionError)  # while it loaded the kernels, so often
                raise EngineError(f"workers do not start: {error_line(error)}", damaged=died) from None
            time.sleep(0.1)  # until the system has told of its end


@contextlib.contextmanager
def _quiet_birth(has_server: bool) -> Iterator[None]:
    """Start processes that run one thread each and never see Ctrl-C, which reaches the whole process group.

    The forkserver, which starts with the first worker, inherits the signal mask and the environment, and the
    workers from it. An interrupt that comes meanwhile is delivered at the end. The resource tracker goes first:
    multiprocessing would start it before the forkserver, and lets interrupts through when it has.

    A worker that is forked from this process has its handlers until it sets its own: SIGTERM, which schedulers send to
    all processes of a job, would have it do what this process does when it is told to end.
    """
    with _without_warnings():
        if has_server:
            resource_tracker.ensure_running()
        held_back = {signal.SIGINT} if has_server else {signal.SIGINT, signal.SIGTERM}
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, held_back)
        wanted = dict.fromkeys(SINGLE_THREAD, "1") | {STARTED_BY: str(os.getpid())}
        environment = {name: os.environ.get(name) for name in wanted}
        os.environ |= wanted
        try:
            yield
        finally:
            for name, value in environment.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # "multi-threaded": see ``Options``
        warnings.filterwarnings("ignore", "resource_tracker", UserWarning)  # it died, and is replaced: unused here
        yield


def await_end(pid: int) -> None:
    """Wait until a worker whose forkserver died is dead too: it must not write beside the one that takes its task."""
    end = time.monotonic() + STOP_SECONDS
    while time.monotonic() < end:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            return
        time.sleep(0.01)


def death_of(code: int | None) -> str:
    """Return how a process ended, for people."""
    if code == SERVER_DIED:
        return "the server of its worker was killed"
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):  # a real-time signal has no name
            return f"its worker was killed by {signal.Signals(-code).name}"
    return f"its worker ended with exit code {code}"
