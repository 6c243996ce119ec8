"""What statistics are made of: moments of all priced orders, and the sums of each security-day.

`driver.tables.aggregate` fills it once all partials are merged; nothing here reads a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from driver.inference.clusters import SecurityDays
from kernels.base.columns import F64, I64
from kernels.conventions import ALGEBRA, BOUNDS, REPLAY, SCENARIO_TABLE

# The family of tests is fixed beforehand (decisions 37): what follows from arithmetic is described, bounds and the
# placebo are printed.
TESTED = tuple(scenario.name for scenario in SCENARIO_TABLE if scenario.kind == REPLAY and scenario.chosen)
DESCRIBED = tuple(scenario.name for scenario in SCENARIO_TABLE if scenario.kind == ALGEBRA)
PRINTED = "printed"
BY_VALUE, PER_ORDER = "notional", "equal"
WEIGHTINGS = (PER_ORDER, BY_VALUE)  # as sums have them
FIRST = (BY_VALUE, PER_ORDER)  # the order of what is said: money before orders


@dataclass(frozen=True, slots=True)
class Sample:
    """Moments of all priced orders, and of each cluster (security-day), costs in bps.

    K scenarios, real first; G security-days. Axis 1 of ``cluster_mean`` is unweighted, then weighted by Q M0.
    """

    scenarios: tuple[str, ...]
    orders: int
    mean: F64  # (K,) equal-weighted
    comoment: F64  # (K, K)
    cluster_weight: F64  # (G, 2) orders, sum of Q M0
    cluster_mean: F64  # (G, 2, K)
    security: I64  # (G,) dense
    date: I64  # (G,)
    unknown: tuple[int, ...] = ()  # of each scenario, orders whose data lack what it needs
    outcomes: I64 | None = None  # (K, 3) orders that the scenario serves better, as well, worse than reality did
    savings: I64 | None = None  # (K - 1, fine buckets) orders by what each other scenario saves them
    ranks: Mapping[str, int] = field(default_factory=dict)  # sums of ``driver.sums.orders.rank_sums``
    value: float = 0.0  # of all priced orders at M0, in the currency; 0: not known
    weighed: dict[str, SecurityDays] = field(default_factory=dict, init=False, compare=False)  # by weighting

    def why_not_known(self, k: int) -> str:
        """Return why a scenario has no statistics where it is not known of all orders: the rest is no sample."""
        if not self.unknown or not self.unknown[k]:
            return ""
        return f"not known of {self.unknown[k]:,} orders, whose data lack quotes or trades"

    def part(self, held: NDArray[np.bool_]) -> "Sample":
        """Return the sample of the security-days that are ``held``, (G,), with the moments of all."""
        clusters = self.cluster_weight[held], self.cluster_mean[held]
        return replace(
            self,
            cluster_weight=clusters[0],
            cluster_mean=clusters[1],
            security=self.security[held],
            date=self.date[held],
        )

    def days(self, k: int, weighting: str) -> SecurityDays:
        """Return what security-days saved under a scenario; those that weigh something are the same under each."""
        axis = WEIGHTINGS.index(weighting)
        weight = self.cluster_weight[:, axis]
        amount = weight * (self.cluster_mean[:, axis, 0] - self.cluster_mean[:, axis, k])
        if weighting not in self.weighed:
            self.weighed[weighting] = SecurityDays.of(amount, weight, self.security, self.date)
        return replace(self.weighed[weighting], amount=amount[weight > 0])

    def saving(self, k: int, weighting: str) -> float:
        """Return the saving of all orders in bps; nan without priced orders."""
        weight = self.cluster_weight[:, WEIGHTINGS.index(weighting)]
        days = self.days(k, weighting)
        return days.estimate if weight.any() else float("nan")

    def band(self, weighting: str) -> tuple[float, float] | None:
        """Return the least and the most that R saves in its three runs, where all three were run."""
        runs = [self.scenarios.index(name) for name in ("R", *BOUNDS) if name in self.scenarios]
        known = len(runs) == 1 + len(BOUNDS) and not any(self.why_not_known(k) for k in runs)
        savings = [self.saving(k, weighting) for k in runs] if known else [float("nan")]
        return None if np.isnan(savings).any() else (min(savings), max(savings))


def status_of(scenario: str) -> str:
    """Return how a scenario enters inference: tested, algebra, or printed."""
    return "tested" if scenario in TESTED else "algebra" if scenario in DESCRIBED else PRINTED
