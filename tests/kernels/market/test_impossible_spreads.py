"""Effective spreads that can hardly be are counted as plain loops count them."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.market.quality import count_impossible

SPREAD = st.one_of(st.just(math.nan), st.just(math.inf), st.floats(-5_000, 5_000))


@given(spreads=st.lists(st.tuples(SPREAD, SPREAD), max_size=30))
@settings(deadline=None)
def test_impossible_spreads_are_counted(spreads: list[tuple[float, float]]) -> None:
    effective, quoted = (np.array([pair[k] for pair in spreads], np.float64) for k in (0, 1))
    below = [pair for pair in spreads if pair[1] > 0 and pair[0] < -0.5 * pair[1]]
    above = [pair for pair in spreads if abs(pair[0]) > 2_000]
    assert count_impossible(effective, quoted, -0.5, 2_000.0) == (len(below), len(above))
