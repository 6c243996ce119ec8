"""Both books of the yardstick hold the same orders in the end, in the same order."""

import numpy as np
import pytest

from perf.bench_dark_book import KIND, SLOT, stream
from perf.peers import queue_yardstick

SLOTS = 40


def test_records_cancel_before_they_replace() -> None:
    events = queue_yardstick.apart(stream(400, 0.2, SLOTS, 0.0))
    assert np.all(events[:, KIND] != 2)
    made = queue_yardstick.records(events, SLOTS)
    live: set[int] = set()
    for order, action in zip(made["order_id"].tolist(), made["action"].tolist(), strict=True):
        if action == b"A":
            assert order not in live
            live.add(order)
        else:
            live.remove(order)
    entered = {slot: number + 1 for number, slot in enumerate(events[:, SLOT].tolist())}
    assert live == {number for slot, number in entered.items() if events[number - 1, KIND] == 0}


def test_both_hold_the_same_orders() -> None:
    pytest.importorskip("mboq")
    queue_yardstick.check(queue_yardstick.apart(stream(2_000, 0.2, SLOTS, 0.0)), SLOTS)


def test_orders_apart_never_meet() -> None:
    events = queue_yardstick.apart(stream(2_000, 0.0, SLOTS, 0.0))
    _, at = queue_yardstick.dark(events, SLOTS)
    last = {slot: events[number, KIND] for number, slot in enumerate(events[:, SLOT].tolist())}
    assert {slot for slot, kind in last.items() if kind == 0} == set(np.flatnonzero(at >= 0).tolist())
