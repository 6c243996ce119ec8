"""The dark book against worked examples, the exchange's and others, and against a naive book that scans lists."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.dark import book as dark
from tests.kernels.dark.dark_books import CompiledBook
from tests.oracles.dark_book import NaiveDarkBook, NaiveOrder, Trade

pytestmark = pytest.mark.reduced
EXAMPLES = json.loads((Path(__file__).parent / "dark_examples.json").read_text(encoding="utf-8"))
MakeBook = Callable[..., "CompiledBook | NaiveDarkBook"]
BOOKS = [pytest.param(CompiledBook, id="compiled"), pytest.param(NaiveDarkBook, id="naive")]
books = pytest.mark.parametrize("make", BOOKS)


def act(book: CompiledBook | NaiveDarkBook, event: list[Any], orders: dict[str, NaiveOrder]) -> list[Trade]:
    """Do an event of an example."""
    kind, what = event[1], event[2]
    if kind == "quote":
        return book.requote(*event[2:])
    if kind == "enter":
        order = NaiveOrder(len(orders), what["side"], what["price"], what["qty"], what.get("mt", 2), what.get("min", 0))
        order.single, order.broker = what.get("single") == 1, what.get("part", 0)
        order.sweep = what.get("kind") == "sweep"
        orders[what["id"]] = order
        return book.enter(order, rests=not (order.sweep or what.get("fak")))
    order = orders[what]
    if kind == "cancel":
        cancel(book, order)
        return []
    price, leaves = event[3].get("price", order.price), event[3].get("qty", order.leaves)
    return amend(book, order, price, leaves, min(order.minimum, leaves), order.single)


def cancel(book: CompiledBook | NaiveDarkBook, order: NaiveOrder) -> None:
    if isinstance(book, NaiveDarkBook):
        book.resting.remove(order)
    else:
        book.cancel(order.name)


def amend(
    book: CompiledBook | NaiveDarkBook, order: NaiveOrder, price: int, leaves: int, minimum: int, single: bool
) -> list[Trade]:
    if isinstance(book, NaiveDarkBook):
        return book.amend(order, price, leaves, minimum, single)
    return book.amend(order.name, price, leaves, minimum, single)


@books
@pytest.mark.parametrize("example", EXAMPLES, ids=[example["name"] for example in EXAMPLES])
def test_worked_examples_print_as_the_exchange_printed_them(make: MakeBook, example: dict[str, Any]) -> None:
    """R5-R23 on small books; a match: time, buy, sell, quantity, price, side of the aggressor or 0, rule."""
    book = make(10, 10**12, tuple(example["preferring"]))
    orders: dict[str, NaiveOrder] = {}
    matches = []
    for event in example["events"]:
        for name, contra, quantity, price, rule, passive in act(book, event, orders):
            ids = list(orders)
            side = orders[ids[name]].side
            buy, sell = (name, contra) if side == 1 else (contra, name)
            matches.append([event[0], ids[buy], ids[sell], quantity, float(price), 0 if passive else side, rule])
    assert matches == [[*match[:6], match[6].split("+")[0]] for match in example["matches"]]


@books
def test_an_incoming_dark_limit_order_walks_prices_from_its_best(make: MakeBook) -> None:
    """R10, the exchange's example: quote 430-433, sell 25,000 at 431 with flag 3."""
    book = make(1, 10**9)
    book.requote(430, 433)
    for name, (quantity, price, flag) in enumerate(
        [(1000, 432, 3), (6000, 431, 3), (3000, 431, 1), (2000, 433, 3), (4000, 431, 4), (5000, 432, 3)]
    ):
        assert not book.enter(NaiveOrder(name, 1, price, quantity, mid_tick=flag))
    fills = book.enter(NaiveOrder(9, -1, 431, 25_000, mid_tick=3))
    assert [(fill[2], float(fill[3])) for fill in fills] == [
        (1000, 432.0),
        (2000, 432.0),
        (5000, 432.0),
        (3000, 431.5),
        (4000, 431.5),
        (6000, 431.0),
    ]
    assert not book.enter(NaiveOrder(10, 1, 430, 4_000, mid_tick=3)), "4,000 rest, but nobody reaches 431"
    assert book.enter(NaiveOrder(11, 1, 431, 9_000, mid_tick=3))[0][2] == 4_000


@books
def test_an_any_price_block_trades_outside_the_quote_last(make: MakeBook) -> None:
    """R11, the exchange's example: quote 430-433, sell 250,000 at 429 with flag 5."""
    book = make(1, 200 * 235_000)
    book.requote(430, 433)
    book.enter(NaiveOrder(0, 1, 429, 235_000, mid_tick=5, minimum=100_000, single=True))
    book.enter(NaiveOrder(1, 1, 431, 5_000, mid_tick=3))
    book.enter(NaiveOrder(2, 1, 432, 10_000, mid_tick=2))
    fills = book.enter(NaiveOrder(3, -1, 429, 250_000, mid_tick=5))
    assert [(quantity, float(price), rule) for _, _, quantity, price, rule, _ in fills] == [
        (10_000, 431.5, "mid"),
        (5_000, 431.0, "limit"),
        (235_000, 429.0, "block"),
    ]


@books
def test_a_small_block_does_not_trade_outside_the_quote(make: MakeBook) -> None:
    book = make(1, 10**9)
    book.requote(430, 433)
    book.enter(NaiveOrder(0, 1, 429, 1_000, mid_tick=5))
    assert not book.enter(NaiveOrder(1, -1, 429, 1_000, mid_tick=5))


@books
def test_no_match_without_a_good_quote(make: MakeBook) -> None:
    """R1, R4: both sides must exist and not be locked or crossed."""
    book = make(1, 10**9)
    book.requote(430, 432)
    book.enter(NaiveOrder(0, 1, 440, 100, mid_tick=2))
    for name, (bid, offer) in enumerate(((None, 432), (430, None), (431, 431), (432, 431)), 1):
        assert not book.requote(bid, offer)
        assert not book.enter(NaiveOrder(name, -1, 420, 100, mid_tick=2), rests=False)
    assert book.enter(NaiveOrder(9, -1, 420, 10, mid_tick=2)) == []
    assert book.requote(430, 432) == [(9, 0, 10, Fraction(431), "mid", True)], "who came meanwhile has a turn"


@books
def test_minimum_quantities_hold_on_both_sides(make: MakeBook) -> None:
    """R17: a contra whose minimum is not met is passed over and keeps its place; several fills may add up."""
    book = make(1, 10**9)
    book.requote(430, 432)
    book.enter(NaiveOrder(0, 1, 432, 900, mid_tick=2, minimum=500))
    book.enter(NaiveOrder(1, 1, 432, 100, mid_tick=2))
    book.enter(NaiveOrder(2, 1, 432, 300, mid_tick=2))
    assert [f[1] for f in book.enter(NaiveOrder(3, -1, 430, 150, mid_tick=2), rests=False)] == [1, 2]
    assert not book.enter(NaiveOrder(4, -1, 430, 290, mid_tick=2, minimum=260), rests=False)
    assert not book.enter(NaiveOrder(5, -1, 430, 280, mid_tick=2, minimum=270, single=True), rests=False)
    fills = book.enter(NaiveOrder(6, -1, 430, 1_100, mid_tick=2, minimum=1_000), rests=False)
    assert [(f[1], f[2]) for f in fills] == [(0, 900), (2, 200)]


@books
def test_a_preferring_broker_meets_its_own_orders_first(make: MakeBook) -> None:
    """R14: own before other, each in time order."""
    book = make(10, 10**9, (7,))
    book.requote(430, 440)
    for name, broker in enumerate((1, 7, 2, 7)):
        book.enter(NaiveOrder(name, 1, 440, 100, broker=broker))
    assert [f[1] for f in book.enter(NaiveOrder(5, -1, 430, 350, broker=7))] == [1, 3, 0, 2]
    if isinstance(book, CompiledBook):
        assert [int(f.preferred) for f in book.book.fills[:4]] == [1, 1, 0, 0]


@books
def test_an_order_whose_minimum_fell_away_has_a_turn_at_the_next_quote(make: MakeBook) -> None:
    """R17, R23: 1 was passed over while 300 wanted 239 from one contra; with 61 left it is good enough."""
    book = make(10, 10**9)
    book.requote(430, 440)
    book.enter(NaiveOrder(0, -1, 430, 1))
    book.enter(NaiveOrder(1, -1, 430, 239))
    assert [f[1:3] for f in book.enter(NaiveOrder(2, 1, 440, 300, minimum=239, single=True))] == [(1, 239)]
    assert book.requote(430, 430) == []
    assert book.requote(430, 440) == [(2, 0, 1, Fraction(435), "mid", True)]
    assert book.requote(420, 440) == [], "everybody was tried"


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
AMENDMENTS = st.tuples(
    st.just("amend"), st.tuples(PICK, st.integers(-4, 9), st.integers(1, 120), st.integers(0, 120), st.booleans())
)
ANYTHING = (QUOTES, CANCELS, AMENDMENTS)
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

    def __init__(self, preferring: tuple[int, ...] = (), locked: bool = False) -> None:
        self.naive = NaiveDarkBook(TICK, TIER, preferring, locked)
        self.compiled = CompiledBook(TICK, TIER, preferring, locked)
        self.entered: dict[int, NaiveOrder] = {}
        self.traded: dict[int, int] = {}

    def same(self, compiled: list[Trade], naive: list[Trade]) -> None:
        """Nobody trades more than it has, nor below its minimum at one go."""
        assert compiled == naive
        for order, contra, quantity, _, _, _ in naive:
            assert quantity > 0
            for name in (order, contra):
                self.traded[name] = self.traded.get(name, 0) + quantity

    def enter(self, v: dict[str, Any]) -> None:
        price = 0 if v["rare"] == "market" else (40 + v["away"]) * TICK
        name = len(self.entered)
        order = NaiveOrder(name, v["side"], price, v["leaves"], v["mid_tick"], min(v["minimum"], v["leaves"]))
        order.single, order.broker = v["single"], v["broker"]
        order.own_only, order.sweep = v["rare"] == "own", v["rare"] in ("sweep", "leaves")
        self.entered[name] = order
        self.traded[name] = 0
        rests = v["rare"] != "leaves"
        self.same(self.compiled.enter(order, rests), self.naive.enter(order, rests))

    def quote(self, bid: int, width: int) -> None:
        quote = (40 + bid) * TICK, (40 + bid + width) * TICK
        self.same(self.compiled.requote(*quote), self.naive.requote(*quote))

    def amend(self, at: int, away: int, leaves: int, minimum: int, single: bool) -> None:
        """R13. Changes of one field are as likely as of all."""
        order = self.naive.resting[at % len(self.naive.resting)]
        price = order.price if away > 4 else (40 + away) * TICK
        leaves = order.leaves if leaves > 60 else leaves
        minimum = min(order.minimum if minimum > 60 else minimum, leaves)
        before = order.leaves
        compiled = self.compiled.amend(order.name, price, leaves, minimum, single)
        self.same(compiled, self.naive.amend(order, price, leaves, minimum, single))
        self.traded[order.name] += before - leaves

    def do(self, kind: str, values: Any) -> None:
        resting = self.naive.resting
        if kind == "enter":
            self.enter(values)
        elif kind == "quote":
            self.quote(*values)
        elif resting and kind == "cancel":
            order = resting[values[0] % len(resting)]
            cancel(self.naive, order)
            cancel(self.compiled, order)
        elif resting:
            self.amend(*values)

    def check(self) -> None:
        assert self.compiled.waiting() == [(o.name, o.leaves, o.minimum) for o in self.naive.resting]


@pytest.mark.parametrize("family", FAMILIES)
@given(st.data())
@settings(max_examples=80)
def test_any_sequence_of_events_gives_the_trades_of_the_naive_book(family: str, data: st.DataObject) -> None:
    preferring = data.draw(st.sampled_from(((), (1, 2), (0, 1, 2, 3))))
    pair = Pair(preferring, data.draw(st.booleans()))
    enter = FAMILIES[family]
    for kind, values in data.draw(st.lists(st.one_of(enter, enter, enter, *ANYTHING), max_size=60)):
        pair.do(kind, values)
        pair.check()
    sizes = {name: pair.traded[name] + order.leaves for name, order in pair.entered.items()}
    assert all(size >= 0 for size in sizes.values())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("many", [360, 1_300])
def test_long_queues_give_the_trades_of_the_naive_book(family: str, many: int) -> None:
    """Queues that need summaries of both widths, that grow, and that close up."""
    rng = np.random.default_rng(5)
    flag = {"dark_limits": 3, "blocks": 5}.get(family, 2)
    pair = Pair((1,) if family == "anything" else ())
    pair.quote(-1, 2)
    steps: list[tuple[str, Any]] = []
    for i in range(many):
        reach = (i // 2) % 2
        side = 1 if i % 8 else -1
        values: dict[str, Any] = {"side": side, "broker": i % 3, "mid_tick": flag, "rare": "", "single": i % 5 == 0}
        values |= {"away": 4 if reach else -4, "leaves": 60 if reach else 9, "minimum": 50 + i % 10 if reach else i % 4}
        if family == "own_broker_only" and i % 3:
            values["rare"] = "own"
        if family == "single_fills":
            values["single"] = True
        if side == -1:
            values |= {"away": -values["away"], "leaves": 5 + i % 7, "minimum": 0}
        steps.append(("enter", values))
    for i in range(60):
        if i % 6 == 0:
            steps.append(("quote", (int(rng.integers(-5, 4)), int(rng.integers(1, 5)))))
        taker = {"side": -1 if i % 3 else 1, "broker": i % 4, "mid_tick": flag, "single": bool(i % 2)}
        taker |= dict(zip(("away", "leaves", "minimum"), rng.integers((-4, 1, 0), (5, 70, 5)).tolist(), strict=True))
        steps.append(("enter", taker | {"rare": ("", "leaves", "own", "sweep")[i % 4]}))
        steps += [("amend", (*rng.integers((0, -4, 1, 0), (400, 8, 80, 80)).tolist(), i % 3 == 0))]
        steps += [("cancel", (int(rng.integers(many)),)) for _ in range(many // 60)]
    for kind, values in steps:
        pair.do(kind, values)
    pair.check()


def test_slots_come_back_and_queues_close_up() -> None:
    """However many orders pass, a book holds as many slots and places as wait at once."""
    book = CompiledBook(10, 10**9, capacity=4)
    book.requote(430, 440)
    for round_ in range(200):
        for name in range(3):
            book.enter(NaiveOrder(10 * round_ + name, 1, 440, 10 + name))
        fills = book.enter(NaiveOrder(10 * round_ + 5, -1, 430, 33), rests=False)
        assert [f[1] % 10 for f in fills] == [0, 1, 2], round_
    assert book.book.orders.size == 4
    assert dark.has_room(book.book)


@books
def test_a_market_block_stops_where_no_block_is_left(make: MakeBook) -> None:
    book = make(1, 1)
    book.requote(430, 433)
    book.enter(NaiveOrder(0, 1, 429, 10, mid_tick=5))
    assert [(f[2], float(f[3])) for f in book.enter(NaiveOrder(1, -1, 0, 30, mid_tick=5))] == [(10, 429.0)]


def test_books_side_by_side_share_nothing() -> None:
    first, second = CompiledBook(10, 10**9), CompiledBook(10, 10**9)
    for book in (first, second):
        book.requote(430, 440)
    first.enter(NaiveOrder(0, 1, 440, 10))
    assert second.enter(NaiveOrder(1, -1, 430, 10)) == []
    assert first.enter(NaiveOrder(2, -1, 430, 10)) == [(2, 0, 10, Fraction(435), "mid", False)]
    assert second.waiting() == [(1, 10, 0)]
