"""Quotients of columns are those of Python's integers, to the last bit."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driver.tables.columns.quotients import TwoSums, costs_bps, halves, is_known, means, missing_in, ratios, value_at
from driver.tables.table_style import cost_bps
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


@given(pairs=PAIRS, up=FACTORS, down=FACTORS)
@example(pairs=[(2**53 + 1, 3), (1, 0), (0, -5), (0, 0)], up=1, down=1)
@settings(deadline=None)
def test_quotients_are_correctly_rounded(pairs: list[tuple[int, int]], up: int, down: int) -> None:
    numerators, denominators = ([one[k] for one in pairs] for k in (0, 1))
    found = ratios(column(numerators), column(denominators), up, down).tolist()
    for quotient, (above, below) in zip(found, pairs, strict=True):
        if below == 0:
            assert quotient != quotient
        else:
            assert quotient == float(Fraction(up * above, down * below))


@given(pairs=PAIRS)
@settings(deadline=None)
def test_costs_are_those_of_single_sums(pairs: list[tuple[int, int]]) -> None:
    found = costs_bps(column([cost for cost, _ in pairs]), column([base for _, base in pairs])).tolist()
    assert [None if value != value else value for value in found] == [cost_bps(cost, base) for cost, base in pairs]


def test_one_denominator_serves_a_column() -> None:
    assert ratios(np.array([[1, 2], [3, 4]]), 4).tolist() == [[0.25, 0.5], [0.75, 1.0]]


TWO_SUMS = st.tuples(st.integers(-(2**60), 2**60), st.integers(-(2**55), 2**55))


@given(sums=st.lists(TWO_SUMS, min_size=1, max_size=5), below=st.integers(1, 2**60), up=FACTORS, down=FACTORS)
@example(sums=[(1, -(2**31) + 1), (0, 0), (3, 0)], below=1, up=10_000, down=65_536)
@settings(deadline=None)
def test_sums_with_a_rest_are_divided_to_the_last_places(
    sums: list[tuple[int, int]], below: int, up: int, down: int
) -> None:
    found = means(two_sums(sums), np.array(below), up, down).tolist()
    for quotient, (whole, rest) in zip(found, sums, strict=True):
        exact = Fraction(up * ((whole << REST_BITS) + rest), down * below << REST_BITS)
        if rest == 0:
            assert quotient == float(exact)
        else:  # what two doubles of unlike sign leave of each other is no worse than the larger of them
            most = Fraction(up * max(abs(whole) << REST_BITS, abs(rest)), down * below << REST_BITS)
            assert abs(Fraction(quotient) - exact) <= most / 2**51


def test_a_mean_without_orders_is_missing() -> None:
    assert is_known(means(two_sums([(5, 1), (5, 0), (0, 0)]), np.array([0, 0, 1]))).tolist() == [False, False, True]


@given(sums=st.lists(TWO_SUMS, min_size=1, max_size=5))
@example(sums=[(4, 0), (5, 0), (4, 1), (3, 2**31)])
@settings(deadline=None)
def test_halves_are_integers_where_they_can_be(sums: list[tuple[int, int]]) -> None:
    for half, (whole, rest) in zip(halves(two_sums(sums)).tolist(), sums, strict=True):
        exact = Fraction((whole << REST_BITS) + rest, 2 << REST_BITS)
        assert half == (int(exact) if exact.denominator == 1 else float(exact))
        assert isinstance(half, int) == (exact.denominator == 1)


def two_sums(sums: list[tuple[int, int]]) -> TwoSums:
    """Return sums in two integers."""
    return TwoSums(*(np.array([one[k] for one in sums], np.int64) for k in (0, 1)))


@pytest.mark.parametrize("values", [np.array([1, 2, 0]), np.array([1.0, 0.5, 0.0]), np.array([2**70, 1, 0], object)])
def test_missing_values_are_none_and_the_others_stay(values: np.ndarray) -> None:
    found = missing_in(values, np.array([False, True, False]))
    assert found.dtype == values.dtype
    assert [value_at(found, place) for place in range(3)] == [values.tolist()[0], None, 0]
    assert is_known(found).tolist() == [True, False, True]


def test_a_missing_integer_is_the_null_of_kernels() -> None:
    assert missing_in(np.array([7]), np.array([True])).tolist() == [NULL]
