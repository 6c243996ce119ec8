"""What the machine, not the user's data, refuses: an error of the system as a line that says where, and what helps.

`main` asks for errors that nobody below could explain, `start` for those of the imports.
"""

import errno
import os
from typing import Final

from driver.engines.memory_limits import is_limited, memory_trouble, speaks_of_memory

REMEDIES: Final = {
    errno.ENOSPC: "free some space there, or give another path",
    errno.EDQUOT: "free some space there, or give another path",
    errno.EACCES: "give a path that may be read and written",
    errno.EPERM: "give a path that may be read and written",
    errno.EROFS: "give a path that may be written",
    errno.EMFILE: "raise the limit of open files (ulimit -n), or take fewer --max_workers",
    errno.EAGAIN: "raise the limit of processes (ulimit -u), or take fewer --max_workers",
    errno.EIO: "the disk or its connection fails: copy what is there, or give another path",
    errno.ENAMETOOLONG: "give a shorter path",
    errno.ENOTDIR: "part of that path is a file: give another path",
}


def system_trouble(error: Exception) -> str:
    """Return a line on an error of the system, of its memory or of the installed packages; "" for any other."""
    if isinstance(error, MemoryError):
        return memory_trouble("there is too little memory")
    if isinstance(error, ImportError):
        return _import_trouble(error)
    if not isinstance(error, OSError):
        return ""
    if error.errno is None:  # raised by a library, not by the system
        return memory_trouble(f"a library cannot be loaded ({error})") if is_limited() else ""
    if error.errno == errno.ENOMEM:
        return memory_trouble("there is too little memory")
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    remedy = REMEDIES.get(error.errno, "")
    return f"{where}{error.strerror or os.strerror(error.errno)}" + (f": {remedy}" if remedy else "")


def _import_trouble(error: ImportError) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"the package {error.name} is missing: install darkreplay with all it needs (pip install)"
    text = str(error)
    if speaks_of_memory(text):  # a shared library that found no room
        return memory_trouble(f"there is too little memory to load {error.name or 'a library'}")
    place = f" ({error.path})" if error.path and error.path not in text else ""
    return f"{error.name or 'a package'}{place} cannot be imported: {text}; another one may be first on the path"
