"""The price indexes of the dark book against lists: totals, the oldest that fits, the next worse limit and broker."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernels import dark_layout as dl
from kernels.dark_index import change, drop, price_word, put
from kernels.dark_search import next_broker, next_good, oldest, totals

pytestmark = pytest.mark.reduced
ROOM = 64
GROUPS = (0, 1, 9, 17, 20)


@dataclass
class Waiting:
    at: int
    good: int
    rank: int
    leaves: int
    minimum: int
    group: int
    broker: int


def empty_book() -> NDArray[np.int64]:
    cells = dl.BOOK_HEADER + ROOM * dl.DARK_CELLS
    m = np.zeros(cells + dl.book_cells(ROOM), np.int64)
    dl.lay_out_book(m, cells, ROOM)
    return m


STEP = st.tuples(
    st.sampled_from(("put", "put", "drop", "change", "regroup")),
    st.one_of(st.integers(-3, 3), st.sampled_from((-(2**40), 2**40, 0))),  # price
    st.integers(1, 9),
    st.sampled_from((0, 2, 5)),
    st.sampled_from(GROUPS),
    st.integers(0, 3),
)


@pytest.mark.parametrize("k", [dl.TREE_ALL, dl.TREE_BLOCK, dl.TREE_BROKER])
@given(st.lists(STEP, max_size=50), st.booleans())
@settings(max_examples=60)
def test_searches_give_what_a_list_gives(k: int, steps: list[tuple[str, int, int, int, int, int]], half: bool) -> None:
    m = empty_book()
    t = int(dl.tree(m, k))
    waiting: list[Waiting] = []
    for rank, (kind, price, leaves, minimum, group, broker) in enumerate(steps):
        if kind == "put":
            x = dl.BOOK_HEADER + dl.DARK_CELLS * rank
            good = 2 * price + (1 if half else 0) if price else dl.BIG - 2
            raw = 2 * price if k == dl.TREE_BLOCK and price else good
            waiting.append(Waiting(x, raw, rank, leaves, minimum, group, broker))
            m[[x + dl.SIDE, x + dl.PRICE, x + dl.HALF_TICK]] = 1, price, int(half)
            m[[x + dl.PARTICIPANT, x + dl.RANK, x + dl.MINIMUM]] = broker, rank, minimum
            m[[x + dl.LEAVES, x + dl.SHOWN, x + dl.GROUP]] = leaves, leaves, group
            put(m, t, x)
        elif waiting:
            order = waiting[leaves % len(waiting)]
            x = order.at
            if kind == "change":
                order.leaves = leaves
                m[x + dl.LEAVES] = leaves
                change(m, t, x)
                m[x + dl.SHOWN] = leaves
                continue
            drop(m, t, x)
            if kind == "drop":
                waiting.remove(order)
            else:
                order.group = m[x + dl.GROUP] = group
                put(m, t, x)
    compare(m, t, k, waiting)


def shown(k: int, good: int) -> int:
    """Trees by broker tell limits beyond 2^43 apart no more, but for the one better than all."""
    return good if k != dl.TREE_BROKER else 2**43 - 1 if good == dl.BIG - 1 else min(good, 2**43 - 2)


def compare(m: NDArray[np.int64], t: int, k: int, waiting: list[Waiting]) -> None:
    into = int(m[dl.BOOK_SCRATCH]) + dl.TALLY
    filled = sum({1 << o.group for o in waiting})
    assert m[t + dl.FILLED] == filled
    for good in (-(2**41), -7, -6, -1, 0, 1, 2, 5, 6, 7, 2**41 - 1, 2**41 + 2, dl.BIG - 1):
        for broker in range(4):
            word = price_word(m, t, broker, good)
            mine = [o for o in waiting if k != dl.TREE_BROKER or o.broker == broker]
            better = [o for o in mine if shown(k, o.good) >= shown(k, good)]
            totals(m, t, word, into)
            assert m[into + 3 * dl.GROUPS] == sum({1 << o.group for o in better})
            for group in {o.group for o in better}:
                those = [o for o in better if o.group == group]
                leaves_of = [o.leaves for o in those]
                want = [sum(leaves_of), max(leaves_of), min(o.minimum for o in those)]
                assert m[into + 3 * group : into + 3 * group + 3].tolist() == want
                for minimum, leaves, start in ((9, 1, 0), (0, 1, 0), (2, 4, 0), (9, 6, 10), (2, 1, 20)):
                    fit = [o for o in those if o.minimum <= minimum and o.leaves >= leaves and o.rank >= start]
                    assert (
                        oldest(m, t, group, word, minimum, leaves, start, 0)
                        == min(((o.rank, o.at) for o in fit), default=(0, 0))[1]
                    )
            worse = [shown(k, o.good) for o in mine if shown(k, o.good) < shown(k, good) and o.group >= dl.LIMIT_GROUP]
            assert next_good(m, t, dl.LIMIT_GROUP, word) == max(worse, default=-dl.BIG)
    if k == dl.TREE_BROKER:
        for broker in range(6):
            assert next_broker(m, t, broker) == max((o.broker for o in waiting if o.broker < broker), default=-1)
