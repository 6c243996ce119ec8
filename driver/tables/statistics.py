"""Statistics from mergeable moments: paired contrasts, effect sizes, Holm, repeated-measures ANOVA, clusters.

All scenarios see the same orders, so only paired methods apply. Orders of one security-day share prices and
contra orders: the cluster-robust rows are the ones to quote, the order-level rows describe the sample. B and C
are algebra on A's inputs, so they are never tested (decisions 37); of one security-day nothing is.

`aggregate` asks for the rows once all partials are merged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driver.tables.csv_text import Value
from kernels.base.columns import F64, I64
from kernels.conventions import ALGEBRA, SCENARIO_TABLE

TESTED = tuple(scenario.name for scenario in SCENARIO_TABLE if scenario.tested)
DESCRIBED = tuple(scenario.name for scenario in SCENARIO_TABLE if scenario.kind == ALGEBRA and not scenario.tested)
PRINTED = "printed"  # the placebo and the bounds: part of no comparison
CONFIDENCE = 0.95
FEW_CLUSTERS = 40
ONE_CLUSTER = "one security-day is one cluster: no inference beyond these orders is possible"
INDEPENDENT = "treats orders as independent: describes this sample"
COLUMNS = (
    "test", "scenario", "weighting", "status", "orders", "clusters", "saving_bps", "standard_error",
    "ci_low", "ci_high", "statistic", "df1", "df2", "p_value", "p_holm", "d_z", "d_av", "hedges_g", "epsilon", "note",
)  # fmt: skip


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


def statistics(sample: Sample) -> list[dict[str, Value]]:
    """Return the rows of statistics.csv."""
    scenarios = range(1, len(sample.scenarios))
    rows = [_paired_row(sample, k) for k in scenarios]
    for k in scenarios:
        rows += [_cluster_row(sample, k, weighting) for weighting in ("equal", "notional")]
    family = [0, *(k for k, name in enumerate(sample.scenarios) if name in TESTED)]
    everything = [0, *(k for k in scenarios if status_of(sample.scenarios[k]) != PRINTED)]
    for chosen in [family] if family == everything else [family, everything]:
        if len(chosen) > 1 and not any(_not_known(sample, k) for k in chosen):
            rows.append(_anova_row(sample, chosen, "tested" if chosen is family else "algebra"))
    if int((sample.cluster_weight[:, 0] > 0).sum()) < 2:
        rows = [_described(row) for row in rows]
    for test, weighting in (("paired_t", "equal"), ("cluster", "equal")):
        _add_holm([row for row in rows if row["test"] == test and row["weighting"] == weighting])
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def _not_known(sample: Sample, k: int) -> dict[str, Value] | None:
    """Return why a scenario has no statistics if there are orders that it is not known of: the rest is no sample."""
    if not sample.unknown or not sample.unknown[k]:
        return None
    return {"status": "refused", "note": f"not known of {sample.unknown[k]} orders, whose data lack quotes or trades"}


def _described(row: dict[str, Value]) -> dict[str, Value]:
    """Return a row of orders of a single security-day: whatever it says, it says of these orders alone."""
    if row["status"] != "tested":
        return row
    note = ONE_CLUSTER if row.get("statistic") is not None else row["note"]
    return row | {"status": "descriptive", "p_value": None, "note": note}


def status_of(scenario: str) -> str:
    """Return how a scenario enters inference: tested, algebra, or printed."""
    return "tested" if scenario in TESTED else "algebra" if scenario in DESCRIBED else PRINTED


def _paired_row(sample: Sample, k: int) -> dict[str, Value]:
    n = sample.orders
    row = _head("paired_t", sample, k, "equal")
    if refused := _not_known(sample, k):
        return row | refused
    row |= {"orders": n, "saving_bps": float(sample.mean[0] - sample.mean[k]) if n else None}
    if n < 2:
        return row | {"status": "refused", "note": f"{n} priced orders: no spread to judge by"}
    co = sample.comoment
    squares = float(co[0, 0] - 2 * co[0, k] + co[k, k])
    # Rounding leaves a trace of the co-moments' size where every saving is equal.
    if squares <= 1e-12 * float(co[0, 0] + co[k, k]):
        return row | {"standard_error": 0.0, "note": "every order has the same saving: no test applies"}
    sd = math.sqrt(squares / (n - 1))
    average = (math.sqrt(co[0, 0] / (n - 1)) + math.sqrt(co[k, k] / (n - 1))) / 2
    mean = float(sample.mean[0] - sample.mean[k])
    row |= _interval(mean, sd / math.sqrt(n), n - 1, row["status"] == "tested")
    d_z = mean / sd
    row |= {"d_z": d_z, "d_av": mean / average if average else None, "hedges_g": d_z * hedges_factor(n - 1)}
    return row | {"note": INDEPENDENT}


def _head(test: str, sample: Sample, k: int, weighting: str) -> dict[str, Value]:
    name = sample.scenarios[k]
    return {"test": test, "scenario": name, "weighting": weighting, "status": status_of(name)}


def hedges_factor(df: int) -> float:
    """Return the small-sample correction of a standardised mean difference."""
    return 1.0 - 3.0 / (4.0 * df - 1.0)


def _interval(estimate: float, error: float, df: int, tested: bool) -> dict[str, Value]:
    """Return standard error, interval, statistic and, for what is tested, the two-sided p-value."""
    from scipy import special  # slow to import, and only the end of a run needs it

    margin = float(special.stdtrit(df, 0.5 + CONFIDENCE / 2)) * error
    row: dict[str, Value] = {"standard_error": error, "ci_low": estimate - margin, "ci_high": estimate + margin}
    if error > 0:
        t = estimate / error
        row |= {"statistic": t, "df1": df, "p_value": 2.0 * float(special.stdtr(df, -abs(t))) if tested else None}
    return row


def _add_holm(rows: Sequence[dict[str, Value]]) -> None:
    """Fill ``p_holm`` of the rows that have a p-value."""
    tested = [row for row in rows if isinstance(row.get("p_value"), float)]
    for row, adjusted in zip(tested, holm([float(row["p_value"] or 0.0) for row in tested]), strict=True):
        row["p_holm"] = adjusted


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given (Holm 1979)."""
    p, left = np.array(p_values, np.float64), np.arange(len(p_values), 0, -1)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, left * p[order]))
    found: list[float] = adjusted.tolist()
    return found


def _cluster_row(sample: Sample, k: int, weighting: str) -> dict[str, Value]:
    """Return the cluster-robust row of one scenario: two-way, one-way, or refused."""
    axis = 0 if weighting == "equal" else 1
    weight = sample.cluster_weight[:, axis]
    saving = sample.cluster_mean[:, axis, 0] - sample.cluster_mean[:, axis, k]
    priced = weight > 0
    row = _head("cluster", sample, k, weighting)
    if refused := _not_known(sample, k):
        return row | refused
    row |= {"orders": sample.orders, "clusters": int(priced.sum())}
    total = float(weight.sum())
    if total == 0.0:
        return row | {"status": "refused", "note": "no priced orders"}
    estimate = float((weight * saving).sum() / total)
    row["saving_bps"] = estimate
    score = (weight * (saving - estimate))[priced]
    securities, dates = sample.security[priced], sample.date[priced]
    variance, df, note = cluster_variance(score, total, securities, dates)
    if variance is None:
        return row | {"status": "refused", "note": note}
    if df + 1 < FEW_CLUSTERS:
        note += f"; only {df + 1} clusters in the smaller dimension: intervals are rough"
    tested = row["status"] == "tested" and weighting == "equal"
    return row | _interval(estimate, math.sqrt(variance), df, tested) | {"note": note}


def cluster_variance(score: F64, total: float, security: I64, date: I64) -> tuple[float | None, int, str]:
    """Return variance of a ratio mean, degrees of freedom and how it was clustered (Cameron, Gelbach, Miller 2011).

    score : (G,) weight x (mean - estimate) of each security-day; total : sum of weights.
    """
    securities, dates = len(np.unique(security)), len(np.unique(date))
    if securities < 2 and dates < 2:
        return None, 0, ONE_CLUSTER
    if securities < 2:
        return _one_way(score, date) / total**2, dates - 1, "clustered by date"
    if dates < 2:
        return _one_way(score, security) / total**2, securities - 1, "clustered by security"
    by_security, by_date = _one_way(score, security), _one_way(score, date)
    both = by_security + by_date - _one_way(score, np.arange(len(score)))
    note = "clustered by security and date"
    if both <= 0:
        both, note = max(by_security, by_date), note + "; variance not positive, larger one-way variance taken"
    return both / total**2, min(securities, dates) - 1, note


def _one_way(score: F64, cluster: I64) -> float:
    _, code = np.unique(cluster, return_inverse=True)
    sums = np.bincount(code, weights=score)
    groups = len(sums)
    return float(groups / (groups - 1) * (sums**2).sum()) if groups > 1 else 0.0


def _anova_row(sample: Sample, chosen: list[int], status: str) -> dict[str, Value]:
    """Return the repeated-measures ANOVA over the chosen scenarios, with Greenhouse-Geisser's correction."""
    names = "+".join(sample.scenarios[k] for k in chosen)
    row: dict[str, Value] = {"test": "rm_anova", "scenario": names, "weighting": "equal", "status": status}
    n = row["orders"] = sample.orders
    if n < 2:
        return row | {"status": "refused", "note": f"{n} priced orders: no spread to judge by"}
    result = rm_anova(n, sample.mean[chosen], sample.comoment[np.ix_(chosen, chosen)])
    if result is None:
        return row | {"note": "scenarios differ by the same amount in every order: no test applies"}
    f, df1, df2, epsilon, p = result
    algebra = "B and C are algebra on A: this F is a description, not evidence"
    row |= {"statistic": f, "df1": df1, "df2": df2, "epsilon": epsilon, "p_value": p if status == "tested" else None}
    return row | {"note": algebra if status == "algebra" else INDEPENDENT}


def rm_anova(n: int, mean: F64, comoment: F64) -> tuple[float, float, float, float, float] | None:
    """Return F, corrected df1 and df2, Greenhouse-Geisser epsilon and p; None where there is no error variance.

    mean : (K,), comoment : (K, K) of n observations of K conditions.
    """
    from scipy import special  # slow to import, and only the end of a run needs it

    K = len(mean)
    centre = np.eye(K) - 1.0 / K
    error = centre @ comoment @ centre
    ss_error = float(np.trace(error))
    if ss_error <= 1e-12 * float(np.trace(comoment)):
        return None
    ss_condition = n * float(((mean - mean.mean()) ** 2).sum())
    f = (ss_condition / (K - 1)) / (ss_error / ((K - 1) * (n - 1)))
    epsilon = ss_error**2 / ((K - 1) * float((error * error.T).sum()))
    df1, df2 = (K - 1) * epsilon, (K - 1) * (n - 1) * epsilon
    return f, df1, df2, epsilon, float(special.fdtrc(df1, df2, f))
