"""Ranks of costs within orders, against scipy's Friedman test, for blocks cut anywhere."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driver.inference.orders import friedman
from driver.sums.orders.rank_sums import ORDERS, TIES, RankSums, ranks_of
from tests.blocks import part_of
from tests.driver.order_blocks import random_block
from tests.driver.sums.test_replayed_sums import blocks_of


@given(st.integers(2, 60), st.integers(2, 5), st.integers(0, 10**6), st.integers(1, 9))
def test_the_statistic_is_scipys(n: int, scenarios: int, seed: int, values: int) -> None:
    costs = np.random.default_rng(seed).integers(0, values, (scenarios, n))
    ranks, ties = ranks_of(costs)
    np.testing.assert_array_equal(ranks, 2 * stats.rankdata(costs, axis=0))
    found = friedman(n, ranks.sum(axis=1).tolist(), ties)
    if (costs == costs[0]).all():
        assert found is None
    elif scenarios > 2:  # scipy asks for three
        assert found == pytest.approx(stats.friedmanchisquare(*costs).statistic, rel=1e-9, abs=1e-9)


def test_two_conditions_are_a_sign_test() -> None:
    costs = np.array([[1, 1, 5, 2, 9, 4], [2, 3, 4, 2, 10, 7]])  # four rise, one falls, one is tied
    ranks, ties = ranks_of(costs)
    assert friedman(6, ranks.sum(axis=1).tolist(), ties) == pytest.approx((4 - 1) ** 2 / 5)


def test_priced_orders_of_a_replay_are_ranked_however_blocks_are_cut() -> None:
    block = blocks_of(4, ["R", "D"])[0]
    n = len(block)
    whole = RankSums()
    whole.add(block)
    for cuts in ((0, n), (0, 1, 5, n), (0, n // 2, n // 2, n)):
        cut = RankSums()
        for a, b in pairwise(cuts):
            cut.add(part_of(block, slice(a, b)))
        assert cut.found == whole.found
    names = [name for name in whole.found if name not in (ORDERS, TIES)]
    assert names == ["real", "R", "D"]
    assert sum(whole.found[name] for name in names) == whole.found[ORDERS] * len(names) * (len(names) + 1)
    assert whole.found[ORDERS] > 0


def test_without_a_replay_nothing_is_ranked() -> None:
    ranks = RankSums()
    ranks.add(random_block(20, 1))
    assert ranks.found == {}
