"""The Centre Point rules in plain Python, by scanning lists: slow, obvious, sharing no code with the project."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(slots=True, eq=False)
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
    untried: bool = False  # became able to trade with somebody it passed over, or came while another quote held


@dataclass(slots=True, eq=False)
class Fill:
    """``order`` trades with ``contra``; passive: both rested."""

    order: NaiveOrder
    contra: NaiveOrder
    quantity: int
    price: Fraction
    rule: str  # mid, limit, block
    passive: bool


Trade = tuple[int, int, int, Fraction, str, bool]  # names of order and contra, quantity, price, rule, passive
Quote = tuple[int, int]


class NaiveDarkBook:
    """``resting`` is in time order; ``enter`` and ``requote`` return what trades."""

    def __init__(self, tick: int, tier: int, preferring: tuple[int, ...] = (), locked: bool = False) -> None:
        self.tick, self.tier, self.preferring, self.locked = tick, tier, preferring, locked
        self.resting: list[NaiveOrder] = []
        self.bid: int | None = None
        self.offer: int | None = None
        self.tried: Quote | None = None  # the last usable quote at which every resting order had its turn

    def quote(self) -> Quote | None:
        """R1, R4: the quote if it can be matched at."""
        if self.bid is None or self.offer is None or self.bid <= 0:
            return None
        usable = self.bid < self.offer or (self.locked and self.bid == self.offer)
        return (self.bid, self.offer) if usable else None

    def on_ticks(self, quote: Quote) -> list[Fraction]:
        """R10: prices on a tick strictly inside the quote."""
        return [Fraction(p) for p in range(quote[0] + 1, quote[1]) if p % self.tick == 0]

    def accepts(self, order: NaiveOrder, price: Fraction, raw: bool = False) -> bool:
        """R5."""
        if order.price == 0:
            return True
        limit = Fraction(order.price)
        if order.mid_tick in (1, 4, 6) and not raw:
            limit += Fraction(self.tick, 2) * order.side
        return price <= limit if order.side == 1 else price >= limit

    @staticmethod
    def is_dark_limit(order: NaiveOrder) -> bool:
        return not order.sweep and order.mid_tick in (3, 4, 5, 6)

    def fills_of(self, x: NaiveOrder) -> list[Fill]:
        """What ``x`` trades now; nothing at all when the minimum of a several-fills order is not reached."""
        quote = self.quote()
        if quote is None:
            return []
        fills: list[Fill] = []
        mid = Fraction(sum(quote), 2)
        incoming = x not in self.resting
        for own_pass in (True, False):
            if own_pass and not (incoming and x.broker in self.preferring):
                continue
            for price in self.prices_inside(x, quote):
                for c in self.resting:
                    if c.side == x.side or (own_pass and c.broker != x.broker):
                        continue
                    if price != mid and not self.is_dark_limit(c):
                        continue
                    if self.accepts(x, price) and self.accepts(c, price):
                        self.try_fill(x, c, price, "mid" if price == mid else "limit", fills, helped=not own_pass)
        if incoming and (x.sweep or x.mid_tick in (5, 6)) and quote[0] < quote[1]:
            self.try_blocks(x, quote[1] if x.side == 1 else quote[0], fills)
        return fills if self.filled(x, fills) >= x.minimum else []

    def prices_inside(self, x: NaiveOrder, quote: Quote) -> list[Fraction]:
        mid = Fraction(sum(quote), 2)
        if not self.is_dark_limit(x):
            return [mid]
        return sorted({*self.on_ticks(quote), mid}, reverse=x.side == -1)

    def try_blocks(self, x: NaiveOrder, touch: int, fills: list[Fill]) -> None:
        """R11."""
        blocks = [c for c in self.resting if c.side != x.side and not c.sweep and c.mid_tick in (5, 6)]
        priced = [(x.side * touch if c.price == 0 else max(x.side * touch, x.side * c.price), c) for c in blocks]
        for signed, c in sorted(priced, key=lambda pair: pair[0]):
            price = Fraction(x.side * signed)
            left = x.leaves - self.filled(x, fills)
            if self.accepts(x, price, raw=True) and min(left, c.leaves) * price >= self.tier:
                self.try_fill(x, c, price, "block", fills, helped=False)

    @staticmethod
    def filled(x: NaiveOrder, fills: list[Fill]) -> int:
        return sum(f.quantity for f in fills if f.order is x)

    def try_fill(
        self, x: NaiveOrder, c: NaiveOrder, price: Fraction, rule: str, fills: list[Fill], helped: bool
    ) -> None:
        """R17: both minimums; R17b: with the help of older orders on the side of ``x``, who print first."""
        left = x.leaves - self.filled(x, fills)
        used = [o for f in fills for o in (f.order, f.contra) if o is not x]
        if left == 0 or c in used or self.strangers(x, c):
            return
        least = x.minimum if x.single and left >= x.minimum else 1
        passive = x in self.resting
        help_ = self.helpers(x, c, price, rule, used) if helped and c.minimum > 0 and not c.single else []
        given = sum(f.quantity for f in help_)
        quantity = min(left, c.leaves - given)
        if help_ and quantity >= max(1, least) and given + quantity >= c.minimum:
            fills += [*help_, Fill(x, c, quantity, price, rule, passive)]
            return
        quantity = min(left, c.leaves)
        if quantity >= c.minimum and quantity >= least:
            fills.append(Fill(x, c, quantity, price, rule, passive))

    def helpers(self, x: NaiveOrder, c: NaiveOrder, price: Fraction, rule: str, used: list[NaiveOrder]) -> list[Fill]:
        older = self.resting[: self.resting.index(x)] if x in self.resting else self.resting
        fills: list[Fill] = []
        wanted = c.leaves
        for h in older:
            if h.side != x.side or h in used or self.strangers(h, c) or not self.accepts(h, price):
                continue
            if rule == "limit" and not self.is_dark_limit(h):
                continue
            quantity = min(wanted, h.leaves)
            if quantity > 0 and quantity >= h.minimum:
                fills.append(Fill(h, c, quantity, price, rule, True))
                wanted -= quantity
        return fills

    @staticmethod
    def strangers(a: NaiveOrder, b: NaiveOrder) -> bool:
        return (a.own_only or b.own_only) and a.broker != b.broker

    def trade(self, x: NaiveOrder) -> list[Trade]:
        done = []
        x.untried = False
        for f in self.fills_of(x):
            for order in (f.order, f.contra):
                order.leaves -= f.quantity
                if order.leaves < order.minimum:
                    order.minimum, order.untried = 0, True
            done.append((f.order.name, f.contra.name, f.quantity, f.price, f.rule, f.passive))
        self.resting = [o for o in self.resting if o.leaves > 0]
        return done

    def rest(self, x: NaiveOrder) -> None:
        x.untried = x.untried or (self.bid, self.offer) != self.tried
        self.resting.append(x)

    def enter(self, x: NaiveOrder, rests: bool = True) -> list[Trade]:
        done = self.trade(x)
        if rests and x.leaves:
            self.rest(x)
        return done

    def amend(self, x: NaiveOrder, price: int, leaves: int, minimum: int, single: bool) -> list[Trade]:
        """R13: less quantity, another minimum, another way to fill it keep the place; all else enters anew."""
        keeps = price == x.price and leaves <= x.leaves
        x.untried = x.untried or (minimum, single) != (x.minimum, x.single)
        x.price, x.leaves, x.minimum, x.single = price, leaves, minimum, single
        if keeps:
            return []
        self.resting.remove(x)
        return self.enter(x)

    def can_trade_at(self, x: NaiveOrder, quote: Quote | None) -> tuple[bool, bool]:
        """Tell if it is eligible at the mid, and on a tick."""
        if quote is None:
            return False, False
        on_tick = self.is_dark_limit(x) and any(self.accepts(x, price) for price in self.on_ticks(quote))
        return self.accepts(x, Fraction(sum(quote), 2)), on_tick

    def requote(self, bid: int | None, offer: int | None) -> list[Trade]:
        """R23: who the move has made eligible, and who was not tried as it is now, acts as if it came; oldest first."""
        self.bid, self.offer = bid, offer
        quote = self.quote()
        if quote is None:
            return []
        done = []
        for x in list(self.resting):
            if x not in self.resting:
                continue
            now, before = self.can_trade_at(x, quote), self.can_trade_at(x, self.tried)
            if x.untried or any(n and not b for n, b in zip(now, before, strict=True)):
                done += self.trade(x)
        self.tried = quote
        return done
