"""What contrasts.csv says of small and large orders: a sample of each part of every job's orders. `aggregate` asks."""

from dataclasses import replace

import numpy as np

from driver.inference.sample import Sample
from driver.sums.orders.kinds import KINDS, QUARTERS
from driver.tables.grouping import natural
from driver.tables.kinds.kind_tables import QUARTILE, KindTables
from driver.tables.kinds.meanings import SHOWN
from kernels.base.columns import F64, I64


def parts_of(sample: Sample, kinds: KindTables) -> dict[tuple[str, str], Sample]:
    """Return the sample of each size, fixed and by quarters, and of the largest quarter less the smallest."""
    order = sorted(kinds.clusters, key=lambda one: (KINDS.index(one[0]), natural(one[1])))
    parts = {
        (kind, SHOWN[kind](int(label))): _sample_of(sample, *kinds.clusters[kind, label].arrays())
        for kind, label in order
    }
    ends = [kinds.clusters.get((QUARTILE, str(quarter))) for quarter in (1, QUARTERS)]
    if ends[0] and ends[1]:
        (first, small, below), (last, large, above) = (one.arrays() for one in ends if one)
        jobs, one, other = np.intersect1d(first, last, return_indices=True)
        if len(jobs):  # each weighs what both quarters together do
            difference = _sample_of(sample, jobs, small[one] + large[other], above[other] - below[one])
            parts[QUARTILE, f"{QUARTERS} less 1"] = difference
    return parts


def _sample_of(sample: Sample, jobs: I64, weight: F64, mean: F64) -> Sample:
    security, date = sample.security[jobs], sample.date[jobs]
    return replace(sample, cluster_weight=weight, cluster_mean=mean, security=security, date=date)
