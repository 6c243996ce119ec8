"""What selected orders would have done in the dark, in plain Python: R, its bounds, D (decisions 20, 24, 46, 47)."""

from fractions import Fraction

from tests.oracles.replay import Run
from tests.oracles.replay_bounds import ConservativeBook, OptimisticBook
from tests.oracles.replay_market import Market, read_market
from tests.oracles.replay_orders import Order
from tests.oracles.replay_rows import REPORTS, Leg, Plain, Step, asked_of, is_sweep, left_at, tick_at


def horizon(plain: Plain, order: int) -> int:
    """Decisions 20, 46: the last instant at which a subject rests in the dark."""
    fills = [
        int(time)
        for time, owner, deal in zip(
            plain.fills["timestamp"], plain.fills["order_index"], plain.fills["deal_source"], strict=True
        )
        if owner == order and deal not in REPORTS
    ]
    end, comes = int(plain.orders["end_time"][order]), max(int(plain.orders["arrival_time"][order]), plain.start)
    if plain.horizon == "close":
        end = plain.end
    elif plain.horizon == "last_fill":
        end = max(fills, default=end)
    elif plain.horizon == "rest_s":
        end = comes + plain.rest_ns if fills else end
    if plain.most_dark_ns is not None:
        late = plain.latency if comes == int(plain.orders["arrival_time"][order]) else 0
        end = min(end, comes + late + plain.most_dark_ns)
    return min(end, plain.end)


class SubjectRun(Run):
    """R: subjects rest in the dark instead of doing what they did; everybody competes."""

    dual = False

    def __init__(self, market: Market, placebo: Run) -> None:
        super().__init__(market, placebo)
        plain = self.plain
        self.until = {order: horizon(plain, order) for order in plain.subjects}
        self.came: set[int] = set()  # subjects that are, or were, in the dark

    def is_subject(self, order: int) -> bool:
        return order in self.until

    def expire(self, time: int) -> None:
        super().expire(time)
        for row, last in self.until.items():
            if row in self.orders and last < time:
                self.book.remove(self.orders[row])

    def end_as_history(self, order: Order) -> None:
        """Decisions 21: what P had filled, and a subject took from it, stays until E; D ends as history does."""
        order.due = None
        if self.is_subject(order.row):
            if self.dual:
                self.end(order)
        elif self.placebo is not None and order.row in self.placebo.open_when_filled:
            self.end(order)

    def set_terms(self, order: Order, step: Step) -> None:
        """Decisions 20: a subject rests at the mid alone; its limit and minimum are a choice."""
        if not self.is_subject(order.row):
            super().set_terms(order, step)
            return
        plain = self.plain
        order.price, order.mid_tick, order.half = step.price, 0, Fraction(0)
        order.minimum = 0 if self.has("no_minimums") else min(plain.minimum, step.asked)
        order.single = False
        improves = plain.subject_limit == "half_tick" or self.dual or step.mid_tick in (1, 4, 6)
        if plain.subject_limit == "mid":
            order.price = 0
        elif improves and step.price > 0 and not self.has("no_half_tick"):
            order.half = Fraction(tick_at(step.price, plain.ticks), 2)

    def may_come(self, order: Order) -> bool:
        return self.is_open and order.leaves > 0 and self.until[order.row] >= self.now

    def on_enter(self, step: Step) -> None:
        if not self.is_subject(step.order):
            super().on_enter(step)
            return
        order = self.new_order(step)
        order.leaves = step.change
        if self.plain.from_rest and self.is_started:
            self.enter_really(order, step)
            return
        order.subject = True
        self.set_terms(order, step)
        if self.is_open:
            self.enter(order)

    def enter_really(self, order: Order, step: Step) -> None:
        """``from_rest``: the entry as it was; then what history had left of it after that instant rests."""
        for leg, other in self.market.dark_entries.get(order.row, []):
            if leg.aggressor != 0 and self.was_there(other, order):
                self.trade([leg, other] if other else [leg])
        self.trade_levels(order)
        order.sweep, order.subject = False, True
        last = last_row_at(self.plain, order.row, step.time)
        price, mid_tick = (int(self.plain.events[name][last]) for name in ("price", "mid_tick"))
        asked = asked_of(self.plain, order.row, last)
        self.set_terms(order, Step(step.time, "rest", price=price, mid_tick=mid_tick, asked=asked))
        order.leaves = left_at(self.plain, order.row, last, step.time + 1)
        self.enter_dark(order, levels=False)

    def was_there(self, other: Leg | None, order: Order) -> bool:
        """Tell if a counterparty had come before an order."""
        first = self.plain.orders["first_row"]
        return other is None or other.order < 0 or bool(first[other.order] < first[order.row])

    def on_dark_trade(self, step: Step) -> None:
        """The rest of what a real entry traded in the dark at its instant."""
        if self.is_started:
            self.trade(list(step.legs))

    def enter_dark(self, order: Order, levels: bool = True) -> None:
        """A pass; what it really traded in the lit book at this instant; then it rests."""
        held, comes = self.book.quote, self.may_come(order)
        if comes:
            self.came.add(order.row)
            self.act(order)
        if levels:
            self.trade_levels(order, looks=comes)
        if comes:
            self.book.rest(order)
        self.book.quote = held

    def trade_levels(self, order: Order, looks: bool = False) -> None:
        """What a sweep really traded on entry: in D it still does, and looks again; in R only its counterparty does.

        Of a lit order only its own fills are of that moment: what others do must not depend on who is asked about.
        """
        sweep = is_sweep(self.plain, order.row)
        for level, quote in self.levels(order):
            for leg in level:
                self.trade([leg, self.market.partners[leg.row]] if sweep else [leg])
            if self.dual and sweep and looks:
                self.book.quote = quote
                self.act(order)

    def enter(self, order: Order) -> None:
        """An amendment that costs the place, or the open: a subject comes again, whatever it was."""
        if not order.subject:
            super().enter(order)
        elif self.plain.latency == 0 or self.plain.from_rest or order.row in self.came:
            self.enter_dark(order)
        else:
            self.trade_levels(order)

    def join(self, order: Order) -> None:
        """At the open."""
        if order.subject:
            self.enter_dark(order, levels=False)
            order.sweep = order.sweep and not self.plain.from_rest  # its entry is over
        else:
            super().join(order)

    def on_late(self, step: Step) -> None:
        """The delayed entry of a subject."""
        order = self.orders.get(step.order)
        if order is not None and order.row not in self.came and not self.plain.from_rest:
            self.enter_dark(order, levels=False)

    def on_amend(self, step: Step) -> None:
        at_entry = step.time == int(self.plain.orders["arrival_time"][step.order])
        if self.is_subject(step.order) and self.plain.from_rest and self.is_started and at_entry:
            order = self.orders[step.order]
            if not step.keeps:
                self.trade_levels(order)
            return  # what is left after that instant rests already
        super().on_amend(step)

    def on_leave(self, step: Step) -> None:
        """A subject that was fill-and-kill rests until its horizon all the same."""
        order = self.orders.get(step.order)
        if order is None or (self.is_started and order.subject and order.bounces and not self.dual):
            return
        super().on_leave(step)
        if order.subject and not self.dual:
            order.leaves = 0

    def takes(self, leg: Leg, order: Order) -> bool:
        """Decisions 20: a subject's own fills do not happen; in D those elsewhere than in the dark do."""
        if not self.is_subject(order.row):
            return True
        if self.plain.from_rest and leg.time == int(self.plain.orders["arrival_time"][order.row]):
            return False  # it is in what was left after that instant
        if self.dual:
            return True
        self.counts["left_open"] += leg.quantity
        return False


def last_row_at(plain: Plain, order: int, time: int) -> int:
    """Return the last event row of an order at the instant of its first."""
    row = int(plain.orders["first_row"][order])
    while (following := int(plain.events["next_row"][row])) >= 0 and plain.events["timestamp"][following] == time:
        row = following
    return row


class Optimistic(SubjectRun):
    locked = True
    book_kind = OptimisticBook


class Conservative(SubjectRun):
    """Only quantity that stayed open to its order's end, so that no real fill is displaced."""

    book_kind = ConservativeBook

    def new_order(self, step: Step) -> Order:
        order = super().new_order(step)
        order.prefers = False
        if not self.is_subject(order.row):
            last = int(self.plain.orders["last_row"][order.row])
            order.most = max(0, int(self.plain.events["leaves_quantity"][last]))
        return order

    def set_terms(self, order: Order, step: Step) -> None:
        super().set_terms(order, step)
        order.single = True

    def on_phantom(self, step: Step) -> None:
        """Nothing of it stayed open."""


class Dual(SubjectRun):
    """D: in the dark, and in the lit book as it really was; whichever comes first uses the quantity."""

    dual = True


RUNS = {"R": SubjectRun, "R_optimistic": Optimistic, "R_conservative": Conservative, "D": Dual}


def replay(plain: Plain, names: tuple[str, ...] = tuple(RUNS)) -> dict[str, Run]:
    """Return P and the other runs, played."""
    market = read_market(plain)
    runs = {"P": Run(market).play()}
    for name in names:
        runs[name] = RUNS[name](market, runs["P"]).play()
    return runs
