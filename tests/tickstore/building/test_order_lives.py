"""What an order carried from earlier days, and what of an order cannot be: one example of each kind, worked by hand."""

from pathlib import Path

import pytest

from kernels.conventions import (
    FAULT_CARRIED_UNKNOWN,
    FAULT_FILLED_ABOVE,
    FAULT_FILLED_BEYOND,
    FAULT_FILLED_EARLY,
    FAULT_KINDS,
    FAULT_MATCHED_FALLS,
    FAULT_OUT_OF_ORDER,
    FAULTS_SET_APART,
)
from tests.tickstore.building.test_day_builder import BASE, convert_rows
from tests.tickstore.naive_day import Row
from tickstore import ConvertRequest, DayFile, convert, open_day, read_catalog

pytestmark = pytest.mark.reduced
DISORDER = FAULT_OUT_OF_ORDER
OTHER = 99  # an order that is not in the order file: its fills only make the day have trades


def row(time: int, leaves: int, matched: int, quantity: int | None = None, reason: int = -1, **more: int) -> Row:
    total = leaves + matched if quantity is None else quantity
    state = {"leaves_quantity": leaves, "matched_quantity": matched, "quantity": total, "change_reason": reason}
    return (
        {"order_id": 1, "timestamp": BASE + time, "price": 9, "side": 1, "participant": 3, "sequence": 0} | state | more
    )


def fill(time: int, quantity: int, deal: int = 1, order: int = 1) -> Row:
    identity = {"order_id": order, "timestamp": BASE + time, "price": 9, "side": 1, "sequence": 0}
    return identity | {"quantity": quantity, "deal_source": deal}


def quantities(day: DayFile) -> tuple[int, ...]:
    """Return quantity, leaves, matched, carried and fault of the only order."""
    names = ("parent_quantity", "leaves_quantity", "matched_quantity", "carried_quantity", "fault")
    return tuple(int(day.orders[name][0]) for name in names)


WHOLE = [row(10, 100, 0), row(20, 60, 40), row(30, 0, 100)]
FILLS = [fill(20, 40), fill(30, 60)]
NONE = [fill(5, 1, order=OTHER)]
LIVES: dict[str, tuple[list[Row], list[Row], tuple[int, ...]]] = {
    "a whole life": (WHOLE, FILLS, (100, 0, 100, 0, 0)),
    "its last row": (WHOLE[-1:], FILLS, (100, 0, 100, 0, 0)),
    "from the middle of the day on": (WHOLE[1:], FILLS, (100, 0, 100, 0, 0)),
    "from between two executions on": ([row(25, 60, 40, reason=5), WHOLE[2]], FILLS, (100, 0, 100, 0, 0)),
    "cancelled, its last row": ([row(40, 60, 40, reason=1)], FILLS[:1], (100, 60, 40, 0, 0)),
    "carried over": ([row(10, 60, 40), row(30, 0, 100)], [fill(30, 60)], (60, 0, 60, 40, 0)),
    "carried over, then its last row": ([row(30, 0, 100)], [fill(30, 60)], (60, 0, 60, 40, 0)),
    "carried over, nothing of it today": ([row(10, 60, 40)], NONE, (60, 60, 0, 40, 0)),
    "carried over, traded at its first instant": (
        [row(10, 60, 40), row(10, 50, 50)],
        [fill(10, 10)],
        (60, 50, 10, 40, 0),
    ),
    "entered and traded in one instant": ([row(10, 100, 0), row(10, 0, 100)], [fill(10, 100)], (100, 0, 100, 0, 0)),
    "a report consumes nothing": ([row(30, 60, 40)], [fill(10, 40, deal=5)], (60, 60, 0, 40, 0)),
    "a booking does": ([row(30, 60, 40)], [fill(10, 40, deal=48)], (100, 60, 40, 0, 0)),
    "a fill its rows never saw": (
        [row(10, 100, 0), row(30, 40, 0)],
        [fill(20, 30)],
        (100, 40, 0, 0, 0),
    ),
    "no trades, an execution first": ([row(30, 0, 100, reason=3)], [], (100, 0, 100, 0, FAULT_CARRIED_UNKNOWN)),
    "no trades, a reload first": ([row(10, 60, 40, reason=30), row(30, 0, 100, reason=3)], [], (60, 0, 60, 40, 0)),
    "no trades, no reason": ([row(30, 0, 100)], [], (100, 0, 100, 0, FAULT_CARRIED_UNKNOWN)),
    "no trades, a quantity set anew": ([row(30, 60, 40, quantity=60)], [], (60, 60, 0, 40, 0)),
    "trades, but none of its last row": ([row(30, 0, 100, reason=3)], NONE, (100, 0, 100, 0, FAULT_CARRIED_UNKNOWN)),
    "the same without a reason": ([row(30, 0, 100)], NONE, (100, 0, 100, 0, FAULT_CARRIED_UNKNOWN)),
    "carried over, cancelled today": ([row(30, 60, 40, reason=1)], NONE, (60, 60, 0, 40, 0)),
    "a counter that falls": (
        [row(10, 0, 100), row(10, 60, 40), row(10, 100, 0)],
        NONE,
        (100, 100, 0, 0, FAULT_MATCHED_FALLS | FAULT_CARRIED_UNKNOWN),
    ),
    "an id used again": (
        [*WHOLE, row(40, 200, 0), row(50, 0, 200)],
        [],
        (200, 0, 200, 0, FAULT_MATCHED_FALLS),
    ),
    "an execution beyond the quantity": (
        [row(10, 100, 0, reason=6), row(30, 0, 250, 100, reason=3)],
        [fill(30, 250)],
        (250, 0, 250, 0, FAULT_FILLED_ABOVE),
    ),
    "without a reason, and without trades": (
        [row(10, 100, 0), row(30, 0, 250, 100)],
        [],
        (250, 0, 250, 0, FAULT_FILLED_ABOVE),
    ),
    "leaves that stay when it trades": (
        [row(10, 100, 0, reason=6), row(30, 100, 50, 100, reason=3)],
        [fill(30, 50)],
        (150, 100, 50, 0, FAULT_FILLED_ABOVE),
    ),
    "amended, then traded": (
        [row(10, 100, 0, reason=6), row(20, 250, 0, reason=5), row(30, 0, 250, reason=3)],
        [fill(30, 250)],
        (250, 0, 250, 0, 0),
    ),
    "amended to less, traded, its amendment lost": (
        [row(10, 100, 0, reason=6), row(30, 100, 50, 150, reason=3)],
        [fill(30, 50)],
        (150, 100, 50, 0, 0),
    ),
    "reduced by an amendment": ([row(10, 100, 0, reason=6), row(20, 60, 0, reason=5)], NONE, (100, 60, 0, 0, 0)),
    "an entry after its amendment": (
        [row(10, 50, 0, reason=5), row(10, 100, 0, reason=6)],
        NONE,
        (100, 100, 0, 0, DISORDER),
    ),
    "an entry after a change of price": (
        [row(10, 50, 0, reason=5), row(10, 50, 0, reason=6)],
        NONE,
        (50, 50, 0, 0, DISORDER),
    ),
    "an id used again after a cancellation": (
        [row(10, 100, 0, reason=6), row(20, 100, 0, reason=1), row(40, 300, 0, reason=6), row(50, 0, 300, reason=3)],
        [fill(50, 300)],
        (300, 0, 300, 0, DISORDER),
    ),
    "a reload after its cancellation": (
        [row(10, 50, 0, reason=1), row(10, 100, 0, reason=30)],
        NONE,
        (100, 100, 0, 0, DISORDER),
    ),
    "an entry told twice": ([row(10, 100, 0), row(10, 100, 0, reason=6)], NONE, (100, 100, 0, 0, 0)),
    "another side": ([row(10, 100, 0), row(20, 60, 40, 100, side=-1)], [fill(20, 40)], (100, 60, 40, 0, DISORDER)),
    "another participant": (
        [row(10, 100, 0), row(20, 60, 40, 100, participant=4)],
        [fill(20, 40)],
        (100, 60, 40, 0, DISORDER),
    ),
    "filled more than asked": (WHOLE, [*FILLS, fill(30, 7)], (107, 0, 100, 0, FAULT_FILLED_ABOVE)),
    "filled what is still open": (WHOLE[:2], [fill(20, 45)], (100, 60, 40, 0, FAULT_FILLED_BEYOND)),
    "filled before it was entered": (WHOLE, [fill(5, 40), fill(30, 60)], (100, 0, 100, 0, FAULT_FILLED_EARLY)),
}  # fmt: skip


@pytest.mark.parametrize("name", LIVES)
def test_quantities_and_faults_of_a_life(name: str, tmp_path: Path) -> None:
    rows, fills, expected = LIVES[name]
    assert quantities(convert_rows(tmp_path, rows, fills, [])) == expected


@pytest.mark.parametrize("name", LIVES)
def test_orders_that_are_not_set_apart_conserve_their_quantity(name: str) -> None:
    _, fills, (asked, leaves, _, _, fault) = LIVES[name]
    filled = sum(one["quantity"] for one in fills if one["order_id"] == 1 and one["deal_source"] != 5)
    assert fault & FAULTS_SET_APART or asked - filled - leaves >= 0


def test_every_fault_has_a_bit_of_its_own() -> None:
    assert list(FAULT_KINDS) == [1 << place for place in range(len(FAULT_KINDS))]
    assert len(set(FAULT_KINDS.values())) == len(FAULT_KINDS)


def test_trades_that_come_later_settle_what_was_unknown(tmp_path: Path) -> None:
    """The same day file as of all at once; the orders given again are still the same orders."""
    rows = [*WHOLE[-1:], row(30, 60, 40, order_id=2)]
    fills = [*FILLS, fill(30, 15, order=2)]
    together = convert_rows(tmp_path, rows, fills, [])
    paths = {"orders": (tmp_path / "o.csv", tmp_path / "beside.csv"), "trades": (tmp_path / "t.csv",)}
    store = tmp_path / "later"
    convert(ConvertRequest(orders=paths["orders"], store=store))
    partition, _ = read_catalog(store).partitions
    assert open_day(partition.path).orders["fault"].tolist() == [FAULT_CARRIED_UNKNOWN] * 2
    for orders in ((), paths["orders"]):
        convert(ConvertRequest(orders=orders, trades=paths["trades"], store=store))
        day = open_day(partition.path)
        for name, column in together.orders.items():
            assert day.orders[name].tolist() == column.tolist(), name
    assert day.orders["carried_quantity"].tolist() == [0, 25]


def test_another_side_is_still_known_when_trades_come_later(tmp_path: Path) -> None:
    rows, fills = [row(10, 100, 0), row(20, 60, 40, 100, side=-1)], [fill(20, 40)]
    convert_rows(tmp_path, rows, fills, [])
    paths = {"orders": (tmp_path / "o.csv", tmp_path / "beside.csv"), "trades": (tmp_path / "t.csv",)}
    convert(ConvertRequest(orders=paths["orders"], store=tmp_path / "later"))
    convert(ConvertRequest(orders=paths["orders"][1:], trades=paths["trades"], store=tmp_path / "later"))
    partition, _ = read_catalog(tmp_path / "later").partitions
    assert open_day(partition.path).orders["fault"].tolist() == [DISORDER]
