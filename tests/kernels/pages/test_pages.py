"""Pages of orders hold what a reader by the book finds: every value, whatever it is, and which are missing."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.base.columns import Array
from kernels.conventions import NULL
from kernels.pages import pages
from tests.oracles import parquet_pages

WIDE = st.integers(-(2**63) + 1, 2**63 - 1)
SIZES = (1, 2, 7, 8, 9, 31, 32, 33, 34, 127, 128, 129, 130, 257, 1_000)


def made(kernel: Any, values: Array, *others: Any) -> tuple[bytes, Array]:
    """Return the page that a kernel writes, over memory that holds something else, and what it found."""
    page, facts = np.full(pages.room_of(len(values)), 0xA5, np.uint8), np.zeros(pages.FACTS, np.int64)
    kernel(values, *others, page, facts)
    return page[facts[pages.FIRST] : facts[pages.END]].tobytes(), facts


def integers_of(values: Array, narrow: bool) -> None:
    """Make a page of integers and compare."""
    rows = len(values)
    scratch = np.full(rows // 8 + 1, 7, np.uint64), np.empty(rows, np.int64), np.empty(pages.GROUP, np.int64)
    page, facts = made(pages.integer_page, values, narrow, *scratch)
    there, data = parquet_pages.split(page, rows)
    expected = [value for value in values.tolist() if value != NULL]
    assert there == [int(value != NULL) for value in values.tolist()]
    assert facts[pages.KNOWN] == len(expected)
    if expected:
        assert parquet_pages.differences(data, 32 if narrow else 64) == expected
        assert facts[pages.LEAST : pages.LARGEST + 1].tolist() == [min(expected), max(expected)]


@settings(deadline=None)
@given(st.lists(st.none() | WIDE, min_size=1, max_size=300))
def test_integers_of_any_size(values: list[int | None]) -> None:
    integers_of(np.array([NULL if value is None else value for value in values], np.int64), False)


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=300))
def test_integers_of_32_bits(values: list[int | None]) -> None:
    integers_of(np.array([NULL if value is None else value for value in values], np.int64), True)


@pytest.mark.reduced
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("missing", [0.0, 0.02, 0.6, 1.0])
@pytest.mark.parametrize("bits", [0, 1, 13, 40, 61])
def test_integers_of_every_number(rows: int, missing: float, bits: int) -> None:
    rng = np.random.default_rng(rows + bits)
    values = rng.integers(0, 2**bits, rows)
    values[rng.random(rows) < missing] = NULL
    integers_of(values, False)
    if bits < 32:
        integers_of(values, True)


@pytest.mark.reduced
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("missing", [0.0, 0.02, 0.6, 1.0])
def test_floats(rows: int, missing: float) -> None:
    rng = np.random.default_rng(rows)
    values = rng.normal(size=rows)
    values[rng.random(rows) < 0.1] = -0.0  # as bits that is NULL
    values[rng.random(rows) < 0.1] = -np.inf
    values[rng.random(rows) < missing] = np.nan
    page, facts = made(pages.float_page, values.view(np.int64), np.full(rows // 8 + 1, 7, np.uint64))
    there, data = parquet_pages.split(page, rows)
    known = ~np.isnan(values)
    assert there == known.astype(int).tolist()
    assert facts[pages.KNOWN] == known.sum()
    assert data == values[known].tobytes()


@pytest.mark.reduced
def test_every_kind_of_nan_is_missing() -> None:
    bits = [0x7FF8 << 48, -1, 0x7FF0_0000_0000_0001, -(2**63) + 0x7FF0_0000_0000_0001, 0x7FF0 << 48, 0]
    page, facts = made(pages.float_page, np.array(bits, np.int64), np.zeros(1, np.uint64))
    assert parquet_pages.split(page, 6)[0] == [0, 0, 0, 0, 1, 1]
    assert facts[pages.KNOWN] == 2


@pytest.mark.reduced
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("words", [1, 2, 3, 60, 256, 70_000])
def test_places(rows: int, words: int) -> None:
    places = np.random.default_rng(rows).integers(0, words, rows)
    page, facts = made(pages.place_page, places, (words - 1).bit_length())
    there, data = parquet_pages.split(page, rows)
    assert there == [1] * rows
    assert facts[pages.KNOWN] == rows
    assert parquet_pages.runs(data[1:], data[0], rows) == places.tolist()
