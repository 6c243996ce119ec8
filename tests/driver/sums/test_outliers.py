"""The orders of largest cost equal those of a plain sort, however the orders are cut into blocks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driver.sums.outliers import COLUMNS, Extremes, Outliers
from kernels.measure.result_rows import OrderBlock
from tests.blocks import part_of, with_columns
from tests.driver.order_blocks import random_block

pytestmark = pytest.mark.reduced
OF_ORDERS = dict(
    zip(COLUMNS, ("order_id", "participant", "side", "order_quantity", "filled_quantity", "group", "mid2"), strict=True)
)


def naive(block: OrderBlock, kept: int) -> list[tuple[list[int], list[float]]]:
    """Return what is shown, and the costs, of the orders of largest cost, largest first."""
    costly = [i for i in range(len(block)) if abs(block.cost[0, i]) > 0]
    costly.sort(key=lambda i: (-abs(block.cost[0, i]), block.order_id[i]))
    return [([int(block[name][i]) for name in OF_ORDERS.values()], block.cost[:, i].tolist()) for i in costly[:kept]]


def listed(found: Outliers) -> list[tuple[list[int], list[float]]]:
    return list(zip(found.columns.T.tolist(), found.cost.T.tolist(), strict=True))


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    kept=st.integers(1, 12),
    cuts=st.lists(st.integers(0, 60), max_size=3),
    levels=st.integers(1, 60),
)
def test_they_are_those_of_a_plain_sort_in_any_blocks(seed: int, kept: int, cuts: list[int], levels: int) -> None:
    """Of few levels of cost many are equal; some are missing, and some are nothing."""
    rng, block = np.random.default_rng(seed), random_block(60, seed)
    cost = block.cost.copy()
    cost[0] = rng.choice([-1.0, 1.0], 60) * rng.integers(0, levels, 60)
    cost[0, rng.random(60) < 0.2] = np.nan
    block = with_columns(block, cost=cost, order_id=rng.permutation(60))
    extremes = Extremes(kept)
    for first, last in pairwise([0, *sorted(cuts), 60]):
        extremes.add(part_of(block, slice(first, last)))
    assert repr(listed(extremes.found)) == repr(naive(block, kept))  # NaN is written alike


def test_of_no_order_there_are_none() -> None:
    extremes = Extremes(3)
    assert extremes.found.columns.shape == (len(COLUMNS), 0)
    extremes.add(part_of(random_block(3, 1), slice(0, 0)))
    assert extremes.found.cost.shape == (4, 0)
