"""The dark book's cost an event: a normal book against books full of orders that cannot trade.

    python perf/bench_dark_book.py [--count 60000] [--resting 100000] [--rounds 5] [--only unmet]

Every family plays the stream of a normal book into a book in which ``resting`` orders wait that the stream has to
pass over, once with a quote change in twenty events and once with one in two. Its figure is the processor time an
event, the least of some rounds, over that of the same stream in a normal book, the books taking turns in each round.
Target (decisions 34): at most twice. Reached, on two shared cores: 1.1 to 2.4 times with one quote change in twenty,
1.2 to 2.9 with one in two; orders that trade with their own broker only 3 to 4, amendments all over a large book of
minimums 3 to 5. One family is not bounded: contras that all orders could use but too few of them, whose minimums are
of the size of the others', so that their class counts as supply. All are looked at in vain; it plays 100 events only.
"""

import time
from collections.abc import Callable

import fire
import numpy as np

from kernels.base.columns import I64
from kernels.base.compiling import kernel
from kernels.dark_book import next_resting, plan_fills, reduce_leaves, release_plan, start_recheck
from kernels.dark_layout import (
    BOOK_HEADER,
    BOOK_PLAN,
    DARK_CELLS,
    HALF_TICK,
    LEAVES,
    MID_TICK,
    MINIMUM,
    OWN_ONLY,
    PARTICIPANT,
    PLAN_CELLS,
    PRICE,
    RANK,
    SIDE,
    SINGLE_FILL,
    book_cells,
    lay_out_book,
)
from kernels.dark_trees import insert, refresh, remove

TICK = 10
SLOTS = 5_000  # of the normal book
MUCH = 10**6
# Columns of an event. Kind 0 enters or replaces the order of a slot, 1 cancels it, 2 moves the quote to bid = price,
# one tick wide, 3 lets the order rest without a look.
KIND_, SLOT, SIDE_, PRICE_, LEAVES_, MINIMUM_, FLAG, SINGLE, BROKER, OWN = range(10)


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
def play(m: I64, event: I64, first: int) -> tuple[int, int]:
    """Play events; return the fills, and the resting orders looked at in vain after quote changes."""
    bid = 1_000
    fills = vain = 0
    for i in range(len(event)):
        x = BOOK_HEADER + DARK_CELLS * event[i, 1]
        if event[i, 0] == 2:
            bid = event[i, 3]
            start_recheck(m)
            while True:
                y = next_resting(m, bid, bid + 10, 10, False)
                if y < 0:
                    break
                n = settle(m, y, bid, bid + 10)
                fills += n
                vain += n == 0
            continue
        if m[x + RANK] >= 0:
            remove(m, x)
        if event[i, 0] == 1:
            continue
        m[x + SIDE], m[x + PRICE], m[x + LEAVES], m[x + MINIMUM] = event[i, 2], event[i, 3], event[i, 4], event[i, 5]
        m[x + MID_TICK], m[x + SINGLE_FILL], m[x + PARTICIPANT] = event[i, 6], event[i, 7], event[i, 8]
        m[x + OWN_ONLY] = event[i, 9]
        m[x + HALF_TICK] = 10 if event[i, 6] in (1, 4, 6) else 0
        if event[i, 0] == 0:
            fills += settle(m, x, bid, bid + 10)
        if m[x + LEAVES] > 0:
            insert(m, x, first + i)
    return fills, vain


def stream(count: int, flips: float) -> I64:
    """Return random events around the quote 1000-1010; ``flips`` is the share of quote changes."""
    rng = np.random.default_rng(1)
    table = np.zeros((count, 10), np.int64)
    table[:, KIND_] = rng.choice([0, 1, 2], count, p=[0.75 * (1 - flips), 0.25 * (1 - flips), flips])
    table[:, SLOT] = rng.integers(0, SLOTS, count)
    table[:, SIDE_] = rng.choice([-1, 1], count)
    ticks = np.where(table[:, KIND_] == 2, rng.integers(-1, 2, count), rng.integers(-3, 4, count))
    table[:, PRICE_] = 1_000 + TICK * ticks
    table[:, LEAVES_] = rng.integers(1, 1_000, count)
    table[:, FLAG] = rng.integers(1, 3, count)
    return table


def book(slots: int) -> I64:
    m = np.zeros(BOOK_HEADER + slots * DARK_CELLS + book_cells(2 * slots), np.int64)
    lay_out_book(m, BOOK_HEADER + slots * DARK_CELLS, 2 * slots)
    m[BOOK_HEADER : BOOK_HEADER + slots * DARK_CELLS].reshape(-1, DARK_CELLS)[:, RANK : RANK + 5] = -1
    return m


def rest(count: int, side: int = 1, price: int = 1_500, leaves: int = MUCH, minimum: int = 0, flag: int = 2) -> I64:
    """Return entries that rest without a look."""
    table = np.zeros((count, 10), np.int64)
    table[:, KIND_], table[:, SIDE_], table[:, PRICE_] = 3, side, price
    table[:, LEAVES_], table[:, MINIMUM_], table[:, FLAG] = leaves, minimum, flag
    return table


def with_(table: I64, column: int, value: int | I64) -> I64:
    table[:, column] = value
    return table


def mixed(*tables: I64) -> I64:
    """Return entries of the tables in turn."""
    return np.stack(tables, axis=1).reshape(-1, tables[0].shape[1])


def far(n: int) -> I64:
    """Limits out of reach on both sides."""
    return mixed(rest(n // 2, 1, 500), rest(n // 2, -1, 1_500))


def unmet(n: int) -> I64:
    """(a, b) Minimums that no eligible quantity meets, though much waits beyond their limit."""
    return mixed(rest(n * 9 // 10 // 9, -1, 2_500), *(rest(n // 10, minimum=MUCH) for _ in range(9)))


def single(n: int) -> I64:
    """(c) Single-fill minimums against many small contras that would do together."""
    return mixed(with_(rest(n // 2, minimum=MUCH), SINGLE, 1), rest(n // 2, -1, 500, 1_000))


def facing(n: int) -> I64:
    """(d) Minimums on both sides: buyers of 1, sellers only of 2 million from one buyer."""
    return mixed(rest(n // 2, minimum=MUCH), with_(rest(n // 2, -1, 500, 2 * MUCH, 2 * MUCH), SINGLE, 1))


def facing_small(n: int) -> I64:
    """(d) The same with sellers from whom all these could buy, but too little, and the stream's orders too much."""
    table = facing(n)
    table[1:20:2, [LEAVES_, MINIMUM_, SINGLE]] = (1_000, 1_000, 0)
    return table


def facing_near(n: int) -> I64:
    """(d) The same, their minimums of the size of the others': the supply is counted too large for all buyers."""
    table = facing(n)
    table[1, [LEAVES_, MINIMUM_, SINGLE]] = (MUCH // 2, MUCH // 2, 0)
    return table


def own_only(n: int) -> I64:
    """(e) Orders that trade with their own broker only, of another one than the stream."""
    return with_(with_(rest(n), OWN, 1), BROKER, 7)


def strangers(n: int) -> I64:
    """(e) The same of thirty brokers."""
    return with_(with_(rest(n), OWN, 1), BROKER, np.arange(n) % 30 + 1)


def chain(n: int) -> I64:
    """(f) Minimums within reach and small orders out of reach by turns, in front of all orders that fit."""
    return mixed(rest(n // 2, minimum=MUCH), rest(n // 2, 1, 500, 10))


def stairs(n: int) -> I64:
    """(f) Minimums that grow with the limit, over a thousand limits: none fits both ways."""
    steps = np.random.default_rng(2).integers(1, 1_001, n)
    prices = 1_015 + 10 * ((steps - 500) // 10)
    return with_(with_(rest(n, leaves=10**5), PRICE_, prices), MINIMUM_, np.where(prices < 1_000, steps, 10**4 + steps))


def blocks(n: int) -> I64:
    """Any-price blocks with minimums that nobody meets, on both sides."""
    buys, sells = rest(n // 2, minimum=MUCH, flag=5), rest(n // 2, -1, 500, 2 * MUCH, 2 * MUCH, 5)
    return mixed(buys, with_(sells, SINGLE, 1))


def amended(events: I64, resting: int) -> I64:
    """(g) Replace half the entries by amendments of the resting orders that cost them their priority."""
    events = events.copy()
    rows = np.flatnonzero(events[:, KIND_] == 0)[::2]
    rng = np.random.default_rng(3)
    events[rows, SLOT] = SLOTS + rng.integers(0, resting, len(rows))
    events[rows, SIDE_], events[rows, PRICE_], events[rows, FLAG] = 1, 1_400 + 10 * rng.integers(0, 20, len(rows)), 2
    events[rows, LEAVES_] = events[rows, MINIMUM_] = MUCH
    return events


def amended_far(events: I64, resting: int) -> I64:
    """(g) The same of limits out of reach without minimums: what so many more orders cost by themselves."""
    table = amended(events, resting)
    rows = table[:, SLOT] >= SLOTS
    table[rows, PRICE_] -= 900
    table[rows, MINIMUM_] = 0
    return table


def sweeping(events: I64) -> I64:
    """Return the stream with any-price blocks."""
    return with_(events.copy(), FLAG, np.where(np.arange(len(events)) % 4 == 0, 5, events[:, FLAG]))


Family = tuple[str, Callable[[int], I64], Callable[[I64, int], I64] | None]
FAMILIES: list[Family] = [
    ("far limits", far, None),
    ("a, b  unmet minimums", unmet, None),
    ("c     single-fill minimums", single, None),
    ("d     minimums that face each other", facing, None),
    ("d     the same and ten small", facing_small, None),
    ("d     the same and one of like size", facing_near, None),
    ("e     own broker only", own_only, None),
    ("e     own broker only, 30 brokers", strangers, None),
    ("f     long chains", chain, None),
    ("f     minimums that grow with the limit", stairs, None),
    ("g     amended minimums", unmet, amended),
    ("g     amended limits out of reach", far, amended_far),
    ("      any-price blocks", blocks, lambda events, _: sweeping(events)),
]


def once(idle: I64 | None, events: I64, resting: int) -> tuple[float, int, int]:
    """Return ns an event, fills and looks in vain of one play."""
    m = book(SLOTS + (resting if idle is not None else 0))
    if idle is not None:
        play(m, with_(idle, SLOT, np.arange(SLOTS, SLOTS + len(idle))), 1)
    start = time.process_time()
    fills, vain = play(m, events, resting + 1)
    return (time.process_time() - start) / len(events) * 1e9, fills, vain


def main(*, count: int = 60_000, resting: int = 100_000, rounds: int = 5, only: str = "") -> None:
    play(book(SLOTS), stream(10, 0.5), 1)  # compile
    for flips in (0.05, 0.5):
        plain = stream(count, flips)
        for label, idle, change in FAMILIES:
            if only not in label:
                continue
            played = plain if change is None else change(plain, resting)
            base = plain if change in (amended, amended_far) else played
            played = played[:100] if idle is facing_near else played
            pairs = [(once(None, base, resting)[0], *once(idle(resting), played, resting)) for _ in range(rounds)]
            normal, cost = min(p[0] for p in pairs), min(p[1] for p in pairs)
            _, _, fills, vain = pairs[0]
            print(
                f"{label:40} {flips:4.0%} quotes: {normal:5.0f} -> {cost:8.0f} ns, {cost / normal:7.2f} x normal, "
                f"{fills / len(played):5.2f} fills and {vain / len(played):7.2f} looks in vain an event",
                flush=True,
            )


if __name__ == "__main__":
    fire.Fire(main)
