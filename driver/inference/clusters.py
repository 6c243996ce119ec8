"""The variance of a saving whose orders share securities and dates, by leaving whole clusters out.

Orders of a security-day share prices and contra orders, days of a security its habits, securities of a day the
market's news. The saving is a ratio, sum A / sum B over security-days: B the orders, or their value, A what they saved.
Leaving each security out in turn, then each date, tells how far the ratio hangs on them (the jackknife, CR3). Both
together count what a security-day has of its own twice, so that is taken off once.

With few clusters one way and many the other, as of two securities on twenty dates, the few may look alike by chance;
then Satterthwaite's degrees of freedom are those of the many, and intervals of 95 % cover 88. So below FEW the interval
is no narrower than what each way would leave open by itself, added up in squares.

Sources: Cameron, Gelbach and Miller 2011 for two ways; MacKinnon, Nielsen and Webb 2024 for the jackknife;
Satterthwaite 1946 for the degrees of freedom; Carter, Schnepel and Steigerwald 2017 for clusters of unequal size;
Graybill and Wang 1980 for limits of sums of variances from limits of each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from driver.inference.intervals import freedom, quantile
from kernels.base.columns import F64, I64

ONE_CLUSTER: Final = "one security-day is one cluster: no inference beyond these orders is possible"
SWEEPS: Final = 1000  # most passes of the fit of securities and dates
CLOSE: Final = 1e-12
FEW: Final = 4.0  # effective clusters, below which Satterthwaite's degrees of freedom are too many
WIDENED: Final = "fewer than 4 effective clusters one way: widened, covers 95 % or more"


@dataclass(frozen=True, slots=True)
class Variance:
    """How far an estimate would move with other securities and dates."""

    value: float
    df: float  # of Student's t
    how: str
    # Clusters of equal size that would say as much, of the way that has fewest.
    effective: float


@dataclass(frozen=True)
class SecurityDays:
    """Security-days with a positive weight, each once.

    amount : (G,) the sum of weight x saving; weight : (G,); security, date : (G,) codes
    """

    amount: F64
    weight: F64
    security: I64
    date: I64

    @classmethod
    def of(cls, amount: F64, weight: F64, security: I64, date: I64) -> "SecurityDays":
        """Leave out the security-days that weigh nothing: nothing of them is in any sum."""
        held = weight > 0
        return cls(amount[held], weight[held], _dense(security[held]), _dense(date[held]))

    @cached_property
    def estimate(self) -> float:
        """The ratio, over all security-days."""
        return float(self.amount.sum() / self.weight.sum())


def variance_of(days: SecurityDays) -> Variance | str:
    """Return the variance of the ratio, or why there is none.

    Two ways where there are two securities and two dates at least. The two-way variance is never below that of one of
    its ways, nor below that of independent security-days: where nothing is shared, the interval is wider than it
    need be.
    """
    securities, dates = _count(days.security), _count(days.date)
    if securities < 2 and dates < 2:
        return ONE_CLUSTER
    if securities < 2:
        return _one_way(days, days.date, "clustered by date")
    if dates < 2:
        return _one_way(days, days.security, "clustered by security")
    return _two_way(days)


def left_out(days: SecurityDays, cluster: I64) -> F64:
    """Return by how much the ratio moves when each cluster is left out."""
    amount, weight = np.bincount(cluster, days.amount), np.bincount(cluster, days.weight)
    moved: F64 = (days.amount.sum() - amount) / (days.weight.sum() - weight) - days.estimate
    return moved


def jackknife(moved: F64) -> float:
    """Return the variance that leaving out clusters shows, around the estimate of all (CR3)."""
    clusters = len(moved)
    return float((clusters - 1) / clusters * (moved**2).sum())


def effective_clusters(weight: F64, cluster: I64) -> float:
    """Return how many clusters of equal weight say as much: G / (1 + the squared coefficient of variation)."""
    sizes = np.bincount(cluster, weight)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def _one_way(days: SecurityDays, cluster: I64, how: str) -> Variance:
    effective = effective_clusters(days.weight, cluster)
    return Variance(jackknife(left_out(days, cluster)), max(effective - 1, 1.0), how, effective)


def _two_way(days: SecurityDays) -> Variance:
    """Return V(securities) + V(dates) - V(what a security-day has of its own), and Satterthwaite's df."""
    one, other = (_one_way(days, cluster, "") for cluster in (days.security, days.date))
    own, own_df = own_part(days)
    both = one.value + other.value - own
    how, effective = "clustered by security and date", min(one.effective, other.effective)
    largest = max((one, other), key=lambda way: way.value)
    if both > largest.value:
        parts = one.value**2 / one.df + other.value**2 / other.df + (own**2 / own_df if own_df else 0.0)
        found = Variance(both, max(both**2 / parts, 1.0), how, effective)
    elif own > largest.value:
        how += "; security-days share nothing, their own variance taken"
        found = Variance(own, largest.df, how, effective)
    else:
        how += "; one way shares nothing, the other's variance taken"
        found = Variance(largest.value, largest.df, how, effective)
    return _widened(found, [one, other], own, own_df) if effective < FEW and found.value > 0 else found


def _widened(found: Variance, ways: Sequence[Variance], own: float, own_df: int) -> Variance:
    """Return the variance with fewer degrees of freedom where the ways, each by its own, leave more open than it does.

    margin^2 = sum of t^2 V over the ways - t^2 V of the own part, t the quantile of each one's degrees of freedom.
    """
    squared = sum(quantile(way.df) ** 2 * way.value for way in ways)
    squared -= quantile(own_df) ** 2 * own if own_df else 0.0
    reach = math.sqrt(max(squared, 0.0) / found.value)
    fewer = freedom(reach) if reach > quantile(found.df) else found.df
    return replace(found, df=max(min(fewer, found.df), 1.0), how=f"{found.how}; {WIDENED}")


def own_part(days: SecurityDays) -> tuple[float, int]:
    """Return the variance of the ratio from what security-days have of their own, and its degrees of freedom.

    Own is what is left of their means once those of their security and date are fitted, by weight. Where every
    security has dates of its own, nothing is left to tell by: 0, 0.
    """
    cells, securities, dates = len(days.weight), _count(days.security), _count(days.date)
    df = cells - securities - dates + _parts(days, securities, dates)
    if df <= 0:
        return 0.0, 0
    left = days.weight * residuals(days)
    return float((left**2).sum() / days.weight.sum() ** 2 * cells / df), df


def _parts(days: SecurityDays, securities: int, dates: int) -> int:
    """Return into how many parts security-days fall that share neither a security nor a date with each other."""
    if np.bincount(days.date).max() == securities or np.bincount(days.security).max() == dates:
        return 1  # as nearly always: a date has every security, or a security every date
    from scipy import sparse  # slow to import

    ends = days.security, securities + days.date
    links = sparse.coo_array((np.ones(len(days.weight)), ends), (securities + dates,) * 2)
    return int(sparse.csgraph.connected_components(links, directed=False)[0])


def residuals(days: SecurityDays) -> F64:
    """Return (G,) the savings of security-days less those of their security and date, fitted by weight."""
    mean = days.amount / days.weight
    by_security, by_date = (np.bincount(code, days.weight) for code in (days.security, days.date))
    left: F64 = mean - days.estimate
    scale = float(np.abs(left).max())
    for _ in range(SWEEPS):
        before = left
        left = left - (np.bincount(days.security, days.weight * left) / by_security)[days.security]
        left = left - (np.bincount(days.date, days.weight * left) / by_date)[days.date]
        if np.abs(left - before).max() <= CLOSE * scale:
            break
    return left


def _dense(code: I64) -> I64:
    place: I64 = np.unique(code, return_inverse=True)[1]
    return place


def _count(code: I64) -> int:
    return int(code.max()) + 1 if len(code) else 0
