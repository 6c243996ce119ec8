"""What the error of a replay is made of: by hand, and that the parts add up on random orders."""

from fractions import Fraction
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.base.memory import Buffers
from kernels.measure.choices import Choices, Selection, Simulation
from kernels.measure.rules import prepare
from kernels.replay.fidelity.bias import OrderFills, bias_bps, bias_row, bias_split, dark_bias, fills_by_order
from kernels.replay.matches import Matches
from kernels.replay.replay import replay
from tests.inferred_day import open_real_day, real_session
from tests.kernels.replay.generated_days import made
from tests.kernels.replay.played_matches import history, with_rows
from tickstore import open_day

BUY, SELL = 1, -1
CONFIG: object = numba.config


def split(side: int, end_mid2: int, real: tuple[int, int], replayed: tuple[int, int]) -> tuple[int, int, int]:
    """Return error, often and price of one order; fills are (shares, notional in half units)."""
    one, other = (OrderFills(*(np.array([value], np.int64) for value in fills)) for fills in (real, replayed))
    found = bias_split(np.array([side], np.int8), np.array([end_mid2], np.int64), one, other)
    return int(found.error[0]), int(found.often[0]), int(found.price[0])


def test_the_same_fills_are_no_error() -> None:
    assert split(BUY, 200, (10, 2_010), (10, 2_010)) == (0, 0, 0)


@pytest.mark.parametrize(("side", "sign"), [(BUY, 1), (SELL, -1)])
def test_a_higher_price_costs_a_buyer_and_pays_a_seller(side: int, sign: int) -> None:
    assert split(side, 200, (10, 10 * 201), (10, 10 * 203)) == (20 * sign, 0, 20 * sign)


def test_filling_less_below_the_last_mid_costs_a_buyer_what_it_missed() -> None:
    """Ten shares at 190 really, four at the same price in the replay, the mid ends at 200: 6 x 10 are lost."""
    assert split(BUY, 200, (10, 1_900), (4, 760)) == (60, 60, 0)


def test_both_at_once() -> None:
    """8 for 10 shares at 194 for 190: 2 fewer, 8 below 200 on average, and 9 on average 4 dearer."""
    assert split(BUY, 200, (10, 1_900), (8, 8 * 194)) == (52, 16, 36)


def test_an_order_that_fills_on_one_side_only_errs_by_how_often() -> None:
    assert split(BUY, 200, (10, 1_900), (0, 0)) == (100, 100, 0)
    assert split(SELL, 200, (0, 0), (5, 950)) == (50, 50, 0)
    assert split(SELL, 200, (0, 0), (0, 0)) == (0, 0, 0)


FILLS = st.tuples(st.integers(0, 10**7), st.integers(1, 4 * 10**5)).map(lambda pair: (pair[0], pair[0] * pair[1]))


@given(side=st.sampled_from([BUY, SELL]), end=st.integers(1, 4 * 10**5), real=FILLS, replayed=FILLS)
def test_the_parts_add_up_to_the_difference_of_costs(
    side: int, end: int, real: tuple[int, int], replayed: tuple[int, int]
) -> None:
    error, often, price = split(side, end, real, replayed)
    wanted, first = 10**8, 1_000  # Q and M0, which do not matter
    costs = [side * (n - q * first + (wanted - q) * (end - first)) for q, n in (real, replayed)]
    assert error == often + price == costs[1] - costs[0]
    if real[0] and replayed[0]:
        paid, really = Fraction(replayed[1], replayed[0]), Fraction(real[1], real[0])
        exact = side * (replayed[0] - real[0]) * ((paid + really) / 2 - end)
        assert abs(often - exact) <= 1 + abs(exact) / 10**12


def test_sums_of_a_day() -> None:
    real = fills_by_order(2, np.array([0, 0, 1, -1]), np.array([4, 6, 5, 9]), np.array([190, 190, 210, 1]))
    assert (real.quantity.tolist(), real.notional2.tolist()) == ([10, 5], [1_900, 1_050])
    replayed = fills_by_order(2, np.array([0]), np.array([8]), np.array([194]))
    side, end = np.array([BUY, SELL], np.int8), np.array([200, 200])
    quantity, mid2 = np.array([10, 5]), np.array([200, 200])
    row = bias_row(bias_split(side, end, real, replayed), quantity, mid2, real, replayed)
    assert row == {
        "orders": 2, "quantity": 15, "filled_quantity": 15, "replayed_quantity": 8, "notional2": 3_000,
        "error": 102, "error_often": 66, "error_price": 36,
    }  # fmt: skip
    assert bias_bps(row) == {"error": 340.0, "error_often": 220.0, "error_price": 120.0}


def test_real_day(real_day: Path, tmp_path: Path) -> None:
    """A perfect replay of dark orders has no error; that of the file as it is costs them less than half a point."""
    day = open_real_day(real_day, tmp_path)
    session, price2 = real_session(day), 2 * np.asarray(day.fills["price"])
    choices = Choices(Selection(participants=(69,)), Simulation(scenarios=("P",)))  # whoever is selected
    perfect = dark_bias(day, choices, session, price2, with_rows(history(day, price2), day))
    assert (perfect["error"], perfect["error_often"], perfect["error_price"]) == (0, 0, 0)
    assert perfect["filled_quantity"] == perfect["replayed_quantity"] > 0
    assert 3_900 < perfect["orders"] <= 4_054  # all but those without a mid
    found = dark_bias(day, choices, session, price2, replay(day, choices, session).matches["P"])
    assert found["error"] == found["error_often"] + found["error_price"] != 0
    assert max(abs(value) for value in bias_bps(found).values()) < 0.5
    assert found["filled_quantity"] == perfect["filled_quantity"] != found["replayed_quantity"]


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="the market is generated compiled")
def test_a_generated_market_has_no_bias(tmp_path: Path) -> None:
    market = made(13, tmp_path)
    with open_day(market.path) as day:
        price2 = prepare(day, market.choices, market.session, Buffers()).sums.price2.copy()
        placebo = replay(day, market.choices, market.session).matches["P"]
        found = dark_bias(day, market.choices, market.session, price2, placebo)
        less = dark_bias(
            day, market.choices, market.session, price2, Matches._make([column[:-9] for column in placebo])
        )
    assert (found["error"], found["error_often"], found["error_price"]) == (0, 0, 0)
    assert found["filled_quantity"] == found["replayed_quantity"] > 1_000
    assert less["replayed_quantity"] < found["replayed_quantity"]
    assert less["error_often"] != 0


def test_no_orders() -> None:
    none = fills_by_order(0, np.array([], np.int32), np.array([], np.int64), np.array([], np.int64))
    row = bias_row(
        bias_split(np.array([], np.int8), none.quantity, none, none), none.quantity, none.quantity, none, none
    )
    assert bias_bps(row)["error"] == 0.0
