"""The dark book's cost an event: a normal book against books full of orders that cannot trade.

    python perf/bench_dark_book.py [--events 300000] [--resting 100000]

Target (decisions 34): an adversarial book costs at most twice the normal one, with 100,000 orders resting. Far
limits keep it. Minimums that nobody meets do not yet, when the quote moves: each holder within the mid is looked at
again as long as all contra orders together, eligible or not, could meet its minimum.
"""

import time

import fire
import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.dark_book import next_resting, plan_fills, reduce_leaves, release_plan, start_recheck
from kernels.dark_trees import (
    BOOK_HEADER,
    BOOK_PLAN,
    DARK_CELLS,
    HALF_TICK,
    LEAVES,
    MID_TICK,
    MINIMUM,
    PARTICIPANT,
    PLAN_CELLS,
    PRICE,
    RANK,
    SIDE,
    book_cells,
    insert,
    lay_out_book,
    refresh,
    remove,
)

I64 = NDArray[np.int64]
TICK = 10


@kernel
def settle(m: I64, x: int, bid: int, offer: int) -> int:
    """Trade ``x`` at the quote; return its number of fills."""
    n = plan_fills(m, x, bid, offer, 10, 10**12, False)
    release_plan(m, n)
    for i in range(n):
        at = m[BOOK_PLAN] + PLAN_CELLS * i
        c, quantity = m[at], m[at + 1]
        reduce_leaves(m, x, quantity)
        reduce_leaves(m, c, quantity)
        refresh(m, c)
        if m[x + RANK] >= 0:
            refresh(m, x)
    return n


@kernel
def play(m: I64, event: I64, first: int) -> int:
    """Play events (kind, slot, side, price, leaves, minimum, half tick); return the fills.

    kind 0 enters or replaces the order of a slot, 1 cancels it, 2 moves the quote to bid = price, one tick wide.
    """
    bid = 1_000
    fills = 0
    for i in range(len(event)):
        x = BOOK_HEADER + DARK_CELLS * event[i, 1]
        if event[i, 0] == 2:
            bid = event[i, 3]
            start_recheck(m)
            while True:
                y = next_resting(m, bid, bid + 10, 10, False)
                if y < 0:
                    break
                fills += settle(m, y, bid, bid + 10)
            continue
        if m[x + RANK] >= 0:
            remove(m, x)
        if event[i, 0] == 1:
            continue
        m[x + SIDE], m[x + PRICE], m[x + LEAVES], m[x + MINIMUM] = event[i, 2], event[i, 3], event[i, 4], event[i, 5]
        m[x + HALF_TICK], m[x + MID_TICK], m[x + PARTICIPANT] = event[i, 6], 1 if event[i, 6] else 2, 0
        fills += settle(m, x, bid, bid + 10)
        if m[x + LEAVES] > 0:
            insert(m, x, first + i)
    return fills


def events(rng: np.random.Generator, count: int, slots: int, flips: float, minimum: int = 0) -> I64:
    """Return random events around the quote 1000-1010; ``flips`` is the share of quote changes."""
    table = np.zeros((count, 7), np.int64)
    table[:, 0] = rng.choice([0, 1, 2], count, p=[0.75 * (1 - flips), 0.25 * (1 - flips), flips])
    table[:, 1] = rng.integers(0, slots, count)
    table[:, 2] = rng.choice([-1, 1], count)
    table[:, 3] = 1_000 + TICK * (
        rng.integers(-3, 4, count) * (table[:, 0] == 0) + rng.integers(-1, 2, count) * (table[:, 0] == 2)
    )
    table[:, 4] = rng.integers(1, 1_000, count)
    table[:, 5] = np.minimum(minimum, table[:, 4])
    table[:, 6] = TICK * rng.integers(0, 2, count)
    return table


def book(slots: int) -> I64:
    m = np.zeros(BOOK_HEADER + slots * DARK_CELLS + book_cells(2 * slots), np.int64)
    lay_out_book(m, BOOK_HEADER + slots * DARK_CELLS, 2 * slots)
    m[BOOK_HEADER : BOOK_HEADER + slots * DARK_CELLS].reshape(-1, DARK_CELLS)[:, RANK : RANK + 5] = -1
    return m


def idle(first: int, count: int, kind: str) -> I64:
    """Return entries that rest and cannot trade: limits far away, or minimums nobody meets, on both sides."""
    table = np.zeros((count, 7), np.int64)
    table[:, 1] = np.arange(first, first + count)
    table[:, 2] = np.where(np.arange(count) % 2, 1, -1)
    table[:, 4] = 10**6
    if kind == "far":
        table[:, 3] = 1_000 - 500 * table[:, 2]
    else:  # all buyers, so that they cannot meet each other
        table[:, 2] = 1
        table[:, 3], table[:, 5] = 1_500, 10**6
    return table


def main(*, count: int = 300_000, resting: int = 100_000) -> None:
    rng = np.random.default_rng(1)
    normal, flipping = events(rng, count, 5_000, 0.05), events(rng, count, 5_000, 0.5)
    play(book(5_000), normal[:10], 1)  # compile
    cost = {}
    for label, stream, kind in (
        *(("normal", normal, ""), ("normal, half the events move the quote", flipping, "")),
        *(("far limits", normal, "far"), ("far limits, moving quote", flipping, "far")),
        *(("unmet minimums", normal, "minimum"), ("unmet minimums, moving quote", flipping, "minimum")),
    ):
        best = np.inf
        for _ in range(3):
            m = book(5_000 + resting)
            if kind:
                play(m, idle(5_000, resting, kind), 1)
            start = time.perf_counter()
            fills = play(m, stream, resting + 1)
            best = min(best, (time.perf_counter() - start) / len(stream) * 1e9)
        cost[label] = best
        base = cost["normal, half the events move the quote" if "moving" in label else "normal"]
        print(f"{label}: {best:.0f} ns an event, {fills:,} fills, {best / base:.2f} x normal")


if __name__ == "__main__":
    fire.Fire(main)
