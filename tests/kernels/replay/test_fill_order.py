"""Fills of a scenario by order and time against plain Python."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.replay.results import by_order_and_time


@given(fills=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5))))
def test_fills_are_by_order_and_time_and_stay_as_they_are_at_one_instant(fills: list[tuple[int, int]]) -> None:
    order, time = (np.array([fill[k] for fill in fills], np.int64) for k in (0, 1))
    assert by_order_and_time(order, time, 5).tolist() == sorted(range(len(fills)), key=fills.__getitem__)
