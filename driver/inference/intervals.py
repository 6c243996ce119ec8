"""Intervals and p-values of Student's t, and Holm's correction."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from driver.inference.rows import Row

CONFIDENCE: Final = 0.95


def interval(estimate: float, error: float, df: float) -> Row:
    """Return standard error, interval, statistic and degrees of freedom of an estimate."""
    margin = quantile(df) * error
    row: Row = {"standard_error": error, "ci_low": estimate - margin, "ci_high": estimate + margin}
    return row | {"statistic": estimate / error if error > 0 else None, "df1": df}


def quantile(df: float) -> float:
    """Return how many standard errors an interval of Student's t reaches on either side."""
    from scipy import special  # slow to import, and only the end of a run needs it

    return float(special.stdtrit(df, 0.5 + CONFIDENCE / 2))


def freedom(reach: float) -> float:
    """Return the degrees of freedom whose interval reaches so many standard errors."""
    from scipy import special

    return float(special.stdtridf(0.5 + CONFIDENCE / 2, reach))


def p_of_t(statistic: float, df: float) -> float:
    """Return the two-sided p-value of Student's t."""
    from scipy import special

    return 2.0 * float(special.stdtr(df, -abs(statistic)))


def p_of_f(statistic: float, df1: float, df2: float) -> float:
    """Return the p-value of F."""
    from scipy import special

    return float(special.fdtrc(df1, df2, statistic))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given (Holm 1979)."""
    p, left = np.array(p_values, np.float64), np.arange(len(p_values), 0, -1)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, left * p[order]))
    found: list[float] = adjusted.tolist()
    return found
