"""Bins of waits, and how each order's waits end, against plain Python."""

from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.base.columns import readonly
from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.measure import result_rows as r
from kernels.measure.result_rows import SIZE, empty_rows
from kernels.sums import fill_times as f
from kernels.sums import sparse_counts
from tests.oracles.waits import FATES, GRID, Last, waits

pytestmark = pytest.mark.reduced
CLOSE = 10_000
ENDS = {"real": f.AS_IT_WAS, "P": f.AS_IT_WAS, "R": f.RESTS, "D": f.BOTH}


def bin_of(time: int) -> int:
    value = np.zeros(1)
    return f.bin_of(time, value, value.view(np.int64))


def test_edges_are_the_grid() -> None:
    assert [float(edge) for edge in GRID] == [edge / 10**9 for edge in f.EDGES.tolist()]
    assert f.FATES == FATES


@given(st.integers(-5, 10**15) | st.sampled_from(f.EDGES.tolist()).flatmap(lambda e: st.integers(e - 2, e + 2)))
def test_a_bin_is_the_first_whose_edge_is_not_below(time: int) -> None:
    reached = [b for b, edge in enumerate(f.EDGES.tolist()) if edge >= time]
    assert bin_of(time) == (reached[0] if reached else f.BINS - 1)


def random_order(rng: Random) -> dict[str, Any]:
    """Return an order with what it fills really and under P, R and D, whatever became of it."""
    arrival = rng.randrange(1, 9_000)
    quantity = rng.choice([1, 10, 100])
    withdrawn = rng.choice([0, 0, 0, quantity // 2, quantity])
    order: dict[str, Any] = {"order_quantity": quantity, "withdrawn_quantity": withdrawn}
    order["window_start"] = max(arrival, 500)
    order["end_time"] = arrival + rng.choice([0, 0, 1, 50, 1_000, 8_000])
    order["window_end"] = min(order["end_time"], CLOSE) if rng.random() < 0.95 else None
    if order["window_end"] is not None and order["window_end"] < order["window_start"]:
        order["window_end"] = None
    for name in ENDS:
        prefix = "" if name == "real" else f"{name}_"
        most = quantity - withdrawn if name == "real" else quantity
        filled = rng.choice([0, most // 3, most, most])
        first = arrival + rng.randrange(0, 2_000) if filled else None
        last = None if first is None else min(first + rng.randrange(0, 9), max(order["end_time"], first))
        order |= {f"{prefix}filled_quantity": filled, f"{prefix}first_fill_time": first}
        order |= {f"{prefix}last_fill_time": last}
    order["leaves_quantity"] = quantity - withdrawn - order["filled_quantity"]
    return order


def random_last(rng: Random, order: dict[str, Any]) -> Last:
    """Return what is said of an order's last row, and whether it is asked about."""
    reason, status = rng.choice([-1, 1, 3, 5, 6, 9, 24, 26, 100]), rng.choice([-1, 1, 2, 4])
    until = rng.choice([None, order["end_time"], order["window_start"] + 300, CLOSE])
    return Last(reason, status, rng.random() < 0.4, until)


def write(orders: list[dict[str, Any]], lasts: list[Last]) -> tuple[int, Any]:
    """Return what the kernel counts and the codes it writes."""
    n = len(orders)
    rows = empty_rows(n, (1, 1), Buffers(), len(ENDS) - 1)
    for matrix in rows:
        matrix[:] = 0
    for j, order in enumerate(orders):
        for name in (
            "window_start",
            "window_end",
            "end_time",
            "order_quantity",
            "withdrawn_quantity",
            "leaves_quantity",
        ):
            value = order[name]
            rows.ints[getattr(r, name.upper()), j] = NULL if value is None else value
        for part, name in enumerate(ENDS):
            prefix = "" if name == "real" else f"{name}_"
            for what in ("filled_quantity", "first_fill_time", "last_fill_time"):
                value = order[f"{prefix}{what}"]
                rows.ints[getattr(r, what.upper()) + part * SIZE["ints"], j] = NULL if value is None else value
    rows.codes[r.ORDER_INDEX] = np.arange(n)
    rows.flags[r.GROUP], rows.flags[r.SIDE] = 2, np.where(np.arange(n) % 2, -1, 1)
    columns = SimpleNamespace(
        last_row=np.arange(n, dtype=np.int32),
        end_time=np.array([order["end_time"] for order in orders]),
        change_reason=np.array([last.reason for last in lasts], np.int16),
        order_status=np.array([last.status for last in lasts], np.int8),
        until=np.array([NULL if last.until is None else last.until for last in lasts]),
        bounces=np.array([last.bounces for last in lasts], np.int8),
    )
    lives = f.Lives(*(readonly(getattr(columns, name)) for name in f.Lives._fields))
    asked = f.Scenarios(np.arange(len(ENDS)) * SIZE["ints"], np.array(list(ENDS.values())))
    keys, codes, value = np.zeros(n, np.int64), np.zeros((n, 2 * len(ENDS)), np.int16), np.zeros(1)
    clock = f.Clock(CLOSE, 2**62)
    participant = np.full(n, 7, np.int32)
    count = f.write_looks(rows, lives, clock, asked, participant, keys, codes, value, value.view(np.int64))
    assert set(keys[:count].tolist()) <= {7 * 6 + 2, 7 * 6 + 3}
    return int(count), codes[:count].tolist()


@given(st.integers(0, 10**9))
def test_waits_end_as_told(seed: int) -> None:
    rng = Random(seed)
    orders = [random_order(rng) for _ in range(40)]
    lasts = [random_last(rng, order) for order in orders]
    count, codes = write(orders, lasts)
    expected = []
    for order, last in zip(orders, lasts, strict=True):
        told = [waits(order, last, CLOSE, name) for name in ENDS]
        if told[0] is not None:
            ends = [of[look] for of in told if of is not None for look in f.LOOKS]
            expected.append([FATES.index(fate) * f.BINS + bin_of(wait) for fate, wait in ends])
    assert count == len(expected)
    assert codes == expected


def order_of_the_hours(**real: int) -> tuple[f.Clock, Any]:
    """Return the rows of an order of which hours that end at 501 see this, under reality, R and D; none fills there."""
    rows = empty_rows(1, (1, 1), Buffers(), 2)
    for matrix in rows:
        matrix[:] = 0
    seen = {"window_start": 100, "window_end": 200, "end_time": 200, "order_quantity": 10} | real
    for name, value in seen.items():
        rows.ints[getattr(r, name.upper())] = value
    for part in (1, 2):
        rows.ints[r.FIRST_FILL_TIME + part * SIZE["ints"]] = NULL
    rows.flags[r.GROUP] = 3
    return f.Clock(CLOSE, 501), rows


def codes_of(clock: f.Clock, rows: Any, end_time: int, until: int) -> list[int]:
    """Return the codes of an order whose last row says nothing and is at ``end_time``."""
    one, value = np.zeros(1, np.int32), np.zeros(1)
    told = readonly(np.full(1, -1, np.int16)), readonly(np.full(1, -1, np.int8))
    asked = readonly(np.array([until])), readonly(np.zeros(1, np.int8))
    lives = f.Lives(readonly(one), readonly(np.array([end_time])), *told, *asked)
    scenarios = f.Scenarios(np.arange(3) * SIZE["ints"], np.array([f.AS_IT_WAS, f.RESTS, f.BOTH]))
    codes, keys = np.zeros((1, 6), np.int16), np.zeros(1, np.int64)
    assert f.write_looks(rows, lives, clock, scenarios, one, keys, codes, value, value.view(np.int64)) == 1
    (found,) = codes.tolist()
    return [int(code) for code in found]


def test_who_is_alive_when_the_hours_end_is_censored() -> None:
    alive = f.CENSORED * f.BINS + bin_of(400)  # it is seen until 500, its window starts at 100
    clock, rows = order_of_the_hours(leaves_quantity=10, first_fill_time=NULL)
    assert codes_of(clock, rows, 900, NULL) == [alive] * 6
    clock, rows = order_of_the_hours(filled_quantity=10, first_fill_time=150, last_fill_time=200)
    filled = [bin_of(50), bin_of(100)]
    assert codes_of(clock, rows, 200, NULL) == [*filled, *[alive] * 4]  # history's end is none under R and D
    assert codes_of(clock, rows, 200, 500)[2:4] == [alive] * 2  # its horizon is that of the hours
    assert codes_of(clock, rows, 200, 300)[2:4] == [f.ENDED * f.BINS + bin_of(200)] * 2
    assert codes_of(clock, rows, 200, 300)[4:] == [f.ENDED * f.BINS + bin_of(100)] * 2


def test_who_is_told_nothing_of_is_censored_and_fills_without_a_time_are_not_known() -> None:
    clock, rows = order_of_the_hours(leaves_quantity=10, first_fill_time=NULL)
    assert codes_of(clock, rows, 200, NULL)[:2] == [f.CENSORED * f.BINS + bin_of(100)] * 2
    rows.ints[r.FILLED_QUANTITY + SIZE["ints"]] = 5
    rows.ints[r.SCENARIO_FILLED + 2 * SIZE["ints"]] = NULL
    assert codes_of(clock, rows, 200, NULL)[2:] == [f.UNKNOWN] * 4


@given(st.integers(0, 60), st.integers(1, 5), st.integers(0, 10**9))
def test_codes_are_counted_by_cell(n: int, cells: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell, codes = rng.integers(0, cells, n).astype(np.int32), rng.integers(0, f.CODES, (n, 4)).astype(np.int16) % 7
    place, by_cell, start = np.arange(cells, dtype=np.int32), np.empty_like(codes), np.zeros(cells + 2, np.int64)
    sparse_counts.sort_codes(cell, place, codes, start, by_cell)
    entry, (code, count) = np.zeros(cells + 1, np.int64), np.zeros((2, 4 * n + 1), np.int32)
    written = sparse_counts.count_codes(start, by_cell, np.zeros(4 * f.CODES, np.int32), entry, code, count)
    assert entry[-1] == written
    for c in range(cells):
        mine = [look * f.CODES + int(codes[i, look]) for i in range(n) if cell[i] == c for look in range(4)]
        found = dict(zip(code[entry[c] : entry[c + 1]].tolist(), count[entry[c] : entry[c + 1]].tolist(), strict=True))
        assert found == {one: mine.count(one) for one in mine}
