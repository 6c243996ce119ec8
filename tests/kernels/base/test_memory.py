"""Buffers: memory that is used again, its items on cache lines, never too small."""

import numpy as np
import pytest

from kernels.base.memory import LINE, Buffers
from kernels.measure.choices import Choices, Selection, Session
from kernels.measure.measure import measure
from tests.blocks import copies
from tests.builders import build_day
from tests.kernels.measure.test_measures import with_nulls
from tests.random_day import CLOSE, OPEN, random_day

pytestmark = pytest.mark.reduced


@pytest.mark.parametrize("shape", [(0,), (1,), (3, 7), (1_000, 8), (5, 0)])
@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.float64])
def test_shape_type_and_place(shape: tuple[int, ...], dtype: type) -> None:
    """Whatever is asked for starts on a cache line, contiguous and writable."""
    array = Buffers().take("any", shape, dtype)
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.size == 0 or array.ctypes.data % LINE == 0
    assert array.flags.c_contiguous
    assert array.flags.writeable
    array[...] = 1


def test_same_memory_until_it_is_too_small() -> None:
    """A smaller array takes the same memory, a larger one new memory with room to grow; names do not share."""
    buffers = Buffers()
    first = buffers.take("a", (100,), np.int64)
    assert np.shares_memory(first, buffers.take("a", (50,), np.float64))
    assert not np.shares_memory(first, buffers.take("b", (50,), np.float64))
    larger = buffers.take("a", (101,), np.int64)
    assert not np.shares_memory(first, larger)
    assert np.shares_memory(larger, buffers.take("a", (126,), np.int64))
    assert buffers.bytes_of("a") == 1_010
    assert buffers.bytes_of() == 1_010 + 400


def test_days_that_share_buffers_do_not_meet() -> None:
    """Whatever an earlier, larger or smaller day left behind, every column is the one of fresh memory."""
    session, buffers = Session(OPEN, CLOSE, "test"), Buffers()
    for seed in range(12):
        day = build_day(*map(with_nulls, random_day(seed, n_orders=1 + 7 * (seed % 4), n_quotes=3 * (seed % 5))))
        for settings in (Choices(), Choices(selection=Selection(participants=(3,), hour_end=12))):
            fresh = [copies(block, derived=True) for block in measure(day, settings, session)]
            shared = [copies(block, derived=True) for block in measure(day, settings, session, buffers)]
            assert len(fresh) == len(shared)
            for one, other in zip(fresh, shared, strict=True):
                for name, column in one.items():
                    np.testing.assert_array_equal(column, other[name], err_msg=f"seed {seed}: {name}")


def test_what_is_asked_for_again_is_the_same_array_until_another_is() -> None:
    buffers = Buffers()
    first = buffers.take("a", (3, 4), np.int64)
    assert buffers.take("a", (3, 4), np.int64) is first
    assert buffers.take("a", (3, 4), np.float64).dtype == np.float64
    smaller = buffers.take("a", (2, 4), np.int64)
    assert smaller.shape == (2, 4)
    assert np.shares_memory(smaller, first)
    larger = buffers.take("a", (30, 4), np.int64)
    assert not np.shares_memory(larger, first)
    assert buffers.take("a", (30, 4), np.int64) is larger
    buffers.take("b", (5,), np.int8)
    assert buffers.bytes_of() == buffers.bytes_of("a", "b", "none") == buffers.bytes_of("a") + buffers.bytes_of("b")
