"""Mergeable sums equal a plain-Python oracle, and merging parts equals the whole."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import histograms, moments
from kernels.conventions import NULL
from kernels.histograms import BUCKETS
from kernels.moments import F64, I32, I64
from tests.oracles import moments as oracle

pytestmark = pytest.mark.reduced

K = 3
TRIANGLE = K * (K + 1) // 2


@dataclass
class Orders:
    """Random orders: a cell each, K costs, a base that is 0 where the order is not priced."""

    cells: int
    cell: I32
    cost: F64
    mid2: I64
    quantity: I64
    base: I64


@st.composite
def orders(draw: st.DrawFn) -> Orders:
    n = draw(st.integers(0, 40))
    cells = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    mid2 = rng.choice([NULL, 0, 1, 29, 6_720, 6_721, 10**9], n)
    quantity = rng.choice([0, 1, 100, 99_999], n)
    scale = draw(st.sampled_from([0.0, 1e-3, 1.0, 1e4]))
    cost = scale * rng.normal(0, 1, (K, n)) * quantity + draw(st.sampled_from([0.0, 1e7]))
    cost[rng.random((K, n)) < draw(st.sampled_from([0.0, 0.1]))] = np.nan
    base = np.empty(n, np.int64)
    moments.priced_base(mid2, quantity, cost, base)
    return Orders(cells, rng.integers(0, cells, n).astype(np.int32), cost, mid2, quantity, base)


def accumulate(part: Orders) -> tuple[F64, F64, F64]:
    out = np.zeros((part.cells, 3)), np.zeros((part.cells, 2, K)), np.zeros((part.cells, 2, TRIANGLE))
    moments.add_moments(part.cell, part.cost, part.base, *out)
    return out


def rows(part: Orders, chosen: slice) -> Orders:
    return Orders(
        part.cells,
        part.cell[chosen],
        np.ascontiguousarray(part.cost[:, chosen]),
        part.mid2[chosen],
        part.quantity[chosen],
        part.base[chosen],
    )


@given(orders())
def test_base_is_quantity_times_mid_of_orders_priced_everywhere(some: Orders) -> None:
    assert some.base.tolist() == oracle.naive_base(some.mid2.tolist(), some.quantity.tolist(), some.cost.tolist())


@given(orders())
def test_sums_equal_the_oracle(some: Orders) -> None:
    cell = some.cell.tolist()
    out = np.zeros(some.cells, np.int64)
    moments.add_integers(some.cell, some.mid2, out)
    assert out.tolist() == oracle.naive_integer_sums(cell, some.mid2.tolist(), some.cells)
    out[:] = 0
    reach = moments.add_fixed_cost(some.cell, some.cost[0], some.base, out)
    assert out.tolist() == oracle.naive_fixed_sums(cell, some.cost[0].tolist(), some.base.tolist(), some.cells)
    assert abs(out).sum() <= reach + len(cell)
    weighted = np.zeros((3, some.cells), np.int64)
    chosen = np.empty(len(cell), np.int32)
    chosen = chosen[: moments.rows_above_zero(some.quantity, chosen)]
    assert chosen.tolist() == np.flatnonzero(some.quantity > 0).tolist()
    moments.add_weighted(chosen, some.cell, some.cost[1], some.quantity, weighted)
    expected = oracle.naive_weighted(cell, some.cost[1].tolist(), some.quantity.tolist(), some.cells)
    assert weighted.tolist() == [list(row) for row in expected]


@given(orders())
def test_counts_equal_the_oracle(some: Orders) -> None:
    out = np.zeros(some.cells, np.int64)
    moments.count_positive(some.cell, some.base, out)
    assert out.tolist() == [int((some.base[some.cell == c] > 0).sum()) for c in range(some.cells)]
    flag = (some.quantity % 3).astype(np.int8)
    out[:] = 0
    moments.count_equal(some.cell, flag, 1, out)
    by_code = [[int((flag[some.cell == c] == code).sum()) for c in range(some.cells)] for code in range(3)]
    assert out.tolist() == by_code[1]
    codes = np.zeros((3, some.cells), np.int64)
    moments.count_codes(some.cell, flag, 0, codes)
    assert codes.tolist() == by_code


@given(orders())
def test_moments_equal_two_passes_over_exact_sums(some: Orders) -> None:
    weight, mean, comoment = accumulate(some)
    lower = np.tril_indices(K)
    for c in range(some.cells):
        mine = [i for i in np.flatnonzero(some.cell == c) if some.base[i] > 0]
        assert weight[c, 0] == len(mine)
        if not mine:
            assert not mean[c].any()
            continue
        y = [[1e4 * float(some.cost[k, i]) / float(some.base[i]) for k in range(K)] for i in mine]
        size = max(abs(value) for row in y for value in row)
        for v, w in enumerate(([1.0] * len(mine), [float(some.base[i]) for i in mine])):
            expected, co = oracle.naive_moments(y, w)
            np.testing.assert_allclose(mean[c, v], expected, rtol=1e-12, atol=1e-12 * size)
            np.testing.assert_allclose(comoment[c, v], np.asarray(co)[lower], rtol=1e-9, atol=1e-11 * size**2 * sum(w))


@given(orders(), st.lists(st.integers(0, 40), max_size=4))
def test_merging_any_split_equals_the_whole(some: Orders, cuts: list[int]) -> None:
    n = len(some.cell)
    edges = sorted([0, n, *(min(cut, n) for cut in cuts)])
    whole = accumulate(some)
    merged = np.zeros_like(whole[0]), np.zeros_like(whole[1]), np.zeros_like(whole[2])
    index = np.arange(some.cells, dtype=np.int32)
    for start, stop in pairwise(edges):
        moments.merge_moments(index, *accumulate(rows(some, slice(start, stop))), *merged)
    scale = max(1.0, float(np.nanmax(np.abs(whole[1]), initial=0.0)))
    np.testing.assert_allclose(merged[0], whole[0], rtol=1e-12)
    np.testing.assert_allclose(merged[1], whole[1], rtol=1e-9, atol=1e-9 * scale)
    total = float(whole[0][:, :2].max(initial=1.0))
    np.testing.assert_allclose(merged[2], whole[2], rtol=1e-7, atol=1e-9 * scale**2 * total)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30), st.integers(1, 3))
def test_integers_merge_exactly_beyond_64_bits(values: list[int], rows_wanted: int) -> None:
    index = (np.arange(len(values)) % rows_wanted).astype(np.int32)
    low, high = np.zeros((1, rows_wanted), np.int64), np.zeros((1, rows_wanted), np.int64)
    moments.merge_integers(index, np.array([values], np.int64), low, high)
    for r in range(rows_wanted):
        assert (int(high[0, r]) << 32) + int(low[0, r]) == sum(values[r::rows_wanted])


@given(orders())
def test_histograms_equal_the_oracle(some: Orders) -> None:
    start, row = np.zeros(some.cells + 1, np.int64), np.empty(len(some.cell), np.int64)
    histograms.rows_by_cell(some.cell, start, row)
    assert row.tolist() == np.argsort(some.cell, kind="stable").tolist()
    room = (2 * K - 1) * max(len(some.cell), 1)
    out = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int64)
    n = histograms.sparse_histograms(start, row, some.cost, some.base, *out)
    found = {
        (int(c), int(code) // BUCKETS, int(code) % BUCKETS): int(count)
        for c, code, count in zip(out[0][:n], out[1][:n], out[2][:n], strict=True)
    }
    assert len(found) == n
    assert list(zip(out[0][:n], out[1][:n], strict=True)) == sorted(zip(out[0][:n], out[1][:n], strict=True))
    assert found == oracle.naive_histogram(some.cell.tolist(), some.cost.tolist(), some.base.tolist())
    dense = np.zeros((some.cells, (2 * K - 1) * BUCKETS), np.int64)
    index = np.arange(some.cells, dtype=np.int32)
    histograms.merge_histograms(index, out[0][:n], out[1][:n], out[2][:n], dense)
    assert int(dense.sum()) == sum(found.values())


@pytest.mark.parametrize("value", [0.0, 2.0**-6, -(2.0**-6), 2.0**-7, 1.0, 1.124, 1.125, -3.3, 9_999.0, 1e300, -1e300])
def test_buckets_lie_between_their_edges(value: float) -> None:
    edges = histograms.bucket_edges()
    assert len(edges) == BUCKETS + 1
    assert np.all(np.diff(edges) > 0)
    bucket = oracle.naive_bucket(value)
    assert edges[bucket] <= value <= edges[bucket + 1]


@pytest.mark.parametrize(
    ("group", "real", "filled", "quantity"),
    [(1, 60, 60, 100), (2, 60, 100, 100), (2, 60, 0, 100), (3, 0, 0, 100), (3, 0, 50, 100), (1, 100, 99, 100)],
)
def test_outcome_under_a_scenario(group: int, real: int, filled: int, quantity: int) -> None:
    out = np.empty(1, np.int8)
    a, b, c = (np.array([value], np.int64) for value in (real, filled, quantity))
    moments.scenario_outcome(np.array([group], np.int8), a, b, c, out)
    assert out[0] == oracle.naive_outcome(group, real, filled, quantity)


def test_comparison_counts_better_equal_worse_to_the_fixed_point() -> None:
    out = np.zeros((3, 1), np.int64)
    real = np.array([10.0, 10.0, 10.0, 10.0, 10.0])
    cost = np.array([9.0, 10.0 + 1e-9, 10.0, 11.0, 0.0])
    base = np.array([1, 1, 1, 1, 0], np.int64)
    moments.add_comparison(np.zeros(5, np.int32), real, cost, base, out)
    assert out[:, 0].tolist() == [1, 2, 1]


@pytest.mark.parametrize("value", [2.0**62, -(2.0**63), np.inf])
def test_sums_that_may_not_fit_are_reported_not_wrapped(value: float) -> None:
    cell, out = np.zeros(1, np.int32), np.zeros(1, np.int64)
    assert moments.add_rounded(cell, np.array([value]), 1.0, out) >= moments.FIXED_LIMIT
    assert moments.add_fixed_cost(cell, np.array([value]), np.ones(1, np.int64), out) >= moments.FIXED_LIMIT
    assert out[0] == 0


def test_missing_values_add_nothing() -> None:
    cell, out = np.zeros(2, np.int32), np.zeros(1, np.int64)
    assert moments.add_rounded(cell, np.array([np.nan, 2.5]), 1.0, out) == 2.5
    assert out[0] == 2  # half to even


@given(st.lists(st.integers(-1, 4), max_size=5, unique=True), st.integers(0, 1_000))
def test_rows_of_totals_are_added_where_they_belong(places: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.array(places, np.int32)
    values, table = rng.integers(-9, 9, (3, len(rows))), rng.integers(-9, 9, (3, 5))
    added, by_row = table.copy(), np.ascontiguousarray(table.T)
    moments.merge_rows(rows, values, added)
    histograms.merge_histogram_rows(rows, np.ascontiguousarray(values.T), by_row)
    for c in range(3):
        expected = [int(table[c, r]) + (int(values[c, places.index(r)]) if r in places else 0) for r in range(5)]
        assert added[c].tolist() == expected == by_row[:, c].tolist()


def test_marks_turn_to_mixed_when_they_differ() -> None:
    out = np.full(4, -1, np.int64)
    for rows, mark in (([0, 1, -1], 7), ([1, 2], 8), ([0], 7)):
        moments.mark_rows(np.array(rows, np.int32), mark, -1, -2, out)
    assert out.tolist() == [7, -2, 8, -1]
