"""Counts of single orders on fixed buckets equal plain Python, however the orders are cut into blocks."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driver.sums.orders.histograms import BucketCounts, OrderHistograms
from kernels.conventions import NULL, REPLAYED
from kernels.measure.result_rows import OrderBlock
from kernels.sums.histograms import BUCKETS
from kernels.sums.order_histograms import bucket_bounds
from kernels.sums.spread_measures import MEASURES
from tests.blocks import part_of, with_columns
from tests.driver.order_blocks import empty_block, random_block
from tests.driver.sums.test_replayed_sums import FEES, blocks_of

pytestmark = pytest.mark.reduced
HALF, OCTAVE, LAST = 160, 8, 320
NAMES = st.lists(st.sampled_from(REPLAYED), unique=True)


def steps(value: float, first: int) -> int:
    """Return how many eighths of octaves a value is above 2^first, the first counting 1; 0 below it."""
    fraction, exponent = math.frexp(value)
    return 0 if value < 2.0**first else 1 + OCTAVE * (exponent - 1 - first) + math.floor((2 * fraction - 1) * OCTAVE)


def spread(value: float) -> int:
    return HALF + (-1 if value < 0 else 1) * min(steps(abs(value), -6), HALF)


def share(filled: int, asked: int) -> int:
    return 0 if filled == 0 else 101 if filled >= asked else 1 + 100 * filled // asked


def expected(block: OrderBlock) -> Counter[tuple[str, str, int]]:
    """Return how many orders are in each bucket of each measure and scenario."""
    found: Counter[tuple[str, str, int]] = Counter()
    for s, scenario in enumerate(block.scenarios):
        for filled, asked in zip(block.scenario_filled[s].tolist(), block.order_quantity.tolist(), strict=True):
            if filled == NULL or asked > 0:
                found[scenario, "fill_ratio", 102 if filled == NULL else share(filled, asked)] += 1
    for name in ("mid_drift", "mid_volatility", "spread_volatility"):
        for value in block[f"{name}_bps"][~np.isnan(block[f"{name}_bps"])].tolist():
            found["real", name, spread(value)] += 1
    for scenario in (block.scenarios[0], *block.replayed):
        of = block if scenario == "real" else block.under(scenario)
        for i in np.flatnonzero((of.fills > 0) & (of.filled_quantity > 0)).tolist():
            for name in ("effective_spread", "price_improvement", "vwap_slippage"):
                value = float(of[f"{name}_bps"][i])
                if not math.isnan(value):
                    found[scenario, name, spread(value)] += 1
            n, span = int(of.fills[i]), int(of.last_fill_time[i]) - int(of.first_fill_time[i])
            times = {"fill_span": float(span)} | ({"time_between_fills": span / (n - 1)} if n > 1 else {})
            if of.time_to_first_fill[i] != NULL:
                times |= {"time_to_first_fill": float(of.time_to_first_fill[i])}
                times |= {"execution_time": float(of.execution_time[i])}
            for name, time in times.items():
                found[scenario, name, min(steps(time, 10), LAST)] += 1
            found[scenario, "fill_size", min(steps(int(of.filled_quantity[i]) / n, 0), LAST)] += 1
    return found


def named(counts: BucketCounts, scenarios: tuple[str, ...]) -> dict[tuple[str, str, int], int]:
    found = {}
    for code, count in zip(counts.code.tolist(), counts.count.tolist(), strict=True):
        which, bucket = divmod(code, BUCKETS)
        s, measure = divmod(which, len(MEASURES))
        found[scenarios[s], list(MEASURES)[measure], bucket] = count
    return found


def counted(*blocks: OrderBlock) -> BucketCounts:
    histograms = OrderHistograms()
    for block in blocks:
        histograms.add(block)
    return histograms.found()


@settings(deadline=None)
@given(seed=st.integers(0, 10**9), names=NAMES)
def test_counts_are_those_of_plain_python(seed: int, names: list[str]) -> None:
    block = blocks_of(seed, names, FEES)[0]
    assert named(counted(block), block.scenarios) == expected(block)


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 50), max_size=3))
def test_blocks_may_be_cut_anywhere(seed: int, cuts: list[int]) -> None:
    block = random_block(50, seed)
    parts = [part_of(block, slice(a, b)) for a, b in pairwise([0, *sorted(cuts), 50])]
    whole, cut = counted(block), counted(*parts)
    assert named(whole, block.scenarios) == expected(block)
    assert whole.code.tobytes() == cut.code.tobytes()
    assert whole.count.tobytes() == cut.count.tobytes()


def test_without_orders_nothing_is_counted() -> None:
    assert len(counted().code) == 0
    assert len(counted(empty_block(FEES.simulation)).code) == 0


def test_edges_are_of_their_upper_bucket_and_all_that_is_large_is_in_the_last() -> None:
    block = random_block(8, 1)
    values = [0.0, -0.0, 2.0**-6, -(2.0**-6), 1.125, np.nextafter(1.125, 0.0), 1e9, -1e9]
    shares = [1, 7, 8, 9, 2**40, 2**62, 15, 1]
    changed = with_columns(
        block, fills=1, filled_quantity=shares, order_quantity=[4, 7, 800, 10, 2**40 + 1, 2**62 + 5, 16, 2**61],
        price_improvement_bps=values, first_fill_time=block.arrival_time, last_fill_time=block.arrival_time,
        time_to_first_fill=[0, 1_023, 1_024, 1_151, 1_152, 2**50, 2**62, NULL], execution_time=1.0,
    )  # fmt: skip
    found = named(counted(changed), changed.scenarios)
    at = {
        name: sorted(b for (s, m, b), n in found.items() for _ in range(n) if (s, m) == ("real", name))
        for name in MEASURES
    }
    assert at["price_improvement"] == sorted([160, 160, 161, 159, 160 + 50, 160 + 49, 320, 0])
    assert at["fill_ratio"] == sorted([26, 101, 2, 91, 100, 100, 94, 1])
    assert at["time_to_first_fill"] == sorted([0, 0, 1, 1, 2, 320, 320])
    assert at["fill_size"] == sorted([1, 23, 25, 26, 320, 320, 32, 1])
    assert at["fill_span"] == [0] * 8
    assert at["time_between_fills"] == []


@pytest.mark.parametrize("kind", sorted(set(MEASURES.values())))
def test_bounds_are_those_of_the_buckets(kind: str) -> None:
    edges = bucket_bounds(kind)
    assert len(edges) == BUCKETS + 1
    assert (np.diff(edges) >= 0).all()
    if kind == "bps":
        inner = edges[1:-1].tolist()
        assert [spread(edge) for edge in inner if edge > 0] == list(range(161, 321))
        assert [spread(-edge) for edge in inner if edge > 0] == list(range(159, -1, -1))
    elif kind == "share":
        assert edges[:3].tolist() == [0.0, 0.0, 0.01]
        assert [share(k, 100) for k in range(1, 100)] == np.searchsorted(
            edges[1:101], np.arange(1, 100) / 100, "right"
        ).tolist()
    else:
        first = {"ns": 10, "shares": 0}[kind]
        assert [min(steps(edge, first), LAST) for edge in edges[:-1].tolist()] == list(range(BUCKETS))
