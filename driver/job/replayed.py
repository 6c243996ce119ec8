"""The replay of a job's day: fills and matches by scenario, and the counts of it that add up over jobs.

`job` calls it before it measures. Nothing of the replay is imported where no scenario needs it: it compiles for long.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from driver.plan.jobs import Job
from driver.sums.conditions import Market
from driver.sums.job_sums import JobSums
from kernels.base.memory import Buffers
from kernels.conventions import REPLAYED
from kernels.market.ticks import ticks_by_price
from kernels.measure.measure import measure
from kernels.measure.rules import Day, prepare
from kernels.measure.simulated import SimulatedFills

PLACEBO: Final = "P"
CENTRAL: Final = "R"
# What a time limit adds up, of the sums that every table is made of.
LIMIT_SUMS: Final = ("orders", "order_quantity", "priced_orders", "base", "base_touch")
LIMIT_SCENARIO_SUMS: Final = ("filled_quantity", "unknown_orders")


@dataclass(frozen=True, slots=True)
class Played:
    """What the replay of a job's day says; empty where no scenario is replayed."""

    fills: Mapping[str, SimulatedFills] = field(default_factory=dict)
    matches: Mapping[str, Any] = field(default_factory=dict)  # of ``kernels.replay.matches``
    counts: dict[str, int] = field(default_factory=dict)  # kinds of data_quality.csv
    fidelity: dict[str, int] = field(default_factory=dict)
    unfilled: dict[str, list[int]] = field(default_factory=dict)  # why, then orders and the shares they ask for
    lifeless: int = 0  # subjects that fill nothing, for another reason than their limit, and rest for no time
    limits: Mapping[float, SimulatedFills] = field(default_factory=dict)  # R by seconds in the dark

    def facts(self) -> dict[str, Any]:
        """Return what the partial keeps."""
        return {"fidelity": self.fidelity, "unfilled": self.unfilled, "lifeless": self.lifeless}


def play(day: Day, job: Job, buffers: Buffers) -> Played:
    """Replay the dark book of a job's day, if any of its scenarios is replayed."""
    settings = job.settings
    if not set(settings.simulation.scenarios) & set(REPLAYED):
        return Played()
    from kernels.replay.fidelity import compare, fidelity_row
    from kernels.replay.imputed_minimums import imputed_minimums
    from kernels.replay.replay import replay

    minimums, counts = None, {}
    if settings.replay.impute_minimums:
        imputed = imputed_minimums(day)
        minimums = imputed.minimum, imputed.single_fill
        counts = {"replay_minimums_imputed": imputed.orders, "replay_minimums_restated": imputed.amended}
    played: Any = replay(day, settings, job.session, minimums)
    asked = tuple(name for name in REPLAYED if name in played.fills)
    price2 = prepare(day, settings, job.session, buffers).sums.price2
    found = compare(day, price2, played.matches[PLACEBO], ticks_by_price(settings.simulation.ticks)).counts
    counts |= {"replay_phantoms": played.counts[PLACEBO]["phantoms"]}
    counts |= {f"replay_displaced_{name}": played.counts[name]["displaced"] for name in asked if name in played.counts}
    counts |= {"replay_left_open": played.counts.get(CENTRAL, {}).get("left_open", 0)}
    return Played(
        fills=played.fills,
        matches={name: played.matches[name] for name in asked},
        counts=counts,
        fidelity=fidelity_row(found),
        limits=played.time_limits,
        **(_why(day, played) if CENTRAL in played.fills else {}),
    )


def _why(day: Day, played: Any) -> dict[str, Any]:
    """Return why subjects fill nothing under R, and how many of them rest for no time."""
    from kernels.replay.reasons import REASONS

    subjects, reason = played.subjects, played.unfilled_reason
    asked = np.asarray(day.orders["parent_quantity"])[subjects.rows]
    unfilled = {
        name: [int(np.count_nonzero(reason == code)), int(asked[reason == code].sum())]
        for code, name in enumerate(REASONS)
        if code and np.any(reason == code)
    }
    by_limit = reason == REASONS.index("limit_away")  # wherever their life ended
    lifeless = (reason != 0) & ~by_limit & (subjects.until <= subjects.entry)
    return {"unfilled": unfilled, "lifeless": int(np.count_nonzero(lifeless))}


def limit_sums(day: Day, job: Job, played: Played, market: Market, buffers: tuple[Buffers, Buffers]) -> Any:
    """Return the sums of each time limit by its seconds as text: R's orders measured with that much time in the dark.

    buffers : for blocks, and for sums
    """
    settings = replace(job.settings, simulation=replace(job.settings.simulation, scenarios=(CENTRAL,)))
    found = {}
    for seconds, fills in sorted(played.limits.items()):
        sums = JobSums(market, settings.timezone, buffers[1])
        for block in measure(day, settings, job.session, buffers[0], {CENTRAL: fills}):
            sums.add(block)
        cells = sums.results()[0]
        total = Counter(dict(zip(cells.names, cells.sums.sum(axis=1).tolist(), strict=True)))
        kept = {name: total[name] for name in LIMIT_SUMS}
        kept |= {name: total[f"{CENTRAL}.{name}"] for name in LIMIT_SCENARIO_SUMS}
        for charge in ("", "_touch"):
            kept[f"saving{charge}"] = total[f"real.cost{charge}"] - total[f"{CENTRAL}.cost{charge}"]
        found[f"{seconds:g}"] = kept
    return found
