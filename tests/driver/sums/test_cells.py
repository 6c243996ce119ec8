"""Cells of a block: every sum by hand in plain Python, merging in any split, hours, refusals."""

import math
from dataclasses import fields
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.sums.cells import Cells, cell_dimensions, hour_table
from driver.sums.conditions import Market
from driver.sums.job_sums import JobSums
from kernels.base.columns import I64
from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.measure.choices import Session
from kernels.measure.result_rows import OrderBlock
from tests.blocks import cells_of, part_of, with_columns
from tests.driver.job_folders import job_sums
from tests.driver.order_blocks import HOUR, OPEN, SCENARIOS, is_priced, random_block
from tests.oracles.moments import naive_outcome, naive_rounded
from tickstore.errors import UserError

pytestmark = pytest.mark.reduced
ZONE = "Australia/Sydney"


def cell_key(participant: I64, hour: I64, size: I64, group: I64) -> I64:
    """Return the key of each cell; as ``kernels.sums.cell_keys`` numbers them."""
    key: I64 = ((participant * 24 + hour) * 8 + size) * 4 + group
    return key


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
        priced = [i for i in rows if is_priced(block, i)]
        assert sums["orders"] == len(rows)
        assert sums["order_quantity"] == sum(block.order_quantity[rows].tolist())
        assert sums["dark_quantity"] == sum(block.venue_quantity[1, rows].tolist())
        assert sums["benchmark_open"] == sum(int(block.benchmark[i]) == 2 for i in rows)
        assert sums["not_eligible"] == sum(int(block.eligible[i]) == 0 for i in rows)
        assert sums["priced_orders"] == len(priced) == cells.priced()[c]
        assert sums["base"] == sum(int(block.mid2[i]) * int(block.order_quantity[i]) for i in priced)
        outside = [i for i in rows if block.window_start[i] > block.window_end[i]]
        known = [i for i in outside if block.mid2[i] != NULL and np.isfinite(block.cost[0, i])]
        asked, filled = (sum(column[outside].tolist()) for column in (block.order_quantity, block.filled_quantity))
        assert sums["never_in_session"] == len(outside)
        assert (sums["outside_quantity"], sums["outside_filled"]) == (asked, filled)
        assert sums["outside_base"] == sum(int(block.mid2[i]) * int(block.order_quantity[i]) for i in known)
        assert sums["outside_cost"] == sum(naive_rounded(float(block.cost[0, i]) * 65_536) for i in known)
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
                    int(block.scenario_filled[s, i]), int(block.order_quantity[i]), int(block.withdrawn_quantity[i])
                )
                for i in rows
            ]
            counted = [sums[f"{name}.{kind}"] for kind in ("fully_filled", "partially_filled", "not_executed")]
            assert counted == [outcomes.count(group) for group in (1, 2, 3)]
        for h, seconds in enumerate((1, 10, 60, 300)):
            within = block[f"filled_quantity_{seconds}s"][rows]
            assert sums[f"filled_within.{h}"] == sum(within.tolist())
            assert sums[f"orders_within.{h}"] == sum(value > 0 for value in within.tolist())


@given(st.integers(1, 60), st.integers(0, 1_000))
def test_sums_in_two_integers_are_those_of_exact_fractions(n: int, seed: int) -> None:
    block = random_block(n, seed)
    cells, expected = cells_of(block, ZONE), rows_of(block)
    for c, key in enumerate(dimensions(cells)):
        rows, sums = expected[key], dict(zip(cells.names, cells.sums[:, c].tolist(), strict=True))
        assert (sums["real.notional2"], sums["real.notional2_rest"]) == (2 * sum(block.notional[rows].tolist()), 0)
        amounts = [Fraction(amount) for amount in block.scenario_notional2[1, rows].tolist() if not math.isnan(amount)]
        assert both(sums, "A.notional2") == sum(round(amount * 2**32) for amount in amounts)
        waits = [wait for wait in block.time_to_first_fill[rows].tolist() if wait != NULL]
        assert both(sums, "first_fill_ns") == sum(waits)
        traded = [i for i in rows if block.fills[i] > 0]
        assert both(sums, "fill_span_ns") == sum(
            int(block.last_fill_time[i] - block.first_fill_time[i]) for i in traded
        )
        timed = [i for i in rows if not math.isnan(block.execution_time[i])]
        waited = (round(float(block.execution_time[i]) * float(block.filled_quantity[i])) for i in timed)
        assert both(sums, "execution_share_ns") == sum(waited)
        for name, group in GROUPS.items():
            known = [i for i in rows if market_value(block, i) and not any(math.isnan(block[one][i]) for one in group)]
            assert sums[f"{name}.orders"] == len(known)
            assert sums[f"{name}.weight"] == sum(market_value(block, i) for i in known)
            for metric in group:
                source = metric.replace("_60s", "") + ".1" * ("_60s" in metric)
                amounts = [Fraction(float(block[metric][i])) * market_value(block, i) * 65_536 / 10_000 for i in known]
                slack = float(sum(map(abs, amounts)) * 2**32 / 2**50 + len(known))
                assert float(abs(both(sums, f"{source}.sum") - 2**32 * sum(amounts))) <= slack


GROUPS = {  # metrics of the same orders, by the sums that these have in common
    "arrival_slippage_bps": ("arrival_slippage_bps", "arrival_improvement_bps"),
    "vwap_slippage_bps": ("vwap_slippage_bps",),
    "vwap_slippage_ex_own_bps": ("vwap_slippage_ex_own_bps",),
    "close_slippage_bps": ("close_slippage_bps",),
    "effective_spread_bps": ("effective_spread_bps", "price_improvement_bps", "fill_quoted_spread_bps"),
    "markout_bps.1": ("markout_60s_bps", "impact_60s_bps"),
}


def market_value(block: OrderBlock, i: int) -> int:
    """Return the value of an order's lit, dark and auction fills in half units."""
    return 2 * int(block.venue_notional[:3, i].sum())


def both(sums: dict[str, int], name: str) -> int:
    """Return a sum of two integers in 1/2^32 of the first one's unit."""
    return (sums[name] << 32) + sums[f"{name}_rest"]


def assert_same(one: Cells, other: Cells) -> None:
    for field in fields(Cells):
        a, b = getattr(one, field.name), getattr(other, field.name)
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, field.name


@given(st.integers(0, 70), st.lists(st.integers(0, 70), max_size=3), st.integers(0, 100))
def test_blocks_of_any_size_give_the_same_sums_as_one(n: int, cuts: list[int], seed: int) -> None:
    """Every array, floats to the last bit: means and co-moments are accumulated order by order over the whole job."""
    block = random_block(n, seed)
    edges = sorted([0, n, *(min(cut, n) for cut in cuts)])
    market = Market(Session(OPEN + HOUR, OPEN + 5 * HOUR, "test"), ((0, 1),), 500_000, np.arange(48))
    whole = job_sums([block], market)
    for one, other in zip(
        whole, job_sums([part_of(block, slice(a, b)) for a, b in pairwise(edges)], market), strict=True
    ):
        assert_same(one, other)


def test_memory_used_again_changes_nothing() -> None:
    buffers, market = Buffers(), Market.unknown()
    for seed, n in enumerate((90, 0, 7, 200, 60)):
        sums, block = JobSums(market, ZONE, buffers, whole=True), random_block(n, seed)
        for start in range(0, n, 40):
            sums.add(part_of(block, slice(start, start + 40)))
        sums.add(part_of(block, slice(0, 0)))
        for one, other in zip(sums.results(), job_sums([block], market), strict=True):
            assert_same(one, other)


def test_cubes_of_the_same_orders_add_up_to_the_same() -> None:
    """Integers and histograms are summed whatever the cells, so the cubes agree in total; so does any order of rows."""
    block = random_block(80, 3)
    market = Market(Session(OPEN + HOUR, OPEN + 5 * HOUR, "test"), ((0, 1),), 500_000, np.arange(48))
    turned = [part_of(block, slice(i, i + 1)) for i in np.random.default_rng(0).permutation(80)]
    cubes = [*job_sums([block], market), *job_sums(turned, market)]
    for cells in cubes[1:]:
        assert np.array_equal(cells.sums.sum(axis=1), cubes[0].sums.sum(axis=1))
        counts = (np.bincount(c.histogram_code, c.histogram_count, 7 * 321).tolist() for c in (cells, cubes[0]))
        assert next(counts) == next(counts)
    for one, other in zip(cubes[:4], cubes[4:], strict=True):
        assert np.array_equal(one.sums, other.sums)
        assert np.array_equal(one.histogram_count, other.histogram_count)
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9, atol=1e-9)


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
    first, hours = hour_table(zone, start // 900, (start + 86_400) // 900)
    assert hours[seconds // 900 - first].tolist() == expected


def test_an_order_without_benchmark_time_counts_in_the_hour_it_arrived() -> None:
    block = random_block(20, 0)
    moved = with_columns(block, benchmark_time=np.full(20, NULL))
    assert np.array_equal(cells_of(moved, ZONE).key, cells_of(block, ZONE).key)


@pytest.mark.filterwarnings("ignore:overflow encountered")  # plain Python says so before they are refused
def test_sums_that_may_not_fit_are_refused() -> None:
    block = random_block(20, 0)
    with pytest.raises(UserError, match="cost of real of one partition may not fit 64 bits"):
        cells_of(with_columns(block, cost=block.cost + 1e16), ZONE)
    with pytest.raises(UserError, match="order quantity x mid"):
        cells_of(with_columns(block, order_quantity=block.order_quantity + 2**55), ZONE)


def test_sums_are_of_at_least_one_block() -> None:
    with pytest.raises(ValueError, match="at least one block"):
        JobSums(Market.unknown(), ZONE).results()


def with_quantity(n: int, quantity: int) -> OrderBlock:
    """Return orders without a mid, all in one cell, of a quantity that only they decide."""
    block = random_block(n, 0, participants=1)
    columns: dict[str, Any] = {"order_quantity": np.full(n, quantity), "mid2": np.full(n, NULL)}
    columns |= {"group": np.full(n, 3, np.int8), "arrival_time": np.full(n, OPEN), "benchmark_time": np.full(n, OPEN)}
    return with_columns(block, **columns, cost=np.full_like(block.cost, np.nan))


@pytest.mark.filterwarnings("ignore:overflow encountered")  # plain Python says so before they are refused
def test_large_sums_are_exact_up_to_the_limit() -> None:
    cells = cells_of(with_quantity(15, 2**58), ZONE)
    assert cells.sums[cells.names.index("order_quantity")].tolist() == [15 * 2**58]
    for n, quantity in ((16, 2**58), (1, 2**62), (4, 2**62)):
        with pytest.raises(UserError, match="order_quantity of one partition may not fit 64 bits"):
            cells_of(with_quantity(n, quantity), ZONE)


def test_blocks_that_together_may_not_fit_are_refused() -> None:
    sums = JobSums(Market.unknown(), ZONE, whole=True)
    for _ in range(3):
        sums.add(with_quantity(5, 2**58))
    assert sums.results()[0].sums.max() == 15 * 2**58
    with pytest.raises(UserError, match="may not fit 64 bits"):
        sums.add(with_quantity(1, 2**58))
