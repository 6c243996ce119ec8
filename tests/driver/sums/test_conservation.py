"""Sums that cannot be are refused before a table shows them, whichever rule they break."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.sums.conservation import broken_rule
from kernels.measure.result_rows import OrderBlock
from tests.blocks import with_columns
from tests.driver.job_folders import partial_sums_of
from tests.driver.order_blocks import random_block

pytestmark = pytest.mark.reduced


def rule_of(block: OrderBlock) -> str:
    cells, *_, marginals = partial_sums_of(block)
    return broken_rule(cells.scenarios, marginals.names, marginals.all_sums())


@given(n=st.integers(0, 60), seed=st.integers(0, 1_000))
def test_sound_orders_break_no_rule(n: int, seed: int) -> None:
    assert rule_of(random_block(n, seed)) == ""


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"leaves_quantity": 10**9}, "filled + leaves + withdrawn is not the quantity"),
        ({"withdrawn_quantity": -(10**9), "leaves_quantity": 10**9}, "is not the quantity"),
        ({"report_quantity": -1}, "report_quantity is negative"),
        ({"filled_within": 10**9}, "soon there was more than was filled"),
        ({"scenario_filled": 10**9}, "filled + leaves + withdrawn is not the quantity"),
        ({"venue_quantity": 10**9}, "venues have more than was filled"),
    ],
)
def test_each_rule_is_found_broken(columns: dict[str, Any], rule: str) -> None:
    assert rule in rule_of(with_columns(random_block(60, 1), **columns))


def test_a_scenario_may_not_fill_more_than_was_asked_for() -> None:
    block = random_block(60, 1)
    filled = block.scenario_filled.copy()
    filled[2] = 10**9
    found = rule_of(with_columns(block, scenario_filled=filled))
    assert found.startswith("B fills more than was asked for: ")


def test_withdrawn_may_not_be_negative_though_the_parts_add_up() -> None:
    block = random_block(60, 1)
    taken = block.withdrawn_quantity + block.leaves_quantity + 5
    broken = with_columns(block, leaves_quantity=np.full(60, -5), withdrawn_quantity=taken)
    assert "leaves_quantity is negative" in rule_of(broken)
