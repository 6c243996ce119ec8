"""The compilation that goes with a run or a conversion: which parts of the kernels it needs, and how it is shown."""

from functools import partial

from driver.config.keys import Config
from driver.engines.kernel_cache import WarmUp
from driver.engines.warm_markers import CONVERT, MEASURE, REPLAY
from driver.plan.jobs import replays
from driver.run.monitor import UNEVEN, Monitor


def warm_up_for(config: Config, monitor: Monitor, converts: bool = False) -> WarmUp:
    """Return what compiles the kernels that a run needs, those of a conversion if it ``converts``, and shows how far.

    No kernel is compiled for nothing: a run begins it once it knows what there is to do.
    """
    parts = (CONVERT,) * converts + (MEASURE,) + (REPLAY,) * replays(config)
    return WarmUp(monitor.say, parts, partial(monitor.count, "compiling the kernels", UNEVEN))
