"""Numbers of participants and cells: by first use, whatever the codes, however the orders are cut into blocks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.sums.cells import cell_dimensions
from driver.sums.growing_tables import DIRECT, KeyNumbers, Participants
from kernels.base.memory import Buffers
from tests.blocks import cells_of, with_columns
from tests.driver.order_blocks import random_block

pytestmark = pytest.mark.reduced
CODES = st.one_of(st.integers(0, 5), st.integers(DIRECT - 2, DIRECT + 2), st.integers(0, 2**31 - 1))
BUFFERS = Buffers()  # shared by all examples: what one left behind is nothing to the next


@given(st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=4))
def test_keys_are_numbered_in_the_order_of_first_use(blocks: list[list[int]]) -> None:
    numbers, seen = KeyNumbers("some", BUFFERS), dict[int, int]()
    for keys in blocks:
        out = np.empty(len(keys), np.int32)
        numbers.number(np.array(keys, np.int64), max(keys, default=0) + 1, out)
        assert out.tolist() == [seen.setdefault(key, len(seen)) for key in keys]
        assert numbers.keys().tolist() == list(seen)
        assert numbers.count == len(seen)


@given(st.lists(st.lists(CODES, max_size=20), max_size=4))
def test_every_participant_has_one_number(blocks: list[list[int]]) -> None:
    participants, seen = Participants(BUFFERS), set[int]()
    for codes in blocks:
        numbers = participants.add(np.array(codes, np.int32))
        seen |= set(codes)
        assert participants.codes()[numbers].tolist() == codes
        assert len(participants) == len(participants.codes()) == len(seen)
        assert set(participants.codes().tolist()) == seen


def test_cells_name_participants_by_code_however_large() -> None:
    block = random_block(60, 0)
    few = cells_of(block, "UTC")
    codes = np.array([2**31 - 1, 3, DIRECT, 70_000])
    many = cells_of(with_columns(block, participant=codes[block.participant % 4].astype(np.int32)), "UTC")
    assert set(cell_dimensions(many.key)["participant"].tolist()) == set(
        codes[np.unique(block.participant % 4)].tolist()
    )
    assert all(one < other for one, other in pairwise(many.key.tolist()))
    assert np.array_equal(many.sums.sum(axis=1), few.sums.sum(axis=1))
