"""The Centre Point rules in plain Python, by scanning lists: slow, obvious, sharing no code with the project."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(slots=True)
class NaiveOrder:
    name: int
    side: int  # +1, -1
    price: int  # 0 market
    leaves: int
    mid_tick: int = 1
    minimum: int = 0
    single: bool = False
    broker: int = 0
    own_only: bool = False
    sweep: bool = False


class NaiveDarkBook:
    """``resting`` is in time order. ``enter`` and ``look_again`` return (aggressor, contra, quantity, price, rule)."""

    def __init__(self, tick: int, tier: int, preferring: tuple[int, ...] = (), locked: bool = False) -> None:
        self.tick, self.tier, self.preferring, self.locked = tick, tier, preferring, locked
        self.resting: list[NaiveOrder] = []
        self.bid: int | None = None
        self.offer: int | None = None

    def open(self) -> bool:
        if self.bid is None or self.offer is None:
            return False
        return self.bid < self.offer or (self.locked and self.bid == self.offer)

    def accepts(self, order: NaiveOrder, price: Fraction, raw: bool = False) -> bool:
        if order.price == 0:
            return True
        limit = Fraction(order.price)
        if order.mid_tick in (1, 4, 6) and not raw:
            limit += Fraction(self.tick, 2) * order.side
        return price <= limit if order.side == 1 else price >= limit

    def fills_of(self, x: NaiveOrder) -> list[tuple[NaiveOrder, int, Fraction, str]]:
        """What ``x`` trades now; nothing at all when the minimum of a several-fills order is not reached."""
        if not self.open():
            return []
        assert self.bid is not None
        assert self.offer is not None
        fills: list[tuple[NaiveOrder, int, Fraction, str]] = []
        used: set[int] = set()
        left = x.leaves
        mid = Fraction(self.bid + self.offer, 2)
        contras = [c for c in self.resting if c.side != x.side]
        for own_pass in (True, False):
            if own_pass and x.broker not in self.preferring:
                continue
            for price in self.prices_inside(x, mid):
                for c in contras:
                    if own_pass and c.broker != x.broker:
                        continue
                    if price != mid and (c.sweep or c.mid_tick not in (3, 4, 5, 6)):
                        continue
                    if not self.accepts(x, price) or not self.accepts(c, price):
                        continue
                    left = self.try_fill(x, c, left, price, "mid" if price == mid else "limit", fills, used)
        incoming = x not in self.resting
        if incoming and (x.sweep or x.mid_tick in (5, 6)) and self.bid < self.offer:
            touch = self.offer if x.side == 1 else self.bid
            blocks = [c for c in contras if not c.sweep and c.mid_tick in (5, 6)]
            priced = [(x.side * touch if c.price == 0 else max(x.side * touch, x.side * c.price), c) for c in blocks]
            for signed, c in sorted(priced, key=lambda pair: pair[0]):
                price = Fraction(x.side * signed)
                if self.accepts(x, price, raw=True) and min(left, c.leaves) * price >= self.tier:
                    left = self.try_fill(x, c, left, price, "block", fills, used)
        return fills if sum(f[1] for f in fills) >= x.minimum else []

    def prices_inside(self, x: NaiveOrder, mid: Fraction) -> list[Fraction]:
        if x.sweep or x.mid_tick < 3:
            return [mid]
        assert self.bid is not None
        assert self.offer is not None
        on_tick = {Fraction(p) for p in range(self.bid + 1, self.offer) if p % self.tick == 0}
        return sorted(on_tick | {mid}, reverse=x.side == -1)

    @staticmethod
    def try_fill(
        x: NaiveOrder,
        c: NaiveOrder,
        left: int,
        price: Fraction,
        rule: str,
        fills: list[tuple[NaiveOrder, int, Fraction, str]],
        used: set[int],
    ) -> int:
        quantity = min(left, c.leaves)
        if quantity == 0 or c.name in used or quantity < c.minimum:
            return left
        if (x.own_only or c.own_only) and x.broker != c.broker:
            return left
        if x.single and left >= x.minimum and quantity < x.minimum:
            return left
        used.add(c.name)
        fills.append((c, quantity, price, rule))
        return left - quantity

    def trade(self, x: NaiveOrder) -> list[tuple[int, int, int, Fraction, str]]:
        done = []
        for c, quantity, price, rule in self.fills_of(x):
            for order in (x, c):
                order.leaves -= quantity
                if order.leaves < order.minimum:
                    order.minimum = 0
            done.append((x.name, c.name, quantity, price, rule))
        self.resting = [o for o in self.resting if o.leaves > 0]
        return done

    def enter(self, x: NaiveOrder, rests: bool = True) -> list[tuple[int, int, int, Fraction, str]]:
        done = self.trade(x)
        if rests and x.leaves:
            self.resting.append(x)
        return done

    def look_again(self) -> list[tuple[int, int, int, Fraction, str]]:
        """After a change of the quote every resting order in time order acts as if it came now (R23)."""
        done = []
        for x in list(self.resting):
            if x in self.resting:
                done += self.trade(x)
        return done
