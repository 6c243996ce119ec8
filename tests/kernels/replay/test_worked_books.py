"""The exchange's worked examples and other books, entered as order rows, print the matches that they must."""

from typing import Any

import pytest

from kernels.measure.choices import Choices, ReplayChoices, Selection, Session, Simulation
from kernels.replay.replay import replay
from tests.kernels.replay.both_replays import as_tuples
from tests.kernels.replay.example_days import EXAMPLES, NAMES, ExampleDay, example_day
from tests.oracles.replay import placebo
from tests.oracles.replay_orders import Match
from tests.oracles.replay_rows import Plain

pytestmark = pytest.mark.reduced


def printed(example: ExampleDay, matches: list[Match]) -> list[list[Any]]:
    """Return matches as an example states them."""
    rows = []
    for m in matches:
        rule = m.rule + "+booked" * m.booked + "+preferenced" * m.preferenced
        names = (example.ids[m.buy_order_id], example.ids[m.sell_order_id])
        second = (m.time - example.start) // 1_000_000_000
        rows.append([second, *names, m.quantity, float(m.price), m.aggressor, rule])
    return rows


def plain_of(example: ExampleDay) -> Plain:
    day = example.day
    return Plain(
        day.events,
        day.orders,
        day.fills,
        day.quotes,
        example.start,
        example.end,
        example.ticks,
        tier=1_000 * example.block_tier,
        preferring=example.preferring,
    )


@pytest.mark.parametrize("book", EXAMPLES, ids=NAMES)
def test_the_plain_replay_prints_what_the_exchange_printed(book: dict[str, Any]) -> None:
    example = example_day(book)
    assert printed(example, placebo(plain_of(example))) == example.matches


@pytest.mark.parametrize("book", EXAMPLES, ids=NAMES)
def test_the_replay_prints_what_the_exchange_printed(book: dict[str, Any]) -> None:
    """R5-R23, from order rows to matches; nobody is asked about, so all runs but the conservative one are alike."""
    example = example_day(book)
    chosen = ReplayChoices(preferring=example.preferring, block_tier=example.block_tier)
    nobody, simulation = Selection(participants=(99,)), Simulation(("P", "R", "D"), ticks=example.ticks)
    choices = Choices(nobody, simulation, replay=chosen)
    found = replay(example.day, choices, Session(example.start, example.end))
    for name in ("P", "R", "D"):
        matches = [Match(*row) for row in as_tuples(found.matches[name])]
        assert printed(example, matches) == example.matches, name
