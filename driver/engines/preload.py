"""Imported by the forkserver: loads the compiled kernels once, so that every worker has them at birth."""

from driver.engines.loading import Loading


def _load() -> None:
    """Import the job and load its kernels."""
    import pyarrow.compute  # noqa: F401  (pyarrow imports it on first use, which takes as long as a job)

    import driver.job.job  # noqa: F401
    import kernels
    from driver.engines.without_blas import import_without_blas
    from driver.engines.without_pandas import settle_arrow

    import_without_blas()
    settle_arrow()
    kernels.warm()


ensure_loaded = Loading(_load).ensure
