"""What memory there is, and what is said where it is too small.

The standard library alone, since memory may be too small to import more.
"""

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

# What the libraries below say, each in its own words.
SIGNS: Final = ("MemoryError", "out of memory", "allocate memory", "map segment", "bad_alloc", "Memory allocation")
NEEDED_MB: Final = 768  # of addresses; with less, libraries fail in the middle, and one tries for ever
FREE_SHARE: Final = 0.8  # of the memory that is free when jobs begin: what they may be expected to take together
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
NEEDED_COLD_MB: Final = 896  # where kernels are to be compiled first


def is_limited() -> bool:
    """Return whether somebody limited the memory of this process."""
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def speaks_of_memory(text: str) -> bool:
    """Return whether what a process said on its end blames memory."""
    return any(sign in text for sign in SIGNS)


def memory_trouble(what: str) -> str:
    """Return ``what`` with what limits memory here and what to do."""
    if is_limited():
        limit = resource.getrlimit(resource.RLIMIT_AS)[0] >> 20
        return f"{what}: memory is limited to {limit:,} MB here (ulimit -v), raise or drop that limit"
    return f"{what}: free some memory, or take fewer --max_workers"


def too_little_memory(needed: int = NEEDED_MB) -> str:
    """Return a line if a limit leaves a run less than the ``needed`` MB, whatever its data; else ""."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY or limit >= needed << 20:
        return ""
    why = " the first time, when the kernels are compiled" if needed > NEEDED_MB else ""
    return memory_trouble(f"a run needs {needed} MB at least{why}")


def free_memory(meminfo: Path = Path("/proc/meminfo"), group: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the bytes that may still be taken on this machine, or in its container; 0 if that is not known."""
    left: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        lines = [line.split() for line in meminfo.read_text().splitlines()]
        left += [int(line[1]) << 10 for line in lines if line[0] == "MemAvailable:"]
    with suppress(OSError, ValueError):  # "max" is no number
        most, taken = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        left.append(max(1, most - taken))
    return min(left, default=0)


def own_memory(pid: int) -> int:
    """Return the bytes that a process has for itself: pages of mapped files, which it shares, are not its own."""
    with suppress(OSError, ValueError, IndexError):
        resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
        return (int(resident) - int(shared)) * PAGE
    return 0
