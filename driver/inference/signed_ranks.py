"""Wilcoxon's signed-rank test of savings, and how far a scenario's costs go with the real ones.

Both are of orders as if each stood for itself, so neither has a p-value (decisions 37). Ranks are read from counts of
savings on 256 buckets an octave: those of a bucket share their mean rank, with the correction for ties. Of savings so
rounded the statistic is exact, in integers until its last division. What is nearer to 0 than 1/64 bp saves nothing, and
is left out, as Wilcoxon did. The correlation is of the costs themselves, from their co-moments.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from driver.inference.orders import INDEPENDENT, ROUNDING
from driver.inference.rows import Row
from driver.inference.sample import Sample
from kernels.base.columns import I64

BINNED: Final = "ranks of savings to 1/512 of their size, none below 1/64 bp, zeros left out"


class SignedRanks(NamedTuple):
    """What the signed ranks of n differences that are not 0 add up to, exactly."""

    n: int
    positive2: int  # twice the sum of the ranks of the positive ones
    negative2: int
    ties: int  # sum of t^3 - t over groups of t equal sizes

    @property
    def z(self) -> float:
        """Return the standardised statistic, positive where positive ones weigh more; n is not 0."""
        n = self.n
        variance48 = 2 * n * (n + 1) * (2 * n + 1) - self.ties
        return (self.positive2 - self.negative2) / 4 / math.sqrt(variance48 / 48)

    @property
    def rank_biserial(self) -> float:
        """Return the share of ranks that is positive less that which is negative (Kerby 2014)."""
        return (self.positive2 - self.negative2) / (self.positive2 + self.negative2)


def signed_ranks(counts: I64) -> SignedRanks:
    """Return the sums over differences counted on buckets that mirror each other around one of 0 in the middle."""
    half = len(counts) // 2
    sizes = np.stack([counts[half + 1 :], counts[:half][::-1]], axis=1)  # above 0, below
    n = positive2 = negative2 = ties = 0
    for above, below in sizes[sizes.any(axis=1)].tolist():
        equal = above + below
        rank2 = 2 * n + equal + 1  # twice the mean rank of the bucket
        positive2, negative2 = positive2 + above * rank2, negative2 + below * rank2
        n, ties = n + equal, ties + equal**3 - equal
    return SignedRanks(n, positive2, negative2, ties)


def wilcoxon_row(sample: Sample, k: int) -> Row:
    """Return Wilcoxon's test of the savings of orders under scenario k; statistic: z, above 0 where they save."""
    if sample.savings is None:
        return {"status": "refused", "note": "not counted"}
    counts = sample.savings[k - 1]
    half, orders = len(counts) // 2, int(counts.sum())
    better, worse = (int(side.sum()) for side in (counts[half + 1 :], counts[:half]))
    row: Row = {"orders": orders, "better": better, "equal": int(counts[half]), "worse": worse}
    if not orders:
        return row | {"status": "refused", "note": "no priced orders"}
    found = signed_ranks(counts)
    if not found.n:
        return row | {"note": "no order does better or worse: no test applies"}
    note = f"{BINNED}; {INDEPENDENT}"
    return row | {"statistic": found.z, "rank_biserial": found.rank_biserial, "note": note}


def correlation_row(sample: Sample, k: int) -> Row:
    """Return Pearson's correlation of the real costs and those of scenario k, each order counting the same."""
    n, co = sample.orders, sample.comoment
    row: Row = {"orders": n}
    if n < 2:
        return row | {"status": "refused", "note": f"{n} priced orders: no spread to judge by"}
    spreads = float(co[0, 0]), float(co[k, k])
    scale = ROUNDING * max(n * float(sample.mean[s]) ** 2 + float(co[s, s]) for s in (0, k))
    if min(spreads) <= scale:
        return row | {"note": "costs of one of the two do not vary: no correlation"}
    return row | {"correlation": float(co[0, k]) / math.sqrt(spreads[0] * spreads[1]), "note": INDEPENDENT}
