"""Sums, means, co-moments and histograms by cell, written the slow way in plain Python."""

import bisect
import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

NULL = -(2**63)
SCALE = 65_536


def naive_integer_sums(cell: Sequence[int], column: Sequence[int], cells: int) -> list[int]:
    return [sum(v for c, v in zip(cell, column, strict=True) if c == k and v != NULL) for k in range(cells)]


def naive_rounded(value: float) -> int:
    """Round half to even, as IEEE does."""
    return round(Fraction(value))


def naive_fixed_sums(cell: Sequence[int], cost: Sequence[float], base: Sequence[int], cells: int) -> list[int]:
    out = [0] * cells
    for c, value, b in zip(cell, cost, base, strict=True):
        if b > 0:
            out[c] += naive_rounded(value * SCALE)
    return out


def naive_base(mid2: Sequence[int], quantity: Sequence[int], cost: Sequence[Sequence[float]]) -> list[int]:
    known = [all(math.isfinite(row[i]) for row in cost) for i in range(len(mid2))]
    return [m * q if m != NULL and m > 0 and q > 0 and k else 0 for m, q, k in zip(mid2, quantity, known, strict=True)]


def naive_weighted(
    cell: Sequence[int], value: Sequence[float], weight: Sequence[int], cells: int
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return weights, orders, and value x weight in fixed point with what rounding to it leaves, in 1/2^32 of it."""
    weights, counts, sums, rests = [0] * cells, [0] * cells, [0] * cells, [0] * cells
    for c, v, w in zip(cell, value, weight, strict=True):
        if w > 0 and not math.isnan(v):
            amount = Fraction(v * float(w) * (SCALE / 1e4))
            weights[c] += w
            counts[c] += 1
            sums[c] += round(amount)
            rests[c] += round((amount - round(amount)) * 2**32)
    return weights, counts, sums, rests


def naive_outcome(filled: int, quantity: int, withdrawn: int) -> int:
    """Return 1 full, 2 partial, 3 none: what was taken back is no longer wanted."""
    return 3 if filled <= 0 else 1 if filled >= quantity - withdrawn else 2


def naive_moments(y: Sequence[Sequence[float]], w: Sequence[float]) -> tuple[list[float], list[list[float]]]:
    """Return weighted mean (K,) and co-moments (K, K) of observations ``y`` (n, K), two passes, exact sums."""
    K = len(y[0])
    total = math.fsum(w)
    mean = [math.fsum(wi * row[k] for wi, row in zip(w, y, strict=True)) / total for k in range(K)]
    co = [
        [math.fsum(wi * (r[j] - mean[j]) * (r[k] - mean[k]) for wi, r in zip(w, y, strict=True)) for k in range(K)]
        for j in range(K)
    ]
    return mean, co


def naive_edges() -> list[float]:
    """Return the lower edges of the positive buckets: eight to the octave, from 2^-6."""
    return [2.0**octave * (8 + step) / 8 for octave in range(-6, 14) for step in range(8)]


def naive_bucket(value: float) -> int:
    """Return the place among 321 buckets, the middle one (160) for what is closer to 0 than 2^-6."""
    place = bisect.bisect_right(naive_edges(), abs(value))
    return 160 + place if value > 0 else 160 - place


def naive_histogram(
    cell: Sequence[int], cost: Sequence[Sequence[float]], base: Sequence[int]
) -> dict[tuple[int, int, int], int]:
    """Return (cell, measure, bucket) -> orders; measures are shortfalls, then savings."""
    counts: Counter[tuple[int, int, int]] = Counter()
    for i, c in enumerate(cell):
        if base[i] > 0:
            shortfall = [row[i] * (1e4 / float(base[i])) for row in cost]
            amounts = shortfall + [shortfall[0] - value for value in shortfall[1:]]
            for measure, amount in enumerate(amounts):
                counts[c, measure, naive_bucket(amount)] += 1
    return dict(counts)
