"""Quotients of columns are those of Python's integers, to the last bit."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driver.tables.columns.quotients import Factors, halves, is_known, joined, nothing_in, ratios, value_at
from kernels.conventions import NULL, REST_BITS

INTEGERS = st.one_of(
    st.integers(-100, 100),
    st.integers(-(2**62), 2**62),
    st.integers(2**53 - 2, 2**53 + 2),
    st.integers(-(2**90), 2**90),
)
FACTORS = st.sampled_from([1, 2, 1_000, 10_000, 65_536, 1_000_000, 131_072 * 10**9, 65_536 << 32])
PAIRS = st.lists(st.tuples(INTEGERS, INTEGERS), min_size=1, max_size=9)


def column(values: list[int]) -> np.ndarray:
    """Return integers as sums have them: in 64 bits where all fit."""
    return np.array(values, np.int64 if all(abs(value) < 2**63 for value in values) else np.object_)


@given(pairs=PAIRS, factors=st.lists(st.tuples(FACTORS, FACTORS), min_size=1, max_size=3))
@example(pairs=[(2**53 + 1, 3), (1, 0), (0, -5), (0, 0)], factors=[(1, 1), (10_000, 65_536)])
@settings(deadline=None)
def test_quotients_are_correctly_rounded(pairs: list[tuple[int, int]], factors: list[tuple[int, int]]) -> None:
    over, under = (np.tile(column([one[k] for one in pairs]), (len(factors), 1)) for k in (0, 1))
    ups, downs = (Factors.of([one[k] for one in factors]) for k in (0, 1))
    found = ratios(over, under, ups, downs)
    for row, (up, down) in zip(found.tolist(), factors, strict=True):
        for quotient, (above, below) in zip(row, pairs, strict=True):
            if below == 0:
                assert quotient != quotient
            else:
                assert quotient == float(Fraction(up * above, down * below))


def test_what_is_worked_out_elsewhere_is_not_divided_as_integers() -> None:
    over, one = np.array([[2**53 + 1, 2**53 + 1]]), Factors.of([1])
    found = ratios(over, np.array([[3, 3]]), one, one, np.array([[True, False]]))
    assert found.tolist() == [[2.0**53 / 3, float(Fraction(2**53 + 1, 3))]]
    assert found[0, 0] != found[0, 1]


TWO_SUMS = st.tuples(st.integers(-(2**60), 2**60), st.integers(-(2**55), 2**55))


@given(sums=st.lists(TWO_SUMS, min_size=1, max_size=5))
@example(sums=[(4, 0), (5, 0), (4, 1), (3, 2**31)])
@settings(deadline=None)
def test_halves_are_integers_where_they_can_be(sums: list[tuple[int, int]]) -> None:
    parts = (np.array([one[k] for one in sums], np.int64) for k in (0, 1))
    for half, (whole, rest) in zip(halves(*parts).tolist(), sums, strict=True):
        exact = Fraction((whole << REST_BITS) + rest, 2 << REST_BITS)
        assert half == (int(exact) if exact.denominator == 1 else float(exact))
        assert isinstance(half, int) == (exact.denominator == 1)


@pytest.mark.parametrize("values", [np.array([1, 2, 0]), np.array([1.0, 0.5, 0.0]), np.array([2**70, 1, 0], object)])
def test_missing_values_are_none_and_the_others_stay(values: np.ndarray) -> None:
    first, _, last = values.tolist()
    values[1] = nothing_in(values)
    assert [value_at(values, place) for place in range(3)] == [first, None, last]
    assert is_known(values).tolist() == [True, False, True]


def test_a_missing_integer_is_the_null_of_kernels() -> None:
    assert nothing_in(np.array([7])) == NULL


def test_pieces_of_a_column_may_need_integers_of_different_width() -> None:
    narrow, wide = np.array([5, NULL]), np.array([2**70, None], np.object_)
    column = joined([narrow, wide, narrow])
    assert [value_at(column, place) for place in range(6)] == [5, None, 2**70, None, 5, None]
    plain = joined([narrow, narrow])
    assert plain.dtype.kind == "i"
    assert plain.tolist() == [5, NULL, 5, NULL]
