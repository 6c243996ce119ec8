"""Returns of the mid are added up exactly, however unlike they are."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driver.sums.market_panel import SQUARE_BITS, _added
from kernels.sums.market_sums import PARTS, exact_parts

FINITE = st.floats(-1e100, 1e100)


@given(values=st.lists(FINITE, max_size=60))
@example(values=[1e16, 1.0, -1e16, 1e-30, 1e-30])
@settings(deadline=None)
def test_a_few_doubles_have_the_sum_of_many(values: list[float]) -> None:
    parts = np.full(PARTS, np.nan)
    count = int(exact_parts(np.array(values, np.float64), parts))
    assert 0 <= count <= PARTS
    assert math.fsum(parts[:count].tolist()) == math.fsum(values)


@pytest.mark.parametrize("room", [1, 2, 8, PARTS])
def test_nothing_is_written_beyond_the_room_there_is(room: int) -> None:
    random = np.random.default_rng(room)
    values = random.uniform(-1, 1, 3_000) * 10.0 ** random.uniform(-290, 290, 3_000)
    memory = np.full(room + 4, 7.0)
    assert exact_parts(values, memory[:room]) == -1
    assert memory[room:].tolist() == [7.0] * 4


def test_values_that_need_more_parts_are_added_up_all_the_same() -> None:
    random = np.random.default_rng(1)
    values = random.uniform(-1, 1, 3_000) * 10.0 ** random.uniform(-290, 100, 3_000)
    assert _added(values) == round(math.ldexp(math.fsum(values.tolist()), SQUARE_BITS))
