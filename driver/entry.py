"""From the words of a command line to the end of the process. `python -m driver` and the console script call it."""

import os
import sys
from collections.abc import Sequence

USER_ERROR = 2
INTERRUPTED = 130


def enter(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        from driver.command_line.start import start

        code = start(argv)
    except Exception as error:  # of what the first steps import, or of a module that they do not expect
        from driver.engines.foreign_modules import foreign_cause

        if not (trouble := foreign_cause(error)):
            raise
        sys.stderr.write(f"darkreplay: {trouble}\n")
        code = USER_ERROR
    except KeyboardInterrupt:  # before or after main, which says more
        code = INTERRUPTED
    if code == INTERRUPTED:  # sys.exit would give another code when the interrupt hit code that exec() ran
        sys.stderr.flush()
        os._exit(code)
    return code
