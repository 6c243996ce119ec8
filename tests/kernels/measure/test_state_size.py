"""What lives through a job, beyond the mapped columns, stays under 200 bytes an order (decisions 33)."""

from pathlib import Path

from kernels.base.memory import Buffers
from kernels.measure.choices import Choices, Session
from kernels.measure.measure import BLOCK_ORDERS, measure
from perf.synthetic_day import CLOSE, OPEN, make_day


def test_state_per_order(tmp_path: Path) -> None:
    """At the real day's ratios: 3.4 events an order, 0.3 fills and 0.2 quotes an event."""
    day = make_day(tmp_path, 300_000)
    buffers = Buffers()
    blocks = [len(block) for block in measure(day, Choices(), Session(OPEN, CLOSE, "synthetic"), buffers)]
    assert sum(blocks) == len(day.orders["order_id"])
    assert max(blocks) <= BLOCK_ORDERS <= 1_000_000
    state = buffers.bytes_of() - buffers.bytes_of("ints", "floats", "codes", "flags", "horizons")
    assert 100 < state / len(day.orders["order_id"]) < 200
