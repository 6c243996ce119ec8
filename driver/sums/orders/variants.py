"""By which other mids and populations the orders of a job are measured once more, and what is added up of them.

`driver.job.sensitivity` measures, `driver.tables.split_table` shows.
"""

from typing import Final

from kernels.conventions import MID_KINDS, POPULATION_RESTED, POPULATION_SWEEP, POPULATIONS

MID: Final = "mid"
POPULATION: Final = "population"
KINDS: Final = {MID: MID_KINDS, POPULATION: POPULATIONS}
VARIANT_SUMS: Final = ("base", "real_cost", "cost", "unknown_orders")  # of a variant, by scenario
_SWEEPS: Final = (POPULATION_SWEEP, POPULATION_RESTED)

VariantSums = dict[str, dict[str, list[int]]]  # by label and scenario


def label_of(about: str, kind: int) -> str:
    """Return what the sums of a variant are called; kind : its number."""
    return f"{about}={KINDS[about][kind]}"


def other_mids(mid: int) -> tuple[int, ...]:
    """Return all mids but a run's own."""
    return tuple(kind for kind in range(len(MID_KINDS)) if kind != mid)


def other_populations(population: int) -> tuple[int, ...]:
    """Return the populations that the jobs of a run can measure beside its own.

    Of sweeps, and of those that rested, security-days without any sweep are no jobs, so others are not all there.
    """
    within = _SWEEPS if population in _SWEEPS else range(len(POPULATIONS))
    return tuple(kind for kind in within if kind != population)
