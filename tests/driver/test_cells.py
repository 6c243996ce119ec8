"""Cells of a block: every sum by hand in plain Python, merging in any split, hours, refusals."""

import math
from dataclasses import fields, replace
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.cell_sums import cells_of
from driver.cells import Cells, cell_dimensions, cell_key, local_hour, merge_cells
from driver.order_block import OrderBlock
from kernels.conventions import NULL
from tests.driver.order_blocks import SCENARIOS, random_block
from tests.oracles.moments import naive_outcome, naive_rounded
from tickstore.errors import UserError

pytestmark = pytest.mark.reduced

ZONE = "Australia/Sydney"


def part_of(block: OrderBlock, chosen: slice) -> OrderBlock:
    """Return some rows of a block."""
    columns: dict[str, Any] = {
        field.name: np.ascontiguousarray(value[..., chosen])
        for field in fields(OrderBlock)
        if isinstance(value := getattr(block, field.name), np.ndarray)
    }
    extra: dict[str, Any] = {name: np.ascontiguousarray(value[chosen]) for name, value in block.extra.items()}
    return replace(block, **columns, extra=extra)


def rows_of(block: OrderBlock) -> dict[tuple[int, int, int, int], list[int]]:
    """Return participant, hour, size bucket, group -> rows, the slow way."""
    found: dict[tuple[int, int, int, int], list[int]] = {}
    for i in range(len(block)):
        hour = datetime.fromtimestamp(int(block.benchmark_time[i]) // 10**9, ZoneInfo(ZONE)).hour
        edges = (100, 500, 1_000, 5_000, 10_000, 50_000)
        size = sum(int(block.order_quantity[i]) > edge for edge in edges)
        key = (int(block.participant[i]), hour, size, int(block.group[i]))
        found.setdefault(key, []).append(i)
    return found


def dimensions(cells: Cells) -> list[tuple[int, int, int, int]]:
    columns = cell_dimensions(cells.key)
    return [
        (int(p), int(h), int(s), int(g))
        for p, h, s, g in zip(*(columns[name] for name in ("participant", "hour", "size", "group")), strict=True)
    ]


@given(st.integers(0, 60), st.integers(0, 1_000))
def test_every_integer_sum_is_the_sum_over_the_orders_of_its_cell(n: int, seed: int) -> None:
    block = random_block(n, seed)
    cells = cells_of(block, ZONE)
    expected = rows_of(block)
    assert dimensions(cells) == sorted(expected)
    for c, key in enumerate(dimensions(cells)):
        rows = expected[key]
        sums = dict(zip(cells.names, cells.sums[:, c].tolist(), strict=True))
        priced = [i for i in rows if block.mid2[i] != NULL and np.isfinite(block.cost[:, i]).all()]
        assert sums["orders"] == len(rows)
        assert sums["order_quantity"] == sum(block.order_quantity[rows].tolist())
        assert sums["dark_quantity"] == sum(block.venue_quantity[1, rows].tolist())
        assert sums["benchmark_open"] == sum(int(block.benchmark[i]) == 2 for i in rows)
        assert sums["not_eligible"] == sum(int(block.eligible[i]) == 0 for i in rows)
        assert sums["priced_orders"] == len(priced) == cells.weight[c, 0]
        assert sums["base"] == sum(int(block.mid2[i]) * int(block.order_quantity[i]) for i in priced)
        booked = [int(block.venue_quantity[3, i]) * int(block.mid2[i]) for i in priced]
        paid = [
            int(block.side[i]) * (2 * int(block.venue_notional[3, i]) - b) for i, b in zip(priced, booked, strict=True)
        ]
        assert (sums["booked_cost"], sums["booked_base"]) == (sum(paid), sum(booked))
        for s, name in enumerate(SCENARIOS):
            assert sums[f"{name}.cost"] == sum(naive_rounded(float(block.cost[s, i]) * 65_536) for i in priced)
            assert sums[f"{name}.filled_quantity"] == sum(block.scenario_filled[s, rows].tolist())
            outcomes = [
                naive_outcome(
                    int(block.group[i]),
                    int(block.filled_quantity[i]),
                    int(block.scenario_filled[s, i]),
                    int(block.order_quantity[i]),
                )
                for i in rows
            ]
            counted = [sums[f"{name}.{kind}"] for kind in ("fully_filled", "partially_filled", "not_executed")]
            assert counted == [outcomes.count(group) for group in (1, 2, 3)]
        for h, seconds in enumerate((1, 10, 60, 300)):
            within = block.extra[f"filled_quantity_{seconds}s"][rows]
            assert sums[f"filled_within.{h}"] == sum(within.tolist())
            assert sums[f"orders_within.{h}"] == sum(value > 0 for value in within.tolist())
        assert sums["real.notional"] == sum(block.notional[rows].tolist())
        filled = [i for i in rows if not math.isnan(block.scenario_notional2[1, i])]
        assert sums["A.notional"] == sum(naive_rounded(float(block.scenario_notional2[1, i]) * 0.5) for i in filled)


@given(st.integers(0, 50), st.lists(st.integers(0, 50), max_size=3), st.integers(0, 100))
def test_merging_any_split_of_a_block_equals_the_whole(n: int, cuts: list[int], seed: int) -> None:
    block = random_block(n, seed)
    edges = sorted([0, n, *(min(cut, n) for cut in cuts)])
    parts = [cells_of(part_of(block, slice(a, b)), ZONE) for a, b in pairwise(edges)]
    whole, merged = cells_of(block, ZONE), merge_cells(parts)
    for name in ("key", "sums", "histogram_cell", "histogram_code", "histogram_count"):
        assert np.array_equal(getattr(whole, name), getattr(merged, name)), name
    np.testing.assert_allclose(merged.weight, whole.weight, rtol=1e-12)
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(merged.comoment, whole.comoment, rtol=1e-9, atol=1e-3)


def test_integers_merge_to_the_same_in_any_order() -> None:
    parts = [cells_of(random_block(40, seed), ZONE) for seed in range(4)]
    forward, backward = merge_cells(parts), merge_cells(parts[::-1])
    assert np.array_equal(forward.sums, backward.sums)
    assert np.array_equal(forward.histogram_count, backward.histogram_count)


@given(st.integers(0, 2**31 - 1), st.integers(0, 23), st.integers(0, 6), st.integers(1, 3))
def test_key_and_dimensions_are_inverse(participant: int, hour: int, size: int, group: int) -> None:
    columns = [np.array([value]) for value in (participant, hour, size, group)]
    back = cell_dimensions(cell_key(columns[0], columns[1], columns[2], columns[3]))
    assert [int(back[name][0]) for name in ("participant", "hour", "size", "group")] == [participant, hour, size, group]


@pytest.mark.parametrize("zone", ["Australia/Sydney", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "UTC"])
def test_local_hours_follow_the_zone_across_daylight_saving(zone: str) -> None:
    start = int(datetime(2024, 4, 6, 11, tzinfo=ZoneInfo("UTC")).timestamp())
    seconds = np.arange(start, start + 86_400, 601)
    expected = [datetime.fromtimestamp(int(s), ZoneInfo(zone)).hour for s in seconds]
    assert local_hour(seconds * 10**9, zone).tolist() == expected


def test_an_order_without_benchmark_time_counts_in_the_hour_it_arrived() -> None:
    block = random_block(20, 0)
    moved = replace(block, benchmark_time=np.full(20, NULL))
    assert np.array_equal(cells_of(moved, ZONE).key, cells_of(block, ZONE).key)


def test_sums_that_may_not_fit_are_refused() -> None:
    block = random_block(20, 0)
    with pytest.raises(UserError, match="cost of real of one partition may not fit 64 bits"):
        cells_of(replace(block, cost=block.cost + 1e16), ZONE)
    with pytest.raises(UserError, match="order quantity x mid"):
        cells_of(replace(block, order_quantity=block.order_quantity + 2**55), ZONE)


def test_no_cells_to_merge_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="no cells to merge"):
        merge_cells([])


def test_blocks_that_together_may_not_fit_are_refused() -> None:
    parts = [cells_of(random_block(20, 0), ZONE) for _ in range(3)]
    for part in parts:
        part.sums[0] = 2**61
    with pytest.raises(UserError, match="may not fit 64 bits"):
        merge_cells(parts)
