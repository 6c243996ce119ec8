"""Loads what a process needs later in a thread of its own, while it waits for workers and another core is idle."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module


@contextmanager
def loading_ahead(modules: Sequence[str]) -> Iterator[None]:
    """Import modules meanwhile, and call the ``warm`` of those that have one.

    What goes wrong with it goes wrong again, and is told, where they are used.
    """
    thread = threading.Thread(target=_load, args=(modules,), daemon=True)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # who starts workers says when it is let in
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    yield
    thread.join()


def _load(modules: Sequence[str]) -> None:
    for name in modules:
        with suppress(Exception):
            getattr(import_module(name), "warm", lambda: None)()
