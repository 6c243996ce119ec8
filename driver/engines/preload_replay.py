"""Imported by the forkserver of a run that replays the dark book, after `preload`: loads the replay's kernels, too."""


def _load() -> str:
    """Load the replay and its kernels; return what went wrong, or nothing."""
    try:
        import kernels.replay.replay  # noqa: F401
        from kernels.warming import warm_part

        warm_part("replay")
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return ""


def ensure_loaded() -> str:
    """Load again if the first try failed; return what went wrong."""
    global _failure
    if _failure:
        _failure = _load()
    return _failure


_failure = _load()
