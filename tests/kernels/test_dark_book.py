"""The dark book against the exchange's worked examples and a naive book that scans lists."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

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


def orders(
    away: tuple[int, ...] = (-4, -3, -2, -1, 0, 1, 2, 3, 4),
    quantity: tuple[int, int] = (1, 60),
    flags: tuple[int, ...] = (0, 1, 1, 2, 3, 4, 5, 6),
    minimums: tuple[int, ...] = (0, 0, 0, 5, 20, 40),
    singles: tuple[bool, ...] = (False, True),
    brokers: int = 3,
    rare: tuple[str, ...] = ("", "", "", "", "", "", "own", "sweep", "leaves", "market"),
) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Entries: limits ``away`` ticks from 40, ``rare`` properties."""
    order = {
        "side": st.sampled_from((1, -1)),
        "away": st.sampled_from(away),
        "leaves": st.integers(*quantity),
        "mid_tick": st.sampled_from(flags),
        "minimum": st.sampled_from(minimums),
        "single": st.sampled_from(singles),
        "broker": st.integers(0, brokers),
        "rare": st.sampled_from(rare),
    }
    return st.tuples(st.just("enter"), st.fixed_dictionaries(order))


PICK = st.integers(0, 60)
QUOTES = st.tuples(st.just("quote"), st.tuples(st.integers(-4, 3), st.integers(-1, 6)))
CANCELS = st.tuples(st.just("cancel"), st.tuples(PICK))
AMENDMENTS = st.tuples(st.just("amend"), st.tuples(PICK, st.integers(1, 80), st.integers(-4, 4)))
MINIMUMS = st.tuples(st.just("minimum"), st.tuples(PICK, st.integers(0, 60), st.booleans()))
ANYTHING = (QUOTES, CANCELS, AMENDMENTS, MINIMUMS)
TICK, TIER = 5, 1_500
# What a hostile market would send: the families of the benchmark, small.
FAMILIES = {
    "anything": orders(),
    "minimums": orders(flags=(1, 2), minimums=(0, 30, 40, 50, 60), singles=(False,), rare=("",)),
    "single_fills": orders(flags=(2,), minimums=(0, 10, 20, 30), singles=(True,), rare=("",)),
    "minimums_that_face_each_other": orders((-1, 0, 1), (20, 60), (1, 2), (20, 30, 40, 60), rare=("",)),
    "own_broker_only": orders(brokers=1, rare=("own", "own", "", "sweep", "leaves")),
    "chains": orders((-4, -4, 4), (1, 60), (2,), (0, 5, 50), rare=("", "leaves")),
    "dark_limits": orders(flags=(2, 3, 4), rare=("", "", "own", "market")),
    "blocks": orders(quantity=(20, 60), flags=(5, 6), brokers=1, rare=("", "", "sweep", "leaves", "market")),
}


class Pair:
    """A compiled and a naive book to which the same happens; they must agree after every step."""

    def __init__(self, preferring: tuple[int, ...] = (), locked: bool = False, room: int = 64) -> None:
        self.naive = NaiveDarkBook(TICK, TIER, preferring, locked)
        self.compiled = CompiledBook(room, TICK, TIER, preferring, locked)
        self.names = 0

    def enter(self, v: dict[str, Any]) -> None:
        price = 0 if v["rare"] == "market" else (40 + v["away"]) * TICK
        order = NaiveOrder(self.names, v["side"], price, v["leaves"], v["mid_tick"], min(v["minimum"], v["leaves"]))
        order.single, order.broker = v["single"], v["broker"]
        order.own_only, order.sweep = v["rare"] == "own", v["rare"] in ("sweep", "leaves")
        self.names += 1
        rests = v["rare"] != "leaves"
        assert self.compiled.enter(order, rests) == self.naive.enter(order, rests)

    def quote(self, bid: int, width: int) -> None:
        for book in (self.naive, self.compiled):
            book.bid, book.offer = (40 + bid) * TICK, (40 + bid + width) * TICK
        assert self.compiled.look_again() == self.naive.look_again()

    def picked(self, at: int) -> NaiveOrder:
        return self.naive.resting[at % len(self.naive.resting)]

    def drop(self, order: NaiveOrder) -> None:
        self.naive.resting.remove(order)
        dt.remove(self.compiled.m, self.compiled.at(order.name))

    def refresh(self, order: NaiveOrder) -> None:
        record = self.compiled.order[order.name]
        record[[dt.LEAVES, dt.MINIMUM, dt.SINGLE_FILL]] = (order.leaves, order.minimum, int(order.single))
        dt.refresh(self.compiled.m, self.compiled.at(order.name))

    def amend(self, at: int, leaves: int, away: int) -> None:
        """R13: less quantity keeps the place, anything else loses it."""
        order = self.picked(at)
        price = (40 + away) * TICK
        keeps = price == order.price and leaves <= order.leaves
        if not keeps:
            self.drop(order)
        order.leaves, order.price, order.minimum = leaves, price, min(order.minimum, leaves)
        if keeps:
            self.refresh(order)
        else:
            assert self.compiled.enter(order) == self.naive.enter(order)

    def minimum(self, at: int, minimum: int, single: bool) -> None:
        """R13: another minimum, or another way to fill it, keeps the place."""
        order = self.picked(at)
        order.minimum, order.single = min(minimum, order.leaves), single
        self.refresh(order)

    def do(self, kind: str, values: Any) -> None:
        if kind == "enter":
            self.enter(values)
        elif kind == "quote":
            self.quote(*values)
        elif self.naive.resting:
            if kind == "cancel":
                self.drop(self.picked(values[0]))
            elif kind == "amend":
                self.amend(*values)
            else:
                self.minimum(*values)
        assert [o.name for o in self.naive.resting] == resting(self.compiled)
        state = self.compiled.order[[o.name for o in self.naive.resting]][:, [dt.LEAVES, dt.MINIMUM]]
        assert state.tolist() == [[o.leaves, o.minimum] for o in self.naive.resting]


@pytest.mark.parametrize("family", FAMILIES)
@given(st.data())
@settings(max_examples=80)
def test_any_sequence_of_events_gives_the_trades_of_the_naive_book(family: str, data: st.DataObject) -> None:
    preferring = data.draw(st.sampled_from(((), (1, 2))))
    pair = Pair(preferring, data.draw(st.booleans()))
    enter = FAMILIES[family]
    for kind, values in data.draw(st.lists(st.one_of(enter, enter, enter, *ANYTHING), max_size=60)):
        pair.do(kind, values)


@pytest.mark.parametrize("family", FAMILIES)
def test_long_queues_give_the_trades_of_the_naive_book(family: str) -> None:
    """So many orders that searches in the trees over rank give up; orders with a good limit between others."""
    rng = np.random.default_rng(5)
    flag = {"dark_limits": 3, "blocks": 5}.get(family, 2)
    pair = Pair((1,) if family == "anything" else (), room=700)
    pair.quote(-1, 2)
    for i in range(360):
        values: dict[str, Any] = {
            "side": 1 if i % 8 else -1,
            "broker": i % 3,
            "mid_tick": flag,
            "rare": "",
            "single": i % 5 == 0,
        }
        reach = (i // 2) % 2
        values |= {"away": 4 if reach else -4, "leaves": 60 if reach else 9, "minimum": 50 + i % 10 if reach else i % 4}
        if family == "own_broker_only" and i % 3:
            values["rare"] = "own"
        if family == "single_fills":
            values["single"] = True
        if values["side"] == -1:
            values |= {"away": -values["away"], "leaves": 5 + i % 7, "minimum": 0}
        pair.do("enter", values)
    for i in range(60):
        if i % 6 == 0:
            pair.do("quote", (int(rng.integers(-5, 4)), int(rng.integers(1, 5))))
        taker = {"side": -1 if i % 3 else 1, "broker": i % 4, "mid_tick": flag, "single": bool(i % 2)}
        taker |= {
            "away": int(rng.integers(-4, 5)),
            "leaves": int(rng.integers(1, 70)),
            "minimum": int(rng.integers(0, 5)),
        }
        pair.do("enter", taker | {"rare": ("", "leaves", "own", "sweep")[i % 4]})
        pair.do("amend", (int(rng.integers(400)), int(rng.integers(1, 80)), int(rng.integers(-4, 5))))


def resting(compiled: CompiledBook) -> list[int]:
    slots = np.flatnonzero(compiled.order[:, dt.RANK] >= 0)
    return [int(s) for s in sorted(slots, key=lambda s: compiled.order[s, dt.RANK])]


QUIET = {  # (buys, sells): leaves, minimum, single, own broker only; none of them can trade
    "minimums no quantity meets": ((90, 90, False, False), (1, 0, False, False)),
    "single fills against many small": ((90, 50, True, False), (40, 0, False, False)),
    "minimums that face each other": ((50, 50, False, False), (90, 90, True, False)),
    "own broker only": ((50, 0, False, True), (50, 0, False, False)),
    "both own broker only": ((50, 0, False, True), (50, 0, False, True)),
    "small before minimums": ((10, 0, False, False), (90, 90, True, False)),
    "one that all could buy": ((60, 60, False, False), (90, 90, True, False)),
}


@pytest.mark.parametrize("kind", QUIET)
def test_nobody_is_looked_at_in_vain_after_a_quote_change(kind: str) -> None:
    """However many rest within the mid, none that cannot trade is looked at (the books of perf/bench_dark_book)."""
    book = CompiledBook(128, 10, 10**9)
    book.bid, book.offer = 430, 440
    for name in range(128):
        side = 1 if name % 2 else -1
        if kind == "minimums no quantity meets" and side == -1 and name > 40:
            continue
        leaves, minimum, single, own = QUIET[kind][name % 2 == 0]
        if kind == "one that all could buy" and name == 2:
            leaves, minimum = 5, 5
        order = NaiveOrder(name, side, 435 + 100 * side, leaves, 2, minimum, single, side + 1, own)
        book.put(order)
        book.rest(name)
    for bid in (430, 420, 440):
        db.start_recheck(book.m)
        assert db.next_resting(book.m, bid, bid + 10, 10, False) == -1


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
