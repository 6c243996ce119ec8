"""Priced is a property of the order, and what really happened one of the data: neither depends on what is asked for."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.conventions import MID_KINDS, NULL, SCENARIOS
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.order_columns import SCENARIO, SIMULATED
from kernels.measure.result_rows import OrderBlock
from tests.builders import build_day
from tests.kernels.measure.test_measures import with_nulls
from tests.random_day import CLOSE, NS, OPEN, random_day

pytestmark = pytest.mark.reduced
Row = dict[str, Any]
SESSION = Session(OPEN, CLOSE, "test")
MINUTE = 60 * NS
CHARGES = ("cost", "cost_touch", "cost_zero", "cost_cleanup")
QUOTES = [(0, 3_380, 3_390), (30, 3_370, 3_400)]


def random_simulation(rng: Random) -> Simulation:
    return Simulation(
        scenarios=tuple(name for name in SCENARIOS[1:] if rng.random() < 0.6) or ("A",),
        mid=rng.randrange(len(MID_KINDS)),
        dark_share_ppm=rng.randrange(1_000_001),
        price_impact_bps=rng.choice([0.0, 5.0, 300.0]),
        cleanup_seconds=rng.choice([0.0, 300.0, 86_400.0]),
        fees_bps=rng.choice([(0.0,) * 4, (1.0, 0.5, 0.0, -0.2)]),
    )


def block_of(tables: tuple[list[Row], list[Row], list[Row]], simulation: Simulation) -> OrderBlock:
    day = build_day(tables[0], with_nulls(tables[1]), with_nulls(tables[2]))
    (block,) = measure(day, Choices(simulation=simulation), SESSION)
    return block


def priced(block: OrderBlock) -> Any:
    return (block.mid2 != NULL) & (block.end_mid2 != NULL)


@given(seed=st.integers(0, 10**9))
def test_one_set_of_priced_orders_under_every_charge_scenario_and_setting(seed: int) -> None:
    tables = random_day(seed)
    block = block_of(tables, random_simulation(Random(seed)))
    matched = bool((block.matched_quantity != 0).any())
    known = priced(block) if tables[1] or not matched else np.zeros(len(block), np.bool_)
    for charge in CHARGES:
        for cost in block.stored(charge):
            np.testing.assert_array_equal(np.isfinite(cost), known, err_msg=charge)


@given(seed=st.integers(0, 10**9))
def test_what_really_happened_is_the_same_whatever_is_asked_for(seed: int) -> None:
    tables, rng = random_day(seed), Random(seed)
    one, other = (block_of(tables, random_simulation(rng)) for _ in range(2))
    for column in one.columns():
        if column.needs or column.axis == SIMULATED or "cleanup" in column.name:
            continue
        first = 1 if column.axis == SCENARIO else None
        np.testing.assert_array_equal(one[column.name][:first], other[column.name][:first], err_msg=column.name)


def order(minutes: tuple[int, int], **other: int) -> list[Row]:
    base = {"order_id": 5, "side": 1, "price": 3_390, "order_type": 64, "leaves_quantity": 100, "matched_quantity": 0}
    return [{**base, "timestamp": OPEN + minute * MINUTE, **other} for minute in minutes]


def quoted(quotes: list[tuple[int, int, int]]) -> list[Row]:
    return [{"timestamp": OPEN + minute * MINUTE, "bid": bid, "offer": offer} for minute, bid, offer in quotes]


@pytest.mark.parametrize("minutes", [(-60, -10), (370, 380)])
def test_who_never_lived_in_the_session_met_no_spread_and_no_touch(minutes: tuple[int, int]) -> None:
    block = block_of((order(minutes), [], quoted(QUOTES)), Simulation())
    assert np.isnan([block.quoted_spread_bps[0], block.number_of_spreads[0]]).all()
    assert block.cost_touch[:, 0].tolist() == block.cost[:, 0].tolist() == [0.0] * 4
    assert block.eligible.tolist() == [0]


def test_who_lived_in_it_for_an_instant_met_both() -> None:
    block = block_of((order((-60, 0)), [], quoted(QUOTES)), Simulation())
    assert block.quoted_spread_bps[0] == pytest.approx(1e4 * 10 / 3_385)
    assert block.cost_touch[0, 0] == 100 * 10.0


def test_where_no_mid_is_valid_at_the_clean_up_that_of_the_end_is_taken() -> None:
    crossed = [*QUOTES, (43, 3_400, 3_390)]
    block = block_of((order((10, 40)), [], quoted(crossed)), Simulation(cleanup_seconds=300.0))
    assert block.cost_cleanup[0, 0] == block.cost[0, 0]
    assert block.cleanup_at_end.tolist() == [1]
    block = block_of((order((10, 40)), [], quoted([*QUOTES, (43, 3_390, 3_400)])), Simulation(cleanup_seconds=300.0))
    assert (block.cost_cleanup[0, 0], block.cleanup_at_end.tolist()) == (100 * 20.0, [0])


def test_an_order_without_a_mid_at_its_end_is_priced_nowhere_though_it_filled() -> None:
    events = order((10, 10)) + order((40, 40), leaves_quantity=0, matched_quantity=100)
    fill = {"order_id": 5, "side": 1, "timestamp": OPEN + 40 * MINUTE, "price": 3_390, "quantity": 100}
    block = block_of((events, [{**fill, "deal_source": 1}], quoted([QUOTES[0], (30, 3_400, 3_390)])), Simulation())
    assert np.isnan([block.stored(charge) for charge in CHARGES]).all()
    assert block.filled_quantity.tolist() == [100]
    assert block.arrival_slippage_bps[0] == pytest.approx(1e4 * 5 / 3_385)
