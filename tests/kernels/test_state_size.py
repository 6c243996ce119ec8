"""What lives through a job, beyond the mapped columns, stays under 200 bytes an order (decisions 33)."""

from pathlib import Path

from driver.day_inputs import prepare
from driver.measure import BLOCK_ORDERS, measure, select
from driver.settings import Session, Settings
from perf.synthetic_day import CLOSE, OPEN, make_day


def test_state_per_order(tmp_path: Path) -> None:
    """At the real day's ratios: 3.4 events an order, 0.3 fills and 0.2 quotes an event."""
    day = make_day(tmp_path, 300_000)
    session = Session(OPEN, CLOSE, "synthetic")
    inputs = prepare(day, Settings(), session)
    state = sum(column.nbytes for column in inputs.sums) + select(inputs, Settings().selection).nbytes
    assert state / len(day.orders["order_id"]) < 200
    blocks = [len(block) for block in measure(day, Settings(), session)]
    assert sum(blocks) == len(day.orders["order_id"])
    assert max(blocks) <= BLOCK_ORDERS <= 1_000_000
