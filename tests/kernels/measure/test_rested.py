"""The population of sweeps that rested: what was left after everything at the instant of their entry."""

from itertools import groupby
from typing import Any

import pytest

from kernels.conventions import POPULATION_ALL, POPULATION_RESTED
from kernels.measure.choices import Choices, Selection, Session
from kernels.measure.measure import measure
from tests.builders import build_day
from tests.kernels.measure.test_measures import with_nulls
from tests.oracles.lives import naive_life
from tests.oracles.rested import naive_left_resting
from tests.random_day import CLOSE, NS, OPEN, random_day

pytestmark = pytest.mark.reduced
Row = dict[str, Any]
SWEEP, LIT, DARK = 2048, 0, 64
QUOTES = [{"timestamp": OPEN, "bid": 3_385, "offer": 3_395}]


def state(second: int, leaves: int, matched: int = 0, kind: int = SWEEP) -> Row:
    order = {"order_id": 5, "side": 1, "price": 3_400, "quantity": leaves + matched, "order_type": kind}
    return order | {"timestamp": OPEN + second * NS, "leaves_quantity": leaves, "matched_quantity": matched}


def fill(second: int, quantity: int, deal: int = 1) -> Row:
    paid = {"order_id": 5, "side": 1, "price": 3_390, "deal_source": deal, "quantity": quantity}
    return paid | {"timestamp": OPEN + second * NS}


CASES: dict[str, tuple[list[Row], list[Row], bool]] = {
    "nothing filled at entry": ([state(10, 100), state(30, 100)], [], True),
    "filled in part at entry, no row shows it yet": ([state(10, 100), state(30, 60, 40)], [fill(10, 40)], True),
    "filled in full at entry, the row is later": ([state(10, 100), state(30, 0, 100)], [fill(10, 100)], False),
    "the last row of the instant shows all": ([state(10, 100), state(10, 0, 100)], [fill(10, 100)], False),
    "the last row of the instant shows a rest": (
        [state(10, 100), state(10, 60, 40), state(30, 60, 40)], [fill(10, 40)], True,
    ),
    "an off-market report takes nothing": ([state(10, 100), state(30, 100)], [fill(10, 100, 5)], True),
    "killed at once": ([state(10, 100), state(10, 100)], [], False),
    "one row alone": ([state(10, 100)], [], False),
    "all filled one second later": ([state(10, 100), state(30, 0, 100)], [fill(11, 100)], True),
    "a lit order": ([state(10, 100, kind=LIT), state(30, 100, kind=LIT)], [], False),
    "a dark order": ([state(10, 100, kind=DARK), state(30, 100, kind=DARK)], [], False),
    "carried from an earlier day": ([state(10, 60, 40), state(30, 60, 40)], [], True),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_order_rested(name: str) -> None:
    events, fills, rested = CASES[name]
    day = build_day(events, fills, QUOTES)
    (block,) = measure(day, Choices(Selection(population=POPULATION_RESTED)), Session(OPEN, CLOSE, "test"))
    assert len(block) == rested


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("trades", [True, False])
def test_random_days(seed: int, trades: bool) -> None:
    events, fills, quotes = random_day(seed, 60)
    fills = fills if trades else []
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    session = Session(OPEN, CLOSE, "test")
    everyone = next(measure(day, Choices(Selection(population=POPULATION_ALL)), session)).order_id.tolist()
    kept = next(measure(day, Choices(Selection(population=POPULATION_RESTED)), session)).order_id.tolist()
    lives = {
        number: [*rows]
        for number, rows in groupby(sorted(events, key=lambda r: r["order_id"]), lambda r: r["order_id"])
    }
    expected = []
    for number in everyone:
        own = [fill for fill in fills if fill["order_id"] == number]
        carried = naive_life(lives[number], own, trades)["carried_quantity"]
        if lives[number][0]["order_type"] & SWEEP and naive_left_resting(lives[number], own, carried) > 0:
            expected.append(number)
    assert kept == expected
