"""Any number of replayed scenarios is summed behind reality and algebra, which it leaves as they are."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.sums.cells import Cells
from driver.sums.conservation import broken_rule
from driver.sums.parents import ParentSums, state_columns
from kernels.conventions import NULL, REPLAYED, SCENARIOS
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from kernels.measure.simulated import SimulatedFills
from kernels.sums.fill_rows import sum_names
from tests.blocks import cells_of
from tests.builders import MemoryDay, build_day
from tests.driver.sums.test_cells import rows_of
from tests.kernels.measure.test_measures import with_nulls
from tests.kernels.measure.test_simulated import random_fills, simulated
from tests.oracles.moments import naive_rounded
from tests.random_day import CLOSE, OPEN, random_day

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
ZONE = "Australia/Sydney"
SCALE = 65_536
FEES = Choices(simulation=Simulation(fees_bps=(1.0, 2.0, 3.0, 4.0)))
NAMES = st.lists(st.sampled_from(REPLAYED), unique=True)


def day_and_fills(seed: int, names: list[str]) -> tuple[MemoryDay, dict[str, SimulatedFills]]:
    """Return a random day, and what some of its orders fill under each scenario."""
    events, fills, quotes = random_day(seed, n_orders=30)
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    return day, {name: simulated(random_fills(Random(f"{seed}{name}"), day)) for name in names}


def blocks_of(seed: int, names: list[str], choices: Choices = Choices()) -> tuple[OrderBlock, OrderBlock]:  # noqa: B008
    """Return the orders of a day with and without the replayed scenarios."""
    day, changed = day_and_fills(seed, names)
    session = Session(OPEN, CLOSE, "test")
    found = [next(measure(day, choices, session, None, given)) for given in (changed, {})]
    return found[0], found[1]


def named(cells: Cells) -> dict[str, list[int]]:
    return dict(zip(cells.names, cells.sums.tolist(), strict=True))


def rule_of(cells: Cells) -> str:
    return broken_rule(cells.scenarios, cells.names, cells.sums)


@given(seed=st.integers(0, 10**9), names=NAMES)
def test_reality_and_algebra_are_summed_as_without_a_replay(seed: int, names: list[str]) -> None:
    with_replays, without = (cells_of(block, ZONE) for block in blocks_of(seed, names))
    assert with_replays.scenarios == (*SCENARIOS, *(name for name in REPLAYED if name in names))
    assert np.array_equal(with_replays.key, without.key)
    mine = named(with_replays)
    assert {name: mine[name] for name in without.names} == named(without)
    assert np.array_equal(with_replays.priced(), without.priced())
    assert np.array_equal(with_replays.mean[:, :4], without.mean)
    assert np.array_equal(with_replays.comoment[:, :10], without.comoment)  # the lower triangle, row by row
    assert rule_of(with_replays) == ""


@given(seed=st.integers(0, 10**9), names=NAMES)
def test_fills_of_a_replay_are_summed_as_if_they_were_real(seed: int, names: list[str]) -> None:
    block, _ = blocks_of(seed, names, FEES)
    mine, fill_sums = named(cells_of(block, ZONE)), sum_names((), 2, 4)[1]
    for name in block.replayed:
        if (block.under(name).filled_quantity == NULL).any():
            continue
        theirs = named(cells_of(block.under(name), ZONE))
        assert {key: mine[f"{name}.{key}"] for key in fill_sums} == {key: theirs[key] for key in fill_sums}
        for key in ("execution_cost", "opportunity_cost"):
            assert mine[f"{name}.{key}"] == theirs[key]
        for key in ("filled_quantity", "cost", "cost_touch", "cost_cleanup", "fully_filled", "not_executed", "fees"):
            assert mine[f"{name}.{key}"] == theirs[f"real.{key}"]


@given(seed=st.integers(0, 10**9), names=NAMES)
def test_sums_moments_and_histograms_are_those_of_plain_python(seed: int, names: list[str]) -> None:
    block, _ = blocks_of(seed, names)
    cells, places = cells_of(block, ZONE), rows_of(block)
    K = len(cells.scenarios)
    mine, base = named(cells), block.mid2.astype(float) * block.order_quantity
    lived = (block.window_start <= block.window_end) & (block.mid2 != NULL) & np.isfinite(block.cost[0])
    for c, key in enumerate(sorted(places)):
        priced = [i for i in places[key] if lived[i]]
        shortfall = [[10_000 * block.cost[s, i] / base[i] for i in priced] for s in range(K)]
        if priced and np.isfinite(block.cost[:, priced]).all():
            np.testing.assert_allclose(cells.mean[c], np.mean(shortfall, axis=1), rtol=1e-9, atol=1e-9)
            centred = np.array(shortfall) - np.mean(shortfall, axis=1, keepdims=True)
            expected = (centred @ centred.T)[np.tril_indices(K)]
            np.testing.assert_allclose(cells.comoment[c], expected, rtol=1e-6, atol=1e-6 * np.abs(centred).max() ** 2)
        for s, name in enumerate(cells.scenarios):
            if s > 0:
                replayed = name in REPLAYED
                by_itself = block.under(name).simulated_quantity if replayed else block.scenario_filled[s]
                engaged = [i for i in priced if by_itself[i] > 0]
                if replayed:
                    assert mine[f"{name}.engaged_orders"][c] == sum(by_itself[i] > 0 for i in places[key])
                assert mine[f"{name}.engaged_priced_orders"][c] == len(engaged)
                assert mine[f"{name}.engaged_base"][c] == sum(int(base[i]) for i in engaged)
                for key_of, scenario in (("engaged_cost", s), ("engaged_real_cost", 0)):
                    costs = [naive_rounded(float(block.cost[scenario, i]) * SCALE) for i in engaged]
                    assert mine[f"{name}.{key_of}"][c] == sum(costs)
                for key_of, scenario in (("engaged_shortfall", s), ("engaged_real_shortfall", 0)):
                    bps = [naive_rounded(float(block.cost[scenario, i]) * (1e4 / base[i]) * 2.0**48) for i in engaged]
                    whole, rest = (int(mine[f"{name}.{key_of}{part}"][c]) for part in ("", "_rest"))
                    assert 2**32 * whole + rest == sum(bps)
    counted = np.bincount(cells.histogram_code // 321, cells.histogram_count, 2 * K - 1)
    assert set(counted.tolist()) <= {0.0, float(lived.sum())}


def test_a_replay_may_not_fill_elsewhere_than_it_fills() -> None:
    block, _ = blocks_of(5, ["R"])
    side: Any = block.under("R")
    side.venue_quantity[1, side.filled_quantity > 0] += 1
    assert rule_of(cells_of(block, ZONE)).startswith("venues of R are not what it filled: ")


@given(seed=st.integers(0, 10**9), names=NAMES)
def test_parents_have_every_scenario(seed: int, names: list[str]) -> None:
    """Filled shares and costs of a parent are those of its children under each scenario."""
    day, fills_of = day_and_fills(seed, names)
    day.orders["parent_id"] = np.arange(len(day.orders["order_id"])) % 4
    (block,) = measure(day, Choices(), Session(OPEN, CLOSE, "test"), None, fills_of)
    sums = ParentSums(state_columns(day.events, day.orders))
    sums.add(block)
    parents = sums.parents()
    assert parents is not None
    found = dict(zip(parents.names, parents.sums, strict=True))
    known = np.isfinite(block.cost).all(axis=0) & (block.mid2 > 0) & (block.order_quantity > 0)
    known &= block.window_start <= block.window_end
    for k, parent in enumerate(found["parent_id"].tolist()):
        mine = block.parent_id == parent
        for s, name in enumerate(block.scenarios):
            filled = block.scenario_filled[s, mine]
            assert found[f"{name}.filled_quantity"][k] == filled[filled != NULL].sum()
            costs = [naive_rounded(float(cost) * SCALE) for cost in block.cost[s, mine & known]]
            assert found[f"{name}.cost"][k] == sum(costs)
