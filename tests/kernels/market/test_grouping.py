"""Rows by order against plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.market.grouping import rows_by_order

pytestmark = pytest.mark.reduced


@given(index=st.lists(st.integers(0, 6)), more=st.integers(0, 3))
def test_rows_stand_by_order_and_ascend(index: list[int], more: int) -> None:
    orders = max(index, default=-1) + 1 + more
    rows, starts = rows_by_order(np.array(index, np.int32), orders)
    wanted = [[row for row, order in enumerate(index) if order == i] for i in range(orders)]
    assert rows.tolist() == [row for group in wanted for row in group]
    assert starts.tolist() == [sum(map(len, wanted[:i])) for i in range(orders + 1)]


@pytest.mark.parametrize("index", [[-1], [0, 3], [2, -1, 0]])
def test_an_order_that_there_is_not_is_refused(index: list[int]) -> None:
    with pytest.raises(IndexError, match=f"rows name orders {min(index)} to {max(index)}, but there are 3"):
        rows_by_order(np.array(index), 3)
