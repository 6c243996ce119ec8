"""A whole day of the dark book replayed in plain Python (decisions 20, 21, 24, 46, 47): slow and obvious.

``replay_market`` reads what history did, ``replay_book`` knows how orders meet; here they come, change, and end.
"""

from itertools import groupby

from tests.oracles.replay_book import Book, BookRules
from tests.oracles.replay_market import Market, attribute_meaning, read_market
from tests.oracles.replay_orders import Match, Order
from tests.oracles.replay_rows import Leg, Plain, Step, attributes_of, bounces, half_tick, is_dark, is_sweep, left_at

MILLISECOND = 1_000_000  # history's end by a fill is met within this


class Run:
    """One book, driven by the day's steps. Here nobody's behaviour is changed: the placebo P."""

    locked = False
    book_kind = Book

    def __init__(self, market: Market, placebo: "Run | None" = None) -> None:
        plain = market.plain
        self.market, self.plain, self.placebo = market, plain, placebo
        locked = plain.locked or self.locked or self.has("locked")
        rules = BookRules(market.tick, plain.tier, locked, plain.subjects_meet)
        for switch in ("no_help", "recheck_prefers", "sweeps_on_ticks", "minimum_stops", "recheck_youngest"):
            setattr(rules, switch, self.has(switch))
        rules.attributes = attribute_meaning(self.plain)
        self.book = self.book_kind(rules)
        self.orders: dict[int, Order] = {}
        self.last_row: dict[int, int] = {}
        self.is_open = self.is_over = self.is_halted = self.waits = False
        self.shown: tuple[int | None, int | None] = (None, None)  # the market's quote, in a halt too
        self.applied: set[int] = set()  # rows of fills of history that were a sweep's own
        self.open_when_filled: set[int] = set()  # history had filled them, the engine not
        self.cut: dict[int, int] = {}  # rows of fills of which only so much was left to take
        self.counts = {"displaced": 0, "left_open": 0, "phantoms": 0}
        self.now = 0

    def play(self) -> "Run":
        for step in self.market.steps:
            if step.time >= self.plain.end:
                self.close()
            self.now = self.book.now = step.time
            if step.row >= 0:
                self.last_row[step.order] = step.row
            self.expire(step.time)
            getattr(self, "on_" + step.kind)(step)
        return self

    def has(self, switch: str) -> bool:
        """Tell if a rule is taken away or changed."""
        return switch in self.plain.switches

    def close(self) -> None:
        """R1: from E on nobody waits and nothing matches; history goes on filling orders elsewhere."""
        self.is_open, self.is_over, self.book.quote = False, True, (None, None)
        for order in list(self.book.resting):
            self.book.remove(order)

    @property
    def is_started(self) -> bool:
        return self.is_open or self.is_over

    def expire(self, time: int) -> None:
        """Let those leave whose time is over."""
        for order in self.orders.values():
            if order.due is not None and order.due <= time:
                self.end_as_history(order)

    def end_as_history(self, order: Order) -> None:
        """Decisions 21, 53: history ended it by a fill; in P it leaves too, a millisecond later."""
        order.due = None
        if order.leaves > 0:
            self.open_when_filled.add(order.row)
        self.end(order)

    def end(self, order: Order) -> None:
        self.book.remove(order)
        order.leaves = 0

    def new_order(self, step: Step) -> Order:
        o, row = self.plain.orders, step.order
        participant, key = int(o["participant"][row]), int(o["crossing_key"][row])
        broker: object = participant
        if self.has("preferencing_by_key"):
            broker = (participant, key) if key else ("alone", row)
        order = Order(row, int(o["order_id"][row]), int(o["side"][row]), participant, broker, key)
        order.dark, order.sweep = is_dark(self.plain, row), is_sweep(self.plain, row)
        order.bounces = bounces(self.plain, row)
        order.own_only = bool(self.plain.events["preference_only"][o["first_row"][row]] == 1)
        order.prefers = participant in self.market.prefers
        order.carries, order.names = attributes_of(self.plain, row)
        self.orders[row] = order
        return order

    def set_terms(self, order: Order, step: Step) -> None:
        """R5, R16: limit with its half tick, and minimum."""
        order.price, order.mid_tick = step.price, step.mid_tick
        improves = (
            step.mid_tick if not order.sweep or step.mid_tick == 1 else 0
        )  # a sweep's only if posted in both books
        order.half = half_tick(step.price, 0 if self.has("no_half_tick") else improves, self.plain.ticks)
        order.minimum, order.single = 0 if self.has("no_minimums") else step.minimum, step.single

    def on_open(self, step: Step) -> None:
        """R1: the opening quote holds; who waits joins in order of arrival, with what is left; sweeps are lit only."""
        self.is_open, self.shown = True, self.market.opening
        self.requote(self.market.opening)
        for order in sorted(self.orders.values(), key=lambda x: int(self.plain.orders["first_row"][x.row])):
            order.leaves = left_at(self.plain, order.row, self.last_row[order.row], self.plain.start)
            if order.leaves > 0:
                self.join(order)

    def join(self, order: Order) -> None:
        if order.dark:
            self.enter(order)

    def on_same(self, step: Step) -> None:
        """A row of a fill, or one that repeats the state, says nothing; before the open each states the order whole."""
        if not self.is_open and step.order in self.orders:
            self.set_terms(self.orders[step.order], step)

    def on_enter(self, step: Step) -> None:
        if not (is_dark(self.plain, step.order) or is_sweep(self.plain, step.order)):
            return  # a lit order, asked about in other runs
        order = self.new_order(step)
        order.leaves = step.change
        self.set_terms(order, step)
        if self.is_open:
            self.enter(order)

    def enter(self, order: Order) -> None:
        """A pass as incoming order; what is left rests, bounces, or goes to the lit book."""
        if order.sweep:
            self.enter_sweep(order)
            return
        self.act(order)
        if not order.bounces:
            self.book.rest(order)

    def act(self, order: Order) -> None:
        """A pass; an amended order can be made to wait for the next change of the quote instead."""
        if self.waits:
            self.waits, order.untried = False, True
        else:
            self.book.act(order)

    def enter_sweep(self, order: Order) -> None:
        """R19: dark, then one lit level, and so on; R20: with mid-tick 1 it then rests in the dark too."""
        held, looks = self.book.quote, not self.has("no_sweeps")
        if looks:
            self.act(order)
        for level, quote in self.levels(order):
            for leg in level:
                self.trade([leg, self.market.partners[leg.row]])
            if looks:
                self.book.quote = quote
                self.act(order)
        if order.mid_tick == 1 and looks and not order.bounces:
            self.book.rest(order)
        self.book.quote = held

    def levels(self, order: Order) -> list[tuple[list[Leg], tuple[int | None, int | None]]]:
        """What an order traded in the lit book at this instant, by price, each with the quote that it left."""
        held, fills = self.book.quote, self.market.own_fills.get((order.row, self.now), [])
        fills = [f for f in fills if f.row not in self.applied]
        levels = [list(level) for _, level in groupby(fills, lambda f: f.price)]
        following = [level[0].price for level in levels[1:]]
        quotes = [self.quote_after_level(order.side, held, price) for price in (*following, None)]
        return list(zip(levels, quotes, strict=False))

    def quote_after_level(
        self, side: int, held: tuple[int | None, int | None], following: int | None
    ) -> tuple[int | None, int | None]:
        """R19: the far side moves with each level taken: to the next one, or to what the quotes of the instant show."""
        far = 1 if side == 1 else 0
        shown = held[far] if self.plain.quotes_first else self.market.first_quote_at.get(self.now, held)[far]
        known = [price for price in (following, shown) if price is not None]
        best = (min(known) if side == 1 else max(known)) if known else None
        return (held[0], best) if side == 1 else (best, held[1])

    def on_amend(self, step: Step) -> None:
        """R13: who keeps its place only changes; who loses it enters again."""
        order = self.orders.get(step.order)
        if order is None:
            return
        order.leaves += step.change
        rested = order.rests
        if not step.keeps or self.book.offers(order) <= 0:
            self.book.remove(order)
        before = (order.price, order.half, order.mid_tick, order.minimum, order.single)
        self.set_terms(order, step)
        if order.minimum > self.book.offers(order):
            order.minimum = 0
        order.untried = order.untried or before != (
            order.price, order.half, order.mid_tick, order.minimum, order.single,
        )  # fmt: skip
        if self.is_open and not step.keeps:
            self.waits = self.has("no_match_at_amendment") and rested
            self.enter(order)
            self.waits = False
        elif self.is_open and order.rests and order.untried and self.has("match_in_place"):
            self.book.act(order)

    def on_leave(self, step: Step) -> None:
        """What the row says is left leaves; a fill of this very instant may still come."""
        if step.order in self.orders:
            order = self.orders[step.order]
            self.book.remove(order)
            order.leaves -= step.left

    def on_filled(self, step: Step) -> None:
        if step.order in self.orders:
            self.orders[step.order].due = step.time + MILLISECOND

    def on_trade(self, step: Step) -> None:
        if self.is_started:
            self.trade([leg for leg in step.legs if leg.row not in self.applied])

    def trade(self, legs: list[Leg]) -> None:
        """Decisions 21: what history filled elsewhere, cut to what is left."""
        for leg in legs:
            order = self.orders.get(leg.order)
            if leg.row in self.applied:
                continue
            self.applied.add(leg.row)
            if order is None or not self.takes(leg, order):
                continue
            quantity = max(0, min(leg.quantity, order.leaves))
            if quantity < leg.quantity:
                self.cut[leg.row] = quantity
            self.counts["displaced"] += leg.quantity - quantity
            self.book.take(order, quantity)

    def takes(self, leg: Leg, order: Order) -> bool:
        """Tell if a fill of history happens."""
        return True

    def on_dark_trade(self, step: Step) -> None:
        """What a subject took in the dark at its entry is nothing to the placebo."""

    def on_late(self, step: Step) -> None:
        """A subject's delay is nothing to the placebo."""

    def on_phantom(self, step: Step) -> None:
        """An aggressor that the order file lacks: at any price, at the mid, and gone."""
        if not self.is_open or self.has("no_sweeps") or self.has("no_phantoms"):
            return
        broker: object = ("alone", None) if self.has("preferencing_by_key") else step.participant
        order = Order(-1, step.order_id, step.side, step.participant, broker, sweep=True, leaves=step.change)
        order.prefers, order.unknown = step.participant in self.market.prefers, True
        self.counts["phantoms"] += 1
        self.act(order)

    def on_quote(self, step: Step) -> None:
        """R2, R23; in a halt quotes are shown, and nobody trades at them."""
        self.shown = step.quote
        if self.is_open and not self.is_halted and step.quote != self.book.quote:
            self.requote(step.quote)

    def on_halt(self, step: Step) -> None:
        """R1: nothing matches from here on, and those who wait stay."""
        self.is_halted = True
        self.requote((None, None))

    def on_resume(self, step: Step) -> None:
        """R1, R23: the quote that the market shows by now lets those who wait trade."""
        self.is_halted = False
        self.requote(self.shown)

    def requote(self, quote: tuple[int | None, int | None]) -> None:
        if self.has("no_recheck"):
            self.book.quote = quote
        else:
            self.book.requote(quote)


def placebo(plain: Plain) -> list[Match]:
    """Return the matches of P."""
    return Run(read_market(plain)).play().book.matches
