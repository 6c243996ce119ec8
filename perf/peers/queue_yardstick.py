"""The dark book beside mbo-queue's C++ rebuild of a lit book: what it costs that orders come and go.

    python -m perf.peers.queue_yardstick [--count=200000] [--rounds=5]

mbo-queue keeps orders in time priority by price and does not match, so it cannot answer what the dark book does; it is
a yardstick of how cheap keeping orders can be. Both play the same stream, in which nobody can meet; who waits at the
end is asserted equal, in the order of arrival. Beside it the dark book on a stream in which orders meet. Processor
time an event, minima of rounds in turn; an event that replaces an order is two records for mbo-queue.
"""

import time
from typing import Any, Final

import fire
import numpy as np

from kernels.base.columns import I64
from kernels.dark.records import new_book
from kernels.dark.turns import rematch, requote
from perf.bench_dark_book import KIND, LEAVES, PRICE, SIDE, SLOT, TICK, play, stream

LAST_OF_EVENT: Final = 128
LEVELS: Final = 1_000  # more than there are
APART: Final = 100 * TICK  # how far buyers are below the quote, and sellers above it
BUY, SELL = b"B", b"A"
Records = dict[str, Any]


def apart(events: I64) -> I64:
    """Return the same stream with limits out of reach and a quote that holds still."""
    events = events[events[:, KIND] != 2].copy()
    events[:, PRICE] -= events[:, SIDE] * APART
    return events


def records(events: I64, slots: int) -> Records:
    """Return a stream as market-by-order records: an order that is replaced is cancelled first."""
    rows: list[tuple[int, int, bytes, bytes, int, int]] = []
    resting: dict[int, tuple[int, bytes, bytes, int, int]] = {}
    for number, event in enumerate(events.tolist()):
        slot = event[SLOT]
        if slot in resting:
            order, _, side, price, size = resting.pop(slot)
            rows.append((number, order, b"C", side, price, size))
        if event[KIND] == 0:
            side = BUY if event[SIDE] > 0 else SELL
            resting[slot] = number + 1, b"A", side, event[PRICE], event[LEAVES]
            rows.append((number, *resting[slot]))
    columns: Any = [np.array(column) for column in zip(*rows, strict=True)]
    when, order, action, sides, prices, sizes = columns
    flags = np.full(len(rows), LAST_OF_EVENT, np.uint8)
    return {
        "ts_event": (when + 1).astype(np.uint64), "order_id": order.astype(np.uint64), "action": action, "side": sides,
        "price": prices.astype(np.int64), "size": sizes.astype(np.uint64), "flags": flags,
    }  # fmt: skip


def rebuild(found: Records, queue_times: tuple[int, ...] = ()) -> tuple[float, Any]:
    """Let mbo-queue play records; return the seconds and what it says."""
    from mboq import fast

    start = time.process_time()
    said = fast.run(found, tick=TICK, label_ticks=0, queue_times=queue_times, queue_levels=LEVELS)
    return time.process_time() - start, said


def dark(events: I64, slots: int) -> tuple[float, I64]:
    """Let the dark book play a stream; return the seconds and where the order of each slot is."""
    book, at = new_book(slots + 1, TICK, 10**12), np.full(slots, -1, np.int64)
    requote(book, 1_000, 1_000 + TICK)
    rematch(book)
    start = time.process_time()
    play(book, events, at)
    return time.process_time() - start, at


def waiting(events: I64, at: I64) -> list[int]:
    """Return the numbers of the orders that the dark book holds at the end: the last entry of each slot it holds."""
    last = {slot: number + 1 for number, slot in enumerate(events[:, SLOT].tolist())}
    return sorted(last[slot] for slot in np.flatnonzero(at >= 0).tolist())


def check(events: I64, slots: int) -> None:
    """Assert that both hold the same orders in the end, and that mbo-queue has each level in order of arrival."""
    made = records(events, slots)
    end = int(made["ts_event"][-1]) + 1
    made = {name: np.append(column, column[-1:]) for name, column in made.items()}  # a record after the end
    made["ts_event"][-1], made["action"][-1], made["order_id"][-1] = end + 1, b"A", len(events) + 1
    from mboq.reference import QUEUE_COLUMNS

    found = np.asarray(rebuild(made, (end,))[1]["queue"])
    queue = {name: found[:, place] for place, name in enumerate(QUEUE_COLUMNS)}
    numbers = queue["order_id"].astype(np.int64)
    assert len(numbers)
    assert sorted(numbers.tolist()) == waiting(events, dark(events, slots)[1])
    level = np.lexsort((queue["rank"], queue["price"], queue["side"]))
    same = (np.diff(queue["price"][level]) == 0) & (np.diff(queue["rank"][level]) > 0)
    assert np.all(np.diff(numbers[level])[same] > 0)


def main(*, count: int = 200_000, rounds: int = 5, slots: int | tuple[int, ...] = (100, 5_000)) -> None:
    """Print a line for each number of orders that may wait."""
    for size in (slots,) if isinstance(slots, int) else slots:
        meeting = stream(count, 0.0, size, 0.0)
        still = apart(meeting)
        check(still[: count // 10], size)
        made = records(still, size)
        taken = [
            (rebuild(made)[0] / len(still), dark(still, size)[0] / len(still), dark(meeting, size)[0] / count)
            for _ in range(rounds)
        ]
        theirs, ours, met = (min(seconds) * 1e9 for seconds in zip(*taken, strict=True))
        print(
            f"{size} orders wait at most: mbo-queue {theirs:.0f} ns an event, dark book {ours:.0f} "
            f"({ours / theirs:.2f} x); where orders meet {met:.0f}"
        )


if __name__ == "__main__":
    fire.Fire(main)
