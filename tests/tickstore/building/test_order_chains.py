"""Parents from the orders that orders replaced."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickstore.building.order_chains import chain_parents

pytestmark = pytest.mark.reduced
NULL = -(2**63)


def naive(ids: list[int], previous: list[int]) -> list[int] | None:
    """Walk each chain to its start, one step after the other."""
    before = {i: p for i, p in zip(ids, previous, strict=True) if p in ids and p != i and p > 0}
    starts: dict[int, int] = {}
    for number in ids:
        seen = [number]
        while seen[-1] in before and before[seen[-1]] not in seen:
            seen.append(before[seen[-1]])
        if seen[-1] not in before and len(seen) > 1:
            starts |= dict.fromkeys(seen, seen[-1])
    return [starts.get(number, NULL) for number in ids] if starts else None


@given(data=st.data())
def test_a_parent_is_where_the_chain_begins(data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.integers(1, 12), unique=True, max_size=10))
    previous = data.draw(st.lists(st.sampled_from([*range(14), NULL]), min_size=len(ids), max_size=len(ids)))
    found = chain_parents(np.array(ids, np.int64), np.array(previous, np.int64))
    assert (None if found is None else found.tolist()) == naive(ids, previous)


def test_a_long_chain_leads_to_its_first_order() -> None:
    ids = np.random.default_rng(0).permutation(5_000) + 1
    found = chain_parents(ids, ids - 1)
    assert found is not None
    assert set(found.tolist()) == {1}


@pytest.mark.parametrize("previous", [[0, 0, 0], [99, 98, NULL], [1, 2, 3], [2, 1, 0], [2, 3, 1]])
def test_without_a_chain_there_are_no_parents(previous: list[int]) -> None:
    assert chain_parents(np.array([1, 2, 3]), np.array(previous)) is None
