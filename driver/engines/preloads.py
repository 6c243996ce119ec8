"""The modules that workers load at their birth, by what they do. Nothing is imported to know their names."""

from typing import Final

from driver.config.keys import Config
from driver.plan.jobs import replays

PRELOAD: Final = ("driver.engines.preload",)
PRELOAD_CONVERT: Final = ("driver.engines.preload_convert",)
PRELOAD_REPLAY: Final = (*PRELOAD, "driver.engines.preload_replay")


def preload_for(config: Config) -> tuple[str, ...]:
    """Return what the workers of a run load."""
    return PRELOAD_REPLAY if replays(config) else PRELOAD
