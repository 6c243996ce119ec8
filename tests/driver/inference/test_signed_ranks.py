"""Wilcoxon's test and the correlation equal scipy, on savings rounded to their buckets and on the costs themselves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driver.inference.sample import Sample
from driver.inference.signed_ranks import signed_ranks
from driver.inference.statistics import statistics
from driver.tables.aggregate import aggregate
from kernels.base.columns import F64, I64
from kernels.sums.saving_parts import RANK_BUCKETS
from tests.driver.inference.samples import HALF, SCENARIOS, crossed, find, observations, rounded, scipys_z
from tests.driver.job_folders import SETTINGS, make_jobs
from tests.driver.order_blocks import is_priced, random_block
from tests.driver.tables.distributions.test_spread_tables import read


def counts_of(savings: F64) -> I64:
    return np.bincount(rounded(savings).astype(np.int64) + HALF, minlength=RANK_BUCKETS)


def with_savings(y: F64) -> Sample:
    savings = np.array([counts_of(y[:, 0] - y[:, k]) for k in range(1, y.shape[1])])
    return replace(crossed(y, 2, 2), savings=savings)


@pytest.mark.parametrize("n", [2, 5, 24, 1_000])
def test_z_is_scipys_of_the_rounded_savings(n: int) -> None:
    y = observations(n, n)
    y[: n // 3, 2] = y[: n // 3, 0]  # some save nothing at all
    rows = statistics(with_savings(y))
    for k, name in enumerate(SCENARIOS[1:], 1):
        row, savings = find(rows, test="wilcoxon", scenario=name), y[:, 0] - y[:, k]
        assert row["statistic"] == pytest.approx(scipys_z(rounded(savings)), rel=1e-9)
        assert (row["orders"], row["p_value"]) == (n, None)
        signs = rounded(savings)
        assert [row[than] for than in ("better", "equal", "worse")] == [int((signs * s > 0).sum()) if s else
                int((signs == 0).sum()) for s in (1, 0, -1)]  # fmt: skip
        ranks = stats.rankdata(np.abs(signs[signs != 0]))
        kept = signs[signs != 0]
        assert row["rank_biserial"] == pytest.approx((ranks[kept > 0].sum() - ranks[kept < 0].sum()) / ranks.sum())


@settings(deadline=None)
@given(st.lists(st.integers(-6, 6), min_size=1, max_size=60))
def test_ranks_and_ties_are_scipys(places: list[int]) -> None:
    found = signed_ranks(np.bincount(np.array(places) + HALF, minlength=RANK_BUCKETS))
    kept = np.array([place for place in places if place])
    assert found.n == len(kept)
    if len(kept):
        ranks = stats.rankdata(np.abs(kept))
        assert (found.positive2, found.negative2) == (2 * ranks[kept > 0].sum(), 2 * ranks[kept < 0].sum())
        expected = scipys_z(kept)
        assert found.z == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_many_orders_do_not_overflow() -> None:
    counts = np.zeros(RANK_BUCKETS, np.int64)
    counts[HALF + 3] = counts[HALF - 3] = 10**9
    assert signed_ranks(counts).z == 0.0
    counts[HALF + 3] += 10**6
    assert 0 < signed_ranks(counts).z < 100


def test_where_nothing_differs_or_nothing_is_known_no_test_applies() -> None:
    y = observations(20, 1)
    y[:, 2] = y[:, 0]
    rows = statistics(with_savings(y))
    row = find(rows, test="wilcoxon", scenario="R")
    assert (row["statistic"], row["equal"], row["rank_biserial"]) == (None, 20, None)
    assert "no test applies" in str(row["note"])
    assert find(rows, test="correlation", scenario="R")["correlation"] == pytest.approx(1.0, rel=1e-12)
    none = statistics(replace(with_savings(y), savings=np.zeros((3, RANK_BUCKETS), np.int64)))
    assert find(none, test="wilcoxon", scenario="R")["status"] == "refused"
    assert find(statistics(crossed(y, 2, 2)), test="wilcoxon", scenario="R")["status"] == "refused"


def test_one_order_has_a_sign_and_no_correlation() -> None:
    rows = statistics(with_savings(observations(1, 4)))
    assert abs(float(find(rows, test="wilcoxon", scenario="A")["statistic"] or 0)) == pytest.approx(1.0)
    assert find(rows, test="correlation", scenario="A")["status"] == "refused"


def test_correlation_is_pearsons() -> None:
    y = observations(300, 8)
    rows = statistics(crossed(y, 2, 2))
    for k, name in enumerate(SCENARIOS[1:], 1):
        expected = stats.pearsonr(y[:, 0], y[:, k]).statistic
        assert find(rows, test="correlation", scenario=name)["correlation"] == pytest.approx(expected, rel=1e-9)
    y[:, 2] = 3.25
    assert find(statistics(crossed(y, 2, 2)), test="correlation", scenario="R")["correlation"] is None


def test_tables_have_what_the_orders_say(tmp_path: Path) -> None:
    """Of whole jobs, against scipy on the savings of single orders: rounded exactly, and not rounded nearly."""
    jobs = make_jobs(tmp_path)
    aggregate(tmp_path, jobs, SETTINGS)
    rows = {row["scenario"]: row for row in read(tmp_path, "statistics") if row["test"] == "wilcoxon"}
    assert set(rows) == {"A", "B", "C"}
    blocks = [random_block(60 + 7 * index, index, 2 + index % 3) for index in range(len(jobs))]  # as make_jobs has them
    chosen = [[is_priced(block, i) for i in range(len(block))] for block in blocks]
    for k, row in enumerate(rows.values(), 1):
        savings = np.concatenate([
            ((block.cost[0] - block.cost[k]) * 1e4 / (block.mid2 * block.order_quantity))[held]
            for block, held in zip(blocks, chosen, strict=True)
        ])  # fmt: skip
        assert float(row["statistic"]) == pytest.approx(scipys_z(rounded(savings)), rel=1e-9)
        assert float(row["statistic"]) == pytest.approx(scipys_z(savings), abs=0.1)


def test_prices_apart_by_a_tick_are_told_apart() -> None:
    """Half a tick of neighbouring mids is half a per cent more or less of them: ranks must not tie it."""
    rng = np.random.default_rng(6)
    savings = np.where(rng.random(400) < 0.5, 5e4 / 3385, -5e4 / 3395)
    y = np.zeros((400, 4))
    y[:, 1:] = -savings[:, None]
    row = find(statistics(with_savings(y)), test="wilcoxon", scenario="R")
    assert row["statistic"] == pytest.approx(scipys_z(savings), rel=1e-9)
