"""Mergeable sums equal a plain-Python oracle, and merging parts equals the whole."""

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import add as add_floats
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernels.base.columns import F64, I32, I64
from kernels.conventions import NULL
from kernels.sums import histograms, moments, sparse_counts
from kernels.sums.cell_tables import CubeTables, Kept, add_orders, empty_tables, table_widths
from kernels.sums.fill_rows import WITHIN, row_widths
from kernels.sums.histograms import BUCKETS
from kernels.sums.order_rows import BETTER, COST, PRICED, SCENARIO, SCENARIO_PLACES, UNKNOWN, Asked, new_tile
from tests.blocks import block_of, with_columns
from tests.oracles import moments as oracle

pytestmark = pytest.mark.reduced
K = 3


@dataclass
class Orders:
    """Random orders: a cell each, K costs, a base that is 0 where the order is not priced."""

    cells: int
    cell: I32
    cost: F64
    mid2: I64
    quantity: I64
    base: I64
    group: NDArray[np.int8]
    filled: I64
    value: F64  # a metric of fills, weighted by ``weight``
    weight: I64


@st.composite
def orders(draw: st.DrawFn) -> Orders:
    n = draw(st.integers(0, 40))
    cells = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    mid2 = rng.choice([NULL, 0, 1, 29, 6_720, 6_721, 10**9], n)
    quantity = rng.choice([0, 1, 100, 99_999], n)
    scale = draw(st.sampled_from([0.0, 1e-3, 1.0, 1e4]))
    cost = scale * rng.normal(0, 1, (K, n)) * quantity + draw(st.sampled_from([0.0, 1e7]))
    cost[:, rng.random(n) < draw(st.sampled_from([0.0, 0.1]))] = np.nan
    base = np.empty(n, np.int64)
    moments.priced_base(mid2, quantity, cost, base)
    filled = np.stack([quantity // rng.integers(1, 3) for _ in range(K)]) * rng.integers(0, 2, (K, n))
    value = np.where(rng.random(n) < 0.3, np.nan, rng.normal(0, 50, n))
    group, weight = rng.integers(1, 4, n).astype(np.int8), 2 * quantity * rng.integers(0, 9_999, n)
    cell = rng.integers(0, cells, n).astype(np.int32)
    return Orders(cells, cell, cost, mid2, quantity, base, group, filled, value, weight)


def add(part: Orders, withdrawn: int = 0) -> tuple[CubeTables, Kept]:
    """Return the cells of one cube and what is kept of the priced orders; the other cube has one cell."""
    n, widths = len(part.cell), row_widths(("real",) * K, 1, 0)
    columns: dict[str, Any] = {"order_quantity": part.quantity, "mid2": part.mid2, "group": part.group}
    block = block_of(n, {}, (1.0,), ())
    for matrix in block.rows:
        matrix.fill(0)
    block = with_columns(block, **columns, notional=part.weight // 2, arrival_slippage_bps=part.value)
    block.stored("withdrawn_quantity")[:] = withdrawn
    block.stored("venue_notional")[0] = part.weight // 2
    block.stored("cost")[:K], block.stored("scenario_filled")[:K] = part.cost, part.filled
    asked = Asked(np.arange(K), np.arange(K), 0, 0, 0)
    tables, one, two = (empty_tables(cells, table_widths(widths, asked)) for cells in (part.cells, 1, 2))
    kept = Kept(np.empty((n, moments.lanes_of(K))), np.empty(n, np.int32), np.empty(n, np.int32))
    none, odd = np.zeros(n, np.int32), (np.arange(n) % 2).astype(np.int32)
    cells = part.cell, none, odd
    _, priced = add_orders(block.rows, asked, cells, (tables, one, two), (part.cell, none), new_tile(widths), kept)
    for table, whole, halves in zip(tables, one, two, strict=True):
        assert np.array_equal(table.sum(axis=0), whole[0])
        assert np.array_equal(halves.sum(axis=0), whole[0])
    return tables, kept.part(0, priced)


def accumulate(part: Orders) -> tuple[I64, F64, F64]:
    """Return orders, mean and co-moments as ``merge_moments`` takes them."""
    kept = add(part)[1]
    assert kept.cell.tolist() == part.cell[part.base > 0].tolist()
    assert not kept.other_cell.any()
    cells, start = np.arange(part.cells, dtype=np.int32), np.zeros(part.cells + 2, np.int64)
    y, other = np.empty_like(kept.y), np.empty_like(kept.other_cell)
    sparse_counts.sort_shortfalls(kept.cell, cells, kept.y, kept.cell, start, y, other)
    assert y.tolist() == kept.y[np.argsort(kept.cell, kind="stable")].tolist()
    assert other.tolist() == sorted(kept.cell.tolist())
    lanes = kept.y.shape[1]
    mean, comoment = np.empty((part.cells, lanes)), np.empty((part.cells, lanes, lanes))
    moments.run_moments(start, y, mean, comoment)
    row, column = np.tril_indices(K)
    return np.diff(start[:-1]), mean[:, :K].copy(), np.ascontiguousarray(comoment[:, row, column])


def count_buckets(part: Orders, groups: int) -> tuple[I64, I32, I32, I32]:
    """Return the histograms of cells, and dense ones of groups of cells, of all together, and of each by itself."""
    kept, entry, start = add(part)[1], np.empty(part.cells + 1, np.int64), np.zeros(part.cells + 2, np.int64)
    cells, value = np.arange(part.cells), np.empty((7, 2 * K - 1))
    codes, by_cell = np.empty((2, len(kept.cell), 2 * K - 1), np.int16)
    histograms.write_buckets(kept.y, value, value.view(np.int64).reshape(-1), codes.reshape(-1))
    sparse_counts.sort_codes(kept.cell, cells.astype(np.int32), codes, start, by_cell)
    code, count = np.empty((2, codes.size + 1), np.int32)
    seen = np.zeros((2 * K - 1) * BUCKETS, np.int32)
    n = sparse_counts.count_codes(start, by_cell, seen, entry, code, count)
    assert not seen.any()
    dense = np.zeros((groups + 1 + part.cells, len(seen)), np.int32)
    place = np.stack([cells % groups, np.full(part.cells, groups), groups + 1 + cells]).astype(np.int32)
    histograms.count_buckets(codes, kept.cell, place, dense)
    return entry, code[:n], count[:n], dense


def rows(part: Orders, chosen: slice) -> Orders:
    return Orders(
        part.cells,
        part.cell[chosen],
        np.ascontiguousarray(part.cost[:, chosen]),
        part.mid2[chosen],
        part.quantity[chosen],
        part.base[chosen],
        part.group[chosen],
        np.ascontiguousarray(part.filled[:, chosen]),
        part.value[chosen],
        part.weight[chosen],
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


@given(orders())
def test_rows_of_cells_equal_the_oracle(some: Orders) -> None:
    cell, tables = some.cell.tolist(), add(some)[0]
    place = WITHIN
    expected = oracle.naive_weighted(cell, some.value.tolist(), some.weight.tolist(), some.cells)
    assert tables.fill_rows[:, place : place + 4].T.tolist() == [list(row) for row in expected]
    base, costs = some.base.tolist(), some.cost.tolist()
    assert tables.rows[:, PRICED + 1].tolist() == oracle.naive_integer_sums(cell, base, some.cells)
    for s in range(K):
        row = tables.rows[:, SCENARIO + SCENARIO_PLACES * s :]
        assert row[:, COST].tolist() == oracle.naive_fixed_sums(cell, costs[s], base, some.cells)
        found = row[:, :3].tolist()
        columns = some.filled[s].tolist(), some.quantity.tolist()
        outcome = [oracle.naive_outcome(*order, 0) for order in zip(*columns, strict=True)]
        pairs = list(zip(cell, outcome, strict=True))
        assert found == [[pairs.count((c, code)) for code in (1, 2, 3)] for c in range(some.cells)]


@given(orders())
def test_moments_equal_two_passes_over_exact_sums(some: Orders) -> None:
    count, mean, comoment = accumulate(some)
    lower = np.tril_indices(K)
    for c in range(some.cells):
        mine = [i for i in np.flatnonzero(some.cell == c) if some.base[i] > 0]
        assert count[c] == len(mine)
        if not mine:
            assert not mean[c].any()
            continue
        y = [[1e4 * float(some.cost[k, i]) / float(some.base[i]) for k in range(K)] for i in mine]
        size = max(abs(value) for row in y for value in row)
        expected, co = oracle.naive_moments(y, [1.0] * len(mine))
        np.testing.assert_allclose(mean[c], expected, rtol=1e-12, atol=1e-12 * size)
        np.testing.assert_allclose(comoment[c], np.asarray(co)[lower], rtol=1e-9, atol=1e-11 * size**2 * len(mine))


def in_turn(values: list[float]) -> float:
    """Return the sum of values added one after the other; ``sum`` of later versions of Python is more exact."""
    return reduce(add_floats, values, 0.0)


@given(st.integers(0, 30), st.integers(1, 4), st.integers(1, 9), st.integers(0, 2**32))
def test_moments_of_any_number_of_scenarios_equal_plain_sums(n: int, cells: int, scenarios: int, seed: int) -> None:
    """Sums are added up in the order of a cell's orders, bit for bit; other cells go where their orders do."""
    rng, lanes = np.random.default_rng(seed), moments.lanes_of(scenarios)
    y = np.zeros((n, lanes))
    y[:, :scenarios] = rng.normal(0, 30, (n, scenarios))
    cell, place = rng.integers(0, cells, n).astype(np.int32), rng.permutation(cells).astype(np.int32)
    start, out, other = np.zeros(cells + 2, np.int64), np.empty_like(y), np.empty(n, np.int32)
    sparse_counts.sort_shortfalls(cell, place, y, np.arange(n, dtype=np.int32), start, out, other)
    mean, comoment = np.empty((cells, lanes)), np.empty((cells, lanes, lanes))
    moments.run_moments(start, out, mean, comoment)
    for c in range(cells):
        mine = [i for i in range(n) if place[cell[i]] == c]
        assert other[start[c] : start[c + 1]].tolist() == mine
        rows = [y[i].tolist() for i in mine]
        means = [in_turn([row[s] for row in rows]) / max(len(rows), 1) for s in range(lanes)]
        assert mean[c].tolist() == means
        for s in range(lanes):
            expected = [in_turn([(row[s] - means[s]) * (row[o] - means[o]) for row in rows]) for o in range(s + 1)]
            assert comoment[c, s, : s + 1].tolist() == expected


@given(orders())
def test_codes_of_a_cell_keep_the_order_of_its_orders(some: Orders) -> None:
    codes, start = np.arange(2 * len(some.cell), dtype=np.int16).reshape(-1, 2), np.zeros(some.cells + 2, np.int64)
    place, out = np.arange(some.cells)[::-1].astype(np.int32), np.empty_like(codes)
    sparse_counts.sort_codes(some.cell, place, codes, start, out)
    assert out.tolist() == codes[np.argsort(place[some.cell], kind="stable")].tolist()
    below = [sum(place[c] < last for c in some.cell) for last in range(some.cells + 1)]
    assert start[: some.cells + 1].tolist() == below


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
    assert np.array_equal(merged[0], whole[0])
    np.testing.assert_allclose(merged[1], whole[1], rtol=1e-9, atol=1e-9 * scale)
    total = float(whole[0].max(initial=1))
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
    index = np.arange(some.cells, dtype=np.int32)
    entry, code, count, counted = count_buckets(some, 1)
    places = [(c, int(code[e])) for c in range(some.cells) for e in range(entry[c], entry[c + 1])]
    assert len(set(places)) == len(places)
    assert len(places) == entry[-1] == len(code)
    found = {(c, *divmod(one, BUCKETS)): int(n) for (c, one), n in zip(places, count, strict=True)}
    assert found == oracle.naive_histogram(some.cell.tolist(), some.cost.tolist(), some.base.tolist())
    dense = np.zeros((some.cells, (2 * K - 1) * BUCKETS), np.int64)
    histograms.merge_histograms(index, entry, code, count, dense)
    assert int(dense.sum()) == sum(found.values())
    assert dense.tolist() == counted[2:].tolist()


@given(orders(), st.integers(1, 3))
def test_histograms_of_groups_of_cells_are_those_of_their_orders(some: Orders, groups: int) -> None:
    dense = count_buckets(some, groups)[3][: groups + 1]
    found = {(int(row), *divmod(int(code), BUCKETS)): int(dense[row, code]) for row, code in np.argwhere(dense)}
    costs, base = some.cost.tolist(), some.base.tolist()
    expected = oracle.naive_histogram((some.cell % groups).tolist(), costs, base)
    assert found == expected | oracle.naive_histogram([groups] * len(base), costs, base)


def test_histograms_of_cells_without_a_row_are_left_out() -> None:
    entry, code = np.array([0, 2, 2, 5, 6]), np.array([0, 2, 1, 2, 3, 3], np.int32)
    count, out = np.array([1, 2, 4, 8, 16, 32], np.int32), np.zeros((2, 4), np.int64)
    histograms.merge_histograms(np.array([1, 0, -1, 1], np.int32), entry, code, count, out)
    assert out.tolist() == [[0, 0, 0, 0], [1, 0, 2, 32]]
    histograms.merge_histograms(np.array([-1, -1, 0, -1], np.int32), entry, code, count, out)
    assert out.tolist() == [[0, 4, 8, 16], [1, 0, 2, 32]]


@pytest.mark.parametrize("value", [0.0, 2.0**-6, -(2.0**-6), 2.0**-7, 1.0, 1.124, 1.125, -3.3, 9_999.0, 1e300, -1e300])
def test_buckets_lie_between_their_edges(value: float) -> None:
    edges = histograms.bucket_edges()
    assert len(edges) == BUCKETS + 1
    assert np.all(np.diff(edges) > 0)
    bucket = oracle.naive_bucket(value)
    assert edges[bucket] <= value <= edges[bucket + 1]


def order_of(cost: F64, filled: I64, quantity: int) -> Orders:
    one = np.array([quantity], np.int64)
    kind, cell = np.array([3], np.int8), np.zeros(1, np.int32)
    return Orders(1, cell, cost, one, one, one * one, kind, filled, np.zeros(1), np.zeros(1, np.int64))


@pytest.mark.parametrize(
    ("filled", "withdrawn", "expected"),
    [(60, 40, 1), (100, 40, 1), (59, 40, 2), (0, 40, 3), (0, 100, 3), (50, 0, 2), (99, 0, 2), (100, 0, 1), (1, 100, 1)],
)
def test_one_rule_of_outcomes_in_reality_and_in_every_scenario(filled: int, withdrawn: int, expected: int) -> None:
    """Of 100 shares; an order that was amended down wants what is left of it, whatever is simulated (decisions 8)."""
    some = order_of(np.zeros((K, 1)), np.full((K, 1), filled), 100)
    row = add(some, withdrawn)[0].rows[0]
    for s in range(K):
        place = SCENARIO + SCENARIO_PLACES * s
        assert row[place : place + 3].tolist() == [int(code == expected) for code in (1, 2, 3)]
    assert oracle.naive_outcome(filled, 100, withdrawn) == expected


def test_a_scenario_that_is_not_known_counts_as_such() -> None:
    some = order_of(np.full((K, 1), np.nan), np.array([[60], [NULL], [60]]), 100)
    row = add(some)[0].rows[0]
    assert [row[SCENARIO + SCENARIO_PLACES * s + UNKNOWN] for s in range(K)] == [0, 1, 0]
    place = SCENARIO + SCENARIO_PLACES
    assert row[place : place + 5].tolist() == [0, 1, 0, 1, 60]  # beside others that are known: as it really was


@pytest.mark.parametrize(("cost", "better", "worse"), [(9.0, 1, 0), (10.0, 0, 0), (10.0 + 2**-16, 0, 1), (11.0, 0, 1)])
def test_an_order_that_costs_less_than_really_is_better_off(cost: float, better: int, worse: int) -> None:
    costs, nothing = np.array([[10.0], [cost], [0.0]]), np.zeros((K, 1), np.int64)
    row = add(order_of(costs, nothing, 100))[0].rows[0, SCENARIO + SCENARIO_PLACES :]
    assert row[BETTER : BETTER + 2].tolist() == [better, worse]


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
