"""The first mid that a limit allows is found at once, wherever it is among many quotes (decisions 14)."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.base.columns import I64
from kernels.base.compiling import kernel
from kernels.base.memory import Buffers
from kernels.conventions import MID_FIRST_ALLOWED, NULL
from kernels.market.allowed_mids import BLOCK, LARGE, first_allowed, mid_extremes
from kernels.market.quotes import NEVER
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from tests.builders import build_day
from tests.random_day import CLOSE, NS, OPEN

pytestmark = pytest.mark.reduced
Row = dict[str, Any]


@kernel
def search(marks: I64, blocks: I64, large: I64, row: int, last: int, side: int, limit2: int) -> int:
    return first_allowed(marks, blocks, large, row, last, side, limit2)


def found(time: list[int], mids: list[int], row: int, last: int, side: int, limit2: int) -> int:
    marks = np.array([*zip(time, mids, strict=True), (NEVER, NULL)], np.int64)
    return search(marks, *mid_extremes(marks, True, Buffers()), row, last, side, limit2)


def naive(time: list[int], mids: list[int], row: int, last: int, side: int, limit2: int) -> int:
    following = [*time[1:], NEVER]
    allowed = [
        i
        for i in range(row, last + 1)
        if mids[i] != NULL and time[i] < following[i] and (mids[i] <= limit2 if side > 0 else mids[i] >= limit2)
    ]
    return allowed[0] if allowed else -1


@given(seed=st.integers(0, 10**9))
def test_the_search_equals_looking_at_every_quote(seed: int) -> None:
    rng = Random(seed)
    n = rng.choice([1, 5, BLOCK, BLOCK + 1, 3 * BLOCK])
    time = sorted(rng.randrange(0, 2 * n) for _ in range(n))
    level = rng.choice([0, 3, 50])
    mids = [rng.choice([NULL, *range(100, 101 + level)]) for _ in range(n)]
    for _ in range(10):
        row = rng.randrange(n)
        asked = row, rng.randrange(row - 1, n), rng.choice([1, -1]), rng.randint(98, 103 + level)
        assert found(time, mids, *asked) == naive(time, mids, *asked)


@pytest.mark.parametrize("place", [0, 1, BLOCK - 1, BLOCK, LARGE - 1, LARGE, LARGE + BLOCK, 2 * LARGE - 1, 2 * LARGE])
def test_one_mid_among_many_is_found_up_to_the_last_quote_asked_for(place: int) -> None:
    n = 2 * LARGE + 1
    time, mids = list(range(n)), [200] * n
    mids[place] = 100
    for row in {0, place, max(place - 1, 0), max(place - LARGE, 0)}:
        assert found(time, mids, row, n - 1, 1, 100) == place
        assert found(time, mids, row, place - 1, 1, 100) == -1
    assert found(time, mids, place + 1, n - 1, 1, 100) == -1
    assert found(time, mids, 0, n - 1, -1, 201) == -1


def scenarios(limit: int, mid_tick: int, offers: list[tuple[int, int]], impact: float = 0.0) -> list[list[int]]:
    """Return what a buy of 100 shares at 10:10, cancelled at 10:50, fills under real, A, B, C, and at which price x 2.

    offers : (minute, offer) of quotes a tick of 10 wide
    """
    state = {"order_id": 1, "side": 1, "price": limit, "mid_tick": mid_tick, "order_type": 64, "leaves_quantity": 100}
    state["matched_quantity"] = 0
    events = [{**state, "timestamp": OPEN + minute * 60 * NS} for minute in (10, 50)]
    quotes = [{"timestamp": OPEN + minute * 60 * NS, "bid": offer - 10, "offer": offer} for minute, offer in offers]
    simulation = Simulation(mid=MID_FIRST_ALLOWED, price_impact_bps=impact)
    (block,) = measure(build_day(events, [], quotes), Choices(simulation=simulation), Session(OPEN, CLOSE))
    prices = 2 * np.nan_to_num(block.scenario_price[:, 0])
    return [block.scenario_filled[:, 0].tolist(), prices.tolist()]


def test_an_order_fills_at_the_first_mid_that_its_limit_allows() -> None:
    """The mid is 3,395 on arrival, 3,385 from 10:30 on, then far away: the mean over the window is no price it had."""
    quotes = [(0, 3_400), (30, 3_390), (31, 3_500)]
    assert scenarios(3_400, 2, quotes)[0] == [0, 100, 50, 100]
    assert scenarios(3_385, 2, quotes) == [[0, 100, 50, 100], [0, 6_770, 6_770, 6_770]]
    assert scenarios(3_380, 2, quotes)[0] == [0, 0, 0, 0]
    assert scenarios(3_380, 1, quotes) == [[0, 100, 50, 100], [0, 6_770, 6_770, 6_770]]  # half a tick of 10
    assert scenarios(0, 2, quotes)[1] == [0, 6_790, 6_790, 6_790]  # a market order takes what there is on arrival


def test_the_leg_that_pays_for_its_impact_is_asked_by_itself() -> None:
    assert scenarios(3_385, 2, [(0, 3_400), (30, 3_390)], impact=5.0)[0] == [0, 100, 50, 50]
    assert scenarios(3_390, 2, [(0, 3_400), (30, 3_390)], impact=5.0)[0] == [0, 100, 50, 100]


def test_a_mid_after_the_orders_end_is_none_of_its_own() -> None:
    assert scenarios(3_385, 2, [(0, 3_400), (50, 3_390)])[0] == [0, 0, 0, 0]
    assert scenarios(3_385, 2, [(0, 3_400), (49, 3_390)])[0] == [0, 100, 50, 100]
