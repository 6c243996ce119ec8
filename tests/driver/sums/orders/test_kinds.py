"""Sums by what orders are equal those of plain loops over the orders, in any blocks and from any room."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driver.sums.orders.kinds import BY_SCENARIO, KINDS, OF_ORDERS, Found, KindSums, by_kind, quarter_of, sum_names
from kernels.conventions import NULL
from kernels.measure.result_rows import OrderBlock
from kernels.sums.order_kinds import STEPS, step_of
from tests.blocks import part_of, with_columns
from tests.driver.order_blocks import is_priced, random_block
from tests.oracles.moments import naive_rounded

pytestmark = pytest.mark.reduced
EDGES = 100, 500, 1_000, 5_000, 10_000, 50_000
FLAGS = np.random.default_rng(1).choice(np.array([-1, 0, 1, 2, 4], np.int8), 300)


def size_of(quantity: int) -> str:
    return str(sum(quantity > edge for edge in EDGES))


def found_by(sums: KindSums) -> Found:
    """Return what was found, by kind and label."""
    found = sums.found()
    return by_kind(zip(found.key.tolist(), found.sums.T.tolist(), strict=True))


def naive(block: OrderBlock, label: Sequence[str]) -> dict[str, list[int]]:
    """Return the sums by label, order by order."""
    out: dict[str, list[int]] = {}
    for i in range(len(block)):
        priced, quantity = is_priced(block, i), int(block.order_quantity[i])
        base = int(block.mid2[i]) * quantity if priced else 0
        values = [1, quantity, int(priced), base]
        for s in range(len(block.scenarios)):
            filled, cost = int(block.scenario_filled[s, i]), float(block.cost[s, i])
            known = 0 if filled == NULL else filled
            costs = [0, 0]
            if priced and np.isfinite(cost):
                costs = [naive_rounded(cost * 65_536), naive_rounded(cost * (10_000.0 / base) * 2.0**48)]
            values += [int(filled == NULL), int(known > 0), known, *costs]
        before = out.setdefault(label[i], [0] * len(values))
        out[label[i]] = [one + more for one, more in zip(before, values, strict=True)]
    return out


def test_sums_are_those_of_the_orders_in_any_blocks() -> None:
    block = random_block(300, 11)
    filled = block.scenario_filled.copy()
    filled[2, :9] = NULL
    block = with_columns(block, scenario_filled=filled)
    labels = {
        "order_type": [str(code) for code in block.order_type],
        "mid_tick": [str(flag) for flag in FLAGS],
        "eligible": [str(one) for one in block.eligible],
        "size_bucket": [size_of(int(quantity)) for quantity in block.order_quantity],
    }
    one, several = KindSums(FLAGS), KindSums(FLAGS, room=1)
    one.add(block)
    for start, end in ((0, 100), (100, 100), (100, 101), (101, 300)):
        several.add(part_of(block, slice(start, end)))
    found = found_by(one)
    assert found == found_by(several)
    assert tuple(found) == KINDS
    for kind, label in labels.items():
        assert found[kind] == naive(block, label), kind
    names = sum_names(block.scenarios)
    assert len(names) == len(OF_ORDERS) + len(BY_SCENARIO) * len(block.scenarios)
    for kind in KINDS:  # each has every order
        assert [sum(of) for of in zip(*found[kind].values(), strict=True)] == [
            sum(of) for of in zip(*found["order_type"].values(), strict=True)
        ]


def test_quarters_part_the_orders_of_a_day_by_quantity() -> None:
    block = with_columns(random_block(300, 4), order_quantity=np.random.default_rng(4).permutation(300) + 1)
    sums = KindSums(FLAGS)
    sums.add(block)
    found = found_by(sums)["size_quartile"]
    assert list(found) == ["1", "2", "3", "4"]
    asked = [row[1] / row[0] for row in found.values()]
    assert asked == sorted(asked)
    assert all(65 <= row[0] <= 85 for row in found.values())  # steps of 4 % are not parted


def test_shortfalls_of_any_size_add_up_beyond_64_bits() -> None:
    block = random_block(300, 12)
    factor = np.geomspace(1e-9, 1e6, 300)
    block = with_columns(block, cost=block.cost * factor)
    sums = KindSums(FLAGS)
    sums.add(block)
    found = found_by(sums)["order_type"]
    assert found == naive(block, [str(code) for code in block.order_type])
    assert max(abs(value) for values in found.values() for value in values) > 2**63


def test_of_no_order_there_are_no_sums() -> None:
    sums = KindSums(FLAGS)
    sums.add(part_of(random_block(3, 1), slice(0, 0)))
    assert len(sums.found()) == 0
    assert found_by(sums) == {}


@given(quantity=st.one_of(st.integers(-5, 70), st.integers(0, 2**62)))
@settings(deadline=None)
def test_a_step_is_a_16th_of_an_octave(quantity: int) -> None:
    octave = max(quantity.bit_length() - 1, 0)
    step = 16 * octave + int(16 * Fraction(quantity, 2**octave)) - 16 if quantity > 0 else 0
    if quantity > 2**53:  # a double's nearest, which may be that of the next step
        step = 16 * (math.frexp(float(quantity))[1] - 1) + int(32 * math.frexp(float(quantity))[0]) - 16
    value = np.zeros(1)
    assert step_of(quantity, value, value.view(np.int64)) == (step if quantity > 0 else 0)


@given(held=st.lists(st.tuples(st.integers(0, STEPS - 1), st.integers(1, 50)), min_size=1, max_size=40))
@settings(deadline=None)
def test_a_step_is_in_the_quarter_of_its_middle_order(held: list[tuple[int, int]]) -> None:
    steps, orders = (np.array(column, np.int64) for column in zip(*held, strict=True))
    found = quarter_of(steps, orders)
    for step, quarter in zip(steps.tolist(), found.tolist(), strict=True):
        below = sum(n for other, n in held if other < step)
        here = sum(n for other, n in held if other == step)
        place = (below + Fraction(here, 2)) / int(orders.sum())
        assert quarter == int(place * 4) + 1
