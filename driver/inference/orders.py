"""What orders alone say of scenarios, as if each stood for itself: effect sizes, signs, tests of any difference.

They describe the orders of a run. None has a p-value, as orders of one day share what happened on it (decisions 37).
"""

import math

import numpy as np

from driver.inference.intervals import interval
from driver.inference.rows import Row
from driver.inference.sample import Sample
from kernels.base.columns import F64

INDEPENDENT = "treats orders as independent: describes this sample"
ROUNDING = 1e-12  # of the co-moments' size: the trace that rounding leaves where every difference is equal


def paired_row(sample: Sample, k: int) -> Row:
    """Return mean and spread of the savings of orders under scenario k, and how large the one is to the other.

    d_z = mean / sd of the savings; d_av = mean / the average sd of the two costs; Hedges' g = d_z with its correction
    for few orders.
    """
    n = sample.orders
    row: Row = {"orders": n, "saving_bps": float(sample.mean[0] - sample.mean[k]) if n else None}
    if n < 2:
        return row | {"status": "refused", "note": f"{n} priced orders: no spread to judge by"}
    co = sample.comoment
    squares = float(co[0, 0] - 2 * co[0, k] + co[k, k])
    if squares <= ROUNDING * float(co[0, 0] + co[k, k]):
        return row | {"standard_error": 0.0, "note": "every order has the same saving: no test applies"}
    sd = math.sqrt(squares / (n - 1))
    average = (math.sqrt(co[0, 0] / (n - 1)) + math.sqrt(co[k, k] / (n - 1))) / 2
    mean = float(sample.mean[0] - sample.mean[k])
    d_z = mean / sd
    effects: Row = {"d_z": d_z, "d_av": mean / average if average else None, "hedges_g": d_z * hedges_factor(n - 1)}
    return row | interval(mean, sd / math.sqrt(n), n - 1) | effects | {"note": INDEPENDENT}


def sign_row(sample: Sample, k: int) -> Row:
    """Return how many orders a scenario serves better, as well and worse; statistic: z of better against worse."""
    if sample.outcomes is None:
        return {"status": "refused", "note": "not counted"}
    better, equal, worse = map(int, sample.outcomes[k])
    row: Row = {"orders": better + equal + worse, "better": better, "equal": equal, "worse": worse}
    differ = better + worse
    if not row["orders"]:
        return row | {"status": "refused", "note": "no priced orders"}
    if not differ:
        return row | {"note": "no order does better or worse: no test applies"}
    return row | {"statistic": (better - worse) / math.sqrt(differ), "note": INDEPENDENT}


def hedges_factor(df: int) -> float:
    """Return the small-sample correction of a standardised mean difference."""
    return 1.0 - 3.0 / (4.0 * df - 1.0)


def anova_row(sample: Sample, chosen: list[int]) -> Row:
    """Return the repeated-measures ANOVA over the chosen scenarios, with Greenhouse-Geisser's correction."""
    n = sample.orders
    if n < 2:
        return {"orders": n, "status": "refused", "note": f"{n} priced orders: no spread to judge by"}
    result = rm_anova(n, sample.mean[chosen], sample.comoment[np.ix_(chosen, chosen)])
    if result is None:
        return {"orders": n, "note": "scenarios differ by the same amount in every order: no test applies"}
    f, df1, df2, epsilon = result
    return {"orders": n, "statistic": f, "df1": df1, "df2": df2, "epsilon": epsilon, "note": INDEPENDENT}


def rm_anova(n: int, mean: F64, comoment: F64) -> tuple[float, float, float, float] | None:
    """Return F, corrected df1 and df2, and Greenhouse-Geisser's epsilon; None where there is no error variance.

    mean : (K,), comoment : (K, K) of n observations of K conditions. Greenhouse and Geisser 1959.
    """
    K = len(mean)
    centre = np.eye(K) - 1.0 / K
    error = centre @ comoment @ centre
    ss_error = float(np.trace(error))
    if ss_error <= ROUNDING * float(np.trace(comoment)):
        return None
    ss_condition = n * float(((mean - mean.mean()) ** 2).sum())
    f = (ss_condition / (K - 1)) / (ss_error / ((K - 1) * (n - 1)))
    epsilon = ss_error**2 / ((K - 1) * float((error * error.T).sum()))
    return f, (K - 1) * epsilon, (K - 1) * (n - 1) * epsilon, epsilon


def friedman_row(sample: Sample, chosen: list[int]) -> Row:
    """Return Friedman's chi squared over the chosen scenarios: how orders rank their costs (Friedman 1937)."""
    n, names = sample.ranks.get("orders", 0), [sample.scenarios[k] for k in chosen]
    row: Row = {"orders": n}
    if not n or any(name not in sample.ranks for name in names):
        return row | {"status": "refused", "note": "no priced orders whose costs are ranked"}
    chi2 = friedman(n, [sample.ranks[name] for name in names], sample.ranks["ties"])
    if chi2 is None:
        return row | {"note": "every order costs the same under all of them: no test applies"}
    return row | {"statistic": chi2, "df1": len(names) - 1, "note": INDEPENDENT}


def friedman(n: int, ranks2: list[int], ties: int) -> float | None:
    """Return the statistic, corrected for ties; None where all are tied. ranks2 : twice the sum of ranks of each."""
    K = len(ranks2)
    free = n * (K**3 - K) - ties
    if not free:
        return None
    squares = sum(rank**2 for rank in ranks2)  # whole numbers until the quotient: their difference is small
    return (K - 1) * 3 * (squares - (n * (K + 1)) ** 2 * K) / free


def hotelling_row(sample: Sample, chosen: list[int]) -> Row:
    """Return Hotelling's T squared of no difference at all, which asks nothing of how costs vary together."""
    n, K = sample.orders, len(chosen)
    row: Row = {"orders": n}
    if n <= K:
        return row | {"status": "refused", "note": f"{n} priced orders: too few for {K} scenarios"}
    result = hotelling(n, sample.mean[chosen], sample.comoment[np.ix_(chosen, chosen)])
    if result is None:
        return row | {"note": "some scenarios differ by the same amount in every order: no test applies"}
    f, df1, df2 = result
    return row | {"statistic": f, "df1": df1, "df2": df2, "note": INDEPENDENT}


def hotelling(n: int, mean: F64, comoment: F64) -> tuple[float, int, int] | None:
    """Return F of T squared over the contrasts to the first condition, and its degrees of freedom (Hotelling 1931).

    T2 = n d' S^-1 d, d the mean contrasts and S their covariance; F = T2 (n - K + 1) / ((n - 1)(K - 1)).
    None where contrasts do not vary, or one follows from others.
    """
    K = len(mean)
    contrast = np.hstack([np.ones((K - 1, 1)), -np.eye(K - 1)])
    covariance = contrast @ comoment @ contrast.T / (n - 1)
    sizes = np.sqrt(np.diag(covariance))
    if (sizes**2 * (n - 1) <= ROUNDING * np.trace(comoment)).any():
        return None
    alike = covariance / np.outer(sizes, sizes)  # of one scale, so that its rank can be told
    if np.linalg.matrix_rank(alike, tol=1e-9) < K - 1:
        return None
    d = contrast @ mean / sizes
    squared = n * float(d @ np.linalg.solve(alike, d))
    return squared * (n - K + 1) / ((n - 1) * (K - 1)), K - 1, n - K + 1
