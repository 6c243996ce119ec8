"""The exchange's worked examples and other books, entered as order rows, print the matches that they must."""

from typing import Any

import pytest

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
