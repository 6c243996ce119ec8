"""The first steps of the program: streams that last, packages that are its own; then `main`.

`python -m driver` calls it. Nothing but the standard library is imported here: anything else may be what is wrong.
"""

import gc
import os
import signal
import sys
from collections.abc import Sequence

from driver.command_line.own_packages import foreign_package
from driver.command_line.streams import lost_output, steady_streams
from driver.command_line.system_errors import system_trouble
from driver.engines.foreign_modules import foreign_cause
from driver.engines.memory_limits import is_limited
from driver.engines.without_pandas import without_pandas

USER_ERROR = 2
COLLECTED_AFTER = 10_000  # objects: Python looks through all that is imported each 700, a twentieth of a small run


def start(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code, whatever becomes of what it prints."""
    gc.set_threshold(COLLECTED_AFTER)
    steady_streams()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a terminal that is closed ends what it shows, not the run
    if is_limited():
        # OpenBLAS takes tens of MB for each thread; where it gets none it tries for ever, or interrupts the process
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if trouble := foreign_package():
        return _refuse(trouble)
    try:
        from driver.command_line.main import main
    except (Exception, SystemExit) as error:
        if trouble := foreign_cause(error):
            return _refuse(trouble)
        if not isinstance(error, ImportError | MemoryError | OSError):
            raise
        return _refuse(system_trouble(error))
    with without_pandas():
        code = main(argv)
    if lost := lost_output():
        _refuse(f"what should be on stdout is not all there ({lost}); all else is done")
    return code


def _refuse(message: str) -> int:
    sys.stderr.write(f"darkreplay: {' '.join(message.split())}\n")
    return USER_ERROR
