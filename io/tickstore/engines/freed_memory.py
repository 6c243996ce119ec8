"""Memory that a worker frees stays with it, up to a bound: a task takes as much again as the one before it did.

By default the C library hands large blocks back at once, and fresh pages cost more than what is written to them: a
tenth of a job.
"""

import ctypes
from contextlib import suppress
from typing import Final

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # of mallopt
KEPT: Final = {_MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 64 << 20, _TOP_PAD: 16 << 20}  # bytes


def keep_freed_memory() -> None:
    """Have this process keep what it frees; nothing where its C library cannot be told so."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        for option, size in KEPT.items():
            library.mallopt(option, size)


def share_with_arrow() -> None:
    """Have Arrow take its memory from the C library, as all else here does.

    Of its own pool it keeps ten times what the tables of a run ever take, and nothing else can use that.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
