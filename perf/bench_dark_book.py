"""The dark book's cost an event: by its size, and beside books full of orders that cannot trade.

    python -m perf.bench_dark_book [--count 60000] [--rounds 5] [--only far] [--minimums 0.07]

*Normal* books: entries, cancellations and quote changes on as many orders as are named, a share of them with a
minimum. *Idle* books play the same stream while so many more orders wait that the stream has to pass over. The figures
are processor time an event, the least of some rounds, and its ratio to the normal book of SLOTS orders, the books
taking turns in each round. Target (decisions 34): at most twice, to 100,000 resting, for limits out of reach, quote
flips and minimums above the supply. Minimums on both sides that block each other are tried one against another in
time order, which nothing bounds: their curve goes to 10,000.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import fire
import numpy as np

from kernels.base.columns import I64
from kernels.base.compiling import kernel
from kernels.dark.book import enter, leave, rest, settle, take_slot
from kernels.dark.records import Book, new_book
from kernels.dark.turns import rematch, requote

TICK: Final = 10
SLOTS: Final = 5_000  # of the book the others are compared with
MUCH: Final = 10**6
# Columns of an event. Kind 0 enters or replaces the order of a slot, 1 cancels it, 2 moves the quote to bid = price,
# one tick wide, 3 lets the order rest without a look.
KIND, SLOT, SIDE, PRICE, LEAVES, MINIMUM, MID_TICK, SINGLE, BROKER, OWN = range(10)


@kernel
def settle_all(book: Book, n: int, slots: I64) -> None:
    """Settle the planned fills; filled orders give their slots back."""
    for i in range(n):
        settle(book, i)
        for x in (book.fills[i].order, book.fills[i].contra):
            if book.orders[x].leaves == 0 and slots[book.orders[x].tag] >= 0:
                leave(book, x)
                slots[book.orders[x].tag] = -1


@kernel
def play(book: Book, event: I64, slots: I64) -> int:
    """Play events; return the fills. ``slots``: where the order of each of the stream's slots is, -1 nowhere."""
    fills = 0
    for i in range(len(event)):
        at = event[i, SLOT]
        if event[i, KIND] == 2:
            requote(book, event[i, PRICE], event[i, PRICE] + 10)
            n = rematch(book)
            while n > 0:
                fills += n
                settle_all(book, n, slots)
                n = rematch(book)
            continue
        if slots[at] >= 0:
            leave(book, slots[at])
            slots[at] = -1
        if event[i, KIND] == 1:
            continue
        x = take_slot(book)
        slots[at] = x
        order = book.orders[x]
        order.tag, order.side, order.price, order.leaves = at, event[i, SIDE], event[i, PRICE], event[i, LEAVES]
        order.minimum, order.mid_tick, order.single_fill = event[i, MINIMUM], event[i, MID_TICK], event[i, SINGLE]
        order.participant, order.own_only = event[i, BROKER], event[i, OWN]
        order.half_tick = 10 if order.mid_tick == 1 else 0
        if event[i, KIND] == 0:
            n = enter(book, x)
            fills += n
            settle_all(book, n, slots)
        if slots[at] >= 0:
            rest(book, x)
    return fills


def stream(count: int, flips: float, slots: int, minimums: float) -> I64:
    """Return random events around the quote 1000-1010; ``flips`` is the share of quote changes."""
    rng = np.random.default_rng(1)
    table = np.zeros((count, 10), np.int64)
    table[:, KIND] = rng.choice([0, 1, 2], count, p=[0.75 * (1 - flips), 0.25 * (1 - flips), flips])
    table[:, SLOT] = rng.integers(0, slots, count)
    table[:, SIDE] = rng.choice([-1, 1], count)
    ticks = np.where(table[:, KIND] == 2, rng.integers(-1, 2, count), rng.integers(-3, 4, count))
    table[:, PRICE] = 1_000 + TICK * ticks
    table[:, LEAVES] = rng.integers(1, 1_000, count)
    table[:, MID_TICK] = rng.integers(1, 3, count)
    chosen = rng.random(count) < minimums
    table[chosen, MINIMUM] = 1 + table[chosen, LEAVES] * rng.integers(20, 101, chosen.sum()) // 100
    table[:, MINIMUM] = np.minimum(table[:, MINIMUM], table[:, LEAVES])
    table[:, SINGLE] = chosen & (rng.random(count) < 0.92)
    return table


def wait(count: int, side: int = 1, price: int = 1_500, leaves: int = MUCH, minimum: int = 0, flag: int = 2) -> I64:
    """Return entries that rest without a look."""
    table = np.zeros((count, 10), np.int64)
    table[:, KIND], table[:, SIDE], table[:, PRICE] = 3, side, price
    table[:, LEAVES], table[:, MINIMUM], table[:, MID_TICK] = leaves, minimum, flag
    return table


def with_(table: I64, column: int, value: int | I64) -> I64:
    table[:, column] = value
    return table


def mixed(*tables: I64) -> I64:
    """Return entries of the tables in turn."""
    return np.stack(tables, axis=1).reshape(-1, tables[0].shape[1])


def far(n: int) -> I64:
    """Limits out of reach on both sides."""
    return mixed(wait(n // 2, 1, 500), wait(n // 2, -1, 1_500))


def unmet(n: int) -> I64:
    """(a, b) Minimums that no eligible quantity meets, though much waits beyond their limit."""
    return mixed(wait(n * 9 // 10 // 9, -1, 2_500), *(wait(n // 10, minimum=MUCH) for _ in range(9)))


def single(n: int) -> I64:
    """(c) Single-fill minimums against many small contras that would do together."""
    return mixed(with_(wait(n // 2, minimum=MUCH), SINGLE, 1), wait(n // 2, -1, 500, 1_000))


def facing(n: int) -> I64:
    """(d) Minimums on both sides: buyers of 1, sellers only of 2 million from one buyer."""
    return mixed(wait(n // 2, minimum=MUCH), with_(wait(n // 2, -1, 500, 2 * MUCH, 2 * MUCH), SINGLE, 1))


def own_only(n: int) -> I64:
    """(e) Orders that trade with their own broker only, of another one than the stream."""
    return with_(with_(wait(n), OWN, 1), BROKER, 7)


def strangers(n: int) -> I64:
    """(e) The same of thirty brokers."""
    return with_(with_(wait(n), OWN, 1), BROKER, np.arange(n) % 30 + 1)


def flipping(n: int) -> I64:
    """Limits that every quote change passes, with minimums that nobody meets."""
    return mixed(*(wait(n // 4, 1, price, MUCH, MUCH) for price in (990, 1_000, 1_010, 1_020)))


FAMILIES: dict[str, Callable[[int], I64]] = {
    "limits out of reach": far,
    "minimums above the supply": unmet,
    "single-fill minimums": single,
    "minimums above the supply that quotes pass": flipping,
    "own broker only": own_only,
    "own broker only, 30 brokers": strangers,
    "minimums that face each other": facing,
}
UNBOUNDED: Final = ("minimums that face each other",)


def once(events: I64, slots: int, idle: I64 | None = None) -> float:
    """Return ns an event of one play, after the idle orders came and the quote held still."""
    waiting = 0 if idle is None else len(idle)
    book = new_book(slots + waiting + 1, TICK, 10**12)
    at = np.full(slots + waiting, -1, np.int64)
    requote(book, 1_000, 1_010)
    rematch(book)  # everybody was tried at this quote
    if idle is not None:
        play(book, with_(idle, SLOT, np.arange(slots, slots + waiting)), at)
    start = time.process_time()
    play(book, events, at)
    return (time.process_time() - start) / len(events) * 1e9


def compare(label: str, plays: Sequence[Callable[[], float]], rounds: int) -> None:
    """Print the least of each play, taking turns, and the ratio of the last to the first."""
    costs = [min(cost) for cost in zip(*([play_() for play_ in plays] for _ in range(rounds)), strict=True)]
    text = " -> ".join(f"{cost:7.0f}" for cost in costs)
    print(f"{label:64} {text} ns, {costs[-1] / costs[0]:6.2f} x", flush=True)


def main(
    *,
    count: int = 60_000,
    resting: Any = (1_000, 10_000, 100_000),
    rounds: int = 5,
    only: str = "",
    minimums: float = 0.07,
) -> None:
    start = time.process_time()
    once(stream(10, 0.5, 5, 1.0), 5)
    print(f"compiled or loaded in {time.process_time() - start:.1f} s")
    for flips in (0.05, 0.5):
        plain = stream(count, flips, SLOTS, minimums)
        for slots in (10, 100, 1_000, SLOTS):
            label = f"{slots} slots, {flips:.0%} quotes, {minimums:.0%} minimums"
            if only in label:
                small = stream(count, flips, slots, minimums)
                compare(label, [partial(once, small, slots)], rounds)
        for name, idle in FAMILIES.items():
            for n in resting if only in name else ():
                if name in UNBOUNDED and n > 10_000:
                    continue
                events = plain[: count // 10] if name in UNBOUNDED else plain
                plays = [partial(once, events, SLOTS), partial(once, events, SLOTS, idle(n))]
                compare(f"{name}, {n} more, {flips:.0%} quotes", plays, rounds)


if __name__ == "__main__":
    fire.Fire(main)
