"""Variances by whole clusters equal leaving them out of the orders themselves, and two ways are what they say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driver.inference.clusters import ONE_CLUSTER, WIDENED, SecurityDays, Variance, own_part, residuals, variance_of
from kernels.base.columns import F64, I64


def days_of(table: F64, weight: F64) -> SecurityDays:
    """Return the security-days of (S, T) tables of mean savings and weights."""
    security, date = np.indices(table.shape)
    return SecurityDays.of((table * weight).ravel(), weight.ravel(), security.ravel(), date.ravel())


def known(days: SecurityDays) -> Variance:
    variance = variance_of(days)
    assert isinstance(variance, Variance)
    return variance


def deleted(d: F64, w: F64, code: I64) -> float:
    """Return the jackknife's variance of a weighted mean, by computing it anew without each cluster's orders."""
    whole = (w * d).sum() / w.sum()
    groups = np.unique(code)
    without = [(w[code != g] * d[code != g]).sum() / w[code != g].sum() for g in groups]
    return float((len(groups) - 1) / len(groups) * sum((one - whole) ** 2 for one in without))


@pytest.mark.parametrize(("securities", "dates"), [(1, 6), (5, 1)])
def test_one_way_is_leaving_clusters_of_orders_out(securities: int, dates: int) -> None:
    rng = np.random.default_rng(5)
    security, date = rng.integers(0, securities, 300), rng.integers(0, dates, 300)
    d, w = rng.normal(1, 20, 300) + rng.normal(0, 20, 6)[date], rng.uniform(1, 100, 300)
    code = security * dates + date
    cells = np.unique(code)
    amount, weight = (np.array([of[code == c].sum() for c in cells]) for of in (w * d, w))
    variance = known(SecurityDays.of(amount, weight, cells // dates, cells % dates))
    assert variance.value == pytest.approx(deleted(d, w, date if securities == 1 else security), rel=1e-9)
    sizes = np.array([w[code == c].sum() for c in cells])
    spread = float((sizes.std() / sizes.mean()) ** 2)
    assert variance.effective == pytest.approx(len(cells) / (1 + spread), rel=1e-9)
    assert variance.df == pytest.approx(variance.effective - 1)


def test_two_ways_of_equal_days_are_the_mean_squares_of_the_textbook() -> None:
    """Crossed random effects of equal cells: (MS securities + MS dates - MS own) / (S T), Satterthwaite's df."""
    rng = np.random.default_rng(2)
    S, T = 6, 9
    y = rng.normal(0, 3, (S, 1)) + rng.normal(0, 4, (1, T)) + rng.normal(0, 1, (S, T))
    grand, rows, columns = y.mean(), y.mean(axis=1, keepdims=True), y.mean(axis=0, keepdims=True)
    one = T * ((rows - grand) ** 2).sum() / (S - 1)
    other = S * ((columns - grand) ** 2).sum() / (T - 1)
    own = ((y - rows - columns + grand) ** 2).sum() / ((S - 1) * (T - 1))
    variance = known(days_of(y, np.full((S, T), 7.0)))
    assert variance.value == pytest.approx((one + other - own) / (S * T), rel=1e-9)
    squares = one**2 / (S - 1) + other**2 / (T - 1) + own**2 / ((S - 1) * (T - 1))
    assert variance.df == pytest.approx((one + other - own) ** 2 / squares, rel=1e-9)
    assert variance.effective == pytest.approx(S)


@given(seed=st.integers(0, 10_000), S=st.integers(2, 6), T=st.integers(2, 6), holes=st.floats(0, 0.6))
def test_two_ways_are_never_below_one(seed: int, S: int, T: int, holes: float) -> None:
    rng = np.random.default_rng(seed)
    weight = np.exp(rng.normal(0, 1, (S, T))) * (rng.random((S, T)) >= holes)
    days = days_of(rng.normal(0, 1, (S, T)), weight)
    if len(days.weight) < 2:
        return
    variance = known(days)
    d, w = days.amount / days.weight, days.weight
    ways = [deleted(d, w, code) for code in (days.security, days.date) if code.max() > 0]
    assert variance.value >= max(ways) * (1 - 1e-9)
    assert variance.df >= 1


@given(seed=st.integers(0, 10_000), S=st.integers(2, 3), T=st.integers(2, 30))
def test_with_few_clusters_one_way_the_interval_is_what_both_ways_leave_open(seed: int, S: int, T: int) -> None:
    """By the mean squares of a table of equal days: t^2 of each way's own degrees of freedom, less that of the rest."""
    rng = np.random.default_rng(seed)
    y = rng.normal(0, 1, (S, 1)) + rng.normal(0, 1, (1, T)) + rng.normal(0, 1, (S, T))
    rows, columns = y.mean(axis=1, keepdims=True), y.mean(axis=0, keepdims=True)
    one, other = rows.var(ddof=1) / S, columns.var(ddof=1) / T
    own_df = (S - 1) * (T - 1)
    own = ((y - rows - columns + y.mean()) ** 2).sum() / own_df / (S * T)
    variance = known(days_of(y, np.full((S, T), 3.0)))
    squared = sum(stats.t.ppf(0.975, df) ** 2 * v for df, v in ((S - 1, one), (T - 1, other)))
    squared -= stats.t.ppf(0.975, own_df) ** 2 * own
    reach = stats.t.ppf(0.975, variance.df) ** 2 * variance.value
    most = stats.t.ppf(0.975, 1) ** 2 * variance.value  # one degree of freedom is the least there may be
    assert reach >= min(squared, most) * (1 - 1e-6)
    assert variance.value == pytest.approx(max(one + other - own, one, other, own), rel=1e-9)
    assert WIDENED in variance.how


def test_residuals_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(9)
    weight = np.exp(rng.normal(0, 1, (5, 7))) * (rng.random((5, 7)) > 0.4)
    days = days_of(rng.normal(0, 1, (5, 7)), weight)
    design = np.zeros((len(days.weight), 12))
    design[np.arange(len(days.weight)), days.security] = 1
    design[np.arange(len(days.weight)), 5 + days.date] = 1
    root, mean = np.sqrt(days.weight), days.amount / days.weight
    fit = np.linalg.lstsq(design * root[:, None], mean * root, rcond=None)[0]
    assert residuals(days) == pytest.approx(mean - design @ fit, abs=1e-9)
    rank = np.linalg.matrix_rank(design)
    assert own_part(days)[1] == len(days.weight) - rank


def test_securities_with_dates_of_their_own_leave_nothing_to_tell_by() -> None:
    rng = np.random.default_rng(1)
    days = days_of(rng.normal(0, 1, (4, 4)), np.eye(4))
    assert own_part(days) == (0.0, 0)
    assert known(days).value > 0


def test_security_days_that_share_nothing_are_said_to() -> None:
    table = np.array([[1.0, -1.0], [-1.0, 1.0]])
    variance = known(days_of(table, np.ones((2, 2))))
    assert variance.value == pytest.approx(1.0)  # the own part: both ways see nothing
    assert "share nothing" in variance.how


def test_one_security_day_has_no_variance() -> None:
    assert variance_of(days_of(np.ones((1, 1)), np.ones((1, 1)))) == ONE_CLUSTER
    assert variance_of(days_of(np.ones((3, 2)), np.array([[0, 0], [0, 2.0], [0, 0]]))) == ONE_CLUSTER


def test_a_large_security_leaves_few_effective_clusters() -> None:
    weight = np.ones((10, 3))
    weight[0] = 60.0
    variance = known(days_of(np.random.default_rng(3).normal(0, 1, (10, 3)), weight))
    assert variance.effective < 1.4
    assert math.isfinite(variance.value)
