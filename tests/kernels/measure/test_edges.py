"""The edges every kernel must survive, each by name: all measures and counts equal the plain-Python oracles."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.job.order_arrays import order_columns
from driver.sums.outliers import Extremes
from kernels import CAUSES, change_causes
from kernels import conventions as v
from kernels.measure.choices import Choices, Session, Simulation, hour_bounds
from kernels.measure.measure import data_quality, measure
from tests.blocks import cells_of
from tests.builders import build_day
from tests.kernels.measure.test_measures import assert_block_is, plain_rules, with_nulls
from tests.oracles.causes import naive_causes
from tests.oracles.measures import naive_measures
from tests.oracles.quality import naive_quality
from tests.random_day import CLOSE, NS, OPEN, random_day

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
Row = dict[str, Any]
Tables = tuple[list[Row], list[Row], list[Row]]
SESSION = Session(OPEN, CLOSE, "test")
MINUTE = 60 * NS


def event(minute: int, leaves: int, matched: int, **other: int) -> Row:
    base = {"order_id": 5, "side": 1, "price": 3_400, "order_type": 64, "mid_tick": 1}
    state = {"timestamp": OPEN + minute * MINUTE, "leaves_quantity": leaves, "matched_quantity": matched}
    return {**base, **state, **other}


def fill(minute: int, quantity: int, **other: int) -> Row:
    base = {"order_id": 5, "side": 1, "price": 3_390, "deal_source": 47, "national_bid": 3_385, "national_offer": 3_395}
    return {**base, "timestamp": OPEN + minute * MINUTE, "quantity": quantity, **other}


def quote(minute: int, bid: int | None = 3_385, offer: int | None = 3_395) -> Row:
    return {"timestamp": OPEN + minute * MINUTE, "bid": bid, "offer": offer}


LIFE = [event(10, 100, 0), event(20, 60, 40), event(40, 60, 40)]
FILLED = [fill(20, 40)]
QUOTES = [quote(0), quote(15, 3_380, 3_390), quote(30)]
EDGES: dict[str, Tables] = {
    "empty": ([], [], []),
    "one row": ([event(10, 100, 0)], [], [quote(5)]),
    "one row of every table": ([event(10, 60, 0)], [fill(10, 40)], [quote(5)]),
    "all quotes missing": (LIFE, FILLED, [quote(minute, None, None) for minute in (0, 15, 30)]),
    "no quotes": (LIFE, FILLED, []),
    "no fills": (LIFE, [], QUOTES),
    "opening quote after fills and ends": (
        [
            *(event(-10, 100, 0, order_id=number) for number in (1, 2, 3, 4)),
            *({**event(0, 60, 40, order_id=1), "timestamp": OPEN + 10 * NS},),
            *(
                {**event(0, 100, 0, order_id=number), "timestamp": OPEN + second * NS}
                for number, second in ((2, 0), (3, 29))
            ),
            event(5, 60, 40, order_id=4),
        ],
        [
            {**fill(0, 40, order_id=1), "timestamp": OPEN + 10 * NS},
            {**fill(0, 40, order_id=4), "timestamp": OPEN + 30 * NS},
        ],
        [quote(-5, 3_300, 3_310), {**quote(0), "timestamp": OPEN + 30 * NS}],
    ),
    "equal times": (
        [
            event(10, 100, 0),
            event(10, 60, 40),
            event(10, 60, 40),
            event(10, 5, 0, order_id=6),
            event(10, 5, 0, order_id=7),
        ],
        [fill(10, 15), fill(10, 25), fill(10, 9, order_id=7)],
        [quote(10), quote(10, 3_380, 3_390), quote(10)],
    ),
    "crossed quotes": (LIFE, FILLED, [quote(0, 3_400, 3_390), quote(15, 3_401, 3_390), quote(30, 3_392, 3_391)]),
    "crossed in between": (LIFE, FILLED, [quote(0), quote(15, 3_400, 3_390), quote(30)]),
    "locked quotes": (LIFE, FILLED, [quote(0, 3_390, 3_390), quote(15, 3_391, 3_391)]),
    "one-sided quotes": (LIFE, FILLED, [quote(0, 3_385, None), quote(15, None, 3_395), quote(30, 0, 3_395)]),
    "one side in between": (LIFE, FILLED, [quote(0), quote(15, None, 3_395), quote(30)]),
    "fill before the first quote": (LIFE, FILLED, [quote(30), quote(35)]),
    "order without fills": ([event(10, 100, 0), event(40, 100, 0)], [fill(20, 40, order_id=77)], QUOTES),
    "states of fills without fills": (LIFE, [fill(20, 40, order_id=77)], QUOTES),
    "fills without order": ([], [fill(20, 40), fill(25, 3, side=-1)], QUOTES),
    "fills without order beside one": (LIFE, [*FILLED, fill(20, 7, order_id=99), fill(21, 7, order_id=3)], QUOTES),
    "amended after a partial fill": (
        [event(10, 100, 0), event(20, 60, 40), event(25, 260, 40, price=3_380), event(30, 10, 290), event(50, 0, 290)],
        [fill(20, 40), fill(30, 250)],
        QUOTES,
    ),
    "reduced after a partial fill": (
        [event(10, 100, 0), event(20, 60, 40), event(25, 5, 40), event(30, 0, 45)],
        [fill(20, 40), fill(30, 5)],
        QUOTES,
    ),
    "filled more than asked": (LIFE, [fill(20, 40), fill(22, 900)], QUOTES),
    "carried over": ([event(10, 100, 70), event(30, 80, 90)], [fill(30, 20)], QUOTES),
    "nothing asked for": ([event(10, 0, 0), event(30, 0, 0)], [fill(20, 7, order_id=77)], QUOTES),
    "filled without asking": ([event(10, 0, 0), event(30, 0, 0)], [fill(20, 7)], QUOTES),
    "ids of 2^62": (
        [event(10 + k, 9, 0, order_id=2**62 + k) for k in range(3)] + [event(20, 0, 9, order_id=2**62 + 1)],
        [fill(20, 9, order_id=2**62 + 1, match_id=2**63 - 1), fill(20, 9, order_id=2**63 - 2, side=-1)],
        QUOTES,
    ),
    "before and after the session": (
        [event(-90, 100, 0), event(-60, 100, 0), event(400, 50, 0, order_id=6), event(410, 0, 50, order_id=6)],
        [fill(410, 50, order_id=6, deal_source=20)],
        [quote(-120, 5_000, 3_000), quote(0), quote(400)],
    ),
    "a trade is cancelled": ([event(10, 100, 0), event(20, 60, 40), event(30, 100, 0)], FILLED, QUOTES),
    "fill before the arrival": (LIFE, [fill(5, 40)], QUOTES),
    "fill after the end": (LIFE, [fill(50, 40)], QUOTES),
    "fill of no shares": (LIFE, [fill(20, 0), fill(20, 40)], QUOTES),
    "fill of the other side": (LIFE, [fill(20, 40), fill(21, 40, side=-1)], QUOTES),
    "quotes below zero": (LIFE, FILLED, [quote(0, 0, 0), quote(15, -5, 3_395), quote(30, -10, -5)]),
    "mid of one and a half": (LIFE, [fill(20, 40, price=1, national_bid=1, national_offer=2)], [quote(0, 1, 2)]),
    "no valid quote before the second minute": (
        [event(-10, 100, 0), event(20, 60, 40)],
        FILLED,
        [quote(-5), quote(0, 5, 3), quote(2)],
    ),
    "valid again at the end of the first minute": (
        [event(-10, 100, 0), event(20, 60, 40)],
        FILLED,
        [quote(-5, 3_300, 3_390), quote(0, 5, 3), quote(1)],
    ),
    "trades at a price of nothing": (
        [event(10, 100, 0), event(20, 60, 40), event(10, 40, 0, order_id=6, side=-1), event(20, 0, 40, order_id=6)],
        [
            fill(20, 40),
            fill(20, 40, price=0, order_id=6, side=-1),
            fill(30, 5, price=0, order_id=9),
            fill(400, 5, price=0, order_id=9, deal_source=20),
        ],
        QUOTES,
    ),
    "nothing but trades at a price of nothing": (
        [event(10, 100, 0), event(20, 60, 40, order_id=5)],
        [fill(20, 40, side=-1), fill(15, 7, price=0, order_id=9), fill(400, 5, price=0, order_id=9, deal_source=20)],
        QUOTES,
    ),
    "every kind of fill": (
        [event(10, 1_000, 0), event(50, 1_000, 0)],
        [
            fill(11 + k, 7, deal_source=deal)
            for k, deal in enumerate((1, 46, 47, 50, 20, 90, 44, 45, 48, 91, 3, 5, 7, 36, 43))
        ],
        QUOTES,
    ),
}


def check(tables: Tables, simulation: Simulation) -> None:
    """Compare every measure and every count with the oracles; then sum and write the orders, which must not fail."""
    events, fills, quotes = (
        [{**row, "sequence": sequence} for sequence, row in enumerate(sorted(table, key=lambda row: row["timestamp"]))]
        for table in tables
    )
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    settings = Choices(simulation=simulation)
    rules = plain_rules(settings, hour_bounds(day.date, settings.selection, settings.timezone))
    expected = naive_measures(events, fills, quotes, rules)
    assert data_quality(day, SESSION) == naive_quality(events, fills, quotes, (OPEN, CLOSE))
    (block,) = measure(day, settings, SESSION)
    assert_block_is(block, expected, simulation)
    assert cells_of(block, settings.timezone).sums[0].sum() == len(expected)
    extremes = Extremes(10)
    extremes.add(block)
    assert len(extremes.found.rows(block.scenarios)) <= len(expected)
    assert len(order_columns(block)["order_id"].values) == len(expected)


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("mid", [0, 1, 2, 3])
def test_edge(name: str, mid: int) -> None:
    check(EDGES[name], Simulation(mid=mid, quotes_first=mid in (1, 3)))


@pytest.mark.parametrize("name", EDGES)
def test_causes_at_the_edges(name: str) -> None:
    fills = EDGES[name][1]
    state = {"order_status": -1, "change_reason": -1, "minimum_quantity": 0}
    events = [{**row, **state} for row in sorted(EDGES[name][0], key=lambda row: row["timestamp"])]
    day = build_day(events, with_nulls(fills), [])
    found = change_causes(day.events, day.orders, day.fills)
    for number in {row["order_id"] for row in events}:
        places = [place for place, row in enumerate(events) if row["order_id"] == number]
        mine = [row for row in fills if row["order_id"] == number]
        expected = naive_causes([events[place] for place in places], mine)
        assert [(CAUSES[found.cause[k]], found.ranking_time[k]) for k in places] == expected


@given(seed=st.integers(0, 10**9))
def test_quality_counts_equal_the_oracle(seed: int) -> None:
    events, fills, quotes = random_day(seed)
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    assert data_quality(day, SESSION) == naive_quality(events, fills, quotes, (OPEN, CLOSE))


def test_a_quote_after_the_fills_or_the_end_of_an_order_is_no_benchmark() -> None:
    """The opening quote comes 30 s after S: orders that were over by then have no costs and keep their real outcome."""
    events, fills, quotes = EDGES["opening quote after fills and ends"]
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    (block,) = measure(day, Choices(), SESSION)
    assert block.order_id.tolist() == [1, 2, 3, 4]
    assert block.benchmark.tolist() == [0, 0, 0, v.BENCHMARK_OPEN]
    assert block.eligible.tolist() == [0, 0, 0, 1]
    assert [np.isfinite(cost).tolist() for cost in block.cost] == [[False] * 3 + [True]] * len(block.cost)
    assert block.scenario_filled[1].tolist() == [40, 0, 0, 100]
    assert data_quality(day, SESSION)["orders_filled_before_benchmark"] == 1
