"""Causes and ranking times: against the oracle on random days, and against the reasons of the real day."""

import csv
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.replay.causes import CAUSES, change_causes
from tests.builders import build_day, build_real_day
from tests.oracles.causes import naive_causes
from tests.random_day import random_day

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
Row = dict[str, Any]


def with_status(events: list[Row], rng: Random) -> list[Row]:
    return [
        {
            **row,
            "order_status": rng.choice([1, 2, 2, 4, -1]),
            "change_reason": rng.choice([-1, -1, 1, 3, 5, 9, 24]),
            "minimum_quantity": rng.choice([0, 0, 0, 5]),
        }
        for row in events
    ]


@given(seed=st.integers(0, 10**9))
def test_causes_equal_the_oracle(seed: int) -> None:
    events, fills, _ = random_day(seed)
    events = with_status(events, Random(seed))
    day = build_day(events, fills, [])
    found = change_causes(day.events, day.orders, day.fills)
    expected: dict[int, list[tuple[str, int]]] = {}
    for number in {row["order_id"] for row in events}:
        mine = [row for row in events if row["order_id"] == number]
        expected[number] = naive_causes(mine, [row for row in fills if row["order_id"] == number])
    for place, row in enumerate(events):
        cause, ranking = expected[row["order_id"]].pop(0)
        assert (CAUSES[found.cause[place]], found.ranking_time[place]) == (cause, ranking), place


def test_real_day_ends_as_the_file_says(real_day: Path) -> None:
    """Without looking at a change reason, every stated last reason is found again from the states and fills."""
    day = build_real_day(real_day)
    day.events["change_reason"] = np.full(len(day.events["timestamp"]), -1, np.int16)
    found = change_causes(day.events, day.orders, day.fills)
    last = {int(day.orders["order_id"][i]): int(row) for i, row in enumerate(day.orders["last_row"])}
    with (real_day / "orders.csv").open(newline="") as file:
        stated = {int(row["order_id"]): row["changereason"] for row in csv.DictReader(file)}
    kinds: Counter[tuple[str, str]] = Counter()
    for number, reason in stated.items():
        name = CAUSES[found.cause[last[number]]]
        kinds[reason, "fill" if name.endswith(("fill", "booking")) else name] += 1
    assert kinds["1", "cancel"] == sum(count for (reason, _), count in kinds.items() if reason == "1")
    assert kinds["9", "cancel"] == sum(count for (reason, _), count in kinds.items() if reason == "9")
    assert kinds["3", "fill"] == sum(count for (reason, _), count in kinds.items() if reason == "3")
    assert kinds["24", "expiry"] == 4
    assert not np.any(found.cause == CAUSES.index("unknown_fill"))


def test_real_day_has_887_orders_that_change_price_or_quantity(real_day: Path) -> None:
    """R13: counted by hand over the dark and sweep orders."""
    day = build_real_day(real_day)
    found = change_causes(day.events, day.orders, day.fills)
    first = day.orders["first_row"]
    dark = day.orders["order_type"] & (64 | 2048 | 4096) != 0
    last = day.orders["last_row"]
    assert np.all(found.ranking_time[first] == day.orders["arrival_time"])
    amended = np.bincount(day.events["order_index"][found.cause == CAUSES.index("amendment")], minlength=len(first)) > 0
    assert np.all(found.ranking_time[last][~amended] == day.orders["arrival_time"][~amended])
    assert np.count_nonzero(amended & dark) == 887


def test_a_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match=r"events: no column timestamp"):
        change_causes({}, {}, {})


ODD: list[tuple[str, str, Any, str]] = [
    ("events", "order_index", -1, r"events\['order_index'\]: row 0 is -1; it must not be negative"),
    ("events", "order_index", 99, r"events\['order_index'\]: row 0 is 99; rows go from 0 to 11"),
    ("events", "next_row", 2**31 - 1, r"events\['next_row'\]: row 0 is 2147483647; rows go"),
    ("orders", "first_fill", 10**9, r"orders\['first_fill'\]: row 0 has 2 fills from row 1000000000, but there are"),
    ("orders", "first_fill", -5, r"orders\['first_fill'\]: row 0 is -5; it must not be negative"),
    ("orders", "fill_count", -1, r"orders\['fill_count'\]: row 0 is -1; it must not be negative"),
    ("orders", "fill_count", 2**31 - 1, r"orders\['first_fill'\]: row 0 has 2147483647 fills"),
]


@pytest.mark.parametrize(("table", "name", "value", "message"), ODD)
def test_tables_that_do_not_belong_together_are_refused(table: str, name: str, value: int, message: str) -> None:
    """Unchecked, such a row would read or write outside the columns."""
    events, fills, _ = random_day(3)
    day = build_day(events, fills, [])
    tables = {"events": dict(day.events), "orders": dict(day.orders), "fills": dict(day.fills)}
    tables["orders"]["fill_count"] = tables["orders"]["fill_count"].copy()
    tables["orders"]["fill_count"][0] = 2
    column = tables[table][name].copy()
    column[0] = value
    tables[table][name] = column
    with pytest.raises(ValueError, match=message):
        change_causes(**tables)


def test_filtered_orders_are_refused() -> None:
    events, fills, _ = random_day(3)
    day = build_day(events, fills, [])
    with pytest.raises(ValueError, match=r"events\['order_index'\]: row \d+ is \d+; rows go from 0 to 2"):
        change_causes(day.events, {name: column[:3] for name, column in day.orders.items()}, day.fills)
