"""What orders alone say equals scipy and direct computation on the observations themselves."""

import math

import numpy as np
import pytest
from scipy import stats

from driver.inference.orders import hedges_factor, hotelling, rm_anova
from driver.inference.statistics import statistics
from kernels.base.columns import F64
from tests.driver.inference.samples import SCENARIOS, crossed, find, observations, one_day


@pytest.mark.parametrize("n", [3, 5, 24, 400])
def test_paired_t_equals_scipy_and_has_no_p(n: int) -> None:
    y = observations(n, n)
    rows = statistics(crossed(y, 2, 2))
    for k, name in enumerate(SCENARIOS[1:], 1):
        row = find(rows, test="paired_t", scenario=name)
        expected = stats.ttest_rel(y[:, 0], y[:, k])
        interval = expected.confidence_interval(0.95)
        d = y[:, 0] - y[:, k]
        assert row["saving_bps"] == pytest.approx(d.mean(), rel=1e-9)
        assert row["statistic"] == pytest.approx(expected.statistic, rel=1e-9)
        assert row["ci_low"] == pytest.approx(interval.low, rel=1e-9)
        assert row["ci_high"] == pytest.approx(interval.high, rel=1e-9)
        assert row["d_z"] == pytest.approx(d.mean() / d.std(ddof=1))
        assert row["d_av"] == pytest.approx(d.mean() / ((y[:, 0].std(ddof=1) + y[:, k].std(ddof=1)) / 2))
        assert row["hedges_g"] == pytest.approx(d.mean() / d.std(ddof=1) * (1 - 3 / (4 * (n - 1) - 1)))
        assert row["p_value"] is None


def test_signs_are_those_of_the_binomial_test() -> None:
    y = observations(200, 6)
    y[:20, 2] = y[:20, 0]
    row = find(statistics(crossed(y, 2, 2)), test="sign", scenario="R")
    better, worse = int((y[:, 2] < y[:, 0]).sum()), int((y[:, 2] > y[:, 0]).sum())
    assert (row["better"], row["equal"], row["worse"]) == (better, 20, worse)
    # The square of z is the chi-square of equal chances.
    assert float(row["statistic"] or 0) ** 2 == pytest.approx(stats.chisquare([better, worse]).statistic)
    assert row["p_value"] is None


def naive_rm_anova(y: F64) -> tuple[float, float]:
    """Return F and Greenhouse-Geisser's epsilon by direct sums over the table of observations."""
    n, K = y.shape
    grand = y.mean()
    ss_condition = n * sum((y[:, k].mean() - grand) ** 2 for k in range(K))
    ss_subject = K * sum((y[i].mean() - grand) ** 2 for i in range(n))
    ss_total = sum((value - grand) ** 2 for row in y for value in row)
    ss_error = ss_total - ss_condition - ss_subject
    f = (ss_condition / (K - 1)) / (ss_error / ((K - 1) * (n - 1)))
    covariance = np.cov(y, rowvar=False)
    # Box's form of epsilon, from the raw covariance matrix.
    diagonal, overall = np.trace(covariance) / K, covariance.mean()
    upper = K**2 * (diagonal - overall) ** 2
    below = (covariance**2).sum() - 2 * K * (covariance.mean(axis=1) ** 2).sum() + K**2 * overall**2
    return f, upper / ((K - 1) * below)


@pytest.mark.parametrize(("n", "K"), [(5, 2), (24, 3), (300, 4)])
def test_rm_anova_equals_direct_sums(n: int, K: int) -> None:
    y = observations(n, n)[:, :K]
    centred = y - y.mean(axis=0)
    result = rm_anova(n, y.mean(axis=0), centred.T @ centred)
    assert result is not None
    f, epsilon = naive_rm_anova(y)
    assert result[0] == pytest.approx(f, rel=1e-9)
    assert result[3] == pytest.approx(epsilon, rel=1e-9)
    assert 1 / (K - 1) - 1e-12 <= result[3] <= 1 + 1e-12
    assert result[1:3] == pytest.approx(((K - 1) * epsilon, (K - 1) * (n - 1) * epsilon))


def naive_t_squared(y: F64) -> float:
    """Return Hotelling's statistic of the differences of neighbours: any full set of contrasts gives the same."""
    d = np.diff(y, axis=1)
    covariance = np.atleast_2d(np.cov(d, rowvar=False))
    mean = d.mean(axis=0)
    return float(len(y) * mean @ np.linalg.inv(covariance) @ mean)


@pytest.mark.parametrize(("n", "K"), [(6, 2), (24, 3), (300, 4)])
def test_hotelling_equals_other_contrasts(n: int, K: int) -> None:
    y = observations(n, n)[:, :K]
    centred = y - y.mean(axis=0)
    result = hotelling(n, y.mean(axis=0), centred.T @ centred)
    assert result is not None
    assert result[0] == pytest.approx(naive_t_squared(y) * (n - K + 1) / ((n - 1) * (K - 1)), rel=1e-8)
    assert result[1:] == (K - 1, n - K + 1)


def test_two_conditions_are_one_question() -> None:
    """Repeated measures, Hotelling and the paired t are the same test where there are two conditions."""
    y = observations(30, 7)[:, :2]
    centred = y - y.mean(axis=0)
    moments = 30, y.mean(axis=0), centred.T @ centred
    t = stats.ttest_rel(y[:, 0], y[:, 1]).statistic
    anova, squared = rm_anova(*moments), hotelling(*moments)
    assert anova is not None
    assert squared is not None
    assert anova[0] == pytest.approx(t**2)
    assert squared[0] == pytest.approx(t**2)


def test_a_scenario_that_follows_from_another_has_no_t_squared() -> None:
    y = observations(50, 8)
    y[:, 3] = (y[:, 0] + y[:, 2]) / 2  # exactly half of what R saves
    centred = y - y.mean(axis=0)
    assert hotelling(50, y.mean(axis=0), centred.T @ centred) is None


def test_equal_savings_are_said_to_be_equal_not_tested() -> None:
    y = observations(20, 3)
    y[:, 2] = y[:, 3] = y[:, 0] - 1.25
    rows = statistics(crossed(y, 2, 2))
    row = find(rows, test="paired_t", scenario="R")
    assert row["saving_bps"] == pytest.approx(1.25)
    assert row["statistic"] is None
    assert "same saving" in str(row["note"])
    for test in ("rm_anova", "hotelling"):
        assert "no test applies" in str(find(rows, test=test, scenario="real+R+D")["note"])


def test_orders_of_one_day_speak_of_themselves() -> None:
    for row in statistics(one_day(observations(50, 2))):
        assert row["p_value"] is None
        if row["test"] in ("paired_t", "sign") and row["scenario"] != "A":
            assert row["status"] == "descriptive"
            assert "describes this sample" in str(row["note"])
            assert math.isfinite(float(row["statistic"] or 0))


def test_hedges_factor_by_hand() -> None:
    assert hedges_factor(23) == pytest.approx(1 - 3 / 91)
