"""Sums that cannot be are refused before a table shows them, whichever rule they break."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.sums.conservation import broken_rule
from tests.blocks import cells_of, with_columns
from tests.driver.order_blocks import random_block

pytestmark = pytest.mark.reduced


@given(n=st.integers(0, 60), seed=st.integers(0, 1_000))
def test_sound_orders_break_no_rule(n: int, seed: int) -> None:
    assert broken_rule(cells_of(random_block(n, seed), "UTC")) == ""


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
    assert rule in broken_rule(cells_of(with_columns(random_block(60, 1), **columns), "UTC"))


def test_a_scenario_may_not_fill_more_than_was_asked_for() -> None:
    block = random_block(60, 1)
    filled = block.scenario_filled.copy()
    filled[2] = 10**9
    found = broken_rule(cells_of(with_columns(block, scenario_filled=filled), "UTC"))
    assert found.startswith("B fills more than was asked for: ")


def test_withdrawn_may_not_be_negative_though_the_parts_add_up() -> None:
    block = random_block(60, 1)
    taken = block.withdrawn_quantity + block.leaves_quantity + 5
    broken = with_columns(block, leaves_quantity=np.full(60, -5), withdrawn_quantity=taken)
    assert "leaves_quantity is negative" in broken_rule(cells_of(broken, "UTC"))
