"""The synthetic exchange with the plain dark book of the oracles in place of the compiled one.

Run as ``python -m tests.marketgen.naive_market FOLDER DIALS...`` with NUMBA_DISABLE_JIT=1; dials are name=number. The
market's own code stays; every rule of the dark comes from ``NaiveDarkBook``.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import marketgen.exchange
import marketgen.matching
import marketgen.partition
from kernels.conventions import NULL
from kernels.dark.records import RULE_BLOCK, RULE_DARK_LIMIT, RULE_MID
from marketgen import MarketSpec, generate
from tests.oracles.dark_book import NaiveDarkBook, NaiveOrder, Trade

RULES = {"mid": RULE_MID, "limit": RULE_DARK_LIMIT, "block": RULE_BLOCK}
PREFERRING = tuple(place for place, broker in enumerate(marketgen.partition.BROKERS) if broker[-1] == 1)


@dataclass
class Slots:
    """What the market sees of the book: a record in every slot, and the fills last planned."""

    naive: NaiveDarkBook
    orders: list[Any] = field(default_factory=list)  # as the compiled book's records, filled by the market
    fills: list[Any] = field(default_factory=list)
    known: dict[int, NaiveOrder] = field(default_factory=dict)  # by slot


class NaiveProtocol:
    """The functions of ``kernels.dark.book`` that the market calls."""

    @staticmethod
    def new_book(capacity: int, tick: int, tier: int) -> Slots:
        assert capacity > 0
        return Slots(NaiveDarkBook(tick, tier, PREFERRING))

    @staticmethod
    def has_room(book: Slots) -> bool:
        return book is not None

    @staticmethod
    def take_slot(book: Slots) -> int:
        book.orders.append(SimpleNamespace())
        return len(book.orders) - 1

    @staticmethod
    def set_quote(book: Slots, bid: int, offer: int) -> None:
        book.naive.bid, book.naive.offer = (None if price == NULL else price for price in (bid, offer))

    @staticmethod
    def order(book: Slots, x: int) -> NaiveOrder:
        """Return the order of a slot, made of its record when it is first asked for."""
        if x not in book.known:
            o = book.orders[x]
            book.known[x] = NaiveOrder(
                *(x, int(o.side), int(o.price), int(o.leaves), int(o.mid_tick), int(o.minimum), o.single_fill == 1),
                broker=int(o.participant),
                sweep=o.sweep == 1,
            )
        return book.known[x]

    @staticmethod
    def planned(book: Slots, trades: list[Trade]) -> int:
        """Show trades, which the naive book has booked already, as a plan."""
        book.fills = []
        for name, contra, quantity, price, rule, passive in trades:
            broker = book.known[name].broker
            same = broker == book.known[contra].broker and broker in book.naive.preferring
            book.fills.append(
                SimpleNamespace(
                    order=name,
                    contra=contra,
                    quantity=quantity,
                    price2=int(2 * price),
                    rule=RULES[rule],
                    passive=int(passive),
                    preferred=int(same and not passive and rule != "block"),
                )
            )
        return len(trades)

    @classmethod
    def enter(cls, book: Slots, x: int) -> int:
        order = cls.order(book, x)
        return cls.planned(book, book.naive.trade(order))

    @staticmethod
    def settle(book: Slots, i: int) -> None:
        assert i < len(book.fills), "booked when it was planned"

    @classmethod
    def rest(cls, book: Slots, x: int) -> None:
        book.naive.rest(cls.order(book, x))

    @classmethod
    def amend(cls, book: Slots, x: int, price: int, leaves: int, minimum: int, single_fill: int) -> bool:
        order = cls.order(book, x)
        keeps = bool(price == order.price and leaves <= order.leaves)
        if keeps:
            book.naive.amend(order, int(price), int(leaves), int(minimum), single_fill == 1)
        else:  # the market enters it again
            order.price, order.leaves, order.minimum = int(price), int(leaves), int(minimum)
            book.naive.resting.remove(order)
        return keeps

    @classmethod
    def reduce(cls, book: Slots, x: int, quantity: int) -> None:
        """Take a lit fill off."""
        order = cls.order(book, x)
        order.leaves -= int(quantity)
        if order.leaves < order.minimum:
            order.minimum, order.untried = 0, True
        if order.leaves == 0 and order in book.naive.resting:
            book.naive.resting.remove(order)

    @staticmethod
    def leave(book: Slots, x: int) -> None:
        order = book.known.pop(x, None)
        if order is not None and order in book.naive.resting:
            book.naive.resting.remove(order)

    @classmethod
    def requote(cls, book: Slots, bid: int, offer: int) -> None:
        """Take all turns at once; ``rematch`` shows their trades together."""
        bids = [None if price == NULL else int(price) for price in (bid, offer)]
        cls.planned(book, book.naive.requote(bids[0], bids[1]))
        book.fills.reverse()
        book.fills.append(None)

    @staticmethod
    def rematch(book: Slots) -> int:
        if book.fills and book.fills[-1] is None:
            book.fills = book.fills[-2::-1]
            return len(book.fills)
        return 0


def main(folder: str, *dials: str) -> None:
    protocol: Any = NaiveProtocol
    modules: Any = (marketgen.exchange, marketgen.matching)
    for module in modules:
        module.dark = protocol
    partition: Any = marketgen.partition
    partition.new_book = protocol.new_book
    given: Any = {name: float(text) if "." in text else int(text) for name, text in (d.split("=") for d in dials)}
    generate(MarketSpec((101,), date_end="2024-01-01", truth="full", **given), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
