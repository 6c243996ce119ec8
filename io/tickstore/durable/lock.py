"""One lock for a folder that only one process may write."""

import fcntl
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tickstore.errors import UserError

LOCK = ".lock"


class RunLock:
    """One run at a time on a folder. The lock dies with its owner, so a killed run never blocks the next."""

    def __init__(self, folder: Path, purpose: str) -> None:
        self.path = folder / LOCK
        self.purpose = purpose
        self.file: IO[str] | None = None

    def __enter__(self) -> Self:
        file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            file.close()
            raise UserError(
                f"{self.purpose} folder {self.path.parent} is in use by {owner}: wait for it, or give another folder"
            ) from None
        file.truncate(0)
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        file.write(f"process {os.getpid()} on {socket.gethostname()} since {since}\n")
        file.flush()
        self.file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.file is not None:
            self.file.truncate(0)
            self.file.close()
