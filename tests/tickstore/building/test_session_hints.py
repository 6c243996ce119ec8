"""When a day's own rows say that continuous trading began: the opening auction, and not one that ends a halt."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from tickstore.building.session_hints import session_hints

pytestmark = pytest.mark.reduced
ZONE = ZoneInfo("Australia/Sydney")
VENUES = {1: 0, 47: 1, 20: 2, 44: 3, 45: 3, 48: 3, 5: 4}
Prints = list[tuple[str, int]]  # clock, deal source


def at(clock: str, day: int = 5) -> int:
    hour, minute = (int(part) for part in clock.split(":"))
    return int(datetime(2024, 9, day, hour, minute, tzinfo=ZONE).timestamp()) * 10**9


def opening(prints: Prints, quotes: list[tuple[str, int, int]] | None = None, dark: list[int] | None = None) -> str:
    """Return the local clock of the opening auction, empty where none is seen."""
    groups: dict[str, dict[str, NDArray[Any]]] = {
        "fills": {
            "timestamp": np.array([at(clock) for clock, _ in prints], np.int64),
            "venue": np.array([VENUES[deal] for _, deal in prints], np.int8),
            "deal_source": np.array([deal for _, deal in prints], np.int16),
        },
        "orders": {
            "arrival_time": np.array(dark or [], np.int64),
            "order_type": np.full(len(dark or []), 64, np.int32),
        },
        "quotes": {
            "timestamp": np.array([at(clock) for clock, *_ in quotes or []], np.int64),
            "bid": np.array([bid for _, bid, _ in quotes or []], np.int64),
            "offer": np.array([offer for *_, offer in quotes or []], np.int64),
        },
    }
    found = session_hints(groups, "Australia/Sydney", "2024-09-05")["first_auction"]
    return "" if found is None else datetime.fromtimestamp(found // 10**9, ZONE).strftime("%H:%M")


@pytest.mark.parametrize("deal", [20, 45])
def test_the_opening_auction_or_its_bookings_open_the_day(deal: int) -> None:
    assert opening([("10:02", deal), ("10:02", deal), ("10:03", 1), ("16:10", 20)]) == "10:02"
    assert opening([("16:10", deal)]) == ""
    assert opening([("10:02", deal), ("10:02", 1)]) == "10:02"  # trading begins with it


@pytest.mark.parametrize("deal", [1, 47, 44, 48])
def test_an_auction_after_continuous_prints_ends_a_halt(deal: int) -> None:
    assert opening([("10:01", deal), ("11:30", 20)]) == ""
    assert opening([("10:02", 20), ("10:03", deal), ("11:30", 20)]) == "10:02"


def test_an_auction_after_dark_orders_or_quotes_ends_a_halt() -> None:
    halt: Prints = [("11:30", 20)]
    assert opening(halt) == "11:30"  # a listing of that day, say
    assert opening(halt, dark=[at("10:05")]) == ""
    assert opening(halt, [("10:05", 100, 101)]) == ""


def test_the_pre_open_says_nothing() -> None:
    """Its quotes overlap, off-market reports are no trading, and rows of the evening before are of another session."""
    prints: Prints = [("08:00", 5), ("08:30", 44), ("10:02", 20)]
    quotes = [("07:05", 90, 110), ("09:30", 100, 101), ("10:00", 104, 100), ("10:01", 100, 100), ("10:01", 0, 101)]
    assert opening(prints, quotes, [at("21:22", day=4), at("07:10")]) == "10:02"
