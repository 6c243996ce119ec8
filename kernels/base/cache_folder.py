"""The folder below which compiled kernels, and what is known of them, are kept."""

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR


def cache_folder(leaf: str = "", base: str | None = None) -> Path:
    """Return the folder ``darkreplay/leaf`` in ``base``, else in ``XDG_CACHE_HOME``, else in ``~/.cache``; it exists.

    Where that cannot be written, or nobody knows the user's home (a container, a service): in a temporary folder of
    the user.

    Raises
    ------
    OSError
        no folder can be made, not even a temporary one, or that is another user's
    """
    with suppress(OSError, RuntimeError):  # RuntimeError: there is no home
        path = Path(base or os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "darkreplay" / leaf
        path.mkdir(parents=True, exist_ok=True)
        if os.access(path, os.W_OK | os.X_OK):
            return path
    path = _temporary_root() / leaf
    path.mkdir(exist_ok=True)
    return path


def _temporary_root() -> Path:
    """Return the user's folder among the temporary ones. Others may have made it: code in it would be theirs."""
    path = Path(tempfile.gettempdir()) / f"darkreplay-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    facts = path.lstat()
    if not S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o022:
        reason = "others may write to this folder for compiled code; set XDG_CACHE_HOME to one of your own"
        raise OSError(errno.EACCES, reason, str(path))
    return path
