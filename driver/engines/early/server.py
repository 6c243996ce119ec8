"""The server of workers, started before anything else: it loads what they need while the driver reads its input.

The command line starts it once it knows the settings, and `kernel_cache` ends it where kernels are to be compiled:
what it had loaded would be of no use. It ends with the driver, whether workers were wanted or not.
"""

import os
from contextlib import suppress

from driver.config.keys import Config
from driver.engines.memory_limits import is_limited
from driver.engines.preloads import preload_for
from tickstore.engines.processes import start_server, stop_server
from tickstore.errors import UserError

_started = 0  # the process, 0: none


def start_early_server(config: Config) -> None:
    """Start it where the run may want workers and there is a core for it.

    What goes wrong is left to whoever wants workers: it would go wrong again.
    """
    global _started
    of_use = config.mode == "parallel" and config.engine == "local" and len(os.sched_getaffinity(0)) > 1
    if of_use and not is_limited():
        with suppress(OSError, UserError):
            _started = start_server(preload_for(config))


def stop_early_server() -> None:
    """End it, if it was started: whoever wants workers then starts one that loads anew."""
    global _started
    stop_server(_started)
    _started = 0
