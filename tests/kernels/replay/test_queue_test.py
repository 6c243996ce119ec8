"""The queue test: small books worked by hand, one rule each, and the real day as it is and as repaired."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.replay.fidelity.queue_test import queue_test
from tests.builders import MemoryDay, build_day
from tests.inferred_day import MINIMUMS, QUOTES, open_real_day, read, repaired_orders, repaired_quotes

Row = dict[str, Any]
BUY, SELL = 1, -1
T = 1_000
QUOTE = {"timestamp": 0, "sequence": 1, "bid": 3_380, "offer": 3_390}
BLOCK, SWEEP = 4_096, 2_048


def enters(number: int, time: int, side: int, price: int, leaves: int, **more: Any) -> list[Row]:
    """Return the two rows of an order that enters and rests."""
    row = {"order_id": number, "timestamp": time, "side": side, "price": price, "leaves_quantity": leaves,
           "matched_quantity": 0, "order_type": BLOCK, "mid_tick": 1, "participant": number,
           "minimum_quantity": 0, "single_fill": 2} | more  # fmt: skip
    return [row, dict(row)]


def amended(rows: list[Row], time: int, **changes: Any) -> list[Row]:
    """Return an order's rows with an amendment."""
    return [*rows, {**rows[-1], "timestamp": time, **changes}, {**rows[-1], "timestamp": time, **changes}]


def trades(buy: int, sell: int, quantity: int, acts: int = SELL, deal: int = 47) -> list[Row]:
    common = {"timestamp": T, "quantity": quantity, "price": 3_385, "deal_source": deal, "match_id": 10 * buy + sell}
    return [
        common | {"order_id": buy, "side": BUY, "aggressor": int(acts == BUY), "participant": buy % 100},
        common | {"order_id": sell, "side": SELL, "aggressor": int(acts == SELL), "participant": sell % 100},
    ]


def expected(orders: list[list[Row]], *matches: list[Row], helps: bool = True) -> list[int]:
    """Return whom the rules name first in each event."""
    day = day_of(orders, *matches)
    found: list[int] = queue_test(day, 2 * day.fills["price"], helps=helps).expected.tolist()
    return found


def day_of(orders: list[list[Row]], *matches: list[Row], quotes: Sequence[Row] = (QUOTE,)) -> MemoryDay:
    """Return a day of these orders; each order ends at the last instant, so that it waited until then."""
    rows = [row for order in orders for row in order]
    rows += [{**order[-1], "timestamp": 2 * T} for order in orders]
    rows = [row | {"sequence": place} for place, row in enumerate(sorted(rows, key=lambda row: row["timestamp"]))]
    fills = [fill | {"sequence": place} for place, fill in enumerate(fill for match in matches for fill in match)]
    return build_day(rows, fills, list(quotes))


SELLER = enters(9, T, SELL, 3_380, 60)


def test_time_ranks_and_price_does_not() -> None:
    orders = [enters(1, 1, BUY, 3_390, 50), enters(2, 2, BUY, 3_430, 50), SELLER]
    assert expected(orders, trades(1, 9, 50), trades(2, 9, 10)) == [1]


def test_the_half_tick_reaches_the_mid_and_a_limit_without_it_does_not() -> None:
    orders = [enters(1, 1, BUY, 3_380, 50, mid_tick=2), enters(2, 2, BUY, 3_380, 50), SELLER]
    assert expected(orders, trades(2, 9, 50)) == [2]


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"price": 3_400}, 2),
        ({"leaves_quantity": 51}, 2),
        ({"leaves_quantity": 49}, 1),
        ({"minimum_quantity": 5}, 1),
        ({"mid_tick": 4}, 2),
    ],
)
def test_what_costs_a_place(changes: Row, first: int) -> None:
    orders = [amended(enters(1, 1, BUY, 3_390, 50), 3, **changes), enters(2, 2, BUY, 3_390, 50), SELLER]
    assert expected(orders, trades(first, 9, 10)) == [first]


def test_a_stated_ranking_time_decides_alone() -> None:
    orders = [enters(1, 1, BUY, 3_390, 50), enters(2, 2, BUY, 3_390, 50), SELLER]
    day = day_of(orders, trades(2, 9, 10))
    number = day.orders["order_id"][day.events["order_index"]]
    day.events["ranking_time"] = np.where(number == 2, -1, day.events["timestamp"])
    assert queue_test(day, 2 * day.fills["price"]).expected.tolist() == [2]


def test_own_orders_come_first_for_a_broker_that_has_a_preferenced_match() -> None:
    orders = [enters(1, 1, BUY, 3_390, 50), enters(2, 2, BUY, 3_390, 50, participant=9), SELLER]
    elsewhere = [{**fill, "timestamp": 2 * T, "participant": 9} for fill in trades(3, 4, 1, deal=46)]
    assert expected(orders, trades(2, 9, 10), elsewhere)[0] == 2
    assert expected(orders, trades(1, 9, 10))[0] == 1


def test_minimums_of_the_waiting_and_of_the_incoming_order() -> None:
    orders = [enters(1, 1, BUY, 3_390, 90, minimum_quantity=61, single_fill=1), enters(2, 2, BUY, 3_390, 50), SELLER]
    assert expected(orders, trades(2, 9, 50), trades(1, 9, 10)) == [2]  # 60 shares come, 61 are asked for
    orders = [enters(1, 1, BUY, 3_390, 20), enters(2, 2, BUY, 3_390, 60)]
    wants = enters(9, T, SELL, 3_380, 60, minimum_quantity=60, single_fill=1)
    assert expected([*orders, wants], trades(2, 9, 60)) == [2]
    assert expected([*orders, enters(9, T, SELL, 3_380, 60, minimum_quantity=60)], trades(1, 9, 20)) == [1]


def test_a_minimum_falls_away_with_less_than_it_left() -> None:
    orders = [enters(1, 1, BUY, 3_390, 50, minimum_quantity=70), enters(2, 2, BUY, 3_390, 50), SELLER]
    assert expected(orders, trades(1, 9, 10)) == [1]


def test_resting_orders_help_to_meet_a_minimum_of_several_fills() -> None:
    orders = [
        enters(1, 1, BUY, 3_390, 100, minimum_quantity=100),
        enters(2, 2, BUY, 3_390, 60),
        enters(3, 3, SELL, 3_380, 40),
        SELLER,
    ]
    matches = trades(1, 3, 40, acts=0), trades(1, 9, 60)
    assert expected(orders, *matches) == [1]
    assert expected(orders, *matches, helps=False) == [2]
    orders[0] = enters(1, 1, BUY, 3_390, 100, minimum_quantity=100, single_fill=1)
    assert expected(orders, *matches) == [2]


def test_who_waits() -> None:
    """Lit orders, sweeps that are not dual posted and fill-and-kill orders do not; a dual-posted sweep does."""
    buys = [
        enters(1, 1, BUY, 3_390, 50, order_type=0),
        enters(2, 2, BUY, 3_390, 50, order_type=SWEEP, mid_tick=2),
        enters(4, 4, BUY, 3_390, 50, order_type=SWEEP),
    ]
    assert expected([*buys, SELLER], trades(4, 9, 10)) == [4]
    assert expected([*buys[:2], SELLER], trades(4, 9, 10)) == [-1]
    day = day_of([*buys, SELLER], trades(4, 9, 10))
    day.orders["time_validity"] = np.zeros(len(day.orders["side"]), np.int32)
    assert queue_test(day, 2 * day.fills["price"]).expected.tolist() == [-1]


def test_of_the_same_instant_who_is_earlier_in_sequence_waits() -> None:
    early, late = enters(1, T, BUY, 3_390, 50), enters(2, T, BUY, 3_390, 50)
    day = day_of([early, SELLER, late], trades(1, 9, 50))
    assert queue_test(day, 2 * day.fills["price"]).expected.tolist() == [1]
    assert expected([SELLER, late], trades(2, 9, 50)) == [-1]


def test_an_aggressor_that_the_order_file_lacks_is_known_by_its_trades() -> None:
    orders = [enters(1, 1, BUY, 3_390, 50, minimum_quantity=31, single_fill=1), enters(2, 2, BUY, 3_390, 50)]
    assert expected(orders, trades(2, 9, 30)) == [2]
    assert expected(orders, trades(1, 9, 31)) == [1]


def test_buyers_act_too_and_a_day_without_events_is_empty() -> None:
    orders = [enters(1, 1, SELL, 3_380, 50), enters(9, T, BUY, 3_390, 60)]
    assert expected(orders, trades(9, 1, 50, acts=BUY)) == [1]
    assert expected(orders) == []


def test_at_a_price_on_a_tick_dark_limits_trade_alone() -> None:
    """R9: the quote is three ticks wide, and 3,390 one tick off its mid of 3,395."""
    orders = [enters(1, 1, BUY, 3_400, 50, mid_tick=2), enters(2, 2, BUY, 3_400, 50, mid_tick=3), SELLER]
    wide = [QUOTE | {"offer": 3_410}]
    for price, first in ((3_390, 2), (3_395, 1)):
        match = [fill | {"price": price} for fill in trades(first, 9, 50)]
        day = day_of(orders, match, quotes=wide)
        assert queue_test(day, 2 * day.fills["price"]).expected.tolist() == [first]


def test_a_sweep_of_before_the_open_is_not_posted_in_the_dark() -> None:
    orders = [enters(1, 1, BUY, 3_390, 50, order_type=SWEEP), enters(2, 2, BUY, 3_390, 50, order_type=SWEEP), SELLER]
    day = day_of(orders, trades(2, 9, 50))
    price2 = 2 * day.fills["price"]
    assert queue_test(day, price2, session_start=2).expected.tolist() == [2]
    assert queue_test(day, price2, session_start=1).expected.tolist() == [1]


@pytest.mark.parametrize(("minimums", "helps", "right"), [(False, True, 451), (True, False, 468), (True, True, 472)])
def test_real_day(real_day: Path, tmp_path: Path, minimums: bool, helps: bool, right: int) -> None:
    """Decisions 23 ask for 450 of the file as it is, and for 470 where the minimums that it lost are put back."""
    day = open_real_day(real_day, tmp_path, minimums=minimums)
    found = queue_test(day, 2 * np.asarray(day.fills["price"]), helps=helps)
    assert (len(found.right), int(found.right.sum())) == (472, right)


def test_every_inferred_minimum_belongs_to_a_row(real_day: Path) -> None:
    assert repaired_orders(real_day, MINIMUMS)[1] == 1_580
    assert sum(repaired_orders(real_day, [cause])[1] for cause in MINIMUMS) == 1_580


def test_all_quote_repairs_together_are_the_inferred_quotes_and_none_are_those_of_the_file(real_day: Path) -> None:
    def quotes(rows: list[dict[str, str]]) -> list[list[str]]:
        return sorted([row[name] for name in ("timestamp", "bidprice", "offerprice")] for row in rows)

    assert quotes(repaired_quotes(real_day, QUOTES)) == quotes(read(real_day / "inferred" / "nbbo.csv"))
    assert quotes(repaired_quotes(real_day, [])) == quotes(read(real_day / "nbbo.csv"))
