"""The bucket of a quantile is the first that holds, with those below, at least its share of the orders."""

from fractions import Fraction

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driver.sums.totals import quantile_places

SHARES = {0.05: Fraction(1, 20), 0.1: Fraction(1, 10), 0.5: Fraction(1, 2), 0.9: Fraction(9, 10), 1.0: Fraction(1)}
COUNTS = st.lists(st.lists(st.one_of(st.just(0), st.integers(0, 10**6)), min_size=5, max_size=5), max_size=6)


def place(counts: list[int], share: Fraction) -> int:
    """Return the place in a row of counts."""
    below = 0
    for bucket, count in enumerate(counts):
        below += count
        if below >= share * sum(counts):
            return bucket
    raise AssertionError("the last bucket holds all, with those below")


@given(counts=COUNTS, shares=st.lists(st.sampled_from([*SHARES]), min_size=1, max_size=3))
@example(counts=[[0, 3, 0, 0, 27], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [10**6, 0, 0, 0, 0]], shares=[0.1, 0.5, 1.0])
@settings(deadline=None)
def test_places_are_found_row_by_row(counts: list[list[int]], shares: list[float]) -> None:
    found = quantile_places(np.array(counts, np.int64).reshape(-1, 5), tuple(shares))
    assert found.tolist() == [[place(row, SHARES[share]) for share in shares] for row in counts]
