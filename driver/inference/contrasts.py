"""The rows of contrasts.csv: savings of each security, clustered by date, and of each date, clustered by security.

Then those of parts of each security-day, its small and its large orders, say, clustered as the whole is.
"""

import math
from collections.abc import Mapping
from typing import Final

from driver.inference.clustered import bounds_of
from driver.inference.clusters import variance_of
from driver.inference.intervals import interval
from driver.inference.rows import Row
from driver.inference.sample import FIRST, PRINTED, Sample, status_of

CONTRAST_COLUMNS: Final = (
    "by", "value", "scenario", "weighting", "clusters", "effective_clusters", "saving_bps", "standard_error", "ci_low",
    "ci_high", "df", "bound_low", "bound_high", "bounds_agree", "note",
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
        of = {name: sample.part(code == place) for place, name in enumerate(names)}
        held = {(by, name): one for name, one in of.items() if one.cluster_weight[:, 0].any()}
        if len(held) >= 2:
            rows += _of_parts(held, told)
    rows += _of_parts(parts or {}, told)
    return [{name: row.get(name) for name in CONTRAST_COLUMNS} for row in rows]


def _of_parts(parts: Mapping[tuple[str, str], Sample], told: list[int]) -> list[Row]:
    return [
        _of_part(one, k, weighting, {"by": by, "value": name})
        for (by, name), one in parts.items()
        for k in told
        for weighting in FIRST
    ]


def _of_part(sample: Sample, k: int, weighting: str, row: Row) -> Row:
    days = sample.days(k, weighting)
    row |= {"scenario": sample.scenarios[k], "weighting": weighting, "clusters": len(days.weight)}
    if not len(days.weight):
        return row | {"note": "no priced orders"}
    row |= {"saving_bps": days.estimate} | bounds_of(sample, k, weighting)
    variance = variance_of(days)
    if isinstance(variance, str):
        return row | {"note": "one cluster: no interval"}
    found = interval(days.estimate, math.sqrt(variance.value), variance.df)
    found["df"] = found.pop("df1")
    return row | found | {"effective_clusters": variance.effective, "note": variance.how}
