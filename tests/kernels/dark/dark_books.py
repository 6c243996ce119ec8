"""The compiled dark book behind the interface of the plain one, driven as a market or a replay drives it."""

from fractions import Fraction
from typing import Any, cast

from kernels.conventions import NULL
from kernels.dark import book as dark
from kernels.dark.records import RULE_BLOCK, RULE_DARK_LIMIT, RULE_MID, Book, new_book
from tests.oracles.dark_book import NaiveOrder, Trade

RULES = {RULE_MID: "mid", RULE_DARK_LIMIT: "limit", RULE_BLOCK: "block"}


class CompiledBook:
    """Orders are known by name; ``slots`` says where each lives."""

    def __init__(
        self, tick: int, tier: int, preferring: tuple[int, ...] = (), locked: bool = False, capacity: int = 2
    ) -> None:
        self.tick, self.preferring = tick, preferring
        self.book: Book = new_book(capacity, tick, tier, locked)
        self.slots: dict[int, int] = {}

    def order(self, name: int) -> Any:
        return self.book.orders[self.slots[name]]

    def new_order(self, o: NaiveOrder) -> int:
        slot = dark.take_slot(self.book)
        while slot < 0:
            self.book = dark.grown(self.book)
            slot = dark.take_slot(self.book)
        order = cast(Any, self.book.orders[slot])
        order.side, order.price, order.leaves, order.mid_tick = o.side, o.price, o.leaves, o.mid_tick
        order.half_tick = self.tick if o.mid_tick in (1, 4, 6) else 0
        order.minimum, order.single_fill, order.participant = o.minimum, int(o.single), o.broker
        order.own_only, order.sweep, order.tag = int(o.own_only), int(o.sweep), o.name
        order.prefers_own = int(o.broker in self.preferring)
        self.slots[o.name] = slot
        return slot

    def settle(self, n: int) -> list[Trade]:
        done = []
        fills: Any = self.book.fills
        orders: Any = self.book.orders
        for i in range(n):
            f = fills[i]
            names = int(orders[f.order].tag), int(orders[f.contra].tag)
            done.append((*names, int(f.quantity), Fraction(int(f.price2), 2), RULES[int(f.rule)], bool(f.passive)))
            dark.settle(self.book, i)
        for name in {name for trade in done for name in trade[:2]}:
            if self.order(name).leaves == 0:
                self.cancel(name)
        return done

    def enter(self, o: NaiveOrder, rests: bool = True) -> list[Trade]:
        self.new_order(o)
        return self._enter(o.name, rests)

    def _enter(self, name: int, rests: bool) -> list[Trade]:
        done = self.settle(dark.enter(self.book, self.slots[name]))
        if name in self.slots and rests:
            dark.rest(self.book, self.slots[name])
        elif name in self.slots:
            self.cancel(name)
        return done

    def rest(self, o: NaiveOrder) -> None:
        slot = self.new_order(o)  # before the book is named: it may grow
        dark.rest(self.book, slot)

    def cancel(self, name: int) -> None:
        dark.leave(self.book, self.slots.pop(name))

    def amend(self, name: int, price: int, leaves: int, minimum: int, single: bool) -> list[Trade]:
        if dark.amend(self.book, self.slots[name], price, leaves, minimum, int(single)):
            return []
        return self._enter(name, True)

    def requote(self, bid: int | None, offer: int | None) -> list[Trade]:
        done = []
        dark.requote(self.book, NULL if bid is None else bid, NULL if offer is None else offer)
        while n := dark.rematch(self.book):
            done += self.settle(n)
        return done

    def waiting(self) -> list[tuple[int, int, int]]:
        """Return name, leaves and minimum of who waits, in time order."""
        orders: Any = [self.book.orders[slot] for slot in self.slots.values()]
        return [(int(o.tag), int(o.leaves), int(o.minimum)) for o in sorted(orders, key=lambda o: o.rank)]
