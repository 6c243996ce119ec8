"""What security-days say of scenarios: intervals and tests that hold where orders share days and securities."""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from driver.inference.clusters import (
    ONE_CLUSTER,
    SecurityDays,
    effective_clusters,
    left_out,
    own_part,
    residuals,
    variance_of,
)
from driver.inference.intervals import interval, p_of_f, p_of_t
from driver.inference.rows import Row
from driver.inference.sample import BY_VALUE, Sample
from kernels.base.columns import F64, I64
from kernels.conventions import BPS

CENTRAL: Final = "R"
NO_ORDERS: Final = "no priced orders"


def cluster_row(sample: Sample, k: int, weighting: str, tested: bool) -> Row:
    """Return the saving of scenario k with its interval; a p-value only where it is tested."""
    days = sample.days(k, weighting)
    row: Row = {"orders": sample.orders, "clusters": len(days.weight)}
    if not len(days.weight):
        return row | {"status": "refused", "note": NO_ORDERS}
    row |= {"saving_bps": days.estimate} | bounds_of(sample, k, weighting)
    variance = variance_of(days)
    if isinstance(variance, str):
        return row | {"status": "refused", "note": variance} | _money(sample, weighting, row)
    row |= interval(days.estimate, math.sqrt(variance.value), variance.df)
    row |= {"effective_clusters": variance.effective, "note": variance.how}
    if tested and row["statistic"] is not None:
        row["p_value"] = p_of_t(days.estimate / math.sqrt(variance.value), variance.df)
    return row | _money(sample, weighting, row)


def bounds_of(sample: Sample, k: int, weighting: str) -> Row:
    """Return between what R's three runs put its saving at the mid of the end, and whether they agree in its sign.

    Whether the sign is identified, at the touch too, bounds.csv says.
    """
    band = sample.band(weighting) if sample.scenarios[k] == CENTRAL else None
    if band is None:
        return {}
    return {"bound_low": band[0], "bound_high": band[1], "bounds_agree": "yes" if band[0] * band[1] > 0 else "no"}


def _money(sample: Sample, weighting: str, row: Row) -> Row:
    """Return the saving and its interval in the currency, where orders count by value."""
    names = {"saving_value": "saving_bps", "value_low": "ci_low", "value_high": "ci_high"}
    if weighting != BY_VALUE or not sample.value:
        return {}
    found = {name: row.get(of) for name, of in names.items()}
    return {name: value / BPS * sample.value for name, value in found.items() if isinstance(value, float)}


def joint_row(sample: Sample, chosen: list[int], weighting: str) -> Row:
    """Return the test that none of the chosen scenarios saves anything, by whole securities or dates.

    Hotelling's T squared of the jackknife's variance matrix; of the two ways to cluster, the one that is less sure.
    """
    days = [sample.days(k, weighting) for k in chosen]
    row: Row = {"orders": sample.orders, "clusters": len(days[0].weight)}
    if not len(days[0].weight):
        return row | {"status": "refused", "note": NO_ORDERS}
    ways = {"clustered by security": days[0].security, "clustered by date": days[0].date}
    tests = [(*test, how) for how, code in ways.items() if (test := _joint(days, code))]
    if not tests:
        few = f"too few clusters for {len(chosen)} scenarios"
        return row | {"status": "refused", "note": ONE_CLUSTER if len(days[0].weight) == 1 else few}
    p, f, df1, df2, how = max(tests)
    return row | {"statistic": f, "df1": df1, "df2": df2, "p_value": p, "note": how}


def _joint(days: list[SecurityDays], cluster: I64) -> tuple[float, float, int, float] | None:
    """Return p, F and its degrees of freedom; None where clusters are too few or savings follow from each other."""
    q, effective = len(days), effective_clusters(days[0].weight, cluster)
    if effective <= q + 1 or cluster.max() <= q:
        return None
    moved = np.array([left_out(one, cluster) for one in days])  # (q, clusters)
    matrix: F64 = (moved.shape[1] - 1) / moved.shape[1] * (moved @ moved.T)
    estimates = np.array([one.estimate for one in days])
    sizes = np.sqrt(np.diag(matrix))
    if not sizes.all() or np.linalg.matrix_rank(alike := matrix / np.outer(sizes, sizes), tol=1e-9) < q:
        return None
    scaled = estimates / sizes
    squared = float(scaled @ np.linalg.solve(alike, scaled))
    f = squared * (effective - q) / (q * (effective - 1))
    return p_of_f(f, q, effective - q), f, q, effective - q


def heterogeneity_row(sample: Sample, k: int, weighting: str, across: str) -> Row:
    """Return whether savings differ across securities, or dates, more than security-days do among themselves.

    F = what the fit of securities (or dates) adds to that of the other / what security-days have of their own, over its
    degrees of freedom. Each security-day counts the same: what it has of its own does not shrink as its orders grow,
    and by their weight F would find differences between securities of unlike size where there are none.
    """
    days = sample.days(k, weighting)
    row: Row = {"orders": sample.orders, "clusters": len(days.weight)}
    if not len(days.weight):
        return row | {"status": "refused", "note": NO_ORDERS}
    alike = replace(days, amount=days.amount / days.weight, weight=np.ones_like(days.weight))
    mine, other = (alike.security, alike.date) if across == "security" else (alike.date, alike.security)
    _, own_df = own_part(alike)
    df = len(alike.weight) - 1 - int(other.max()) - own_df
    if not mine.max() or own_df < 1 or df < 1:
        return row | {"status": "refused", "note": "wants two securities and two dates that they share"}
    own = float((residuals(alike) ** 2).sum())
    without = float(((alike.amount - (np.bincount(other, alike.amount) / np.bincount(other))[other]) ** 2).sum())
    if own <= 1e-18 * without:
        return row | {"note": "security-days vary by nothing of their own: no test applies"}
    f = max(without - own, 0.0) / df / (own / own_df)
    note = "exploratory; each security-day counts the same"
    return row | {"statistic": f, "df1": df, "df2": own_df, "p_value": p_of_f(f, df, own_df), "note": note}
