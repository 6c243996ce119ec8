"""Counts of savings on fine buckets equal plain Python, however the orders are cut into blocks."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driver.sums.orders.histograms import BucketCounts
from driver.sums.orders.saving_split import SavingSplit
from kernels.conventions import REPLAYED
from kernels.measure.result_rows import OrderBlock
from tests.blocks import part_of
from tests.driver.order_blocks import empty_block, is_priced, random_block
from tests.driver.sums.test_replayed_sums import FEES, blocks_of

pytestmark = pytest.mark.reduced
OCTAVE, HALF = 256, 256 * 20
BUCKETS = 2 * HALF + 1


def bucket(saving: float) -> int:
    """Return the bucket of a saving: how many 256ths of octaves its size is above 1/64 bp, to its side of 0."""
    if abs(saving) < 2.0**-6:
        return HALF
    fraction, exponent = math.frexp(abs(saving))
    steps = min(1 + OCTAVE * (exponent + 5) + math.floor((2 * fraction - 1) * OCTAVE), HALF)
    return HALF + (steps if saving > 0 else -steps)


def expected(block: OrderBlock) -> Counter[int]:
    found: Counter[int] = Counter()
    for i in range(len(block)):
        if is_priced(block, i):
            to_bps = 1e4 / (int(block.mid2[i]) * int(block.order_quantity[i]))
            real, *others = (float(cost) * to_bps for cost in block.cost[:, i])
            found.update(s * BUCKETS + bucket(real - other) for s, other in enumerate(others) if not math.isnan(other))
    return found


def ranked(*blocks: OrderBlock) -> BucketCounts:
    split = SavingSplit()
    for block in blocks:
        split.add(block)
    return split.ranked()


def counts(found: BucketCounts) -> dict[int, int]:
    return dict(zip(found.code.tolist(), found.count.tolist(), strict=True))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 60), st.integers(0, 10**6), st.lists(st.sampled_from(REPLAYED), unique=True))
def test_counts_are_those_of_plain_python(n: int, seed: int, replayed: list[str]) -> None:
    for block in (random_block(n, seed), *blocks_of(seed % 100, replayed)):
        assert counts(ranked(block)) == expected(block)


def test_blocks_cut_anywhere_add_up() -> None:
    block = random_block(90, 4)
    whole = ranked(block)
    assert whole.count.sum() > 0
    for cuts in ((0, 1, 5, 90), (0, 45, 45, 90)):
        parts = ranked(*(part_of(block, slice(a, b)) for a, b in pairwise(cuts)))
        assert counts(parts) == counts(whole)


def test_without_orders_nothing_is_counted() -> None:
    assert len(ranked().code) == len(ranked(empty_block(FEES.simulation)).code) == 0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_edge_is_of_the_bucket_above_it_in_size(sign: float) -> None:
    edges = [2.0**-6, 1.0, 1.0 + 1 / 256, 16_384.0]
    assert [bucket(sign * edge) for edge in edges] == [
        HALF + int(sign) * step for step in (1, 1 + 6 * OCTAVE, 2 + 6 * OCTAVE, HALF)
    ]
    assert bucket(sign * np.nextafter(2.0**-6, 0.0)) == HALF
