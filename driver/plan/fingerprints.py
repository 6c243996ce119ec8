"""What decides a job's files, as a digest: a finished job stays valid while it is the same. `plan` makes it of each.

A setting that the chosen scenarios and outputs do not look at is left out: changing it reruns nothing. (Settings of the
replay are refused where nothing is replayed.)
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from driver.plan.jobs import Settings
from kernels.measure.choices import Simulation


def digest_of(facts: Sequence[Any]) -> str:
    """Return a digest of facts."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def settings_text(settings: Settings) -> str:
    """Return what of the settings decides a job's files."""
    return json.dumps(asdict(_that_count(settings)), sort_keys=True)


def _that_count(settings: Settings) -> Settings:
    """Return settings in which those that nothing looks at have their usual values."""
    usual, scenarios = Simulation(), set(settings.simulation.scenarios)
    if not settings.order_level:
        settings = replace(settings, output_format="parquet", order_columns="core", matches_as="matches")
    settings = replace(settings, cell_sums=False, mixed_keys=(), sensitivity=False)  # `plan` marks jobs that keep them
    simulation = settings.simulation
    if "C" not in scenarios:
        simulation = replace(simulation, price_impact_bps=usual.price_impact_bps)
    if not scenarios & {"B", "C"}:
        simulation = replace(simulation, dark_share_ppm=usual.dark_share_ppm)
    return replace(settings, simulation=simulation)
