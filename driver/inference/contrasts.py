"""The rows of contrasts.csv: savings of each security, clustered by date, and of each date, clustered by security.

Then those of parts of each security-day, its small and its large orders, say, clustered as the whole is.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driver.inference.clusters import variance_of
from driver.inference.intervals import interval
from driver.inference.rows import Row
from driver.inference.sample import FIRST, PRINTED, Sample, status_of

CONTRAST_COLUMNS: Final = (
    "by", "value", "scenario", "weighting", "clusters", "effective_clusters", "saving_bps", "standard_error", "ci_low",
    "ci_high", "df", "note",
)  # fmt: skip


def contrasts(
    sample: Sample, securities: list[str], dates: list[str], parts: Mapping[tuple[str, str], Sample] | None = None
) -> list[Row]:
    """Return a row for each security, date and part, scenario and weighting; names by the sample's codes.

    parts : samples of parts of the orders, by what they are parts by, and which

    Exploratory: intervals of each by itself, no p-values. Of a single security, or a single date, what there is to say
    stands in statistics.csv.
    """
    ways = [("security", securities, sample.security), ("date", dates, sample.date)]
    told = [
        k for k, name in enumerate(sample.scenarios) if k and status_of(name) != PRINTED and not sample.why_not_known(k)
    ]
    rows: list[Row] = []
    for by, names, code in ways:
        held = [(part, name) for part, name in enumerate(names) if sample.cluster_weight[code == part, 0].any()]
        if len(held) < 2:
            continue
        rows += [
            _of_part(sample, k, weighting, code == part, {"by": by, "value": name})
            for part, name in held
            for k in told
            for weighting in FIRST
        ]
    for (by, name), one in (parts or {}).items():
        every = np.ones(len(one.security), np.bool_)
        rows += [_of_part(one, k, weighting, every, {"by": by, "value": name}) for k in told for weighting in FIRST]
    return [{name: row.get(name) for name in CONTRAST_COLUMNS} for row in rows]


def _of_part(sample: Sample, k: int, weighting: str, held: NDArray[np.bool_], row: Row) -> Row:
    days = sample.days(k, weighting, held)
    row |= {"scenario": sample.scenarios[k], "weighting": weighting, "clusters": len(days.weight)}
    if not len(days.weight):
        return row | {"note": "no priced orders"}
    row["saving_bps"] = days.estimate
    variance = variance_of(days)
    if isinstance(variance, str):
        return row | {"note": "one cluster: no interval"}
    found = interval(days.estimate, math.sqrt(variance.value), variance.df)
    found["df"] = found.pop("df1")
    return row | found | {"effective_clusters": variance.effective, "note": variance.how}
