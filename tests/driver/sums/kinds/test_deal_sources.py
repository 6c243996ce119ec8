"""Fills by deal source equal those of plain loops: whose fills count, which stand, and which a scenario makes."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from driver.sums.kinds.deal_sources import DealSums
from kernels.measure.rules import Inputs
from kernels.measure.simulated import SimulatedFills
from tests.blocks import part_of, with_columns
from tests.driver.order_blocks import random_block

ORDERS, FILLS, END = 40, 300, 900


def of_fills(rng: np.random.Generator, index: NDArray[Any]) -> dict[str, NDArray[Any]]:
    n = len(index)
    return {
        "order_index": index.astype(np.int32),
        "timestamp": rng.integers(0, 1_000, n),
        "deal_source": rng.choice([1, 5, 20, 47, -1], n).astype(np.int16),
        "quantity": rng.integers(1, 500, n),
        "price2": rng.integers(6_000, 7_000, n),
    }


def naive(rows: list[dict[str, int]]) -> dict[str, list[int]]:
    out: dict[str, list[int]] = {}
    for row in rows:
        sums = out.setdefault(str(row["deal_source"]), [0, 0, 0])
        for n, more in enumerate((1, row["quantity"], row["quantity"] * row["price2"])):
            sums[n] += more
    return out


def listed(columns: dict[str, NDArray[Any]]) -> list[dict[str, int]]:
    return [dict(zip(columns, map(int, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def inputs_of(real: dict[str, NDArray[Any]], states_only: int = 0, no_quotes: int = 0) -> Inputs:
    fills = SimpleNamespace(**{name: column for name, column in real.items() if name != "price2"})
    rules = SimpleNamespace(hours_end=END, states_only=states_only, no_quotes=no_quotes)
    return cast(Inputs, SimpleNamespace(fills=fills, sums=SimpleNamespace(price2=real["price2"]), rules=rules))


def simulated(made: dict[str, NDArray[Any]], orders: NDArray[Any]) -> SimulatedFills:
    n = np.zeros(len(made["timestamp"]), np.int8)
    return SimulatedFills(orders=orders.astype(np.int32), venue=n, by_book=n, **made)


@pytest.mark.parametrize("seed", range(4))
def test_fills_are_those_of_selected_orders_real_or_as_the_scenario_has_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    selected = np.sort(rng.permutation(ORDERS)[:30])
    block = with_columns(random_block(30, seed), order_index=selected.astype(np.int32))
    lived = {int(i) for i, a, b in zip(selected, block.window_start, block.window_end, strict=True) if a <= b}
    real = of_fills(rng, rng.integers(-1, ORDERS, FILLS))
    changed = np.sort(rng.permutation(ORDERS)[:25])
    made = of_fills(rng, np.sort(rng.choice(changed, 100)))
    sums = DealSums(inputs_of(real), ORDERS)
    for piece in (slice(0, 10), slice(10, 10), slice(10, 30)):
        sums.add(part_of(block, piece))
    found = sums.found({"R": simulated(made, changed)})
    mine = [row for row in listed(real) if row["order_index"] in selected.tolist() and row["timestamp"] < END]
    theirs = lived & set(changed.tolist())
    kept = [row for row in mine if row["order_index"] not in theirs]
    new = [row for row in listed(made) if row["order_index"] in lived and row["timestamp"] < END]
    assert len(lived) < 30
    assert found == {"real": naive(mine), "R": naive(kept + new)}


def test_what_is_not_known_is_not_told() -> None:
    """Without trades nothing is known of fills, without quotes nothing of a replay."""
    rng = np.random.default_rng(9)
    real, made = of_fills(rng, rng.integers(0, ORDERS, 5)), of_fills(rng, np.zeros(0, np.int64))
    scenarios = {"R": simulated(made, np.zeros(0))}
    assert DealSums(inputs_of(real, states_only=1), ORDERS).found(scenarios) == {}
    assert DealSums(inputs_of(real, no_quotes=1), ORDERS).found(scenarios) == {"real": {}}
    assert DealSums(inputs_of(real), ORDERS).found(scenarios) == {"real": {}, "R": {}}
