"""What a process loads at its birth, and what went wrong with it. The modules that the forkserver imports use it."""

from collections.abc import Callable


class Loading:
    """Loads at once. The forkserver would swallow a failure, so it is kept, and each worker asks for it."""

    def __init__(self, load: Callable[[], None]) -> None:
        self._load = load
        self._failure = self._try()

    def ensure(self) -> str:
        """Load again if the last try failed (the cache may have been rebuilt since); return what went wrong, or ""."""
        if self._failure:
            self._failure = self._try()
        return self._failure

    def _try(self) -> str:
        try:
            self._load()
        except Exception as error:
            return f"{type(error).__name__}: {' '.join(str(error).split())}"
        return ""
