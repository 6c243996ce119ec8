"""Statistics from moments equal scipy and direct computation on the observations themselves."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driver.tables.csv_text import Value
from driver.tables.statistics import Sample, cluster_variance, hedges_factor, holm, rm_anova, statistics
from kernels.base.columns import F64

SCENARIOS = ("real", "A", "B", "C")


def observations(n: int, seed: int) -> F64:
    """Return costs (n, 4): a strong order effect, small scenario effects."""
    rng = np.random.default_rng(seed)
    order = rng.normal(0, 30, (n, 1))
    y: F64 = order + rng.normal(0, [4, 2, 3, 5], (n, 4)) + np.array([2.0, 0.5, 1.0, 1.5])
    return y


def sample_of(y: F64, weight: F64, security: list[int], date: list[int]) -> Sample:
    """Return the moments of observations; a security-day is a pair of codes."""
    days = sorted(set(zip(security, date, strict=True)))
    rows = [[i for i, day in enumerate(zip(security, date, strict=True)) if day == of] for of in days]
    mean = [[y[r].mean(axis=0), np.average(y[r], axis=0, weights=weight[r])] for r in rows]
    centred = y - y.mean(axis=0)
    return Sample(
        scenarios=SCENARIOS,
        orders=len(y),
        mean=y.mean(axis=0),
        comoment=centred.T @ centred,
        cluster_weight=np.array([[float(len(r)), weight[r].sum()] for r in rows]),
        cluster_mean=np.array(mean),
        security=np.array([s for s, _ in days]),
        date=np.array([d for _, d in days]),
    )


def one_day(y: F64) -> Sample:
    return sample_of(y, np.ones(len(y)), [0] * len(y), [0] * len(y))


def two_days(y: F64) -> Sample:
    return sample_of(y, np.ones(len(y)), [0] * len(y), [i % 2 for i in range(len(y))])


def find(rows: list[dict[str, Value]], **wanted: Value) -> dict[str, Value]:
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return row


@pytest.mark.parametrize("n", [2, 5, 24, 400])
def test_paired_t_equals_scipy(n: int) -> None:
    y = observations(n, n)
    rows = statistics(two_days(y))
    for k, name in ((1, "A"), (2, "B")):
        row = find(rows, test="paired_t", scenario=name)
        expected = stats.ttest_rel(y[:, 0], y[:, k])
        interval = expected.confidence_interval(0.95)
        assert row["saving_bps"] == pytest.approx((y[:, 0] - y[:, k]).mean(), rel=1e-9)
        assert row["statistic"] == pytest.approx(expected.statistic, rel=1e-9)
        assert row["ci_low"] == pytest.approx(interval.low, rel=1e-9)
        assert row["ci_high"] == pytest.approx(interval.high, rel=1e-9)
        d = y[:, 0] - y[:, k]
        assert row["d_z"] == pytest.approx(d.mean() / d.std(ddof=1))
        assert row["d_av"] == pytest.approx(d.mean() / ((y[:, 0].std(ddof=1) + y[:, k].std(ddof=1)) / 2))
        assert row["hedges_g"] == pytest.approx(d.mean() / d.std(ddof=1) * (1 - 3 / (4 * (n - 1) - 1)))
    assert find(rows, test="paired_t", scenario="A")["p_value"] == pytest.approx(
        stats.ttest_rel(y[:, 0], y[:, 1]).pvalue, rel=1e-9
    )


def test_algebra_is_never_tested() -> None:
    rows = statistics(two_days(observations(50, 1)))
    for row in rows:
        if row["scenario"] in ("B", "C") or "B" in str(row["scenario"]):
            assert row["status"] in ("algebra", "refused")
            assert row["p_value"] is None
            assert row["p_holm"] is None


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
    assert result[4] == pytest.approx(stats.f.sf(f, (K - 1) * epsilon, (K - 1) * (n - 1) * epsilon), rel=1e-9)


def test_rm_anova_of_two_conditions_is_the_paired_t_squared() -> None:
    y = observations(30, 7)
    rows = statistics(two_days(y))
    anova, t = find(rows, test="rm_anova", status="tested"), find(rows, test="paired_t", scenario="A")
    assert anova["statistic"] == pytest.approx(float(t["statistic"] or 0) ** 2)
    assert anova["p_value"] == pytest.approx(t["p_value"])


def test_equal_savings_are_said_to_be_equal_not_tested() -> None:
    y = observations(20, 3)
    y[:, 1] = y[:, 0] - 1.25
    rows = statistics(two_days(y))
    row = find(rows, test="paired_t", scenario="A")
    assert row["saving_bps"] == pytest.approx(1.25)
    assert row["statistic"] is None
    assert "same saving" in str(row["note"])
    assert "no test applies" in str(find(rows, test="rm_anova", status="tested")["note"])


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_orders_are_refused(n: int) -> None:
    y = observations(2, 1)[:n]
    sample = Sample(
        SCENARIOS, n, y.sum(axis=0), np.zeros((4, 4)), np.full((1, 2), float(n)), np.zeros((1, 2, 4)),
        np.zeros(1, np.int64), np.zeros(1, np.int64),
    )  # fmt: skip
    assert {row["status"] for row in statistics(sample)} == {"refused"}


def test_one_security_day_is_one_cluster_and_allows_no_inference() -> None:
    for row in statistics(one_day(observations(50, 2))):
        if row["test"] == "cluster":
            assert row["status"] == "refused"
            assert "no inference" in str(row["note"])
            assert row["saving_bps"] is not None
            assert row["ci_low"] is None
        elif "B" not in str(row["scenario"]) and row["scenario"] != "C":
            assert row["status"] == "descriptive"
            assert row["statistic"] is not None
            assert "no inference beyond these orders" in str(row["note"])
        assert row["p_value"] is None
        assert row["p_holm"] is None


def naive_cluster_se(d: F64, w: F64, groups: Sequence[tuple[int, ...]]) -> float:
    """Return the one-way sandwich standard error of a weighted mean, row by row."""
    theta = (w * d).sum() / w.sum()
    scores: dict[tuple[int, ...], float] = {}
    for di, wi, g in zip(d, w, groups, strict=True):
        scores[g] = scores.get(g, 0.0) + wi * (di - theta)
    G = len(scores)
    return math.sqrt(G / (G - 1) * sum(s**2 for s in scores.values())) / float(w.sum())


@pytest.mark.parametrize(("securities", "dates", "how"), [(1, 6, "date"), (5, 1, "security"), (4, 5, "both")])
def test_cluster_errors_equal_a_direct_sandwich(securities: int, dates: int, how: str) -> None:
    rng = np.random.default_rng(5)
    n = 300
    security, date = rng.integers(0, securities, n).tolist(), rng.integers(0, dates, n).tolist()
    shock = rng.normal(0, 20, securities)[security] + rng.normal(0, 20, dates)[date]
    y = observations(n, 9)
    y[:, 0] += shock
    weight = rng.uniform(1, 100, n)
    rows = statistics(sample_of(y, weight, security, date))
    for weighting, w in (("equal", np.ones(n)), ("notional", weight)):
        row = find(rows, test="cluster", scenario="A", weighting=weighting)
        d = y[:, 0] - y[:, 1]
        s, t = [(a,) for a in security], [(b,) for b in date]
        expected = naive_cluster_se(d, w, t if how != "security" else s)
        if how == "both":
            square: float = naive_cluster_se(d, w, s) ** 2 + naive_cluster_se(d, w, t) ** 2
            expected = math.sqrt(square - naive_cluster_se(d, w, list(zip(security, date, strict=True))) ** 2)
        assert row["saving_bps"] == pytest.approx((w * d).sum() / w.sum(), rel=1e-9)
        assert row["standard_error"] == pytest.approx(expected, rel=1e-9)
        assert row["df1"] == {"date": dates, "security": securities, "both": min(securities, dates)}[how] - 1
        assert "only" in str(row["note"])  # far fewer clusters than wanted, and said so


def test_two_way_variance_that_is_not_positive_falls_back() -> None:
    score, security, date = np.array([1.0, -1.0, -1.0, 1.0]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    variance, df, note = cluster_variance(score, 1.0, security, date)
    assert (variance, df) == (0.0, 1)
    assert "not positive" in note


def test_a_zero_cluster_variance_gives_no_statistic() -> None:
    y = observations(4, 0)
    y[:, 1] = y[:, 0] - np.array([1.0, 2.0, 2.0, 1.0])
    row = find(statistics(sample_of(y, np.ones(4), [0, 0, 1, 1], [0, 1, 0, 1])), test="cluster", scenario="A",
               weighting="equal")  # fmt: skip
    assert row["statistic"] is None or abs(float(row["statistic"])) > 1e6


@given(st.lists(st.floats(0, 1), max_size=6))
def test_holm_is_monotone_and_bounded(p: list[float]) -> None:
    adjusted = holm(p)
    assert all(a >= b for a, b in zip(adjusted, p, strict=True))
    assert all(a <= 1 for a in adjusted)
    order = np.argsort(p, kind="stable")
    assert all(adjusted[a] <= adjusted[b] for a, b in pairwise(order))


def test_holm_by_hand() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


def test_hedges_factor_by_hand() -> None:
    assert hedges_factor(23) == pytest.approx(1 - 3 / 91)


def test_replays_are_tested_but_for_their_bounds_and_the_placebo() -> None:
    """Whatever is asked for, and by name: each p-value is corrected for as many tests as there are."""
    scenarios = ("real", "A", "B", "P", "R", "R_optimistic", "R_conservative", "D")
    rng = np.random.default_rng(4)
    y = rng.normal(0, 30, (400, 1)) + rng.normal(0, 3, (400, 8)) - 0.1 * np.arange(8)
    codes = [i % 20 for i in range(400)], [i // 20 for i in range(400)]
    sample = replace(sample_of(y, np.ones(400), *codes), scenarios=scenarios)
    rows = statistics(sample)
    tested = {"A", "R", "D"}
    for test in ("paired_t", "cluster"):
        for name in scenarios[1:]:
            row = find(rows, test=test, scenario=name, weighting="equal")
            assert row["status"] == ("tested" if name in tested else "algebra" if name == "B" else "printed")
            assert (row["p_value"] is None) == (row["p_holm"] is None) == (name not in tested)
            assert row["ci_low"] is not None
        p = [find(rows, test=test, scenario=name, weighting="equal")["p_value"] for name in ("A", "R", "D")]
        adjusted = [find(rows, test=test, scenario=name, weighting="equal")["p_holm"] for name in ("A", "R", "D")]
        assert adjusted == holm([float(value or 0.0) for value in p])
    assert [row["scenario"] for row in rows if row["test"] == "rm_anova"] == ["real+A+R+D", "real+A+B+R+D"]
