"""Curves from counts by time: cumulative incidence of each cause (Aalen and Johansen), Kaplan and Meier's of fills.

Times are binned, so all that ends in a bin ends at its upper edge, together: the causes of one edge compete for the
same orders at risk, and what is censored there was at risk of all of them. Of data binned so both estimators are exact.
`fill_table` is the caller.
"""

from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I64
from kernels.sums.fill_times import FATES, FILLED

CAUSES: Final = FATES[:-1]  # the last one is no cause: it is not known how the order ended
CONFIDENCE: Final = 0.95
Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


class Curves(NamedTuple):
    """Estimates after each of n times, of one set of orders or of several."""

    at_risk: I64  # (..., n) orders neither ended nor censored before the time
    incidence: F64  # (..., causes, n) share of orders ended by each cause; with those still open they add up to 1
    filled: F64  # (..., n) 1 - S, S of Kaplan and Meier: as if no order were ever cancelled, amended or over
    low: F64  # (..., n) of the interval of ``filled``; NaN where S is 0 or 1
    high: F64


def curves(events: I64) -> Curves:
    """Return the curves of orders that all begin at risk at time 0.

    events : (..., fates, n) how many ended how at each time; times at which none did change no curve by a bit
    """
    ended, causes = events.sum(axis=-2), slice(len(CAUSES))
    at_risk = ended.sum(axis=-1, keepdims=True) - np.cumsum(ended, axis=-1) + ended
    hazard = events / np.maximum(at_risk, 1)[..., None, :]
    open_after = np.cumprod(1 - hazard[..., causes, :].sum(axis=-2), axis=-1)
    open_before = np.concatenate([np.ones_like(open_after[..., :1]), open_after[..., :-1]], axis=-1)
    incidence = np.cumsum(open_before[..., None, :] * hazard[..., causes, :], axis=-1)
    unfilled = np.cumprod(1 - hazard[..., FILLED, :], axis=-1)
    return Curves(at_risk, incidence, 1 - unfilled, *interval(unfilled, events[..., FILLED, :], at_risk))


def interval(unfilled: F64, filled: I64, at_risk: I64) -> tuple[F64, F64]:
    """Return the interval of 1 - S by Greenwood's variance of log S, on the scale of log(-log S): within 0 .. 1."""
    inside = (unfilled > 0) & (unfilled < 1)
    left = np.where(inside, at_risk - filled, 1)
    greenwood = np.cumsum(np.where(inside, filled / (np.maximum(at_risk, 1) * np.maximum(left, 1)), 0.0), axis=-1)
    log_s = np.log(np.where(inside, unfilled, 0.5))
    reach = Z * np.sqrt(greenwood) / log_s  # negative
    bounds = (1 - np.exp(log_s * np.exp(way * reach)) for way in (1, -1))
    low, high = (np.where(inside, bound, np.nan) for bound in bounds)
    return low, high
