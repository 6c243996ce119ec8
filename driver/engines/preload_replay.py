"""Imported by the forkserver of a run that replays the dark book, after `preload`: loads the replay's kernels, too."""

from driver.engines.loading import Loading


def _load() -> None:
    """Load the replay and its kernels."""
    import kernels.replay.replay  # noqa: F401
    from kernels.warming import warm_part

    warm_part("replay")


ensure_loaded = Loading(_load).ensure
