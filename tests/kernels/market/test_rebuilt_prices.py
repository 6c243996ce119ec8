"""Rebuilt prices stay within the buyer's limit and half tick, and both sides of a match keep one price (R5, R7)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from tests.builders import build_day
from tests.kernels.measure.test_measures import plain_rules, with_nulls
from tests.oracles.measures import naive_measures, naive_price2
from tests.random_day import CLOSE, NS, OPEN, random_day

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
Row = dict[str, Any]
SESSION = Session(OPEN, CLOSE, "test")


def match(buy_limit: int, mid_tick: int, **buyer: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Return a day with one dark match printed at 15, the mid of 15 / 16 truncated; another stands by."""
    base = {"order_type": 64, "leaves_quantity": 9, "matched_quantity": 0}
    events = [
        {**base, "order_id": 1, "side": 1, "price": buy_limit, "mid_tick": mid_tick, "timestamp": OPEN + 1},
        {**base, "order_id": 2, "side": -1, "price": 15, "mid_tick": 2, "timestamp": OPEN + 2},
        {**base, "order_id": 3, "side": -1, "price": 15, "mid_tick": 2, "timestamp": OPEN + 2},
    ]
    fill = {"timestamp": OPEN + NS, "price": 15, "quantity": 9, "deal_source": 47, "match_id": 2**62 + 5}
    fills = [
        {**fill, "order_id": buyer.get("order_id", 1), "side": 1, "sequence": 1},
        {**fill, "order_id": 2, "side": -1, "sequence": 2},
        {**fill, "order_id": 77, "side": 1, "sequence": 3, "match_id": 8},
        {**fill, "order_id": 3, "side": -1, "sequence": 4, "match_id": 8},
    ]
    events.extend({**event, "timestamp": OPEN + NS, "leaves_quantity": 0, "matched_quantity": 9} for event in events[:])
    return events, fills, [{"timestamp": OPEN, "bid": 15, "offer": 16}]


def prices2(tables: tuple[list[Row], list[Row], list[Row]]) -> Iterator[float]:
    """Yield the average price of each order in half units."""
    settings = Choices(simulation=Simulation(ticks=((0, 1),)))
    (block,) = measure(build_day(*tables), settings, SESSION)
    for order in range(3):
        yield block.scenario_notional2[0, order] / max(int(block.filled_quantity[order]), 1)


@pytest.mark.parametrize(
    ("limit", "mid_tick", "price2"),
    [
        (16, 2, 31),  # the limit allows the mid
        (15, 2, 30),  # it does not: 15 is what was paid
        (15, 1, 31),  # with half a tick it does
        (15, 3, 30),  # a dark limit has no half tick
        (14, 1, 30),  # not even with it
        (0, 2, 31),  # a market order has none
    ],
)
def test_both_sides_keep_the_published_price_where_the_buyers_limit_asks_for_it(
    limit: int, mid_tick: int, price2: int
) -> None:
    assert list(prices2(match(limit, mid_tick))) == [price2, price2, 31]


def test_a_buyer_who_is_not_in_the_order_file_has_no_known_limit() -> None:
    assert list(prices2(match(15, 2, order_id=99))) == [0, 31, 31]


def test_the_limit_is_the_one_in_force_at_the_fill() -> None:
    (entry, *others), fills, quotes = match(14, 2)
    later = {**entry, "price": 16, "leaves_quantity": 0, "matched_quantity": 9}
    rest = [event for event in others if event["order_id"] != 1]
    for time, price2 in ((OPEN + 5, 31), (OPEN + NS, 31), (OPEN + NS + 1, 30)):
        assert list(prices2(([entry, *rest, {**later, "timestamp": time}], fills, quotes))) == [price2, price2, 31]


def test_the_markets_average_price_goes_by_it_too() -> None:
    settings = Choices(simulation=Simulation(ticks=((0, 1),)))
    for limit, expected in ((16, 31.0), (15, 30.5)):
        (block,) = measure(build_day(*match(limit, 2)), settings, SESSION)
        paid = block.scenario_notional2[0, 0] / 9
        assert block.vwap_slippage_bps[0] == pytest.approx(1e4 * (paid - expected) / expected, abs=1e-9)
        assert block["market_volume"][0] == 18


@given(seed=st.integers(0, 10**9))
def test_no_fill_is_beyond_its_limit_because_it_was_rebuilt(seed: int) -> None:
    """Against the oracle, on days of small prices where most mids are between two units."""
    events, fills, quotes = random_day(seed, level=(1, 60))
    block = measured(events, fills, quotes)
    rules = plain_rules(Choices(), (-(2**63), 2**63 - 1))
    expected = naive_measures(events, fills, quotes, rules)
    notional2 = [sum(f["quantity"] * naive_price2(f, quotes) for f in order["consumed"]) for order in expected]
    if fills:
        np.testing.assert_array_equal(block.scenario_notional2[0], notional2)


def measured(events: list[Row], fills: list[Row], quotes: list[Row]) -> OrderBlock:
    (block,) = measure(build_day(events, with_nulls(fills), with_nulls(quotes)), Choices(), SESSION)
    return block


def test_each_of_many_fills_of_an_order_meets_the_limit_of_its_own_time() -> None:
    """Its rows are walked once for all: 30,000 rows times 30,000 fills in plain Python would take minutes."""
    n = 30_000
    base = {"order_id": 1, "order_type": 64, "side": 1, "mid_tick": 2}
    fill = {"order_id": 1, "side": 1, "price": 15, "quantity": 1, "deal_source": 47}
    events = [
        {**base, "timestamp": OPEN + 2 * k, "price": 15 + k % 2, "leaves_quantity": n - k, "matched_quantity": k}
        for k in range(n + 1)
    ]
    fills = [{**fill, "timestamp": OPEN + 2 * k + 1, "match_id": k} for k in range(n)]
    day = build_day(events, with_nulls(fills), [{"timestamp": OPEN, "bid": 15, "offer": 16}])
    (block,) = measure(day, Choices(simulation=Simulation(ticks=((0, 1),))), SESSION)
    assert block.scenario_notional2[0, 0] == 30 * (n // 2) + 31 * (n // 2)
