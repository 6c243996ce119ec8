"""An order as of the end of the selected hours, and its outcome: fills count whether or not a row shows them yet."""

from typing import Any

import pytest

from kernels.measure.choices import Choices, Selection, Session
from kernels.measure.measure import measure
from tests.builders import build_day
from tests.random_day import CLOSE, NS, OPEN

pytestmark = pytest.mark.reduced
Row = dict[str, Any]
MINUTE = 60 * NS
QUOTES = [{"timestamp": OPEN + minute * MINUTE, "bid": 3_385, "offer": 3_395} for minute in (0, 15)]
ALL_DAY, FIRST_HOUR = Selection(), Selection(hour_start=10, hour_end=10)  # the session opens at 10


def state(minute: int, leaves: int, matched: int) -> Row:
    order = {"order_id": 5, "side": 1, "price": 3_400, "quantity": leaves + matched}
    return order | {"timestamp": OPEN + minute * MINUTE, "leaves_quantity": leaves, "matched_quantity": matched}


def fill(minute: int, quantity: int) -> Row:
    paid = {"order_id": 5, "side": 1, "price": 3_390, "deal_source": 1, "quantity": quantity}
    return paid | {"timestamp": OPEN + minute * MINUTE}


CASES: dict[str, tuple[Selection, list[Row], list[Row], tuple[int, int, int, int]]] = {
    "the row that shows a fill comes after the hours": (
        FIRST_HOUR, [state(10, 100, 0), state(61, 60, 40)], [fill(59, 40)], (40, 60, 0, 2),
    ),
    "one fill is shown inside them, one is not": (
        FIRST_HOUR, [state(10, 100, 0), state(20, 70, 30), state(61, 0, 100)], [fill(20, 30), fill(59, 70)],
        (100, 0, 0, 1),
    ),
    "amended down before a fill that is not shown": (
        FIRST_HOUR, [state(10, 100, 0), state(20, 50, 0), state(61, 30, 20)], [fill(59, 20)], (20, 30, 50, 2),
    ),
    "the counter lags behind a fill that leaves show": (
        FIRST_HOUR, [state(10, 100, 0), state(20, 40, 50), state(61, 40, 50)], [fill(20, 60)], (60, 40, 0, 2),
    ),
    "the fill is after the hours, too": (
        FIRST_HOUR, [state(10, 100, 0), state(62, 60, 40)], [fill(61, 40)], (0, 100, 0, 3),
    ),
    "the counter never counts": (ALL_DAY, [state(10, 100, 0), state(30, 50, 0)], [fill(20, 50)], (50, 50, 0, 2)),
    "the counter never counts, and all is filled": (
        ALL_DAY, [state(10, 100, 0), state(30, 0, 0)], [fill(20, 100)], (100, 0, 0, 1),
    ),
    "trades are missing": (ALL_DAY, [state(10, 100, 0), state(30, 0, 100)], [fill(20, 40)], (40, 0, 60, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_filled_leaves_withdrawn_and_group(name: str) -> None:
    selection, events, fills, wanted = CASES[name]
    (block,) = measure(build_day(events, fills, QUOTES), Choices(selection), Session(OPEN, CLOSE, "test"))
    assert block.set_apart == 0
    columns = block.filled_quantity, block.leaves_quantity, block.withdrawn_quantity, block.group
    assert [column.tolist() for column in columns] == [[value] for value in wanted]
