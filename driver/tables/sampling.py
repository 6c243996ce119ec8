"""What inference needs of a run: moments of all priced orders, and what each security-day adds. Used by `aggregate`."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from driver.inference.sample import Sample
from driver.plan.jobs import Job
from driver.sums.partial import Partial
from driver.sums.totals import Totals
from driver.tables.csv_text import Value
from driver.tables.table_style import TableStyle, cost_bps
from kernels.base.columns import F64, I64
from kernels.sums.saving_parts import RANK_BUCKETS


@dataclass(slots=True)
class SampleSums:
    """Weights and means of the jobs so far, in the order of the plan, and sums of ranks."""

    weight: "array[float]" = field(default_factory=lambda: array("d"))  # two of each job
    mean: "array[float]" = field(default_factory=lambda: array("d"))  # two of each scenario
    ranks: Counter[str] = field(default_factory=Counter)
    savings: I64 | None = None  # (scenarios but reality, RANK_BUCKETS), flat

    def __len__(self) -> int:
        """Return how many jobs there are so far."""
        return len(self.weight) // 2

    def add_ranked(self, partial: Partial) -> None:
        """Add what a job says of the ranks of costs, and of savings."""
        self.ranks.update(partial.ranks)
        if self.savings is None:
            self.savings = np.zeros((len(partial.cells.scenarios) - 1) * RANK_BUCKETS, np.int64)
        self.savings[partial.savings.code] += partial.savings.count  # each code stands once

    def add(self, whole: Totals) -> None:
        """Add the sums of one job."""
        weight, mean = cluster_of(whole)
        self.weight.extend(weight.tolist())
        self.mean.extend(mean.ravel().tolist())

    def sample(
        self, totals: Totals, jobs: Sequence[Job], place: Mapping[str, Mapping[Value, int]], style: TableStyle
    ) -> Sample:
        """Return the sample that all ``jobs`` make; totals : of all; place : codes of securities and dates."""
        sums = totals.row(0)
        return Sample(
            scenarios=totals.scenarios,
            orders=int(totals.priced[0]),
            mean=totals.mean[0],
            comoment=totals.comoment_matrix(0),
            cluster_weight=np.asarray(self.weight).reshape(-1, 2),
            cluster_mean=np.asarray(self.mean).reshape(len(jobs), 2, -1),
            security=np.array([place["security"][job.security] for job in jobs], np.int64),
            date=np.array([place["date"][job.date] for job in jobs], np.int64),
            unknown=tuple(sums[f"{scenario}.unknown_orders"] for scenario in totals.scenarios),
            outcomes=np.array([_than_reality(sums, name) for name in totals.scenarios], np.int64),
            value=sums["base"] / (2 * style.unit),
            ranks=self.ranks,
            savings=None if self.savings is None else self.savings.reshape(-1, RANK_BUCKETS),
        )


def _than_reality(sums: Mapping[str, int], scenario: str) -> list[int]:
    """Return how many priced orders cost less under a scenario than really, the same, and more."""
    better, worse = sums[f"{scenario}.better"], sums[f"{scenario}.worse"]
    return [better, sums["priced_orders"] - better - worse, worse]


def cluster_of(whole: Totals) -> tuple[F64, F64]:
    """Return orders and value of a job, and the means of its shortfalls weighted by either: (2,), (2, K)."""
    priced, base, *costs = whole.some(0, ("priced_orders", "base", *(f"{name}.cost" for name in whole.scenarios)))
    by_value = [cost_bps(cost, base) or 0.0 for cost in costs]
    return np.array([priced, base], np.float64), np.array([whole.mean[0], by_value])
