"""The dark book against the exchange's worked examples and a naive book that scans lists."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import dark_book as db
from kernels import dark_trees as dt
from kernels.conventions import NULL
from tests.oracles.dark_book import NaiveDarkBook, NaiveOrder

pytestmark = pytest.mark.reduced
RULES = {db.RULE_MID: "mid", db.RULE_DARK_LIMIT: "limit", db.RULE_BLOCK: "block"}
Fill = tuple[int, int, int, Fraction, str]


class CompiledBook:
    """Drives the compiled book the way a market or a replay does; order ``name`` is a record of ``m``."""

    def __init__(
        self,
        orders: int,
        tick: int,
        tier: int,
        preferring: tuple[int, ...] = (),
        locked: bool = False,
        capacity: int = 0,
    ) -> None:
        capacity = capacity or max(orders, 2)
        book_at = dt.BOOK_HEADER + orders * dt.DARK_CELLS
        self.m = np.zeros(book_at + dt.book_cells(capacity, 0, preferring), np.int64)
        dt.lay_out_book(self.m, book_at, capacity, 0, preferring)
        self.order = self.m[dt.BOOK_HEADER : book_at].reshape(orders, dt.DARK_CELLS)
        self.order[:, dt.RANK : dt.LEAF + 4] = -1
        self.tick, self.tier, self.locked = tick, tier, locked
        self.bid: int | None = None
        self.offer: int | None = None
        self.rank = 0

    @staticmethod
    def at(name: int) -> int:
        return dt.BOOK_HEADER + name * dt.DARK_CELLS

    def put(self, o: NaiveOrder) -> None:
        half = self.tick if o.mid_tick in (1, 4, 6) else 0
        self.order[o.name, : dt.RANK + 1] = (
            *(o.side, o.price, o.leaves, half, o.mid_tick, o.minimum, int(o.single), o.broker, 0, int(o.own_only)),
            *(int(o.sweep), -1),
        )

    def quote(self) -> tuple[int, int]:
        return NULL if self.bid is None else self.bid, NULL if self.offer is None else self.offer

    def trade(self, name: int) -> list[Fill]:
        n = db.plan_fills(self.m, self.at(name), *self.quote(), self.tick, self.tier, self.locked)
        start = int(self.m[dt.BOOK_PLAN])
        plan = self.m[start : start + n * dt.PLAN_CELLS].reshape(n, dt.PLAN_CELLS).tolist()
        db.release_plan(self.m, n)
        done = []
        for at, quantity, price2, rule in plan:
            for x in (self.at(name), at):
                db.reduce_leaves(self.m, x, quantity)
                if self.m[x + dt.RANK] >= 0:
                    dt.refresh(self.m, x)
            contra = (at - dt.BOOK_HEADER) // dt.DARK_CELLS
            done.append((name, contra, quantity, Fraction(price2, 2), RULES[rule]))
        return done

    def enter(self, o: NaiveOrder, rests: bool = True) -> list[Fill]:
        self.put(o)
        done = self.trade(o.name)
        if rests and self.order[o.name, dt.LEAVES]:
            self.rest(o.name)
        return done

    def rest(self, name: int) -> None:
        self.rank += 1
        dt.insert(self.m, self.at(name), self.rank)

    def look_again(self) -> list[Fill]:
        done: list[Fill] = []
        db.start_recheck(self.m)
        while (x := db.next_resting(self.m, *self.quote(), self.tick, self.locked)) >= 0:
            done += self.trade((x - dt.BOOK_HEADER) // dt.DARK_CELLS)
        return done


BOOKS = [
    pytest.param(lambda tier: CompiledBook(16, 1, tier), id="compiled"),
    pytest.param(lambda tier: NaiveDarkBook(1, tier), id="naive"),
]
MakeBook = Callable[[int], "CompiledBook | NaiveDarkBook"]


@pytest.mark.parametrize("make", BOOKS)
def test_an_incoming_dark_limit_order_walks_prices_from_its_best(make: MakeBook) -> None:
    """R10, the exchange's example: quote 430-433, sell 25,000 at 431 with flag 3."""
    book = make(10**9)
    book.bid, book.offer = 430, 433
    for name, (quantity, price, flag) in enumerate(
        [(1000, 432, 3), (6000, 431, 3), (3000, 431, 1), (2000, 433, 3), (4000, 431, 4), (5000, 432, 3)]
    ):
        assert not book.enter(NaiveOrder(name, 1, price, quantity, mid_tick=flag))
    fills = book.enter(NaiveOrder(9, -1, 431, 25_000, mid_tick=3))
    assert [(quantity, float(price)) for _, _, quantity, price, _ in fills] == [
        (1000, 432.0),
        (2000, 432.0),
        (5000, 432.0),
        (3000, 431.5),
        (4000, 431.5),
        (6000, 431.0),
    ]
    assert not book.enter(NaiveOrder(10, 1, 430, 4_000, mid_tick=3)), "4,000 rest, but nobody reaches 431"
    assert book.enter(NaiveOrder(11, 1, 431, 9_000, mid_tick=3))[0][2] == 4_000


@pytest.mark.parametrize("make", BOOKS)
def test_an_any_price_block_trades_outside_the_quote_last(make: MakeBook) -> None:
    """R11, the exchange's example: quote 430-433, sell 250,000 at 429 with flag 5."""
    book = make(200 * 235_000)
    book.bid, book.offer = 430, 433
    book.enter(NaiveOrder(0, 1, 429, 235_000, mid_tick=5, minimum=100_000, single=True))
    book.enter(NaiveOrder(1, 1, 431, 5_000, mid_tick=3))
    book.enter(NaiveOrder(2, 1, 432, 10_000, mid_tick=2))
    fills = book.enter(NaiveOrder(3, -1, 429, 250_000, mid_tick=5))
    assert [(quantity, float(price), rule) for _, _, quantity, price, rule in fills] == [
        (10_000, 431.5, "mid"),
        (5_000, 431.0, "limit"),
        (235_000, 429.0, "block"),
    ]


@pytest.mark.parametrize("make", BOOKS)
def test_a_small_block_does_not_trade_outside_the_quote(make: MakeBook) -> None:
    book = make(10**9)
    book.bid, book.offer = 430, 433
    book.enter(NaiveOrder(0, 1, 429, 1_000, mid_tick=5))
    assert not book.enter(NaiveOrder(1, -1, 429, 1_000, mid_tick=5))


@pytest.mark.parametrize("make", BOOKS)
def test_one_tick_spread_trades_at_the_mid_only_with_the_half_tick(make: MakeBook) -> None:
    """R6: a buy at the bid without half tick cannot trade, with it its limit is the mid."""
    book = make(10**9)
    book.bid, book.offer = 430, 431
    book.enter(NaiveOrder(0, 1, 430, 100, mid_tick=2))
    book.enter(NaiveOrder(1, 1, 430, 100, mid_tick=1))
    assert book.enter(NaiveOrder(2, -1, 430, 500, mid_tick=2)) == [(2, 1, 100, Fraction(861, 2), "mid")]


@pytest.mark.parametrize("make", BOOKS)
def test_no_match_without_a_good_quote(make: MakeBook) -> None:
    """R1, R4: both sides must exist and not be locked or crossed."""
    book = make(10**9)
    book.bid, book.offer = 430, 432
    book.enter(NaiveOrder(0, 1, 440, 100, mid_tick=2))
    for bid, offer in ((None, 432), (430, None), (431, 431), (432, 431)):
        book.bid, book.offer = bid, offer
        assert not book.enter(NaiveOrder(1, -1, 420, 100, mid_tick=2), rests=False)
        assert not book.look_again()


@pytest.mark.parametrize("make", BOOKS)
def test_minimum_quantities_hold_on_both_sides(make: MakeBook) -> None:
    """R17: a contra whose minimum is not met is skipped and keeps its place; several fills may add up."""
    book = make(10**9)
    book.bid, book.offer = 430, 432
    book.enter(NaiveOrder(0, 1, 432, 900, mid_tick=2, minimum=500))
    book.enter(NaiveOrder(1, 1, 432, 100, mid_tick=2))
    book.enter(NaiveOrder(2, 1, 432, 300, mid_tick=2))
    assert [f[1] for f in book.enter(NaiveOrder(3, -1, 430, 150, mid_tick=2), rests=False)] == [1, 2]
    assert not book.enter(NaiveOrder(4, -1, 430, 290, mid_tick=2, minimum=260), rests=False)
    assert not book.enter(NaiveOrder(5, -1, 430, 280, mid_tick=2, minimum=270, single=True), rests=False)
    fills = book.enter(NaiveOrder(6, -1, 430, 1_100, mid_tick=2, minimum=1_000), rests=False)
    assert [(f[1], f[2]) for f in fills] == [(0, 900), (2, 200)]


@pytest.mark.parametrize("book", [CompiledBook(8, 10, 10**9, (7,)), NaiveDarkBook(10, 10**9, (7,))])
def test_a_preferring_broker_meets_its_own_orders_first(book: CompiledBook | NaiveDarkBook) -> None:
    """R14: own before other, each in time order."""
    book.bid, book.offer = 430, 440
    for name, broker in enumerate((1, 7, 2, 7)):
        book.enter(NaiveOrder(name, 1, 440, 100, broker=broker))
    assert [f[1] for f in book.enter(NaiveOrder(5, -1, 430, 350, broker=7))] == [1, 3, 0, 2]


@pytest.mark.parametrize("make", BOOKS)
def test_a_new_quote_makes_resting_orders_meet_oldest_first(make: MakeBook) -> None:
    """R23: nobody is the aggressor; the mid of the new quote counts."""
    book = make(10**9)
    book.bid, book.offer = 430, 440
    book.enter(NaiveOrder(0, 1, 432, 100, mid_tick=2))
    book.enter(NaiveOrder(1, -1, 431, 50, mid_tick=2))
    book.enter(NaiveOrder(2, 1, 433, 100, mid_tick=2))
    assert not book.look_again()
    book.bid, book.offer = 428, 436
    assert book.look_again() == [(0, 1, 50, Fraction(432), "mid")]


ORDER = st.tuples(
    st.sampled_from((1, -1)),
    st.integers(-4, 4),  # distance of the limit from 40, in ticks
    st.integers(1, 60),
    st.sampled_from((0, 1, 1, 2, 3, 4, 5, 6)),
    st.sampled_from((0, 0, 0, 5, 20, 40)),
    st.booleans(),
    st.integers(0, 3),
    st.integers(0, 20),
)
STEP = st.one_of(
    st.tuples(st.just("enter"), ORDER),
    st.tuples(st.just("quote"), st.tuples(st.integers(-4, 3), st.integers(-1, 6))),
    st.tuples(st.just("cancel"), st.tuples(st.integers(0, 40))),
    st.tuples(st.just("amend"), st.tuples(st.integers(0, 40), st.integers(1, 80), st.integers(-4, 4))),
)


@given(st.lists(STEP, max_size=60), st.booleans())
@settings(max_examples=150)
def test_any_sequence_of_events_gives_the_trades_of_the_naive_book(
    steps: list[tuple[str, tuple[int, ...]]], locked: bool
) -> None:
    tick, tier = 5, 1_500
    naive = NaiveDarkBook(tick, tier, (1, 2), locked)
    compiled = CompiledBook(64, tick, tier, (1, 2), locked)
    name = 0
    for kind, values in steps:
        got: object = None
        want: object = None
        if kind == "enter":
            side, away, quantity, mid_tick, minimum, single, broker, rare = values
            order = NaiveOrder(
                name, side, 40 * tick + away * tick, quantity, mid_tick, min(minimum, quantity), bool(single)
            )
            order.broker, order.own_only, order.sweep = broker, rare == 1, rare in (2, 3)
            order.price = 0 if rare == 4 else order.price
            name += 1
            got = compiled.enter(order, rests=rare != 3)
            want = naive.enter(order, rests=rare != 3)
        elif kind == "quote":
            bid = (40 + values[0]) * tick
            offer = bid + values[1] * tick
            for book in (naive, compiled):
                book.bid, book.offer = bid, offer
            got, want = compiled.look_again(), naive.look_again()
        elif naive.resting:
            order = naive.resting[values[0] % len(naive.resting)]
            db_keeps = kind == "amend" and values[2] * tick + 40 * tick == order.price and values[1] <= order.leaves
            if kind == "cancel":
                naive.resting.remove(order)
                dt.remove(compiled.m, compiled.at(order.name))
            else:
                order.leaves, order.price = values[1], (40 + values[2]) * tick
                order.minimum = min(order.minimum, order.leaves)
                if db_keeps:  # R13: less quantity keeps the place
                    compiled.order[order.name, dt.LEAVES] = order.leaves
                    compiled.order[order.name, dt.MINIMUM] = order.minimum
                    dt.refresh(compiled.m, compiled.at(order.name))
                else:
                    naive.resting.remove(order)
                    dt.remove(compiled.m, compiled.at(order.name))
                    got, want = compiled.enter(order), naive.enter(order)
        assert got == want
        assert [o.name for o in naive.resting] == resting(compiled)
        assert all(compiled.order[o.name, dt.LEAVES] == o.leaves for o in naive.resting)


def resting(compiled: CompiledBook) -> list[int]:
    slots = np.flatnonzero(compiled.order[:, dt.RANK] >= 0)
    return [int(s) for s in sorted(slots, key=lambda s: compiled.order[s, dt.RANK])]


def test_a_full_tree_is_compacted_in_time_order() -> None:
    book = CompiledBook(8, 10, 10**9, capacity=4)
    book.bid, book.offer = 430, 440
    for round_ in range(20):
        for name in range(3):
            book.put(NaiveOrder(name, 1, 440, 10 + name))
            book.rest(name)
        fills = book.enter(NaiveOrder(5, -1, 430, 33), rests=False)
        assert [f[1] for f in fills] == [0, 1, 2], round_
    assert dt.has_room(book.m, book.at(0))
