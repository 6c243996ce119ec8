"""Savings of single securities and dates: those of the orders themselves, clustered the other way."""

import numpy as np
import pytest

from driver.inference.clusters import variance_of
from driver.inference.contrasts import contrasts
from driver.inference.statistics import statistics
from tests.driver.inference.samples import SCENARIOS, crossed, find, observations, one_day, sample_of


def test_each_security_is_clustered_by_date_and_each_date_by_security() -> None:
    rng = np.random.default_rng(8)
    y, w = observations(400, 5), rng.uniform(1, 50, 400)
    security, date = rng.integers(0, 3, 400), rng.integers(0, 5, 400)
    rows = contrasts(sample_of(y, w, security.tolist(), date.tolist()), ["x", "y", "z"], ["1", "2", "3", "4", "5"])
    assert len(rows) == (3 + 5) * 3 * 2
    d = y[:, 0] - y[:, 2]
    for by, value, mine, other in (("security", "y", security == 1, date), ("date", "4", date == 3, security)):
        row = find(rows, by=by, value=value, scenario="R", weighting="notional")
        assert row["saving_bps"] == pytest.approx(np.average(d[mine], weights=w[mine]), rel=1e-9)
        groups = np.unique(other[mine])
        without = [np.average(d[mine & (other != g)], weights=w[mine & (other != g)]) for g in groups]
        n = len(groups)
        expected = ((n - 1) / n * sum((one - float(row["saving_bps"] or 0)) ** 2 for one in without)) ** 0.5
        assert row["standard_error"] == pytest.approx(expected, rel=1e-9)
        assert row["note"] == f"clustered by {'date' if by == 'security' else 'security'}"


def test_a_single_security_or_date_has_its_rows_in_statistics() -> None:
    assert contrasts(one_day(observations(20, 1)), ["x"], ["1"]) == []
    sample = crossed(observations(60, 1), 1, 4)
    rows = contrasts(sample, ["x"], ["1", "2", "3", "4"])
    assert {row["by"] for row in rows} == {"date"}
    assert {row["note"] for row in rows} == {"one cluster: no interval"}
    whole = find(statistics(sample), test="cluster", scenario="R", weighting="equal")
    variance = variance_of(sample.days(2, "equal"))
    assert not isinstance(variance, str)
    assert whole["standard_error"] == pytest.approx(variance.value**0.5)


def test_bounds_stand_beside_each_saving_of_r() -> None:
    """The least and the most that the three runs save of the very orders that the row is about."""
    runs = (*SCENARIOS, "R_optimistic", "R_conservative")
    rng = np.random.default_rng(4)
    y = np.hstack([observations(300, 6), observations(300, 7)[:, :2]])
    w, security = rng.uniform(1, 50, 300), rng.integers(0, 2, 300)
    sample = sample_of(y, w, security.tolist(), rng.integers(0, 4, 300).tolist(), runs)
    rows = contrasts(sample, ["x", "y"], ["1", "2", "3", "4"])
    for by_value in (True, False):
        row = find(rows, by="security", value="y", scenario="R", weighting="notional" if by_value else "equal")
        mine = security == 1
        savings = [np.average((y[:, 0] - y[:, k])[mine], weights=w[mine] if by_value else None) for k in (2, 4, 5)]
        assert (row["bound_low"], row["bound_high"]) == pytest.approx((min(savings), max(savings)))
        assert row["bounds_agree"] == ("yes" if min(savings) * max(savings) > 0 else "no")
    assert all(row["bound_low"] is None for row in rows if row["scenario"] != "R")
