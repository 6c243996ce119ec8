"""Observations for tests of statistics, and their moments, made by direct computation."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from driver.inference.rows import Row
from driver.inference.sample import Sample
from kernels.base.columns import F64

SCENARIOS = ("real", "A", "R", "D")
HALF = 256 * 20


def observations(n: int, seed: int) -> F64:
    """Return costs (n, 4): a strong order effect, small scenario effects."""
    rng = np.random.default_rng(seed)
    order = rng.normal(0, 30, (n, 1))
    y: F64 = order + rng.normal(0, [4, 2, 3, 5], (n, 4)) + np.array([2.0, 0.5, 1.0, 1.5])
    return y


def sample_of(
    y: F64, weight: F64, security: Sequence[int], date: Sequence[int], scenarios: Sequence[str] = SCENARIOS
) -> Sample:
    """Return the moments of observations; a security-day is a pair of codes."""
    days = sorted(set(zip(security, date, strict=True)))
    rows = [[i for i, day in enumerate(zip(security, date, strict=True)) if day == of] for of in days]
    mean = [[y[r].mean(axis=0), np.average(y[r], axis=0, weights=weight[r])] for r in rows]
    centred, real = y - y.mean(axis=0), y[:, :1]
    return Sample(
        scenarios=tuple(scenarios),
        orders=len(y),
        mean=y.mean(axis=0),
        comoment=centred.T @ centred,
        cluster_weight=np.array([[float(len(r)), weight[r].sum()] for r in rows]),
        cluster_mean=np.array(mean),
        security=np.array([s for s, _ in days]),
        date=np.array([d for _, d in days]),
        outcomes=np.array([(y < real).sum(axis=0), (y == real).sum(axis=0), (y > real).sum(axis=0)]).T,
        value=float(weight.sum()),
    )


def one_day(y: F64) -> Sample:
    """Return a sample of a single security-day."""
    return sample_of(y, np.ones(len(y)), [0] * len(y), [0] * len(y))


def crossed(y: F64, securities: int, dates: int, seed: int = 3) -> Sample:
    """Return a sample whose orders fall on securities and dates at random, with weights of their own."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, securities, len(y)).tolist(), rng.integers(0, dates, len(y)).tolist()
    return sample_of(y, rng.uniform(1, 100, len(y)), *codes)


def find(rows: list[Row], **wanted: object) -> Row:
    """Return the one row that has these values."""
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return row


def rounded(savings: F64) -> F64:
    """Return savings as their buckets rank them: 0 below 1/64 bp, else the place of the bucket, with their sign."""
    edges = np.ldexp(1 + np.arange(256) / 256, np.arange(-6, 14)[:, None]).ravel()  # 256 an octave, from 1/64 bp
    place = np.searchsorted(edges, np.abs(savings), "right")
    found: F64 = np.sign(savings) * place
    return found


def scipys_z(values: F64) -> float:
    """Return scipy's z of Wilcoxon's test, above 0 where positive values weigh more, zeros left out."""
    found = stats.wilcoxon(values, zero_method="wilcox", correction=False, alternative="greater", method="approx")
    return float(found.zstatistic)
