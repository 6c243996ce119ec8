"""Every hand-worked book of a rule gives its answer, replayed by the engine and by the plain replay."""

from typing import Any

import numpy as np
import pytest

from kernels.dark.records import RULE_BLOCK, RULE_DARK_LIMIT, RULE_MID
from kernels.measure.choices import Choices, ReplayChoices, Session, Simulation
from kernels.replay.replay import replay
from tests.kernels.replay.example_days import SECOND, START, ExampleDay
from tests.kernels.replay.rule_days import RULE_BOOKS, rule_day
from tests.oracles.replay import placebo
from tests.oracles.replay_rows import Plain

pytestmark = pytest.mark.reduced
RULES = {RULE_MID: "mid", RULE_DARK_LIMIT: "dark_limit", RULE_BLOCK: "block"}
books = pytest.mark.parametrize("book", RULE_BOOKS, ids=[f"{book['rule']}: {book['name']}" for book in RULE_BOOKS])


def engine(day: ExampleDay, book: dict[str, Any]) -> list[list[Any]]:
    simulation = Simulation(scenarios=("P",), ticks=day.ticks, allow_locked=book.get("locked", False))
    switches = tuple(book.get("switches", ()))
    replayed = ReplayChoices(block_tier=day.block_tier, preferring=day.preferring, switches=switches)
    choices = Choices(simulation=simulation, replay=replayed)
    m = replay(day.day, choices, Session(day.start, day.end, halts=day.halts)).matches["P"]
    return [
        [
            (int(m.time[i]) - START) // SECOND,
            *(day.ids[int(m.buy_order_id[i])], day.ids[int(m.sell_order_id[i])], int(m.quantity[i])),
            *(m.price2[i] / 2, int(m.aggressor_side[i])),
            RULES[int(m.rule[i])] + "+booked" * int(m.booked[i]) + "+preferenced" * int(m.preferenced[i]),
        ]
        for i in range(len(m.time))
    ]


def plain(day: ExampleDay, book: dict[str, Any]) -> list[list[Any]]:
    d = day.day
    tables = d.events, d.orders, d.fills, d.quotes
    rules: dict[str, Any] = {"tier": 1_000 * day.block_tier, "preferring": day.preferring, "halts": day.halts}
    rules |= {"locked": book.get("locked", False), "switches": tuple(book.get("switches", ()))}
    matches = placebo(Plain(*tables, day.start, day.end, day.ticks, **rules))
    return [
        [
            (m.time - START) // SECOND,
            *(day.ids[m.buy_order_id], day.ids[m.sell_order_id], m.quantity, float(m.price), m.aggressor),
            m.rule + "+booked" * m.booked + "+preferenced" * m.preferenced,
        ]
        for m in matches
    ]


@books
@pytest.mark.parametrize("play", [engine, plain])
def test_a_book_gives_its_answer(book: dict[str, Any], play: Any) -> None:
    assert play(rule_day(book), book) == book["matches"], book["why"]


@books
@pytest.mark.parametrize("play", [engine, plain])
def test_without_stated_validity_an_order_killed_as_it_came_is_fill_and_kill(book: dict[str, Any], play: Any) -> None:
    """R25: and one that rests though it has no later row is none."""
    made = rule_day(book)
    made.day.orders["time_validity"] = np.full(len(made.day.orders["order_id"]), -1, np.int32)
    assert play(made, book) == book["matches"], book["why"]
