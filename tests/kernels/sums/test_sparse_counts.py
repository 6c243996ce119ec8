"""Entries of dense counts are those of plain loops over them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driver.sums.regrouped import sparse

pytestmark = pytest.mark.reduced


@given(st.integers(0, 4), st.integers(0, 9), st.floats(0, 1), st.integers(0, 99))
@settings(deadline=None)
def test_entries_are_the_counts_that_are_not_0(rows: int, codes: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    dense = (rng.integers(1, 5, (rows, codes)) * (rng.random((rows, codes)) < share)).astype(np.int32)
    entry, code, count = sparse(dense)
    expected = [[(c, n) for c, n in enumerate(row) if n] for row in dense.tolist()]
    assert entry.tolist() == [0, *np.cumsum([len(row) for row in expected]).astype(int).tolist()]
    assert [*zip(code.tolist(), count.tolist(), strict=True)] == [pair for row in expected for pair in row]
