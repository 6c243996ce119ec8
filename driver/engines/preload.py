"""Imported by the forkserver: loads the compiled kernels once, so that every worker has them at birth."""

from driver.engines.loading import Loading


def _load() -> None:
    """Import the job and load its kernels."""
    from driver.engines.early.numba_alone import import_numba

    import_numba()
    import pyarrow.compute  # noqa: F401  (pyarrow imports it on first use, which takes as long as a job)

    import driver.job.job  # noqa: F401
    import kernels
    from driver.engines.without_pandas import settle_arrow

    settle_arrow()
    kernels.warm()


ensure_loaded = Loading(_load).ensure
