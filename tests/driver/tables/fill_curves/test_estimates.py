"""Curves of counts by time against exact fractions, against lifelines, and where there is little to say."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.tables.fill_curves.estimates import CAUSES, curves
from kernels.base.columns import I64
from kernels.sums.fill_times import FATES
from tests.oracles.waits import curve

counts = st.lists(st.lists(st.integers(0, 5), min_size=5, max_size=5), min_size=1, max_size=12)


def tables(events: I64) -> list[dict[str, Any]]:
    """Return the oracle's rows for counts at the times 0, 1, 2 ..."""
    n = events.shape[1]
    found = [(fate, t * 10**9) for f, fate in enumerate(FATES) for t in range(n) for _ in range(events[f, t])]
    return curve(found, [Fraction(t) for t in range(n)])


@given(counts)
def test_curves_are_the_formulas(given_counts: list[list[int]]) -> None:
    events = np.array(given_counts, np.int64).T
    rows, found = tables(events), curves(events)
    for row in rows:
        t = int(row["seconds"])
        assert found.at_risk[t] == row["at_risk"]
        assert found.filled[t] == pytest.approx(row["km_filled"], rel=1e-12, abs=1e-12)
        for k, cause in enumerate(CAUSES):
            assert found.incidence[k, t] == pytest.approx(row[f"incidence_{cause}"], rel=1e-12, abs=1e-12)
        for name, bound in (("km_low", found.low[t]), ("km_high", found.high[t])):
            assert np.isnan(bound) if row[name] is None else bound == pytest.approx(row[name], rel=1e-9)
    assert np.all(found.incidence.sum(axis=0) <= 1 + 1e-12)
    assert np.all(found.incidence[0] <= found.filled + 1e-12)  # it overstates, if anything


@given(counts)
def test_curves_are_lifelines(given_counts: list[list[int]]) -> None:
    """Lifelines takes orders one by one; it parts tied times at random, so censored ones stand a little later there."""
    lifelines = pytest.importorskip("lifelines")
    events = np.array(given_counts, np.int64).T
    n, total = events.shape[1], int(events.sum())
    if total == 0 or events[:-1].sum() == 0:
        return
    fate, time = (np.repeat(part.reshape(-1), events.reshape(-1)) for part in np.indices(events.shape))
    found = curves(events)
    fitted = lifelines.KaplanMeierFitter().fit(time, fate == 0, timeline=np.arange(n))
    known = found.at_risk > 0
    unfilled = fitted.survival_function_["KM_estimate"].to_numpy()
    np.testing.assert_allclose((1 - found.filled)[known], unfilled[known], rtol=1e-9, atol=1e-12)
    band = fitted.confidence_interval_.to_numpy()[:, ::-1]
    inside = known & np.isfinite(found.low)
    expected = 1 - band[inside].T
    np.testing.assert_allclose(np.stack([found.low, found.high])[:, inside], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_incidences_are_lifelines(seed: int) -> None:
    lifelines = pytest.importorskip("lifelines")
    events = np.random.default_rng(seed).integers(0, 6, (len(FATES), 9))
    fate, time = (np.repeat(part.reshape(-1), events.reshape(-1)) for part in np.indices(events.shape))
    censored = fate == len(CAUSES)
    number = np.where(censored, 0, fate + 1)
    # Apart by so little that no order changes its interval: the causes of one instant in turn, what is censored after.
    apart = time + np.where(censored, 0.5, 0.4 * np.random.default_rng(seed).random(len(time)))
    found = curves(events)
    for k in range(len(CAUSES)):
        fitted = lifelines.AalenJohansenFitter(calculate_variance=False).fit(apart, number, event_of_interest=k + 1)
        shares = fitted.cumulative_density_.iloc[:, 0]
        at_edges = [float(shares[shares.index < edge + 0.45].iloc[-1]) for edge in range(events.shape[1])]
        np.testing.assert_allclose(found.incidence[k], at_edges, rtol=1e-9)


@pytest.mark.parametrize("events", [
    pytest.param(np.zeros((5, 0), np.int64), id="no orders"),
    pytest.param(np.array([[0, 0], [0, 0], [0, 0], [0, 0], [3, 4]]), id="all censored"),
    pytest.param(np.array([[7], [0], [0], [0], [0]]), id="all filled at once"),
    pytest.param(np.array([[1], [0], [0], [0], [0]]), id="one order"),
    pytest.param(np.array([[0, 0], [1, 0], [0, 0], [0, 0], [0, 0]]), id="nobody left"),
])  # fmt: skip
def test_little_to_say_is_said(events: I64) -> None:
    found, total = curves(events), int(events.sum())
    filled = [events[0, : t + 1].sum() / total for t in range(events.shape[1])]
    assert found.incidence[0].tolist() == filled
    assert found.filled.tolist() == filled
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()
