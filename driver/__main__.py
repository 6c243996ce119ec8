"""`python -m driver`, the top of all. Worker processes import it again, so nothing is done outside the guard."""

import os
import sys

USER_ERROR = 2
INTERRUPTED = 130

if __name__ == "__main__":
    try:
        from driver.command_line.start import start

        code = start(sys.argv[1:])
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
    sys.exit(code)
