"""What is printed never decides over what is computed: streams that are closed, full or gone lose text, no more.

`start` sets them up before anything is imported that may open a file.
"""

import codecs
import errno
import io
import os
import select
import sys
from typing import Any, Final, TextIO

SHOWN: Final = "darkreplay.shown"  # how text that an encoding lacks is written
GONE: Final = (errno.EPIPE, errno.EIO)  # nobody reads on: `| head`, a terminal that was closed


class LastingFile(io.FileIO):
    """A file descriptor whose reader may vanish: from the first error on, what is written is dropped."""

    trouble: OSError | None = None

    def write(self, data: Any) -> int:
        """Write ``data``, waiting for a reader that is slow."""
        while self.trouble is None:
            try:
                written: int | None = super().write(data)
                if written is not None:
                    return written
                select.select((), (self.fileno(),), ())  # whoever shares the terminal made it not wait
            except OSError as error:
                self.trouble = error
        return memoryview(data).nbytes


def steady_streams() -> None:
    """Make stdout and stderr last as long as the program. Descriptors that are closed are given to /dev/null.

    Else the next file that is opened would get the number of a closed one, and what is printed would land in it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _open_nowhere(number)
    codecs.register_error(SHOWN, _as_shown)
    sys.stdout, sys.stderr = _lasting(1, sys.stdout), _lasting(2, sys.stderr)


def lost_output() -> str:
    """Return why stdout could not be written although somebody may wait for it; "" if all is there, or nobody does."""
    sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    trouble = raw.trouble if isinstance(raw, LastingFile) else None
    return "" if trouble is None or trouble.errno in GONE else os.strerror(trouble.errno or errno.EIO)


def _open_nowhere(number: int) -> None:
    handle = os.open(os.devnull, os.O_RDWR)
    if handle != number:
        os.dup2(handle, number)
        os.close(handle)
    os.set_inheritable(number, True)  # children print too


def _lasting(number: int, stream: TextIO | None) -> TextIO:
    encoding = stream.encoding if stream is not None else None  # what the user's settings chose
    buffer = io.BufferedWriter(LastingFile(number, "wb", closefd=False))
    by_line = number == 2 or buffer.isatty()
    return io.TextIOWrapper(buffer, encoding or "utf-8", SHOWN, line_buffering=by_line)


def _as_shown(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write names of files as the bytes they are, and what else an encoding lacks as an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = b""
    for letter in error.object[error.start : error.end]:
        raw = ord(letter) - 0xDC00  # how Python keeps a byte that is no text
        shown += bytes([raw]) if 0x80 <= raw <= 0xFF else letter.encode("ascii", "backslashreplace")
    return shown, error.end
