"""Aggressors of lit matches that the order file lacks: by their numbers and the quotes, in plain Python once more."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import MemoryDay, build_day
from tickstore.building.aggressors import derive_aggressors
from tickstore.building.unseen_aggressors import FEWEST

pytestmark = pytest.mark.reduced
Row = dict[str, int]
BID, OFFER = 100, 102


def seen(number: int, at: int, turned: bool) -> tuple[list[Row], list[Row]]:
    """Return the rows and fills of a seller that meets a resting buyer at the bid; its number is lower if turned."""
    buyer, seller = (number + 1, number) if turned else (number, number + 1)
    rows = [
        {"order_id": buyer, "timestamp": at, "side": 1, "price": BID, "leaves_quantity": 5, "matched_quantity": 0},
        {"order_id": seller, "timestamp": at + 1, "side": -1, "price": BID, "leaves_quantity": 5,
         "matched_quantity": 0},
    ]  # fmt: skip
    return rows, match(number, at + 1, BID, buyer, seller)


def match(number: int, at: int, price: int, buyer: int, seller: int, deal: int = 1) -> list[Row]:
    """Return the two fills of a match."""
    both = {"match_id": number, "timestamp": at, "price": price, "quantity": 1, "deal_source": deal}
    return [both | {"order_id": buyer, "side": 1}, both | {"order_id": seller, "side": -1}]


def told(day: MemoryDay) -> dict[tuple[int, int], int]:
    """Return the aggressor by match and side."""
    groups = {"events": day.events, "orders": day.orders, "fills": day.fills, "quotes": day.quotes}
    views: dict[str, Any] = {f"{group}/{name}": v for group, table in groups.items() for name, v in table.items()}
    out = np.empty(len(day.fills["timestamp"]), np.int8)
    derive_aggressors(views, out)
    keys = zip(day.fills["match_id"].tolist(), day.fills["side"].tolist(), strict=True)
    return dict(zip(keys, out.tolist(), strict=True))


def market(unseen: Sequence[Sequence[Row]], known: int, turned: int, quotes: Sequence[Row]) -> MemoryDay:
    """Return a day of seen matches at times 10, 20, .. under numbers 1000, 1010, .., and the unseen ones."""
    rows: list[Row] = []
    fills: list[Row] = [fill for both in unseen for fill in both]
    for k in range(known):
        more, of = seen(1000 + 10 * k, 10 * (k + 1), k < turned)
        rows += more
        fills += of
    return build_day(rows, [fill | {"sequence": n} for n, fill in enumerate(fills)], list(quotes))


def naive(day: MemoryDay, number: int) -> int:
    """Return 1 if the buyer of an unseen match is the aggressor by the words of the rule, else -1."""
    fills = [{name: int(v[n]) for name, v in day.fills.items()} for n in range(len(day.fills["timestamp"]))]
    sides = {fill["side"]: fill for fill in fills if fill["match_id"] == number}
    buyer, seller = sides[1], sides[-1]
    later = 1 if buyer["order_id"] > seller["order_id"] else -1
    time = buyer["timestamp"]
    entries = [(int(t), int(i)) for t, i in zip(day.orders["arrival_time"], day.orders["order_id"], strict=True)]
    entries += [(fill["timestamp"], fill["order_id"]) for fill in fills if fill["deal_source"] != 5]
    there = [i for t, i in entries if t < time]
    if not there or max(buyer["order_id"], seller["order_id"]) > max(there):
        return later
    before = [k for k, t in enumerate(day.quotes["timestamp"].tolist()) if t < time]
    if not before:
        return later
    bid, offer = int(day.quotes["bid"][before[-1]]), int(day.quotes["offer"][before[-1]])
    buys, sells = 0 < offer <= buyer["price"], bid > 0 and buyer["price"] <= bid
    return later if buys == sells else (1 if buys else -1)


# All of it after the seen matches, which tell that numbers are in the order of time.
ids = st.sampled_from([900, 1_033, 1_155, 1_195, 1_400, 1_500, 2_000])
unseen_match = st.tuples(
    st.integers(250, 300), st.sampled_from([99, BID, 101, OFFER, 103]), ids, ids, st.sampled_from([1, 44, 5])
)
quote = st.fixed_dictionaries(
    {"timestamp": st.integers(240, 300), "bid": st.sampled_from([0, BID]), "offer": st.sampled_from([0, BID, OFFER])}
)


@given(unseen=st.lists(unseen_match, max_size=6), quotes=st.lists(quote, max_size=4))
def test_numbers_and_quotes_tell_who_came(
    unseen: list[tuple[int, int, int, int, int]], quotes: list[dict[str, int]]
) -> None:
    matches = [match(n + 1, *one) for n, one in enumerate(unseen)]
    day = market(matches, FEWEST, 0, quotes)
    found = told(day)
    for n, (_, _, buyer, seller, deal) in enumerate(unseen):
        flags = found[n + 1, 1], found[n + 1, -1]
        if deal == 5:
            assert flags == (0, 0)
        elif buyer == seller:
            assert flags == (-1, -1)
        else:
            side = naive(day, n + 1)
            assert flags == (int(side == 1), int(side == -1))


@pytest.mark.parametrize(
    ("known", "turned", "tells"), [(FEWEST - 1, 0, False), (FEWEST, 0, True), (FEWEST, 1, False), (100, 1, True)]
)
def test_the_rule_must_prove_itself_on_matches_that_orders_tell(known: int, turned: int, tells: bool) -> None:
    """Numbers that are not in the order of time, names that stand as numbers, say: nothing is told from them."""
    quotes = [{"timestamp": 4_000, "bid": BID, "offer": OFFER}]
    day = market([match(1, 5_000, 101, 9_001, 9_000)], known, turned, quotes)
    assert told(day)[1, 1] == (1 if tells else -1)


def test_an_order_that_was_there_before_came_by_an_amendment() -> None:
    """The seller has the later number, but traded before; the buyer pays the offer, so it was amended to it."""
    quotes = [{"timestamp": 1, "bid": BID, "offer": OFFER}]
    resting = match(1, 5_000, OFFER, 9_002, 9_001), match(2, 5_010, OFFER, 8_000, 9_001)
    found = told(market(resting, FEWEST, 0, quotes))
    assert [found[1, 1], found[1, -1], found[2, 1], found[2, -1]] == [1, 0, 1, 0]
