"""Room for the sockets of worker processes where the temporary folder has a long path, as with job schedulers.

The name of a socket has room for a hundred bytes or so, and multiprocessing makes them in the temporary folder.
Called by whoever starts a forkserver.
"""

import multiprocessing.util
import os
import tempfile
from typing import Final

from tickstore.errors import UserError

ROOM: Final = 107 - len("/pymp-12345678/listener-12345678")  # bytes that are left for the folder
SHORT: Final = ("/tmp", "/var/tmp", "/dev/shm", "/run/shm")  # multiprocessing makes a private folder there


def keep_sockets_short() -> None:
    """Have multiprocessing make its sockets where their names fit.

    UserError: there is no such folder.
    """
    chosen = tempfile.gettempdir()
    if len(os.fsencode(chosen)) <= ROOM:
        return
    before = tempfile.tempdir
    for tempfile.tempdir in (os.environ.get("XDG_RUNTIME_DIR", ""), *SHORT):
        if len(os.fsencode(tempfile.tempdir)) <= ROOM and os.access(tempfile.tempdir, os.W_OK | os.X_OK):
            break
    else:
        tempfile.tempdir = before
        raise UserError(
            f"TMPDIR={chosen} is too long for the sockets of worker processes, and nothing shorter can be written: "
            "set TMPDIR to a folder with a shorter path, or use --mode=sequential"
        )
    try:
        multiprocessing.util.get_temp_dir()  # which it remembers
    finally:
        tempfile.tempdir = before
