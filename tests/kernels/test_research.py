"""The research API: equal to plain Python, and clear about which argument is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels
from tests.oracles.research import naive_order_states, naive_shortfall, naive_window

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked

NULL = kernels.NULL
SMALL = st.integers(0, 20)
MAYBE = st.one_of(st.none(), st.integers(-1, 9))


def nulls(values: list[int | None]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([NULL if value is None else value for value in values], np.int64)


@given(st.lists(st.tuples(st.integers(0, 4), SMALL, st.integers(0, 9), st.integers(0, 9)), max_size=25), SMALL)
def test_order_states(rows: list[tuple[int, int, int, int]], until: int) -> None:
    leaves, matched = ([row[k] for row in rows] for k in (2, 3))
    index = [row[0] % len(rows) for row in rows]
    time = sorted(row[1] for row in rows)
    found = kernels.order_states(index, time, leaves, matched, until=until)
    expected = naive_order_states(index, time, leaves, matched, until)
    assert len(found.first_row) == len(expected)
    for order, row in enumerate(expected):
        for name, value in row.items():
            assert getattr(found, name)[order] == value, name


@given(st.lists(st.tuples(SMALL, MAYBE, MAYBE), max_size=8), st.lists(st.tuples(SMALL, SMALL), max_size=5))
def test_window_mid2_and_prevailing_quote(
    quotes: list[tuple[int, int | None, int | None]], windows: list[tuple[int, int]]
) -> None:
    quotes = sorted(quotes, key=lambda quote: quote[0])
    time, bid, offer = ([quote[k] for quote in quotes] for k in (0, 1, 2))
    windows = [(min(window), max(window)) for window in windows]
    start, end = [w[0] for w in windows], [w[1] for w in windows]
    rows = [{"timestamp": t, "bid": b, "offer": o} for t, b, o in quotes]
    found = kernels.window_mid2(time, nulls(bid), nulls(offer), start, end)  # type: ignore[arg-type]
    expected = [naive_window(rows, a, b) for a, b in windows]
    np.testing.assert_allclose(found, [np.nan if value is None else float(value) for value in expected], rtol=1e-12)
    before = [sum(t < a for t in time) - 1 for a in start]  # type: ignore[operator]
    np.testing.assert_array_equal(kernels.prevailing_quote(time, start), before)  # type: ignore[arg-type]


ORDER = st.tuples(st.sampled_from([1, -1]), SMALL, SMALL, st.integers(0, 400), MAYBE, MAYBE)


@given(st.lists(ORDER, max_size=8))
def test_shortfall_bps(orders: list[tuple[int, int, int, int, int | None, int | None]]) -> None:
    clean = [(s, q, f, n, m if m and m > 0 else None, c) for s, q, f, n, m, c in orders]
    side, total, filled, notional2 = (np.array([order[k] for order in clean], np.int64) for k in range(4))
    mid2, charge2 = nulls([order[4] for order in clean]), nulls([order[5] for order in clean])
    found = kernels.shortfall_bps(side, total, filled, notional2.astype(float), mid2, charge2)
    expected = [naive_shortfall(*order) for order in clean]
    np.testing.assert_allclose(found, [np.nan if value is None else float(value) for value in expected], rtol=1e-12)


def test_fills_and_venues() -> None:
    assert kernels.venue_of([49, 52, 60, 30_000, 0, -1]).tolist() == [1, 1, 5, 5, 5, 0]
    venue = kernels.venue_of([1, 47, 20, 44, 5, 46])
    assert venue.tolist() == [0, 1, 2, 3, 4, 1]
    totals = kernels.fill_totals([0, 0, 1, -1, 1, 1], 3, [10, 11, 12, 13, 14, 15], [1, 2, 3, 4, 5, 6], venue)
    assert totals.quantity.tolist() == [3, 9, 0]
    assert totals.notional.tolist() == [32, 126, 0]
    assert totals.fills.tolist() == [2, 2, 0]
    assert totals.first_row.tolist() == [0, 2, -1]
    assert totals.last_row.tolist() == [1, 5, -1]


def test_spreads_of_fills() -> None:
    side, price2, mid2 = [1, -1, 1], [21, 21, 21], np.array([20, 20, NULL])
    np.testing.assert_allclose(kernels.effective_spread_bps(side, price2, mid2), [1_000, -1_000, np.nan])
    later = np.array([22, NULL, 22])
    np.testing.assert_allclose(kernels.markout_bps(side, price2, mid2, later), [500, np.nan, np.nan])


def test_limits_in_half_units() -> None:
    """A half tick is one tick in half units; market orders never bind (decisions 11, 19)."""
    found = kernels.limit2(
        [3_390, 3_390, 99, 0, 500], [1, 2, 4, 1, 6], [1, -1, -1, 1, -1], ((0, 1), (100, 5), (2_000, 10))
    )
    assert found.tolist() == [6_790, 6_780, 197, 2**61, 995]


def test_groups() -> None:
    assert kernels.classify([0, 5, 5, 0], [10, 0, 5, 0]).tolist() == [3, 1, 2, 3]
    assert kernels.classify([], []).tolist() == []


def test_memory_maps_are_read_without_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "time"
    np.arange(5).tofile(path)
    mapped = np.memmap(path, np.int64, "r")
    assert kernels.prevailing_quote(mapped, mapped).tolist() == [-1, 0, 1, 2, 3]
    from kernels.base.argument_checks import check_column

    assert np.shares_memory(check_column("time", mapped, np.int64), mapped)


def test_ids_beyond_floats_stay_exact() -> None:
    big = [2**62, 2**62 + 1]
    assert kernels.prevailing_quote(big, [2**62 + 1, 2**62 + 2]).tolist() == [0, 1]


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: kernels.classify([1.5], [0]), TypeError, r"matched_quantity: expected int64, got float64"),
    (
        lambda: kernels.classify([1, 2], [0]),
        ValueError,
        r"lengths differ: matched_quantity has 2, leaves_quantity has 1",
    ),
    (lambda: kernels.classify([[1]], [0]), ValueError, r"matched_quantity: expected a 1-D array, got shape \(1, 1\)"),
    (lambda: kernels.classify([1], [-3]), ValueError, r"leaves_quantity: row 0 is -3; it must not be negative"),
    (
        lambda: kernels.prevailing_quote([2, 1], [5]),
        ValueError,
        r"quote_time: must ascend, but row 1 \(1\) is below row 0 \(2\)",
    ),
    (lambda: kernels.venue_of([1, -2]), ValueError, r"deal_source: row 1 is -2"),
    (lambda: kernels.fill_totals([3], 2, [1], [1], [0]), ValueError, r"order_index: row 0 is 3; rows go from 0 to 1"),
    (lambda: kernels.fill_totals([0], 2, [1], [1], [9]), ValueError, r"venue: row 0 is 9; use one of 0, 1, 2, 3, 4"),
    (lambda: kernels.mid2(["a"], [1]), TypeError, r"bid: expected int64"),
    (lambda: kernels.limit2([1], [1], [2], ((0, 1),)), ValueError, r"side: row 0 is 2; use one of 1, -1"),
    (lambda: kernels.mid2(np.array([2**63], np.uint64), [1]), TypeError, r"bid: expected int64, got uint64"),
    (
        lambda: kernels.order_states([0], [1, 2], [1], [1]),
        ValueError,
        r"lengths differ: order_index has 1, timestamp has 2",
    ),
    (
        lambda: kernels.order_states([2**62], [1], [1], [1]),
        ValueError,
        r"order_index: row 0 is 4611686018427387904, with 1 rows; give dense indices, not ids",
    ),
    (lambda: kernels.limit2([1], [1], [1], ()), ValueError, r"ticks: expected \(from price, tick\) pairs"),
    (lambda: kernels.limit2([1], [1], [1], ((0, 0.5),)), TypeError, r"ticks: expected whole price units"),  # type: ignore[arg-type]
    (lambda: kernels.limit2([1], [1], [1], ((9, 1), (0, 1))), ValueError, r"ticks: from prices must ascend"),
    (lambda: kernels.limit2([1], [1], [1], ((0, 0),)), ValueError, r"ticks: from prices must ascend and ticks be"),
    (
        lambda: kernels.shortfall_bps([1], [1], [1], [1.0], [0], [0]),
        ValueError,
        r"mid2: row 0 is 0; a mid is positive, NULL where missing",
    ),
    (lambda: kernels.effective_spread_bps([1], [1], [-2]), ValueError, r"mid2: row 0 is -2; a mid is positive"),
    (
        lambda: kernels.fill_totals([0], 1, [10**12], [10**9], [0]),
        ValueError,
        r"price, quantity: price x quantity adds up to more than 64 bits hold",
    ),
    (lambda: kernels.window_mid2([0], [1], [2], [20], [10]), ValueError, r"end: row 0 is 10, before its start 20"),
]


@pytest.mark.parametrize(("call", "kind", "message"), BAD)
def test_a_wrong_argument_is_named(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
