"""Imputed minimums: small days by hand, plain Python on random ones, and the real day's orders judged by the others."""

from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.replay.imputed_minimums import by_order, imputed_minimums, imputed_rules, visible_orders, whole_order
from tests.builders import MemoryDay, build_day
from tests.inferred_day import open_real_day

Row = dict[str, Any]
NAMES = ("participant", "bounces", "size", "crossing_key", "mid_tick")


def order(number: int, *states: tuple[int, int], minimum: int = 0, **more: Any) -> list[Row]:
    """Return an order's rows: (leaves, matched) one after the other, and the minimum of its last state on all."""
    return [
        {"order_id": number, "timestamp": 100 * number + place, "price": 10, "side": 1, "order_type": 4_096,
         "leaves_quantity": leaves, "matched_quantity": matched, "participant": 7, "mid_tick": 1,
         "minimum_quantity": minimum, "single_fill": 1 if minimum else 2} | more
        for place, (leaves, matched) in enumerate(states)
    ]  # fmt: skip


def day_of(*orders: list[Row]) -> MemoryDay:
    rows = [row | {"sequence": place} for place, row in enumerate(row for rows in orders for row in rows)]
    day = build_day(rows, [], [])
    day.orders["matched_quantity"] = np.array([rows[-1]["matched_quantity"] for rows in orders], np.int64)
    day.orders["time_validity"] = np.array([rows[0].get("time_validity", 256) for rows in orders], np.int32)
    return day


def found(*orders: list[Row]) -> list[list[int]]:
    """Return the imputed minimums of each order's rows."""
    day = day_of(*orders)
    minimum = imputed_minimums(day).minimum
    return [minimum[day.events["order_index"] == place].tolist() for place in range(len(orders))]


def seen(count: int, first: int = 1, size: int = 100, **more: Any) -> list[list[Row]]:
    """Return orders that never traded."""
    return [order(number, (size, 0), (size, 0), **more) for number in range(first, first + count)]


TRADED = order(9, (100, 0), (60, 40), (0, 100))


def test_an_order_that_traded_follows_its_kind() -> None:
    assert found(*seen(3, minimum=100), TRADED)[-1] == [100, 100, 100]
    assert found(*seen(3, minimum=30), TRADED)[-1] == [30, 30, 30]
    assert found(*seen(3), TRADED)[-1] == [0, 0, 0]


def test_too_few_of_a_kind_or_of_different_habits_decide_nothing() -> None:
    assert found(*seen(2, minimum=30), TRADED)[-1] == [0, 0, 0]
    assert found(*seen(3, minimum=30), *seen(1, first=5, minimum=31), TRADED)[-1] == [0, 0, 0]
    assert found(*seen(4, minimum=30), *seen(1, first=5, minimum=31), TRADED)[-1] == [30, 30, 30]


def test_the_narrowest_kind_decides_and_wider_ones_where_it_cannot() -> None:
    others = seen(4, first=4, minimum=100, mid_tick=2)
    assert found(*seen(3, minimum=30), *others, TRADED)[-1] == [30, 30, 30]
    assert found(*others, TRADED)[-1] == [100, 100, 100]


@pytest.mark.parametrize("more", [{"participant": 8}, {"time_validity": 0}, {"order_type": 64}, {"order_type": 6_144}])
def test_other_brokers_fill_and_kill_and_other_types_are_other_kinds(more: Row) -> None:
    assert found(*seen(5, minimum=30), order(9, (100, 0), (0, 100), **more))[-1] == [0, 0]


def test_sizes_are_alike_up_to_twice() -> None:
    for size, expected in ((64, 30), (127, 30), (63, 0), (128, 0)):
        assert found(*seen(3, minimum=30), order(9, (size, 0), (0, size)))[-1] == [expected, expected], size


def test_a_minimum_of_the_whole_order_follows_decreases() -> None:
    orders = *seen(4, minimum=100), order(9, (100, 0), (70, 0), (90, 0), (80, 10), (30, 10), (0, 40))
    assert found(*orders)[-1] == [100, 70, 70, 70, 30, 30]


def test_an_amended_order_of_such_a_kind_gets_what_was_the_whole_before() -> None:
    amended = order(9, (100, 0), (70, 0), (90, 0), minimum=70)
    day = day_of(*seen(4, minimum=100), amended)
    result = imputed_minimums(day)
    assert result.minimum[-3:].tolist() == [100, 70, 70]
    assert (result.orders, result.amended) == (0, 1)
    assert found(*seen(4, minimum=30), amended)[-1] == [70, 70, 70]


def test_what_an_order_shows_otherwise_stays() -> None:
    assert found(*seen(4, minimum=100), order(9, (100, 0), (60, 40), minimum=20))[-1] == [20, 20]


def test_one_contra_or_several_as_the_kind_says() -> None:
    day = day_of(*seen(3, minimum=30, single_fill=1), TRADED)
    assert imputed_minimums(day).single_fill[-3:].tolist() == [1, 1, 1]
    day = day_of(*seen(3, minimum=30, single_fill=2), TRADED)
    assert imputed_minimums(day).single_fill[-3:].tolist() == [2, 2, 2]


def test_a_day_without_orders() -> None:
    assert imputed_minimums(build_day([], [], [])).orders == 0


def naive_rules(orders: list[Row], leave_out: bool) -> list[int]:
    """Return each order's minimum by the rule of its kind, -1 without one."""
    answers = []
    for mine in orders:
        answer = -1
        for depth in (5, 4, 3):
            kind = [mine[name] for name in NAMES[:depth]]
            others = [
                other
                for other in orders
                if not other["hidden"]
                and [other[name] for name in NAMES[:depth]] == kind
                and not (leave_out and other is mine)
            ]
            if len(others) < 3 or answer >= 0:
                continue
            least = 0.8 * len(others)
            constants = Counter(other["shown"] for other in others)
            if constants[0] >= least:
                answer = 0
            elif sum(other["shown"] == other["whole"] > 0 for other in others) >= least:
                answer = mine["whole"]
            else:
                answer = max([value for value, count in constants.items() if count >= least], default=-1)
        answers.append(answer)
    return answers


@given(seed=st.integers(0, 10**9), leave_out=st.booleans())
def test_rules_equal_plain_python(seed: int, leave_out: bool) -> None:
    rng = Random(seed)
    days, facts = [], []
    for number in range(1, rng.randint(2, 25)):
        size, traded = rng.choice([4, 5, 6, 100]), rng.random() < 0.3
        shown = rng.choice([0, 0, 3, size, size]) if not traded or rng.random() < 0.3 else 0
        fact = {"participant": 1, "bounces": 0, "crossing_key": rng.choice([0, 1]), "mid_tick": rng.choice([1, 2])}
        states = [(size, 0), (0, size) if traded else (size, 0)]
        days.append(order(number, *states, minimum=shown, **{k: v for k, v in fact.items() if k != "bounces"}))
        hidden = traded and shown == 0
        facts.append(fact | {"size": size.bit_length(), "shown": shown, "whole": size, "hidden": hidden})
    day = day_of(*days)
    minimum, _ = imputed_rules(visible_orders(day, whole_order(day, by_order(day))), leave_out)
    assert minimum.tolist() == naive_rules(facts, leave_out)


def test_real_day(real_day: Path, tmp_path: Path) -> None:
    """Judged by the others of its kind, each visible minimum is found again, or not decided."""
    day = open_real_day(real_day, tmp_path)
    orders = visible_orders(day, whole_order(day, by_order(day)))
    minimum, _ = imputed_rules(orders, leave_out=True)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for place in np.flatnonzero(~orders.hidden):
        answer = "undecided" if minimum[place] < 0 else "right" if minimum[place] == orders.shown[place] else "wrong"
        counts["all"][answer] += 1
        counts["with" if orders.shown[place] else "none"][answer] += 1
    assert counts["all"] == {"right": 3_149, "wrong": 13, "undecided": 109}
    assert counts["with"] == {"right": 404, "wrong": 13, "undecided": 69}
    result = imputed_minimums(day)
    assert (int(orders.hidden.sum()), result.orders, result.amended) == (516, 228, 53)
