"""The aggressor of a match by the two orders' places in the queue, against a slow second reading of the rules."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import MemoryDay, build_day, build_real_day
from tickstore.building.aggressors import derive_aggressors

pytestmark = pytest.mark.reduced
NULL = -(2**63)
Row = dict[str, int]
small = st.integers(0, 5)
events = st.fixed_dictionaries(
    {
        "order_id": st.integers(1, 4),
        "timestamp": small,
        "price": st.integers(1, 2),
        "leaves_quantity": st.integers(0, 3),
        "ranking_time": st.sampled_from([NULL, 1, 2, 3]),
    }
)
fills = st.fixed_dictionaries(
    {
        "order_id": st.integers(1, 5),
        "timestamp": small,
        "match_id": st.sampled_from([1, 2, 3, NULL]),
        "side": st.sampled_from([1, -1]),
        "deal_source": st.sampled_from([1, 5, 20, 44, 45, 47]),
    }
)


def derived(day: MemoryDay, ranking: list[int] | None = None) -> tuple[list[int], bool]:
    """Return the aggressors of a day's fills, and whether any is told."""
    groups = {"events": day.events, "orders": day.orders, "fills": day.fills, "quotes": day.quotes}
    views: dict[str, Any] = {f"{group}/{name}": v for group, table in groups.items() for name, v in table.items()}
    if ranking is not None:
        views["events/ranking_time"] = np.array(ranking, np.int64)
    out = np.empty(len(day.fills["timestamp"]), np.int8)
    told = derive_aggressors(views, out)
    return out.tolist(), told


def naive(rows: list[Row], trades: list[Row], ranked: bool) -> dict[int, int]:
    """Return the aggressor of each trade by its place in the list, in plain words of the rules."""
    lives = defaultdict(list)
    for row in sorted(rows, key=lambda r: r["timestamp"]):
        lives[row["order_id"]].append(row)
    turn = {id(row): n for n, row in enumerate(sorted(rows, key=lambda r: r["timestamp"]))}

    def place(trade: Row) -> tuple[int, int, int] | None:
        """Return (since when, tie, time of the row that gave the place) of a trade's order."""
        since, last = None, None
        for row in lives[trade["order_id"]]:
            if row["timestamp"] > trade["timestamp"]:
                break
            if last is None or last["price"] != row["price"] or row["leaves_quantity"] > last["leaves_quantity"]:
                since = row
            last = row
        if since is None or last is None:
            return None
        stated = last["ranking_time"] if ranked and last["ranking_time"] > 0 else since["timestamp"]
        return stated, turn[id(since)], since["timestamp"]

    answer = dict.fromkeys(range(len(trades)), -1)
    for match in {t["match_id"] for t in trades} - {NULL}:
        both = [n for n, t in enumerate(trades) if t["match_id"] == match]
        if len(both) != 2 or trades[both[0]]["side"] == trades[both[1]]["side"]:
            continue
        places = [place(trades[n]) for n in both]
        deals = [trades[n]["deal_source"] for n in both]
        if deals[0] != deals[1]:
            continue
        if deals[0] in (5, 20):
            answer |= dict.fromkeys(both, 0)
            continue
        missing = [n for n in both if not lives[trades[n]["order_id"]]]
        if len(missing) == 1 and deals[0] != 45:
            (there,) = set(both) - set(missing)
            seen = places[both.index(there)]
            if seen is not None:
                came = seen[2] == trades[there]["timestamp"]
                answer |= {there: int(came), missing[0]: int(not came)}
        if places[0] is None or places[1] is None:
            continue
        answer |= dict.fromkeys(both, 0)
        k = 0 if places[0][:2] > places[1][:2] else 1
        chosen = places[k]
        assert chosen is not None
        if deals[0] == 1 or chosen[2] == trades[both[k]]["timestamp"]:
            answer[both[k]] = 1
    return answer


@given(rows=st.lists(events, min_size=1, max_size=12), trades=st.lists(fills, max_size=8), ranked=st.booleans())
def test_the_later_of_two_orders_is_the_aggressor(rows: list[Row], trades: list[Row], ranked: bool) -> None:
    for match in (1, 2, 3):  # the two sides of a match are of one deal
        mine = [t for t in trades if t["match_id"] == match]
        for trade in mine:
            trade |= {"deal_source": mine[0]["deal_source"], "timestamp": mine[0]["timestamp"]}
    rows = [row | {"side": 1, "matched_quantity": 0} for row in rows]
    numbered = [trade | {"sequence": n} for n, trade in enumerate(sorted(trades, key=lambda t: t["timestamp"]))]
    day = build_day(rows, numbered, [])
    ranking = [row["ranking_time"] for row in sorted(rows, key=lambda r: r["timestamp"])]
    found, told = derived(day, ranking if ranked else None)
    expected = naive(rows, numbered, ranked)
    assert found == [expected[n] for n in day.fills["sequence"].tolist()]
    assert told == any(flag != -1 for flag in found)


def test_a_day_without_matches_tells_nothing() -> None:
    day = build_day(
        [{"order_id": 1, "timestamp": 1, "price": 1, "leaves_quantity": 1, "matched_quantity": 0, "side": 1}], [], []
    )
    assert derived(day) == ([], False)


def test_on_the_real_day_every_pair_of_known_orders_has_the_flags_of_the_exchange(real_day: Path) -> None:
    day = build_real_day(real_day)
    found, told = derived(day)
    stated = day.fills["aggressor"].tolist()
    with (real_day / "orders.csv").open(newline="") as file:
        known = {int(row["order_id"]) for row in csv.DictReader(file)}
    owners = defaultdict(set)
    for match, number in zip(day.fills["match_id"].tolist(), day.fills["order_id"].tolist(), strict=True):
        owners[match].add(number)
    compared = [n for n, match in enumerate(day.fills["match_id"].tolist()) if owners[match] <= known]
    assert told
    assert len(compared) == 2_636
    assert [found[n] for n in compared] == [stated[n] for n in compared]
    told_by_one = [n for n, match in enumerate(day.fills["match_id"].tolist())
                   if len(owners[match] & known) == 1 < len(owners[match]) and found[n] != -1]  # fmt: skip
    assert len(told_by_one) == 3_226  # auctions included
    assert [found[n] for n in told_by_one] == [stated[n] for n in told_by_one]
    unseen_on_lit_book = [n for n, match in enumerate(day.fills["match_id"].tolist())
                          if not owners[match] & known and day.fills["deal_source"][n] in (1, 44)]  # fmt: skip
    assert len(unseen_on_lit_book) == 1_620
    assert [found[n] for n in unseen_on_lit_book] == [stated[n] for n in unseen_on_lit_book]
    assert all(found[n] in (-1, 0, stated[n]) for n in range(len(found)))
