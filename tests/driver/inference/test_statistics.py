"""The rows of statistics.csv: what is tested, described, printed or refused; p-values of whole clusters only."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driver.inference.clusters import variance_of
from driver.inference.intervals import holm
from driver.inference.sample import Sample
from driver.inference.statistics import statistics
from kernels.base.columns import F64, I64
from tests.driver.inference.samples import SCENARIOS, crossed, find, observations, one_day, sample_of

RUNS = ("real", "A", "B", "P", "R", "R_optimistic", "R_conservative", "D")


def of_runs(seed: int = 4) -> Sample:
    """Return a sample of every scenario, over 20 securities and 20 dates."""
    rng = np.random.default_rng(seed)
    y = rng.normal(0, 30, (400, 1)) + rng.normal(0, 3, (400, 8)) - 0.1 * np.arange(8)
    codes = [i % 20 for i in range(400)], [i // 20 for i in range(400)]
    return sample_of(y, rng.uniform(1, 9, 400), *codes, RUNS)


def test_replays_are_tested_but_for_their_bounds_and_the_placebo() -> None:
    """By name, whatever else is asked for; each p-value is corrected for as many tests as there are."""
    rows = statistics(of_runs())
    for weighting in ("equal", "notional"):
        for name in RUNS[1:]:
            row = find(rows, test="cluster", scenario=name, weighting=weighting)
            status = {"R": "tested", "D": "tested", "A": "algebra", "B": "algebra"}.get(name, "printed")
            assert row["status"] == status
            assert (row["p_value"] is None) == (row["p_holm"] is None) == (status != "tested")
            assert row["ci_low"] is not None
        found = [find(rows, test="cluster", scenario=name, weighting=weighting) for name in ("R", "D")]
        assert [row["p_holm"] for row in found] == holm([float(row["p_value"] or 0.0) for row in found])
    assert [row["scenario"] for row in rows if row["test"] == "rm_anova"] == ["real+R+D", "real+A+B+R+D"]
    assert {row["test"] for row in rows if row["p_value"] is not None} == {
        "cluster", "cluster_joint", "differs_by_security", "differs_by_date",
    }  # fmt: skip
    assert [row["weighting"] for row in rows if row["test"] == "cluster"] == ["notional"] * 7 + ["equal"] * 7


def test_the_interval_is_students_t_of_the_variance() -> None:
    y = observations(300, 9)
    sample = crossed(y, 4, 5)
    for weighting in ("equal", "notional"):
        row = find(statistics(sample), test="cluster", scenario="R", weighting=weighting)
        days = sample.days(2, weighting)
        variance = variance_of(days)
        assert not isinstance(variance, str)
        low, high = stats.t.interval(0.95, variance.df, loc=days.estimate, scale=variance.value**0.5)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), rel=1e-9)
        t = days.estimate / variance.value**0.5
        assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(t), variance.df), rel=1e-9)


def test_savings_by_value_are_in_the_currency_too() -> None:
    sample = crossed(observations(300, 9), 4, 5)
    by_value = find(statistics(sample), test="cluster", scenario="R", weighting="notional")
    for name, of in (("saving_value", "saving_bps"), ("value_low", "ci_low"), ("value_high", "ci_high")):
        assert by_value[name] == pytest.approx(float(by_value[of] or 0) / 10_000 * sample.value)
    assert find(statistics(sample), test="cluster", scenario="R", weighting="equal")["saving_value"] is None


def test_bounds_stand_beside_the_estimate_and_say_if_its_sign_is_known() -> None:
    sample = of_runs()
    row = find(statistics(sample), test="cluster", scenario="R", weighting="equal")
    savings = sample.mean[0] - sample.mean[4:7]
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((savings.min(), savings.max()))
    assert row["bounds_agree"] == "yes"
    torn = replace(sample, cluster_mean=sample.cluster_mean.copy())
    torn.cluster_mean[:, :, 6] = torn.cluster_mean[:, :, 0] + 5.0  # the conservative run costs more
    row = find(statistics(torn), test="cluster", scenario="R", weighting="equal")
    assert row["bound_low"] == pytest.approx(-5.0)
    assert row["bounds_agree"] == "no"
    assert find(statistics(sample), test="cluster", scenario="D", weighting="equal")["bounds_agree"] is None


def test_algebra_is_never_tested() -> None:
    for row in statistics(crossed(observations(50, 1), 3, 3)):
        if "A" in str(row["scenario"]).split("+"):
            assert row["status"] in ("algebra", "refused")
            assert row["p_value"] is None
            assert row["p_holm"] is None


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_orders_are_refused(n: int) -> None:
    y = observations(2, 1)[:n]
    sample = Sample(
        SCENARIOS, n, y.sum(axis=0), np.zeros((4, 4)), np.full((1, 2), float(n)), np.zeros((1, 2, 4)),
        np.zeros(1, np.int64), np.zeros(1, np.int64),
    )  # fmt: skip
    rows = statistics(sample)
    assert {row["status"] for row in rows} == {"refused"}
    assert all(row["note"] for row in rows)


def test_one_security_day_is_one_cluster_and_allows_no_inference() -> None:
    for row in statistics(one_day(observations(50, 2))):
        if row["test"] == "cluster":
            assert row["status"] == "refused"
            assert "no inference" in str(row["note"])
            assert row["saving_bps"] is not None
            assert row["ci_low"] is None
        assert row["p_value"] is None
        assert row["p_holm"] is None


def jackknife_matrix(d: F64, w: F64, code: I64) -> tuple[F64, F64]:
    """Return weighted means of columns and their variance, by computing them anew without each cluster's orders."""
    whole = np.average(d, axis=0, weights=w)
    groups = np.unique(code)
    moved = np.array([np.average(d[code != g], axis=0, weights=w[code != g]) - whole for g in groups])
    return whole, (len(groups) - 1) / len(groups) * moved.T @ moved


def test_the_joint_test_is_t_squared_of_whole_clusters_and_takes_the_way_that_is_less_sure() -> None:
    rng = np.random.default_rng(11)
    y = observations(600, 9)
    security, date = rng.integers(0, 8, 600), rng.integers(0, 9, 600)
    y[:, 0] += rng.normal(0, 3, 8)[security]
    sample = sample_of(y, np.ones(600), security.tolist(), date.tolist())
    row = find(statistics(sample), test="cluster_joint", weighting="equal")
    found = []
    for code in (security, date):
        mean, matrix = jackknife_matrix(y[:, :1] - y[:, 2:], np.ones(600), code)
        sizes = np.bincount(code)
        effective = sizes.sum() ** 2 / (sizes**2).sum()
        f = mean @ np.linalg.inv(matrix) @ mean * (effective - 2) / (2 * (effective - 1))
        found.append((stats.f.sf(f, 2, effective - 2), f))
    assert (row["p_value"], row["statistic"]) == pytest.approx(max(found), rel=1e-8)
    assert row["df1"] == 2


def test_differences_between_securities_are_those_of_a_two_way_table() -> None:
    """One order a security-day: F of the rows of a table with columns, from any textbook."""
    rng = np.random.default_rng(12)
    S, T = 5, 8
    y = rng.normal(0, 5, (S * T, 4)) + np.repeat(rng.normal(0, 4, S), T)[:, None] * [1, 0, 0, 0]
    codes = np.repeat(np.arange(S), T), np.tile(np.arange(T), S)
    rows = statistics(sample_of(y, np.ones(S * T), *(code.tolist() for code in codes)))
    d = (y[:, 0] - y[:, 2]).reshape(S, T)
    one, other, grand = d.mean(axis=1, keepdims=True), d.mean(axis=0, keepdims=True), d.mean()
    own = ((d - one - other + grand) ** 2).sum() / ((S - 1) * (T - 1))
    for test, f, df in (
        ("differs_by_security", T * ((one - grand) ** 2).sum() / (S - 1) / own, S - 1),
        ("differs_by_date", S * ((other - grand) ** 2).sum() / (T - 1) / own, T - 1),
    ):
        row = find(rows, test=test, scenario="R", weighting="equal")
        assert row["statistic"] == pytest.approx(f, rel=1e-8)
        assert (row["df1"], row["df2"]) == (df, (S - 1) * (T - 1))
        assert row["p_value"] == pytest.approx(stats.f.sf(f, df, (S - 1) * (T - 1)), rel=1e-8)
        assert row["status"] == "exploratory"


@given(st.lists(st.floats(0, 1), max_size=6))
def test_holm_is_monotone_and_bounded(p: list[float]) -> None:
    adjusted = holm(p)
    assert all(a >= b for a, b in zip(adjusted, p, strict=True))
    assert all(a <= 1 for a in adjusted)
    order = np.argsort(p, kind="stable")
    assert all(adjusted[a] <= adjusted[b] for a, b in pairwise(order))


def test_holm_by_hand() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
