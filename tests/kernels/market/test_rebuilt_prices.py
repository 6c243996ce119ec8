"""Rebuilt prices stay within both limits and half ticks; both sides of a match keep one price (R5, R7, R10, R23)."""

from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from tests.builders import NULL, build_day
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


def two_orders(
    buyer: tuple[int, int], seller: tuple[int, int], quotes: list[Row], acts: str, **fill: int
) -> tuple[list[Row], list[Row], list[Row]]:
    """Return a day with one match printed at 92; (limit, mid-tick flag) of each order, and which was aggressive."""
    base = {"order_type": 4096, "leaves_quantity": 9, "matched_quantity": 0}
    events = [
        {**base, "order_id": 1, "side": 1, "price": buyer[0], "mid_tick": buyer[1], "timestamp": OPEN + 1},
        {**base, "order_id": 2, "side": -1, "price": seller[0], "mid_tick": seller[1], "timestamp": OPEN + 2},
    ]
    events += [{**event, "timestamp": OPEN + NS, "leaves_quantity": 0, "matched_quantity": 9} for event in events]
    shown = {"timestamp": OPEN + NS, "price": 92, "quantity": 9, "deal_source": 47, "match_id": 5, **fill}
    flags = {"buyer": (1, 0), "seller": (0, 1), "neither": (0, 0), "unknown": (-1, -1)}[acts]
    fills = [
        {**shown, "order_id": 1, "side": 1, "sequence": 1, "aggressor": flags[0]},
        {**shown, "order_id": 2, "side": -1, "sequence": 2, "aggressor": flags[1]},
    ]
    return events, fills, quotes


WIDE: list[Row] = [{"timestamp": OPEN, "bid": 90, "offer": 95}]  # the mid is 92.5, ticks inside are 91 to 94


@pytest.mark.parametrize(
    ("buyer", "seller", "acts", "price2"),
    [
        ((93, 3), (92, 3), "buyer", 184),  # two dark limits: walking up from 91, the buyer comes to 92 first
        ((93, 3), (92, 3), "seller", 185),  # the seller walks down from 94 and comes to the mid first
        ((93, 6), (92, 3), "buyer", 184),  # any-price blocks are dark limits inside the quote
        ((93, 1), (92, 3), "buyer", 185),  # one that trades at the mid alone does so
        ((93, 3), (92, 2), "buyer", 185),
        ((92, 4), (92, 4), "buyer", 184),  # half a tick allows the mid, and 92 was there before
        ((92, 3), (92, 3), "seller", 184),  # without it the mid is above the buyer's limit
        ((92, 4), (93, 4), "buyer", 185),  # 92 is below the seller's limit, half tick and all
        ((93, 3), (92, 3), "unknown", 185),  # the later order, the seller, was aggressive where nobody says who was
        ((0, 3), (92, 3), "buyer", 184),  # a market order
    ],
)
def test_two_dark_limits_meet_where_the_order_that_acts_comes_first(
    buyer: tuple[int, int], seller: tuple[int, int], acts: str, price2: int
) -> None:
    events, fills, quotes = two_orders(buyer, seller, WIDE, acts)
    block = measured(events, fills, quotes)
    assert (block.scenario_notional2[0] / 9).tolist() == [price2, price2]


def test_a_spread_of_one_tick_has_no_tick_inside() -> None:
    narrow = [{"timestamp": OPEN, "bid": 92, "offer": 93}]
    block = measured(*two_orders((93, 3), (92, 3), narrow, "buyer"))
    assert (block.scenario_notional2[0] / 9).tolist() == [185, 185]


def test_sweeps_match_at_the_mid_alone_whatever_their_flag() -> None:
    events, fills, quotes = two_orders((93, 3), (92, 3), WIDE, "buyer")
    for event in events:
        event["order_type"] = 2048 if event["side"] > 0 else 4096
    assert (measured(events, fills, quotes).scenario_notional2[0] / 9).tolist() == [185, 185]


def test_prices_between_ticks_are_mids() -> None:
    """At a tick of 5 no order rests at 107."""
    quotes = [{"timestamp": OPEN, "bid": 100, "offer": 115}]
    block = measured(*two_orders((110, 3), (105, 3), quotes, "buyer", price=107))
    assert (block.scenario_notional2[0] / 9).tolist() == [215, 215]


@pytest.mark.parametrize(
    ("bid", "offer", "acts", "price2"),
    [
        (91, 93, "buyer", 184),  # the quote before says 92, the snapshot 92.5: an aggressor met the quote before
        (91, 93, "neither", 185),  # two that rested met at the quote that came, which only the snapshot shows
        (92, 92, "buyer", 185),  # nobody matches at a locked quote
    ],
)
def test_the_snapshot_counts_where_the_quote_before_cannot_have_been_the_one(
    bid: int, offer: int, acts: str, price2: int
) -> None:
    quotes = [{"timestamp": OPEN, "bid": bid, "offer": offer}]
    day = two_orders((94, 1), (91, 1), quotes, acts, national_bid=91, national_offer=94)
    assert (measured(*day).scenario_notional2[0] / 9).tolist() == [price2, price2]


@pytest.mark.parametrize(
    ("acts", "price2"),
    [
        ("neither", 184),  # two that rested met at the quote that came: its mid is 92
        ("buyer", 185),  # who enters meets the quote before
        ("unknown", 185),
    ],
)
def test_two_that_rested_meet_at_the_mid_of_the_quote_that_came(acts: str, price2: int) -> None:
    quotes = [{"timestamp": OPEN, "bid": 91, "offer": 94}]
    day = two_orders((94, 3), (90, 1), quotes, acts, national_bid=90, national_offer=94)
    assert (measured(*day).scenario_notional2[0] / 9).tolist() == [price2, price2]


@pytest.mark.parametrize(
    ("bid", "offer", "price2"),
    [
        (92, 97, 184),  # the mid fell to where the buyer may trade, who then walks up to 92
        (88, 93, 185),  # it rose to where the seller may
        (97, 92, 184),  # both came while the quote was crossed: the buyer is older
    ],
)
def test_of_two_that_rested_the_one_acts_that_the_quote_gives_a_turn(bid: int, offer: int, price2: int) -> None:
    quotes = [{"timestamp": OPEN, "bid": bid, "offer": offer}]
    day = two_orders((93, 3), (92, 3), quotes, "neither", national_bid=90, national_offer=95)
    assert (measured(*day).scenario_notional2[0] / 9).tolist() == [price2, price2]


@pytest.mark.parametrize("older", [1, -1])
@pytest.mark.parametrize("before", [[(93, 94)], [(93, 94), (94, 94)], [(93, 94), (95, NULL)], []])
def test_of_two_that_have_a_turn_the_older_one_acts(older: int, before: list[tuple[int, int]]) -> None:
    """At 93 / 94 no tick is inside, so 91 / 94 gives one to a seller who could trade at the mid before."""
    quotes = [{"timestamp": OPEN - 9 + k, "bid": bid, "offer": offer} for k, (bid, offer) in enumerate(before)]
    events, fills, _ = two_orders((92, 4), (91, 3), [], "neither", national_bid=91, national_offer=94)
    for event in events:
        if event["matched_quantity"] == 0:
            event["timestamp"] = OPEN + (1 if event["side"] == older else 2)
    events.sort(key=lambda event: (event["timestamp"], event["order_id"]))
    expected = 184 if older > 0 else 185
    assert (measured(events, fills, quotes).scenario_notional2[0] / 9).tolist() == [expected] * 2


@pytest.mark.parametrize(("change", "loses"), [({"price": 93}, True), ({"leaves_quantity": 10}, True), ({}, False)])
def test_an_order_that_loses_its_place_is_the_younger_one(change: Row, loses: bool) -> None:
    events, fills, _ = two_orders((92, 4), (91, 3), [], "neither", national_bid=91, national_offer=94)
    for event in events:
        event["timestamp"] += 0 if event["matched_quantity"] else 10
    first = events[0]
    amended = {**first, **change, "timestamp": OPEN + 20}
    done = [
        {**event, **{k: v for k, v in change.items() if k == "price" and event["order_id"] == 1}}
        for event in events[2:]
    ]
    day = [*events[:2], amended, *done], fills, [{"timestamp": OPEN, "bid": 93, "offer": 94}]
    expected = 185 if loses else 184
    assert (measured(*day).scenario_notional2[0] / 9).tolist() == [expected] * 2


@pytest.mark.parametrize(
    ("was", "offer", "price2"),
    [
        (93, 93, 185),  # its own offer was the touch, and went before it traded
        (94, 93, 184),  # another's
        (92, 93, 184),  # its price stayed: what it traded with came first
    ],
)
def test_who_is_amended_away_from_the_touch_trades_at_the_quote_without_it(was: int, offer: int, price2: int) -> None:
    events, fills, quotes = two_orders((94, 1), (was, 2), [{"timestamp": OPEN, "bid": 91, "offer": offer}], "seller")
    for event in events:
        if event["side"] < 0:
            event |= {"order_type": 2048, "price": 92 if event["matched_quantity"] else was}
    fills = [{**fill, "national_bid": 91, "national_offer": 94} for fill in fills]
    assert (measured(events, fills, quotes).scenario_notional2[0] / 9).tolist() == [price2, price2]


@given(seed=st.integers(0, 10**9))
def test_matches_of_two_orders_equal_the_oracle(seed: int) -> None:
    rng, day = Random(seed), ([], [], [])  # type: tuple[Random, tuple[list[Row], list[Row], list[Row]]]
    for k in range(8):
        price, at = rng.choice([20, 92, 107, 110]), OPEN + (k + 1) * 60 * NS
        quotes = [{"bid": price - rng.randint(-1, 3), "offer": price + rng.randint(0, 4)} for _ in range(2)]
        snapshot = {"national_bid": quotes[1]["bid"], "national_offer": quotes[1]["offer"]}
        sides = [(price + rng.randint(-2, 2), rng.randint(0, 6)) for _ in range(2)]
        acts = rng.choice(["buyer", "seller", "neither", "unknown"])
        events, fills, _ = two_orders(sides[0], sides[1], [], acts, price=price, match_id=k, **snapshot)
        kinds = [rng.choice([64, 2048, 4096]) for _ in range(2)]
        entries = [rng.randrange(60 * NS) for _ in range(2)]
        for event in events:
            side = 0 if event["side"] > 0 else 1
            event["order_type"], event["order_id"] = kinds[side], 10 * k + side
            event["timestamp"] = at if event["matched_quantity"] else at - 1 - entries[side]
        for fill in fills:
            fill |= {"timestamp": at, "sequence": k, "deal_source": rng.choice([46, 47, 48, 49, 50]) if k else 47}
            fill["order_id"] = 10 * k + (0 if fill["side"] > 0 else 1) + rng.choice([0] * 9 + [10_000])
        day[0].extend(sorted(events, key=lambda event: event["timestamp"]))
        day[1].extend(fills)
        day[2].append({"timestamp": at - 1 - rng.randrange(90 * NS), **quotes[0]})
    for table in day:
        table.sort(key=lambda row: row["timestamp"])
    for sequence, row in enumerate(day[1]):
        row["sequence"] = sequence
    block = measured(*day)
    expected = naive_measures(*day, plain_rules(Choices(), (-(2**63), 2**63 - 1)))
    notional2 = [sum(f["quantity"] * naive_price2(f, day[2]) for f in order["consumed"]) for order in expected]
    np.testing.assert_array_equal(block.scenario_notional2[0], notional2)


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


def stated(extended: int, price: int = 15) -> tuple[float, int]:
    """Return the price in half units of a match that could be a truncated mid of 15.5, with exact prices stated."""
    events, fills, quotes = match(16, 2)
    day = build_day(events, [{**fill, "price": price} for fill in fills], quotes)
    day.fills["extended_price"] = np.full(len(fills), extended)
    (block,) = measure(day, Choices(simulation=Simulation(ticks=((0, 1),))), SESSION)
    return block.scenario_notional2[0, 0] / 9, int(block.notional[0]) // 9


@pytest.mark.parametrize(
    ("extended", "price2"),
    [
        (155_000, 31),  # 15.5, as the quote has it
        (150_000, 30),  # 15: the quote is no matter any more
        (NULL, 31),  # nothing stated: rebuilt
        (152_500, 31),  # no whole number of half units
        (1_550_000, 31),  # not the price that is published
    ],
)
def test_an_exact_price_that_the_file_states_wins(extended: int, price2: int) -> None:
    assert stated(extended) == (price2, 15)


def test_with_exact_prices_no_price_is_rebuilt() -> None:
    """Whatever quotes suggest and orders forbid; lit fills have exact prices, too."""
    events, fills, quotes = match(14, 2)  # a limit that forbids the half unit
    fills = [{**fill, "deal_source": deal} for fill, deal in zip(fills, (47, 47, 1, 1), strict=True)]
    day = build_day(events, fills, quotes)
    day.fills["extended_price"] = np.full(len(fills), 155_000)
    (block,) = measure(day, Choices(simulation=Simulation(ticks=((0, 1),))), SESSION)
    assert (block.scenario_notional2[0] / 9).tolist() == [31, 31, 31]


@pytest.mark.parametrize(
    ("limits", "mid_ticks", "ambiguous"),
    [
        ((16, 15), (3, 2), 2),  # 15 is on a tick inside the quote, which a dark limit may trade at; so is the mid
        ((16, 15), (2, 3), 2),
        ((0, 0), (3, 2), 2),  # market orders allow both
        ((16, 15), (2, 2), 0),  # neither is a dark limit: the mid
        ((15, 15), (3, 2), 0),  # the buyer's limit forbids the mid
        ((15, 15), (4, 2), 2),  # with its half tick it does not
        ((16, 16), (3, 3), 0),  # the seller's limit is above 15
        ((16, 16), (3, 4), 0),  # half a tick below it is 15.5 still
    ],
)
def test_prices_that_both_limits_leave_open_are_counted(
    limits: tuple[int, int], mid_ticks: tuple[int, int], ambiguous: int
) -> None:
    """Of one match two fills; a second match beside it has the mid, and an exact price leaves nothing open."""
    base = {"order_type": 64, "leaves_quantity": 9, "matched_quantity": 0}
    entries = [
        {**base, "order_id": number, "side": side, "price": price, "mid_tick": mid_tick, "timestamp": OPEN + number}
        for number, side, price, mid_tick in zip(
            (1, 2, 3, 4), (1, -1, 1, -1), (*limits, 16, 15), (*mid_ticks, 2, 2), strict=True
        )
    ]
    ended = [{**row, "timestamp": OPEN + NS, "leaves_quantity": 0, "matched_quantity": 9} for row in entries]
    fill = {"timestamp": OPEN + NS, "price": 15, "quantity": 9, "deal_source": 47}
    fills = [{**fill, "order_id": row["order_id"], "side": row["side"], "sequence": row["order_id"],
              "match_id": (row["order_id"] + 1) // 2} for row in entries]  # fmt: skip
    day = build_day([*entries, *ended], fills, [{"timestamp": OPEN, "bid": 14, "offer": 17}])
    choices = Choices(simulation=Simulation(ticks=((0, 1),)))
    (block,) = measure(day, choices, SESSION)
    assert block.ambiguous == ambiguous
    day.fills["extended_price"] = np.full(len(fills), 150_000)
    (block,) = measure(day, choices, SESSION)
    assert block.ambiguous == 0
