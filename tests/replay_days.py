"""Random small days for the replay of the dark book: few prices and times, so that much meets and much ties.

What history did need not follow the exchange's rules, only add up: rows of an order agree with its fills. Dark orders
of every mid-tick, sweeps posted in one book and in two, lit orders; minimums, crossing keys, preferences,
fill-and-kill; amendments and cancels; fills in several lit levels at one instant, auctions, bookings, fills of orders
that the file lacks; quotes that are locked, crossed, one-sided, repeated, several at an instant.
"""

from random import Random
from typing import Any

from tests.builders import NULL, MemoryDay, build_day

Row = dict[str, Any]
START = 1_725_494_400_000_000_000
END = START + 60_000_000  # short: what is due a millisecond later lies within
STEPS = (0, 0, 0, 0, 0, 1, 200_000, 400_000, 400_000, 600_000, 2_000_000)
DARK, SWEEP, LIT = "dark", "sweep", "lit"
TYPES = {DARK: (64, 66, 4096, 4096, 4096, 4098), SWEEP: (2048, 2048, 2050), LIT: (0, 0, 2)}
LEVELS = ((10, 3_390), (10, 3_390), (10, 3_390), (1, 60), (10, 2_000))


class DayMaker:
    """Plays a random market forward and writes what its files would hold."""

    def __init__(self, seed: int, orders: int, ranking: bool = False, turn: tuple[int, int] | None = None) -> None:
        self.rng = Random(seed)
        self.turn = turn  # an instant after which everything is another, and the seed of that
        self.tick, self.level = self.rng.choice(LEVELS)
        self.orders, self.ranking = orders, ranking
        self.rows: list[Row] = []
        self.fills: list[Row] = []
        self.quotes: list[Row] = []
        self.live: list[Row] = []
        self.time = START - self.rng.choice((0, 0, 900_000, 3_000_000))
        self.sequence = self.matches = self.absent = self.entered = 0

    def day(self) -> MemoryDay:
        rng = self.rng
        if rng.random() < 0.8:
            self.quote()
        while self.entered < self.orders:
            self.time += rng.choice(STEPS)
            if self.turn and self.time > self.turn[0]:
                rng.seed(self.turn[1])
                self.turn = None
            doing = (self.enter,) * 7 + (self.amend,) * 4 + (self.cancel, self.meet, self.meet, self.phantom)
            rng.choice((*doing, self.auction, self.report, self.quote, self.quote, self.quote, self.quote))()
        if rng.random() < 0.5:
            self.time = max(self.time, END - 1)
            for _ in range(6):
                self.time += rng.choice((0, 1, 1_000_000))
                rng.choice((self.cancel, self.amend, self.meet, self.quote, self.enter))()
        return build_day(self.rows, self.fills, self.quotes)

    # Prices, quotes.

    def price(self, side: int = 0) -> int:
        """Most orders are priced to trade."""
        return self.level + self.tick * (self.rng.randint(-3, 3) + side * self.rng.choice((0, 1, 2, 2)))

    def quote(self) -> None:
        rng = self.rng
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            bid = self.level + self.tick * rng.randint(-3, 2)
            offer = bid + self.tick * rng.choice((1, 1, 1, 1, 2, 3, 4, 0, -1))
            if self.quotes and rng.random() < 0.1:
                bid, offer = self.quotes[-1]["bid"], self.quotes[-1]["offer"]
            bid, offer = rng.choice(((bid, offer),) * 12 + ((NULL, offer), (bid, NULL), (NULL, NULL)))
            self.quotes.append({"timestamp": self.time, "sequence": len(self.quotes), "bid": bid, "offer": offer})

    # Orders.

    def write(self, order: Row, status: int, reason: int = -1) -> None:
        self.sequence += 1
        self.rows.append(
            {
                **order,
                "timestamp": self.time,
                "sequence": self.sequence,
                "order_status": status,
                "change_reason": reason,
            }
        )

    def new_order(self) -> Row:
        rng = self.rng
        kind = rng.choice((DARK, DARK, DARK, SWEEP, SWEEP, LIT))
        leaves = rng.choice((1, 5, 20, 50, 50, 100, 100, 300))
        carried = rng.choice((0,) * 9 + (40,))
        self.entered += 1
        order_type, side = rng.choice(TYPES[kind]), rng.choice((1, -1))
        order = {
            "order_id": 2**62 + 3 * self.entered, "kind": kind, "entered": self.time, "side": side,
            "participant": rng.randint(1, 3), "order_type": order_type,
            "mid_tick": rng.choice({DARK: (0, 1, 1, 2, 2, 3, 4, 5, 6), SWEEP: (2, 2, 1, 1, 0, 4), LIT: (0,)}[kind]),
            "price": 0 if rng.random() < 0.08 else self.price(side), "quantity": leaves, "leaves_quantity": leaves,
            "matched_quantity": carried, "minimum_quantity": 0, "single_fill": rng.choice((0, 2)),
            "crossing_key": rng.choice((0, 7, 7, 8)), "preference_only": rng.choice((0,) * 9 + (2,) * 9 + (1,)),
            "time_validity": rng.choice((256,) * 4 + (0,)),
        }  # fmt: skip
        if order_type & 4096 or (kind == SWEEP and rng.random() < 0.5):
            self.set_minimum(order)
        if self.ranking:
            order["ranking_time"] = self.time
        return order

    def set_minimum(self, order: Row) -> None:
        rng, leaves = self.rng, order["leaves_quantity"]
        order["minimum_quantity"] = rng.choice((0, 0, 1, leaves // 2, leaves, 20 if leaves >= 20 else 0))
        order["single_fill"] = rng.choice((1, 2))

    def enter(self) -> None:
        """A row before matching, what trades at once, a row after it."""
        order = self.new_order()
        self.write(order, 2)
        if self.rng.random() < 0.03:
            return  # an extract that has no more of it
        self.trade_at_once(order)
        self.settle_entry(order)

    def settle_entry(self, order: Row) -> None:
        if order["leaves_quantity"] == 0:
            self.write(order, 2, 3)
        elif order["time_validity"] == 0:
            self.write(order, 2, 9)
        else:
            self.write(order, 1)
            self.live.append(order)

    def trade_at_once(self, order: Row) -> None:
        """What history did at an entry: dark fills, then up to three lit levels."""
        rng = self.rng
        if order["kind"] != LIT and rng.random() < 0.3:
            self.fill_pair(order, self.contra(order, (DARK, SWEEP)), rng.choice((46, 47, 47, 48)), 1)
        if order["kind"] == DARK or rng.random() < 0.4:
            return
        price = self.price()
        for _ in range(rng.randint(1, 3)):
            for _ in range(rng.choice((1, 1, 2))):
                deal = rng.choice((1, 1, 1, 1, 44, 60))
                self.fill_pair(order, self.contra(order, (SWEEP, LIT)), deal, rng.choice((1, 1, 1, 1, 1, 2, -1)), price)
            price += order["side"] * self.tick * rng.choice((1, 1, 2, -1))

    def amend(self) -> None:
        if not self.live:
            return
        rng = self.rng
        order = rng.choice(self.live)
        was = dict(order)
        for what in rng.sample(("price", "more", "less", "mid_tick", "minimum", "single"), rng.choice((1, 1, 1, 2))):
            if what == "price":
                order["price"] = self.price(order["side"])
            elif what == "more":
                order["leaves_quantity"] += rng.choice((1, 30, 100))
            elif what == "less":
                order["leaves_quantity"] -= rng.randint(0, order["leaves_quantity"] - 1)
            elif what == "mid_tick" and order["kind"] != LIT:
                order["mid_tick"] = rng.choice((0, 1, 2, 3, 4, 5, 6) if order["kind"] == DARK else (0, 1, 2))
            elif what == "minimum" and order["kind"] != LIT:
                self.set_minimum(order)
            elif what == "single":
                order["single_fill"] = rng.choice((0, 1, 2))
        order["quantity"], order["entered"] = order["leaves_quantity"], self.time
        lost = order["price"] != was["price"] or order["mid_tick"] != was["mid_tick"]
        lost = lost or order["leaves_quantity"] > was["leaves_quantity"]
        if self.ranking and (lost or rng.random() < 0.1) and rng.random() < 0.9:
            order["ranking_time"] = self.time
        self.write(order, 1)
        self.live.remove(order)
        if lost and rng.random() < 0.5:
            self.trade_at_once(order)
        if order["leaves_quantity"] == 0:
            self.write(order, 2, 3)
            return
        self.live.append(order)
        self.write(order, 1)

    def cancel(self) -> None:
        if self.live:
            order = self.rng.choice(self.live)
            self.live.remove(order)
            self.write(order, *self.rng.choice(((2, 1), (2, 1), (2, -1), (4, -1), (4, 24), (2, 9), (1, 100))))

    # Fills.

    def contra(self, order: Row, kinds: tuple[str, ...]) -> Row | None:
        """Return an order that waits on the other side, or None for one that the file lacks."""
        waiting = [o for o in self.live if o["kind"] in kinds and o["side"] != order["side"]]
        return self.rng.choice(waiting) if waiting and self.rng.random() < 0.7 else None

    def fill_pair(self, order: Row | None, contra: Row | None, deal: int, aggressor: int, price: int = 0) -> None:
        """Both fills of a match; the row of the waiting order follows, that of the entering one is the caller's."""
        rng = self.rng
        left = [o["leaves_quantity"] for o in (order, contra) if o is not None]
        quantity = min([*left, rng.choice((1, 5, 20, 50, 400))])
        if quantity == 0:
            return
        self.matches += 1
        price, side = price or self.price(), order["side"] if order else -contra["side"] if contra else 1
        if aggressor < 0 and contra and contra["entered"] == self.time:
            aggressor = 1  # who of two that came together was it cannot be left unsaid
        flags = aggressor, aggressor if aggressor < 0 else 0
        for one, sign, flag in ((order, side, flags[0]), (contra, -side, flags[1])):
            self.sequence += 1
            self.absent += one is None
            self.fills.append(
                {
                    "order_id": one["order_id"] if one else 17 + self.absent, "timestamp": self.time, "side": sign,
                    "sequence": self.sequence, "price": price, "quantity": quantity, "match_id": 2**61 + self.matches,
                    "participant": one["participant"] if one else rng.randint(1, 4), "deal_source": deal,
                    "aggressor": flag,
                }
            )  # fmt: skip
            if one:
                one["leaves_quantity"] -= quantity
                one["matched_quantity"] += quantity
        if contra:
            self.after_fill(contra)

    def after_fill(self, order: Row) -> None:
        if order["leaves_quantity"] == 0:
            self.live.remove(order)
            self.write(order, 2, 3)
        elif self.rng.random() < 0.9:  # not every fill has a row of its own
            self.write(order, 1)

    def meet(self) -> None:
        """An order that waits is filled by one that the file lacks, or by another that waits (R23)."""
        if not self.live:
            return
        order = self.rng.choice(self.live)
        if order["kind"] == DARK or (order["kind"] == SWEEP and self.rng.random() < 0.2):
            other = self.contra(order, (DARK,))
            self.fill_pair(other, order, self.rng.choice((46, 47, 48, 49)), 0 if other else self.rng.choice((0, 1, 1)))
            if other:
                self.after_fill(other)
        else:
            self.fill_pair(None, order, self.rng.choice((1, 1, 1, 44, 45)), 1)

    def phantom(self) -> None:
        """An aggressor that the file lacks trades in the dark, at one instant with several."""
        side, first = self.rng.choice((1, -1)), len(self.fills)
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            waiting = [o for o in self.live if o["kind"] == DARK and o["side"] == -side]
            self.fill_pair(
                None, self.rng.choice(waiting) if waiting else None, self.rng.choice((46, 47, 47, 48, 52)), 1
            )
        own = [fill for fill in self.fills[first:] if fill["aggressor"] == 1 and fill["order_id"] < 2**62]
        for fill in own:
            fill.update({name: own[0][name] for name in ("order_id", "side", "participant")})

    def auction(self) -> None:
        """Two that wait are filled at one price, neither as aggressor."""
        waiting = [o for o in self.live if o["kind"] != DARK]
        if waiting:
            order = self.rng.choice(waiting)
            other = self.contra(order, (SWEEP, LIT))
            self.fill_pair(other, order, self.rng.choice((20, 20, 90, 45)), 0)
            if other:
                self.after_fill(other)

    def report(self) -> None:
        """A trade report: no order is touched by it."""
        if self.live:
            who = {name: self.rng.choice(self.live)[name] for name in ("order_id", "side", "participant")}
            self.sequence += 1
            self.matches += 1
            self.fills.append(
                {**who, "timestamp": self.time, "sequence": self.sequence, "price": self.price(), "quantity": 10,
                 "match_id": 2**61 + self.matches, "deal_source": 5, "aggressor": 0}
            )  # fmt: skip


def day_maker(seed: int, turn: tuple[int, int] | None = None) -> DayMaker:
    """Return who makes a day of 5 to 60 orders; one in six states ranking times."""
    rng = Random(seed)
    return DayMaker(seed, rng.choice((5, 12, 25, 40, 60)), rng.random() < 0.17, turn)


def replay_day(seed: int, turn: tuple[int, int] | None = None) -> MemoryDay:
    """Return a random day. turn : an instant after which everything is another day's, and the seed of that."""
    return day_maker(seed, turn).day()


def mirrored_day(seed: int) -> tuple[MemoryDay, MemoryDay, int, int]:
    """Return a day, the same with buys for sells and prices turned round, the sum of both prices, the tick."""
    maker = day_maker(seed)
    day, total = maker.day(), 2 * maker.level

    def turned(price: int) -> int:
        return price if price in (0, NULL) else total - price

    rows = [{**row, "side": -row["side"], "price": turned(row["price"])} for row in maker.rows]
    fills = [{**fill, "side": -fill["side"], "price": turned(fill["price"])} for fill in maker.fills]
    quotes = [{**q, "bid": turned(q["offer"]), "offer": turned(q["bid"])} for q in maker.quotes]
    return day, build_day(rows, fills, quotes), total, maker.tick
