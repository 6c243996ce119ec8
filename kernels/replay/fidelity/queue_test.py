"""The queue test: who trades first with an incoming order, where all else is known (decisions 23).

The aggressor, the instant, the price and the quantity of each aggressive event are those of the trades; the book is
history's own just before, every order with the leaves, limit and minimum that its rows show. Left to the rules is whom
the event meets first: by limit and half tick (R5), minimums (R16, R17, R17b), the broker's own orders (R14), and time
with its losses (R12, R13). It runs on request only, in plain Python: a day's rows once, its few waiting orders at each
event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from kernels.base.columns import I64, Array
from kernels.conventions import MID_TICK_HALF, TYPE_DARK, TYPE_SWEEP, USUAL_TICKS
from kernels.market.ticks import tick_of, ticks_by_price
from kernels.replay.fidelity.comparison import first_of_events
from kernels.replay.fidelity.real_matches import RealMatches, real_matches

PREFERENCED: Final = 46  # deal source of a match within a broker that prefers its own orders
FIRST_DARK_LIMIT: Final = 3  # mid-tick 3, 4: dark limit; 5, 6: any-price block, a dark limit inside the quote
FIRST_INSTANT: Final = -(2**63)
DUAL_POSTED: Final = 1  # the mid-tick flag with which a sweep waits in the dark too (R20)
EVENTS: Final = (
    "timestamp", "order_index", "next_row", "price", "leaves_quantity", "matched_quantity", "minimum_quantity",
    "single_fill", "mid_tick",
)  # fmt: skip
ORDERS: Final = ("participant", "side", "order_type", "time_validity", "order_id", "arrival_time")


class QueueTest(NamedTuple):
    """Who was first in each aggressive event, (events,) order ids, and who should have been by the rules, -1 nobody."""

    time: I64
    aggressor: I64
    real: I64
    expected: I64

    @property
    def right(self) -> Array:
        """Return where the rules name the real first counterparty."""
        return np.asarray(self.real == self.expected)


@dataclass(slots=True)
class Waiting:
    """An order in history's dark book."""

    number: int
    participant: int
    good: int  # side x limit with its half tick, half units
    leaves: int
    minimum: int
    single: bool
    dark_limit: bool
    rank: tuple[int, int]


@dataclass(slots=True)
class Incoming:
    """The order that acts in an event, as far as it is known."""

    number: int
    participant: int
    side: int
    price2: int
    left: int
    minimum: int = 0
    single: bool = False
    prefers_own: bool = False
    at_mid: bool = True  # else at a price on a tick, which dark limits alone trade at (R9)


@dataclass(slots=True)
class History:
    """The dark book of history up to some row."""

    tables: Mapping[str, list[int]]
    ticks: Array
    session_start: int  # sweeps of before it keep no dark side (R24)
    row: int = 0  # the next row
    sides: dict[int, dict[int, Waiting]] = field(default_factory=lambda: {1: {}, -1: {}})
    ranks: dict[int, tuple[int, int]] = field(default_factory=dict)  # of each order
    before: dict[int, int] = field(default_factory=dict)  # latest row of each order

    def advance(self, until: int) -> None:
        """Take in the rows before ``until``."""
        for row in range(self.row, until):
            self._take(row)
        self.row = max(self.row, until)

    def waits(self, row: int) -> bool:
        """Tell if an order waits in the dark after a row of it (R20: sweeps only when dual posted)."""
        t, x = self.tables, self.tables["order_index"][row]
        kind = t["order_type"][x]
        dual = kind & TYPE_SWEEP and t["mid_tick"][row] == DUAL_POSTED and t["arrival_time"][x] >= self.session_start
        lives = t["leaves_quantity"][row] > 0 and t["next_row"][row] >= 0 and t["time_validity"][x] != 0
        return bool(lives and (dual or kind & TYPE_DARK))

    def _take(self, row: int) -> None:
        t, x = self.tables, self.tables["order_index"][row]
        last = self.before.get(x)
        self.before[x] = row
        if last is None or self.loses_place(last, row):
            self.ranks[x] = self.rank_of(row)
        book = self.sides[t["side"][x]]
        if not self.waits(row):
            book.pop(x, None)
            return
        minimum = self.minimum(row)
        single = t["single_fill"][row] == 1
        leaves, good = t["leaves_quantity"][row], self.good(row)
        limit = t["mid_tick"][row] >= FIRST_DARK_LIMIT and not t["order_type"][x] & TYPE_SWEEP
        number, participant = t["order_id"][x], t["participant"][x]
        book[x] = Waiting(number, participant, good, leaves, minimum, single, limit, self.ranks[x])

    def loses_place(self, last: int, row: int) -> bool:
        """R13: tell if the order's place is not what it was at its row before."""
        t = self.tables
        if "ranking_time" in t:
            return t["ranking_time"][row] != t["ranking_time"][last]
        total = t["leaves_quantity"][row] + t["matched_quantity"][row]
        moved = any(t[name][row] != t[name][last] for name in ("price", "mid_tick"))
        return moved or total > t["leaves_quantity"][last] + t["matched_quantity"][last]

    def rank_of(self, row: int) -> tuple[int, int]:
        """Return what an order that lost its place, or never had one, ranks by: R12."""
        return (self.tables["ranking_time"][row] if "ranking_time" in self.tables else row, row)

    def minimum(self, row: int) -> int:
        """R17: return the minimum in force, which falls away with less than it left."""
        minimum = self.tables["minimum_quantity"][row]
        return minimum if minimum <= self.tables["leaves_quantity"][row] else 0

    def good(self, row: int) -> int:
        """R5: return the limit with its half tick times the side, half units; above all for a market order."""
        t, price = self.tables, self.tables["price"][row]
        half = tick_of(price, self.ticks) if t["mid_tick"][row] in MID_TICK_HALF else 0
        return 2 * t["side"][t["order_index"][row]] * price + half if price > 0 else 2**62


def expected_first(history: History, x: Incoming, helps: bool = True) -> int:
    """Return the order that trades first with an incoming one, or -1. helps: with R17b."""
    other = history.sides[-x.side].values()
    fits = (c for c in other if c.good >= -x.side * x.price2 and (x.at_mid or c.dark_limit))
    contras = sorted(fits, key=lambda c: c.rank)
    if x.prefers_own:  # R14; sorting is stable
        contras.sort(key=lambda c: c.participant != x.participant)
    needed = x.minimum if x.single else 1
    for c in contras:
        quantity = min(x.left, c.leaves)
        if quantity < c.minimum:
            helped = help_of(history, x, c) if helps and not c.single else 0
            quantity = min(x.left, c.leaves - helped)
            if helped == 0 or helped + quantity < c.minimum:
                continue
        if quantity >= max(needed, 1):
            return c.number
    return -1


def help_of(history: History, x: Incoming, c: Waiting) -> int:
    """R17b: return what older orders beside an incoming one supply to the several-fills minimum of ``c``."""
    helped = 0
    for helper in sorted(history.sides[x.side].values(), key=lambda order: order.rank):
        quantity = min(helper.leaves, c.leaves - helped)
        fits = helper.good >= x.side * x.price2 and quantity >= max(helper.minimum, 1)
        if fits and helper.number != x.number:
            helped += quantity
    return helped


def queue_test(
    day: Any, price2: I64, ticks: I64 | None = None, helps: bool = True, session_start: int = FIRST_INSTANT
) -> QueueTest:
    """Return, for each aggressive event of the day, the real first counterparty and that of the rules.

    Parameters
    ----------
    day : an opened day file, or anything with its tables
    price2 : (fills,) int64, exact prices of the day's fills in half price units
    ticks : (2, k) int64, from price and tick; without it the exchange's usual ones
    helps : whether resting orders help an incoming one to meet a minimum (R17b)
    session_start : ns UTC, of continuous trading; without it sweeps of before the open count as posted in the dark
    """
    found, _ = real_matches(day.fills, price2)
    deal_source, participant = np.asarray(day.fills["deal_source"]), np.asarray(day.fills["participant"])
    preferring = set(participant[deal_source == PREFERENCED].tolist())
    names = (*EVENTS, *(("ranking_time",) if "ranking_time" in day.events else ()))
    tables = {name: np.asarray(day.events[name]).tolist() for name in names}
    tables |= {name: np.asarray(day.orders[name]).tolist() for name in ORDERS if name != "mid_tick"}
    history = History(tables, ticks_by_price(USUAL_TICKS) if ticks is None else ticks, session_start)
    rows: list[tuple[int, int, int, int]] = []
    for until, at in sorted((_first_row(day, found, at), at) for at in first_of_events(found).tolist()):
        history.advance(until)
        x = _incoming(day, found, at, history, preferring)
        real = found.sell_order_id[at] if x.side > 0 else found.buy_order_id[at]
        rows.append((int(found.time[at]), x.number, int(real), expected_first(history, x, helps)))
    return QueueTest(*np.array(rows, np.int64).reshape(-1, 4).T)


def _acting_fill(found: RealMatches, at: int) -> int:
    return int(found.buy_fill[at] if found.aggressor_side[at] > 0 else found.sell_fill[at])


def _first_row(day: Any, found: RealMatches, at: int) -> int:
    """Return how many rows come before an event: up to the aggressor's first of the instant, if it has one."""
    time = day.events["timestamp"]
    first, last = (int(np.searchsorted(time, found.time[at], side)) for side in ("left", "right"))
    x = day.fills["order_index"][_acting_fill(found, at)]
    own = np.flatnonzero(np.asarray(day.events["order_index"][first:last]) == x)
    return first + int(own[0]) if x >= 0 and len(own) else first


def _on_tick(day: Any, fill: int, price2: int, ticks: Array) -> bool:
    """Tell if a fill is at a price on a tick strictly inside the quote before it, and not at its mid (R9)."""
    row = int(day.fills["quote"][fill])
    if row < 0:
        return False
    bid, offer = int(day.quotes["bid"][row]), int(day.quotes["offer"][row])
    inside = bid > 0 and 2 * bid < price2 < 2 * offer and price2 != bid + offer
    return inside and price2 % (2 * max(tick_of(bid, ticks), 1)) == 0


def _incoming(day: Any, found: RealMatches, at: int, history: History, preferring: set[int]) -> Incoming:
    """Return what is known of the order that acts: of one that the order file lacks, what it trades in the event."""
    fill, side = _acting_fill(found, at), int(found.aggressor_side[at])
    number, participant = int(day.fills["order_id"][fill]), int(day.fills["participant"][fill])
    numbers = found.buy_order_id if side > 0 else found.sell_order_id
    together = (found.time == found.time[at]) & (numbers == number) & (found.aggressor_side == side)
    traded = int(found.quantity[together].sum())
    price2 = int(found.price2[at])
    prefers, at_mid = participant in preferring, not _on_tick(day, fill, price2, history.ticks)
    x = Incoming(number, participant, side, price2, traded, prefers_own=prefers, at_mid=at_mid)
    row, tables = history.row, history.tables
    index = int(day.fills["order_index"][fill])
    if index >= 0 and row < len(tables["timestamp"]) and tables["order_index"][row] == index:
        x.minimum, x.single = history.minimum(row), tables["single_fill"][row] == 1
    return x
