"""Phase, spread and share of the day's volume, at their edges and against a slow second way."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.sums.conditions import PHASES, SHARES, SPREADS, Market, condition_dimensions, market_volumes
from driver.sums.volatility import RANGES
from kernels.conventions import NULL
from kernels.measure.choices import Session
from kernels.measure.result_rows import OrderBlock
from tests.blocks import with_columns
from tests.driver.job_folders import market_key
from tests.driver.order_blocks import random_block

MINUTE = 60_000_000_000
START, END = 1_000 * MINUTE, 1_360 * MINUTE
TICKS = ((0, 1), (100, 5), (2_000, 10))


def one_order(**columns: int) -> OrderBlock:
    """Return a block of one order at mid-day with a spread of one tick."""
    given = {
        "arrival_time": START + 100 * MINUTE,
        "arrival_bid": 3_380,
        "arrival_offer": 3_390,
        "benchmark": 1,
    } | columns
    given.setdefault("benchmark_time", min(max(given["arrival_time"], START), END))
    given.setdefault("window_end", given["benchmark_time"])
    given.setdefault("mid2", given["arrival_bid"] + given["arrival_offer"])
    block = random_block(1, 0)
    changes: dict[str, Any] = {name: np.array([value], getattr(block, name).dtype) for name, value in given.items()}
    return with_columns(block, **changes)


def conditions(block: OrderBlock, volume: int = 1_000_000) -> tuple[str, str, str]:
    key = market_key(block, Market(Session(START, END, "file"), TICKS, volume)) // RANGES
    place = {name: int(rows[0]) for name, rows in condition_dimensions(key).items()}
    return PHASES[place["phase"]], SPREADS[place["spread"]], SHARES[place["volume_share"]]


@pytest.mark.parametrize(
    ("minutes", "source", "phase"),
    [
        (-5, 2, "pre-open"), (0, 2, "pre-open"), (1, 1, "first 30 minutes"), (29, 1, "first 30 minutes"),
        (30, 1, "midday"), (329, 1, "midday"), (330, 1, "last 30 minutes"), (359, 1, "last 30 minutes"),
        (360, 3, "closing"), (400, 3, "closing"), (-5, 0, "pre-open"), (400, 0, "closing"), (100, 0, "midday"),
    ],
)  # fmt: skip
def test_phase(minutes: int, source: int, phase: str) -> None:
    assert conditions(one_order(arrival_time=START + minutes * MINUTE, benchmark=source))[0] == phase


@pytest.mark.parametrize("minutes", [-9, 361])
def test_an_order_that_never_lived_in_the_session_has_a_phase_of_its_own_and_no_spread(minutes: int) -> None:
    arrival = START + minutes * MINUTE
    window = {"benchmark_time": max(arrival, START), "window_end": min(arrival + 1, END)}
    assert conditions(one_order(arrival_time=arrival, **window))[:2] == ("never_in_session", "never_in_session")


@pytest.mark.parametrize(
    ("bid", "offer", "spread"),
    [
        (3_380, 3_380, "locked"), (3_380, 3_390, "1 tick"), (3_380, 3_385, "1 tick"), (3_380, 3_400, "2 ticks"),
        (3_380, 3_410, "3 ticks or more"), (1_995, 2_000, "1 tick"), (2_000, 2_010, "1 tick"), (99, 101, "2 ticks"),
        (100, 105, "1 tick"), (3_380, 9_999, "3 ticks or more"),
    ],
)  # fmt: skip
def test_spread_in_ticks_of_the_bid(bid: int, offer: int, spread: str) -> None:
    assert conditions(one_order(arrival_bid=bid, arrival_offer=offer))[1] == spread


def test_an_order_without_a_valid_quote_has_no_spread() -> None:
    assert conditions(one_order(mid2=NULL))[1] == "no valid quote"


@pytest.mark.parametrize(
    ("quantity", "volume", "share"),
    [
        (999, 1_000_000, "below 0.1%"), (1_000, 1_000_000, "0.1% to 0.5%"), (5_000, 1_000_000, "0.5% to 1%"),
        (10_000, 1_000_000, "1% to 5%"), (49_999, 1_000_000, "1% to 5%"), (50_000, 1_000_000, "5% or more"),
        (1, 0, "no volume"), (2**40, 1, "5% or more"),
    ],
)  # fmt: skip
def test_share_of_the_days_volume(quantity: int, volume: int, share: str) -> None:
    assert conditions(one_order(order_quantity=quantity), volume)[2] == share


@given(st.integers(0, 50), st.integers(0, 100))
def test_keys_stay_in_range_and_come_apart(n: int, seed: int) -> None:
    block = random_block(n, seed)
    key = market_key(block, Market(Session(START, END, "file"), TICKS, 77_777)) // RANGES
    assert np.all((key >= 0) & (key < len(PHASES) * len(SPREADS) * len(SHARES)))
    places = condition_dimensions(key)
    back = (places["phase"] * len(SPREADS) + places["spread"]) * len(SHARES) + places["volume_share"]
    assert np.array_equal(back, key)


def test_market_volumes_count_a_match_once_and_no_bookings_or_reports() -> None:
    quantity, venue = np.array([100, 100, 30, 30, 8, 8, 500, 900]), np.array([0, 0, 1, 1, 2, 2, 3, 4], np.int8)
    assert market_volumes(quantity, venue) == (138, 30)
    assert market_volumes(quantity[:0], venue[:0]) == (0, 0)
