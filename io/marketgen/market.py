"""One security's day, event by event, in plain Python: the small market behind the built-in sample."""

import heapq
import random
from dataclasses import dataclass, field

from marketgen.layout import DEAL_WORDS, SIDE_WORDS, VALIDITY_WORDS
from marketgen.sessions import NS, TradingDay

NULL = -(2**63)
BROKERS = (67, 51, 47, 2, 146, 41, 61, 69, 42, 54)
DAY, BOUNCE, PURGED = 256, 0, 16640
NEW, TRADED, CANCELLED, UPDATED, REMAINDER, PURGE = 6, 3, 1, 5, 9, 24


@dataclass(slots=True)
class Order:
    """A live order. ``kind``: 0 lit, else its type bits; ``side`` +1, -1; ``rank`` its time priority."""

    id: int
    kind: int
    side: int
    price: int
    leaves: int
    participant: int
    mid_tick: int
    validity: int
    rank: int
    quantity: int
    matched: int = 0
    live: bool = False
    minimum: int = 0


@dataclass(slots=True)
class Market:
    """Lit book, dark book, clock and the rows written so far, for one (security, date)."""

    security: int
    date: str
    day: TradingDay
    tick: int
    anchor: int
    id_base: int
    random: random.Random
    orders: list[Order] = field(default_factory=list)
    lit: list[Order] = field(default_factory=list)
    dark: list[Order] = field(default_factory=list)
    order_rows: list[str] = field(default_factory=list)
    trade_rows: list[str] = field(default_factory=list)
    quote_rows: list[str] = field(default_factory=list)
    pending: list[tuple[Order, Order, int, int, int, int]] = field(default_factory=list)
    now: int = 0
    sequence: int = 1_000
    ids: int = 0
    quote: tuple[int, int] = (NULL, NULL)

    def best(self) -> tuple[int, int]:
        """Return the lit book's best bid and offer, null where a side is empty."""
        bid = max((o.price for o in self.lit if o.side == 1), default=NULL)
        offer = min((o.price for o in self.lit if o.side == -1), default=NULL)
        return bid, offer

    def next_sequence(self) -> int:
        """Return the next message number; other securities take some in between."""
        self.sequence += self.random.randint(1, 9)
        return self.sequence

    def next_id(self) -> int:
        """Return a fresh order or match number."""
        self.ids += self.random.randint(1, 40)
        return self.id_base + self.ids

    def write_order(self, o: Order, reason: int, status: int) -> None:
        """Write the order's state."""
        bid, offer = self.best()
        single = 1 if o.minimum else 2
        text = VALIDITY_WORDS[o.validity]
        values: tuple[object, ...] = (
            o.id,
            3,
            self.now,
            self.security,
            o.price,
            1 if o.side == 1 else 2,
            reason,
            status,
            o.quantity,
        )
        values += (o.leaves, 1, o.kind, bid, offer, bid, offer, o.participant, 2, o.mid_tick, single, o.minimum)
        tail: tuple[object, ...] = (
            self.next_sequence(),
            o.participant * 10 + 1,
            o.matched,
            o.leaves if o.kind & 2 else 0,
            0,
            text,
        )
        tail += (len(self.order_rows) + 1, o.validity)
        self.order_rows.append(",".join(map(str, values + tail)))

    def fill(self, o: Order, contra: Order, price: int, quantity: int, deal: int, aggressor: int = 1) -> None:
        """Match two orders; ``o`` is the aggressor unless ``aggressor`` is 0. Trade rows follow at the end."""
        for each in (o, contra):
            each.leaves -= quantity
            each.matched += quantity
        self.pending.append((o, contra, price, quantity, deal, aggressor))
        if contra.leaves == 0:
            self.remove(contra)
        self.write_order(contra, TRADED, 2 if contra.leaves == 0 else 1)

    def remove(self, o: Order) -> None:
        """Take an order off the book it rests in."""
        o.live = False
        book = self.dark if o in self.dark else self.lit
        book.remove(o)

    def settle(self) -> None:
        """End a transaction: write its trades, two rows a match, then the quote if it changed."""
        bid, offer = self.quote
        for o, contra, price, quantity, deal, aggressor in self.pending:
            match = self.next_id() + 10**17
            for each, passive_aggressive in ((o, aggressor), (contra, 0)):
                side = 1 if each.side == 1 else 2
                row: tuple[object, ...] = (
                    3,
                    self.next_sequence(),
                    self.date,
                    self.now,
                    self.security,
                    each.id,
                    deal,
                    DEAL_WORDS[deal],
                )
                row += ("ON Market", match, bid, offer, price, quantity, side, SIDE_WORDS[side], each.participant)
                self.trade_rows.append(",".join(map(str, (*row, passive_aggressive, len(self.trade_rows) + 1))))
        self.pending.clear()
        if self.best() != self.quote:
            self.quote = self.best()
            bid, offer = self.quote
            size = [sum(o.leaves for o in self.lit if o.side == s and o.price == p) for s, p in ((1, bid), (-1, offer))]
            midnight = (self.day.pre_open // NS - 25_200) * NS
            values: tuple[object, ...] = (
                1,
                len(self.quote_rows) + 1,
                midnight,
                bid,
                size[0],
                offer,
                size[1],
                self.security,
                self.now,
                self.now,
            )
            self.quote_rows.append(",".join(map(str, values)))

    def limit2(self, o: Order) -> int:
        """Return the limit in half units, half a tick better where the order asks for it."""
        return 2 * o.price + (o.side * self.tick if o.mid_tick in (1, 4, 6) and o.kind & 4160 else 0)

    def match_dark(self, o: Order) -> None:
        """Fill an incoming order at the mid against the dark book, in time order (R1, R2, R4, R5, R12)."""
        bid, offer = self.best()
        if bid == NULL or offer == NULL or bid >= offer:
            return
        mid2 = bid + offer
        if o.side * (self.limit2(o) - mid2) < 0:
            return
        for contra in sorted(self.dark, key=lambda c: c.rank):
            quantity = min(o.leaves, contra.leaves)
            eligible = contra.side == -o.side and contra.side * (self.limit2(contra) - mid2) >= 0
            if eligible and quantity > 0 and quantity >= min(contra.minimum, contra.leaves):
                own = contra.participant == o.participant
                self.fill(o, contra, mid2 // 2, quantity, 48 if own else 47)

    def match_lit(self, o: Order, levels: int = 1_000_000) -> bool:
        """Fill an incoming order against up to ``levels`` best lit prices; tell if anything traded."""
        traded = False
        for _ in range(levels):
            bid, offer = self.best()
            price = offer if o.side == 1 else bid
            if o.leaves == 0 or price == NULL or o.side * (o.price - price) < 0:
                break
            for contra in sorted((c for c in self.lit if c.side == -o.side and c.price == price), key=lambda c: c.rank):
                if o.leaves:
                    deal = 44 if contra.participant == o.participant else 1
                    self.fill(o, contra, price, min(o.leaves, contra.leaves), deal)
                    traded = True
        return traded

    def match(self, o: Order, continuous: bool) -> None:
        """Match an incoming or amended order by its kind, then let it rest or bounce (R8, R19)."""
        before = o.matched
        if continuous and o.kind & 4160:
            self.match_dark(o)
        elif continuous and o.kind & 2048:
            self.match_dark(o)
            while o.leaves and self.match_lit(o, 1):
                self.match_dark(o)
        elif continuous:
            self.match_lit(o)
        traded = o.matched > before
        o.live = o.leaves > 0 and o.validity != BOUNCE
        if o.live:
            (self.dark if o.kind & 4160 else self.lit).append(o)
        if traded or o.validity != BOUNCE:
            self.write_order(o, TRADED if traded else NEW, 1 if o.live else 2)
        if o.leaves and o.validity == BOUNCE:
            self.write_order(o, REMAINDER, 2)

    def enter(self, o: Order, continuous: bool) -> None:
        """Enter an order: a row before matching, then a row after it (I3, I4)."""
        self.orders.append(o)
        self.write_order(o, NEW, 2)
        self.match(o, continuous)

    def cancel(self, o: Order, reason: int = CANCELLED, status: int = 2) -> None:
        """Take a live order off the book; its leaves stay in the row (I7)."""
        self.remove(o)
        self.write_order(o, reason, status)

    def amend(self, o: Order, price: int, leaves: int, continuous: bool) -> None:
        """Amend a live order (R13): the quantity field becomes the open quantity (I2)."""
        loses_priority = price != o.price or leaves > o.leaves
        o.price, o.leaves, o.quantity = price, leaves, leaves
        if loses_priority:
            self.remove(o)
            o.rank = self.next_sequence()
            self.write_order(o, UPDATED, 1)
            self.match(o, continuous)
        else:
            self.write_order(o, UPDATED, 1)
            self.write_order(o, UPDATED, 1)

    def auction(self) -> None:
        """Uncross the lit book at the price of most volume, price-time priority, all at one price (R24)."""
        buys = sorted((o for o in self.lit if o.side == 1), key=lambda o: (-o.price, o.rank))
        sells = sorted((o for o in self.lit if o.side == -1), key=lambda o: (o.price, o.rank))
        best, volume = 0, 0
        for price in sorted({o.price for o in self.lit}):
            bought = sum(o.leaves for o in buys if o.price >= price)
            sold = sum(o.leaves for o in sells if o.price <= price)
            if min(bought, sold) > volume:
                best, volume = price, min(bought, sold)
        while volume:
            buy, sell = buys[0], sells[0]
            quantity = min(buy.leaves, sell.leaves, volume)
            self.fill(buy, sell, best, quantity, 45 if buy.participant == sell.participant else 20, aggressor=0)
            if buy.leaves == 0:
                self.remove(buy)
            self.write_order(buy, TRADED, 1 if buy.live else 2)
            volume -= quantity
            buys = [o for o in buys if o.live]
            sells = [o for o in sells if o.live]
        self.settle()


def simulate(market: Market, orders: int) -> None:
    """Run the day: entries by the clock, then whatever each order does later in its life."""
    rng, day = market.random, market.day
    queue: list[tuple[int, int, int, Order | None]] = []
    kinds = {"auction": 0, "enter": 1, "cancel": 2, "amend": 3, "purge": 4}
    for when in (day.open, day.close):
        heapq.heappush(queue, (when, 0, kinds["auction"], None))
    heapq.heappush(queue, (day.purge, 0, kinds["purge"], None))
    for k in range(orders):
        heapq.heappush(queue, (_entry_time(rng, day), k + 1, kinds["enter"], None))
    tie = orders
    while queue:
        when, _, kind, order = heapq.heappop(queue)
        market.now = max(when, market.now + 1)
        continuous = day.open < market.now < day.pre_close
        if kind == kinds["auction"]:
            market.auction()
        elif kind == kinds["enter"]:
            order = _draw_order(market, continuous)
            market.enter(order, continuous)
            for later, share in (("cancel", 0.6), ("amend", 0.15), ("amend", 0.05)):
                if order.live and rng.random() < share:
                    tie += 1
                    delay = int(rng.expovariate(1 / 60) * NS) + 1_000
                    end = day.purge - NS * 3_600 if not order.kind & 4160 else day.pre_close - NS
                    heapq.heappush(queue, (min(market.now + delay, end), tie, kinds[later], order))
        elif kind == kinds["purge"]:
            for live in [o for o in market.orders if o.live]:
                live.validity = PURGED
                market.cancel(live, PURGE, 4)
        elif order is not None and order.live:
            _later_event(market, order, kind == kinds["cancel"], continuous)
        market.settle()
        if market.now >= day.pre_close and market.dark:
            for live in list(market.dark):
                market.cancel(live)


def _later_event(market: Market, o: Order, cancels: bool, continuous: bool) -> None:
    """Cancel or amend a live order."""
    rng = market.random
    if cancels:
        market.cancel(o)
        return
    price = o.price + market.tick * rng.choice((-1, 0, 0, 1))
    leaves = o.leaves if price != o.price else max(1, o.leaves * rng.choice((50, 70, 130)) // 100)
    o.minimum = o.minimum if o.minimum <= leaves else 0
    market.amend(o, price, leaves, continuous)


def _entry_time(rng: random.Random, day: TradingDay) -> int:
    """Return an entry time: a few in the auctions' calls, most in continuous trading, busier near both ends."""
    u = rng.random()
    if u < 0.04:
        return rng.randrange(day.pre_open, day.open)
    if u < 0.07:
        return rng.randrange(day.pre_close, day.close)
    span = day.pre_close - day.open
    x = rng.random()
    return day.open + 1 + int(span * (x + 0.12 * (x - x * x) * (1 if x > 0.5 else -1)))


def _draw_order(market: Market, continuous: bool) -> Order:
    """Draw the next order: makers, takers, sweeps, mid-point and block orders, some fill-and-kill."""
    rng, tick = market.random, market.tick
    bid, offer = market.best()
    last = market.anchor
    side = rng.choice((1, -1))
    near = bid if side == 1 else offer
    far = offer if side == 1 else bid
    near = last - side * tick if near == NULL else near
    far = last + side * tick if far == NULL else far
    u = rng.random()
    kind, mid_tick, validity, minimum = 0, 0, DAY, 0
    quantity = min(10_000, max(1, int(rng.lognormvariate(6.2, 1.6))))
    price = near - side * tick * rng.choice((0, 0, 0, 1, 1, 2, 3))
    if side * (far - near) > tick and rng.random() < 0.5:
        price = near + side * tick
    if not continuous:
        price = last + tick * rng.randint(-4, 4)
    elif u < 0.22:
        price, validity = far, rng.choice((DAY, BOUNCE))
    if 0.12 <= u < 0.45:
        kind, mid_tick = 2048 | (2 if side == -1 and rng.random() < 0.05 else 0), 2
    elif u >= 0.62 and continuous:
        kind = 64 if u < 0.66 else 4098 if side == -1 and u < 0.70 else 4096
        mid_tick = rng.choice((1, 1, 1, 2))
        validity = BOUNCE if kind == 64 or rng.random() < 0.15 else DAY
        price = near + side * tick * rng.choice((0, 0, 1, 1))
        minimum = quantity // 2 if kind & 4096 and rng.random() < 0.12 else 0
    broker = rng.choice(BROKERS)
    order = Order(0, kind, side, price, quantity, broker, mid_tick, validity, market.next_sequence(), quantity)
    order.id, order.minimum = market.next_id(), minimum
    return order
