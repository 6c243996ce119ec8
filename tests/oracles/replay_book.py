"""The dark book of the plain replay: orders in lists, rule by rule; slow, obvious, sharing no code with the project.

A match is made by an order that acts, incoming or resting (R23), with contras that rest. ``Book`` knows the rules of
the exchange (R1-R20, R17b of domain.md); what differs for the bounds of R (decisions 24) is in ``replay_subjects``.
"""

from dataclasses import dataclass
from fractions import Fraction

from tests.oracles.replay_orders import Fill, Match, Order

Quote = tuple[int, int]


def accepts(order: Order, price: Fraction, half: bool = True) -> bool:
    """R5: the limit, half tick included, is at or better than the price."""
    if order.price == 0:
        return True
    limit = order.price + (order.side * order.half if half else 0)
    return order.side * price <= order.side * limit


def is_block(order: Order) -> bool:
    """R11."""
    return order.dark and not order.subject and order.mid_tick in (5, 6)


@dataclass(slots=True)
class BookRules:
    """Rules that can be chosen; from ``no_help`` on they are other readings of R17, R14, R9, R17 and R23."""

    tick: int
    tier: int  # price units x shares
    locked: bool = False
    subjects_meet: bool = False
    no_help: bool = False
    recheck_prefers: bool = False
    sweeps_on_ticks: bool = False
    minimum_stops: bool = False
    recheck_youngest: bool = False
    attributes: str = ""  # refused, required: what naming one means


class Book:
    """``resting`` is in time order (R12)."""

    def __init__(self, rules: BookRules) -> None:
        self.rules = rules
        self.resting: list[Order] = []
        self.quote: tuple[int | None, int | None] = (None, None)
        self.tried: Quote | None = None  # the last usable quote at which every resting order had its turn
        self.matches: list[Match] = []
        self.now = 0

    def usable(self) -> Quote | None:
        """R1, R4: the quote if one can match at it."""
        bid, offer = self.quote
        if bid is None or offer is None or bid <= 0 or bid > offer or (bid == offer and not self.rules.locked):
            return None
        return bid, offer

    def is_dark_limit(self, order: Order) -> bool:
        """R9: it trades on ticks inside the quote too; subjects trade at the mid alone, and sweeps unless switched."""
        if order.sweep and not order.dark and not order.subject:
            return self.rules.sweeps_on_ticks and order.mid_tick != 1
        return order.dark and not order.subject and order.mid_tick in (3, 4, 5, 6)

    def on_ticks(self, quote: Quote) -> list[Fraction]:
        """R10: prices on a tick strictly inside the quote."""
        return [Fraction(p) for p in range(quote[0] + 1, quote[1]) if p % self.rules.tick == 0]

    def may_meet(self, x: Order, c: Order, actor: Order) -> bool:
        """Sides, preferenceOnly, and decisions 20: two subjects meet only at the entry of a sweep."""
        if x.side == c.side or ((x.own_only or c.own_only) and x.broker != c.broker):
            return False
        if not (self.wants(x, c) and self.wants(c, x)):
            return False
        entry_of_sweep = x is actor and x.sweep and not x.rests
        return not (x.subject and c.subject) or self.rules.subjects_meet or entry_of_sweep

    def wants(self, order: Order, other: Order) -> bool:
        """R14: naming an attribute refuses those that carry it, or asks for it, or says nothing."""
        if self.rules.attributes == "" or order.names == 0 or other.unknown:
            return True
        carries = any(order.names >> bit & 1 and other.carries >> bit & 1 for bit in range(64))
        return carries == (self.rules.attributes == "required")

    def offers(self, order: Order) -> int:
        """Return how much of an order may trade."""
        return order.leaves if order.most is None else min(order.leaves, order.most)

    def left(self, order: Order, fills: list[Fill]) -> int:
        """Return what an order still offers when ``fills`` are taken off it."""
        return self.offers(order) - sum(f.quantity for f in fills if order in (f.order, f.contra))

    def plan(self, x: Order) -> list[Fill]:
        """What ``x`` trades at this quote; nothing if all together do not reach its minimum (R17)."""
        quote = self.usable()
        if quote is None:
            return []
        fills: list[Fill] = []
        self.plan_ordinary(x, quote, fills)
        return fills if sum(f.quantity for f in fills if f.order is x) >= x.minimum else []

    def plan_ordinary(self, x: Order, quote: Quote, fills: list[Fill]) -> None:
        if x.prefers and (self.rules.recheck_prefers or not x.rests):  # R14: incoming only, own orders first
            self.plan_inside(x, quote, fills, own=True)
        self.plan_inside(x, quote, fills, own=False)
        if not x.rests and (x.sweep or is_block(x)) and quote[0] < quote[1] and not x.subject:
            self.plan_blocks(x, quote[1] if x.side == 1 else quote[0], fills)

    def plan_inside(self, x: Order, quote: Quote, fills: list[Fill], own: bool) -> None:
        """R9, R10, R12: from the best price for ``x`` to its limit, at each price in time order."""
        mid = Fraction(sum(quote), 2)
        prices = {mid, *self.on_ticks(quote)} if self.is_dark_limit(x) else {mid}
        for price in sorted(prices, reverse=x.side == -1):
            for c in self.resting:
                stranger = own and c.broker != x.broker
                kind = price == mid or self.is_dark_limit(c)
                if kind and not stranger and accepts(x, price) and accepts(c, price):
                    rule = "mid" if price == mid else "dark_limit"
                    unmet = self.plan_fill(x, c, price, rule, fills, helped=not own)
                    if unmet and self.rules.minimum_stops:
                        break

    def plan_blocks(self, x: Order, touch: int, fills: list[Fill]) -> None:
        """R11: any-price blocks at or outside the quote, by price, then time; the tier is of each match."""
        priced = []
        for c in self.resting:
            if is_block(c) and c.side != x.side:
                better = c.price != 0 and x.side * c.price > x.side * touch
                priced.append((Fraction(c.price if better else touch), c))
        for price, c in sorted(priced, key=lambda pair: x.side * pair[0]):
            quantity = min(self.left(x, fills), self.offers(c))
            if accepts(x, price, half=False) and quantity * price >= self.rules.tier:
                self.plan_fill(x, c, price, "block", fills, helped=False)

    def plan_fill(self, x: Order, c: Order, price: Fraction, rule: str, fills: list[Fill], helped: bool) -> bool:
        """R16, R17: a contra whose minimum is not met is passed over and keeps its place; tell if it was."""
        left = self.left(x, fills)
        used = [o for f in fills for o in (f.order, f.contra) if o is not x]
        if left <= 0 or c in used or not self.may_meet(x, c, x):
            return False
        least = x.minimum if x.single and left >= x.minimum else 1
        preferred = not x.rests and x.prefers and rule != "block" and x.broker == c.broker
        if helped and not self.rules.no_help and c.minimum > 0 and not c.single:
            others = self.helpers(x, c, price, rule, used)
            given = sum(f.quantity for f in others)
            quantity = min(left, self.offers(c) - given)
            if others and quantity >= max(1, least) and given + quantity >= c.minimum:
                fills += [*others, Fill(x, c, quantity, price, rule, x.rests, preferred)]
                return False
        quantity = min(left, self.offers(c))
        if quantity >= max(1, least, c.minimum):
            fills.append(Fill(x, c, quantity, price, rule, x.rests, preferred))
        return least <= self.offers(c) and quantity < c.minimum

    def helpers(self, x: Order, c: Order, price: Fraction, rule: str, used: list[Order]) -> list[Fill]:
        """R17b: older resting orders beside ``x`` help to reach a several-fills minimum; they print first."""
        older = self.resting[: self.resting.index(x)] if x.rests else self.resting
        fills: list[Fill] = []
        for h in older:
            wanted = self.offers(c) - sum(f.quantity for f in fills)
            kind = rule == "mid" or self.is_dark_limit(h)
            quantity = min(wanted, self.offers(h))
            fits = kind and h not in used and self.may_meet(h, c, x) and accepts(h, price)
            if fits and quantity >= max(1, h.minimum):
                fills.append(Fill(h, c, quantity, price, rule, True, False))
        return fills

    def take(self, order: Order, quantity: int) -> None:
        """A fill, dark or lit. R17: a minimum above what is left falls away, and the order may fit whom it did not."""
        order.leaves -= quantity
        self.show(order)

    def show(self, order: Order) -> None:
        """What an order offers became less."""
        if self.offers(order) < order.minimum:
            order.minimum, order.untried = 0, True
        if self.offers(order) <= 0:
            self.remove(order)

    def settle(self, fills: list[Fill]) -> None:
        mid = Fraction(sum(q for q in self.quote if q is not None), 2)
        for f in fills:
            buy, sell = (f.order, f.contra) if f.order.side == 1 else (f.contra, f.order)
            booked = buy.participant == sell.participant and buy.key == sell.key != 0  # R15
            aggressor = 0 if f.passive else f.order.side
            ids = (buy.row, sell.row, buy.order_id, sell.order_id)
            preferenced = f.preferred and not booked
            match = Match(self.now, *ids, f.quantity, f.price, mid, aggressor, f.rule, booked, preferenced)
            self.matches.append(match)
            for order in (f.order, f.contra):
                order.most = None if order.most is None else order.most - f.quantity
                self.take(order, f.quantity)

    def act(self, x: Order) -> None:
        """One pass of ``x``, incoming or resting."""
        x.untried = False
        if x.minimum > self.offers(x):
            x.minimum = 0
        self.settle(self.plan(x))

    def rest(self, x: Order) -> None:
        """R12: behind all others."""
        if self.offers(x) > 0:
            x.untried = x.untried or self.quote != self.tried
            x.rests = True
            self.resting.append(x)

    def remove(self, x: Order) -> None:
        if x.rests:
            x.rests = False
            self.resting.remove(x)

    def can_trade_at(self, x: Order, quote: Quote | None) -> tuple[bool, bool]:
        """Tell if an order is eligible at the mid, and on a tick."""
        if quote is None:
            return False, False
        on_tick = self.is_dark_limit(x) and any(accepts(x, price) for price in self.on_ticks(quote))
        return accepts(x, Fraction(sum(quote), 2)), on_tick

    def requote(self, quote: tuple[int | None, int | None]) -> None:
        """R23: who the move makes eligible, and who was not tried as it is now, acts; the oldest first."""
        self.quote = quote
        usable = self.usable()
        if usable is None:
            return
        for x in list(reversed(self.resting) if self.rules.recheck_youngest else self.resting):
            now, before = self.can_trade_at(x, usable), self.can_trade_at(x, self.tried)
            newly = any(n and not b for n, b in zip(now, before, strict=True))
            if x.rests and (newly or x.untried):
                self.act(x)
        self.tried = usable
