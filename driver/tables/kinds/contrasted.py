"""What contrasts.csv says of small and large orders: a sample of each part of every job's orders. `aggregate` asks."""

from dataclasses import replace

import numpy as np

from driver.inference.sample import Sample
from driver.sums.order_kinds import KINDS
from driver.tables.grouping import natural
from driver.tables.kinds.kind_tables import Cluster, KindTables
from driver.tables.kinds.meanings import SHOWN


def parts_of(sample: Sample, kinds: KindTables) -> dict[tuple[str, str], Sample]:
    """Return the sample of each size, fixed and by quarters, and of the largest quarter less the smallest."""
    order = sorted(kinds.clusters, key=lambda one: (KINDS.index(one[0]), natural(one[1])))
    found = {(kind, SHOWN[kind](int(label))): kinds.clusters[kind, label] for kind, label in order}
    return {key: _sample_of(sample, clusters) for key, clusters in (found | dict(kinds.differences())).items()}


def _sample_of(sample: Sample, clusters: list[Cluster]) -> Sample:
    jobs = np.array([one.job for one in clusters])
    return replace(
        sample,
        cluster_weight=np.array([one.weight for one in clusters]),
        cluster_mean=np.array([one.mean for one in clusters]),
        security=sample.security[jobs],
        date=sample.date[jobs],
    )
