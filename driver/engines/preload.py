"""Imported by the forkserver: loads the compiled kernels once, so that every worker has them at birth.

The forkserver would swallow a failure here, so it is kept, and each worker asks for it.
"""


def _load() -> str:
    """Import the job and load its kernels; return what went wrong, or nothing."""
    try:
        import pyarrow.compute  # noqa: F401  (pyarrow imports it on first use, which takes as long as a job)

        import driver.job.job  # noqa: F401
        import kernels
        from driver.engines.without_blas import import_without_blas

        import_without_blas()
        kernels.warm()
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return ""


def ensure_loaded() -> str:
    """Load again if the first try failed (the cache may have been rebuilt since); return what went wrong."""
    global _failure
    if _failure:
        _failure = _load()
    return _failure


_failure = _load()
