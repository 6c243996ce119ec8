"""What the end of a run imports, imported while the driver waits for its first workers. `job_runs` begins it."""

import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from driver.engines.early.numba_alone import import_numba


def import_meanwhile(modules: Sequence[str]) -> None:
    """Import modules in a thread of their own, which nobody waits for and which no signal reaches.

    What goes wrong is left to whoever imports them next: it goes wrong again.
    """

    def work() -> None:
        with suppress(Exception):
            import_numba()
            for module in modules:
                import_module(module)

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # the thread inherits it
    try:
        threading.Thread(target=work, daemon=True).start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
