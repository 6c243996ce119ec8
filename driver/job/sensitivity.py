"""The orders of a job measured once more by every other mid and population, for sensitivity.csv.

`job` asks for it where the run does, before it measures its orders for everything else.
"""

from collections.abc import Mapping
from dataclasses import replace

from driver.job.measured import measured
from driver.job.replayed import Played
from driver.plan.jobs import Job, Settings
from driver.sums.conditions import Market
from driver.sums.job_sums import JobSums
from driver.sums.orders.variants import MID, POPULATION, VariantSums, label_of, other_mids, other_populations
from kernels.base.memory import Buffers
from kernels.conventions import SCENARIOS
from kernels.measure.rules import Day
from kernels.measure.simulated import SimulatedFills

NO_FILLS: Mapping[str, SimulatedFills] = {}


def sensitivity_sums(
    days: tuple[Day, Day], job: Job, played: Played, market: Market, buffers: tuple[Buffers, Buffers]
) -> VariantSums:
    """Return the sums of VARIANT_SUMS by variant and scenario; none where the run does not ask for them.

    Mids change what A, B and C trade at; what is replayed fills what it does whichever it is. Other populations are
    other orders, which were not replayed: they have A, B and C alone.

    days : the day as the job measures it, and as it is: another population may have orders where the run's has none
    buffers : for blocks, and for sums
    """
    settings, found = job.settings, VariantSums()
    if not settings.sensitivity:
        return found
    day, whole = days
    for mid in other_mids(settings.simulation.mid):
        changed = replace(settings, simulation=replace(settings.simulation, mid=mid))
        found[label_of(MID, mid)] = _sums(day, job, changed, played.fills, market, buffers)
    algebra = set(settings.simulation.scenarios) & set(SCENARIOS)
    for population in other_populations(settings.selection.population) if algebra else ():
        changed = replace(settings, selection=replace(settings.selection, population=population))
        found[label_of(POPULATION, population)] = _sums(whole, job, changed, NO_FILLS, market, buffers)
    return found


def _sums(
    day: Day,
    job: Job,
    settings: Settings,
    fills: Mapping[str, SimulatedFills],
    market: Market,
    buffers: tuple[Buffers, Buffers],
) -> dict[str, list[int]]:
    """Return what is added up of the orders that settings choose, by scenario."""
    sums = JobSums(market, settings.timezone, buffers[1])
    for block in measured(day, settings, job.session, buffers[0], fills):
        sums.add(block)
    total = sums.marginals().total
    shared = total("base"), total("real.cost")
    return {name: [*shared, total(f"{name}.cost"), total(f"{name}.unknown_orders")] for name in sums.scenarios[1:]}
