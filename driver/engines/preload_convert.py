"""Loads the kernels of a conversion; imported by workers on other machines (those of this one are forked with them)."""

from driver.engines.loading import Loading


def _load() -> None:
    """Convert a few made-up orders: whatever a conversion calls is then compiled, or loaded."""
    from driver.engines.conversion_kernels import warm

    warm()


ensure_loaded = Loading(_load).ensure
