"""A whole partition from raw CSV to per-order costs and scenarios, in plain Python with exact fractions.

Written from the rules alone. Slow and simple: no column is precomputed, every quote is looked up by
bisection, every integral is a sum over quotes.
"""

import csv
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

CONSUMES_NOTHING = {3, 5, 7, 36, 43}  # off-market reports
CONTINUOUS = {1, 44, 46, 47, 48}
AUCTION = {20}
SECOND = 1_000_000_000
NULL = -(2**63)
Quote = tuple[int, int, int]  # time, bid, offer


@dataclass
class NaiveOrder:
    """One order-day: its rows, its fills, and what is worked out of them."""

    rows: list[dict[str, int]]
    fills: list[tuple[int, int, int]] = field(default_factory=list)  # time, price, quantity
    filled: int = 0
    quantity: int = 0
    leaves: int = 0
    group: int = 0
    benchmark: str = "none"
    mid: Fraction | None = None
    window: tuple[int, int] | None = None
    cost_bps: dict[str, dict[str, Fraction]] = field(default_factory=dict)  # charge -> scenario -> bps
    scenario_filled: dict[str, int] = field(default_factory=dict)


def naive_int(text: str, default: int = 0) -> int:
    return int(text) if text.strip() else default


def naive_trade_date(ns: int, zone: ZoneInfo) -> date:
    local = datetime.fromtimestamp(ns // SECOND, tz=UTC).astimezone(zone)
    day = local.date()
    if local.time() >= time(19):
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return day


class NaiveDay:
    """The partition (security, day) of three CSV files in the exchange's own columns."""

    def __init__(self, folder: Path, security: int, day: date, zone: str = "Australia/Sydney") -> None:
        self.zone = ZoneInfo(zone)
        self.day = day
        self.orders: dict[int, NaiveOrder] = {}
        for row in self.read(folder / "orders.csv", "security_code", security, "timestamp"):
            self.orders.setdefault(row["order_id"], NaiveOrder([])).rows.append(row)
        self.trades = self.read(folder / "trades.csv", "securitycode", security, "tradetime")
        for row in self.trades:
            order = self.orders.get(row["orderid"])
            if order is not None and row["dealsource"] not in CONSUMES_NOTHING:
                order.fills.append((row["tradetime"], row["tradeprice"], row["quantity"]))
        self.quotes: list[Quote] = [
            (row["timestamp"], row["bidprice"], row["offerprice"])
            for row in self.read(folder / "nbbo.csv", "orderbookid", security, "timestamp")
        ]
        self.times = [quote[0] for quote in self.quotes]
        self.start, self.end = self.session()

    def read(self, path: Path, key: str, security: int, clock: str) -> list[dict[str, int]]:
        """Return the partition's rows as integers, by (time, sequence, place)."""
        words = {"timevaliditydecoded", "dealsourcedecoded", "sidedecoded", "exchangeinfo", "tradedate"}
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                {name: naive_int(text) for name, text in raw.items() if name not in words}
                for raw in csv.DictReader(file)
                if int(raw[key]) == security and naive_trade_date(int(raw[clock]), self.zone) == self.day
            ]
        return sorted(rows, key=lambda row: (row[clock], row["sequence"]))

    def at(self, clock: time) -> int:
        return int(datetime.combine(self.day, clock, tzinfo=self.zone).timestamp()) * SECOND

    def session(self) -> tuple[int, int]:
        """Continuous trading by decisions 4, where the day has an opening auction and enough prints."""
        opening = [
            t["tradetime"] for t in self.trades if t["dealsource"] in AUCTION and t["tradetime"] < self.at(time(12))
        ]
        last = [t["tradetime"] for t in self.trades if t["dealsource"] in CONTINUOUS]
        last += [o.rows[0]["timestamp"] for o in self.orders.values() if o.rows[0]["exchangeordertype"] & (64 | 4096)]
        minute = 60 * SECOND
        return min(opening), -(-max(last) // minute) * minute

    def quote_before(self, t: int) -> Quote | None:
        i = bisect_left(self.times, t) - 1
        return self.quotes[i] if i >= 0 else None

    @staticmethod
    def mid_of(quote: Quote | None) -> Fraction | None:
        if quote is None or not 0 < quote[1] <= quote[2]:
            return None
        return Fraction(quote[1] + quote[2], 2)

    def mid_before(self, t: int) -> Fraction | None:
        return self.mid_of(self.quote_before(t))

    def benchmark(self, arrival: int) -> tuple[str, Fraction | None]:
        """M0 and where it comes from (decisions 12)."""
        if arrival >= self.end:
            kind, mid = "close", self.mid_before(self.end)
        elif arrival > self.start:
            kind, mid = "arrival", self.mid_before(arrival)
        else:
            kind, mid = "open", self.mid_of(self.opening_quote())
        return (kind, mid) if mid is not None else ("none", None)

    def opening_quote(self) -> Quote | None:
        first_minute = [q for q in self.quotes if self.start <= q[0] <= self.start + 60 * SECOND]
        valid = [q for q in first_minute if self.mid_of(q) is not None]
        return valid[0] if valid else self.quote_before(self.start)

    def window_mids(self, start: int, stop: int, arrival: int) -> list[Fraction]:
        """Mids that prevail at instants of [start, stop], one after the other (decisions 13, 14).

        That at the start is M0; a quote acts from the instant after its own on.
        """
        at_start = self.benchmark(arrival)[1] if arrival <= self.start else self.mid_before(start)
        later = [self.mid_before(t + 1) for t in self.times if start <= t < stop]
        return [mid for mid in (at_start, *later) if mid is not None]

    def limit(self, order: NaiveOrder) -> Fraction | None:
        """The limit in force at the benchmark time, its half tick added; None for a market order (decisions 19)."""
        b0 = max(order.rows[0]["timestamp"], self.start)
        row = [r for r in order.rows if r["timestamp"] <= b0][-1]
        if order.rows[0]["timestamp"] > self.start:
            row = order.rows[0]
        price, side = row["price"], 1 if row["side"] == 1 else -1
        if price == 0:
            return None
        tick = 1 if price < 100 else 5 if price < 2000 else 10
        return Fraction(price) + (side * Fraction(tick, 2) if row["midtick"] in (1, 4, 6) else 0)

    def measure(
        self, order: NaiveOrder, share: Fraction = Fraction(1, 2), impact: Fraction = Fraction(5, 10_000)
    ) -> None:
        """Fill in quantities, group, costs and scenarios A, B, C of one order."""
        first, last = order.rows[0], order.rows[-1]
        side = 1 if first["side"] == 1 else -1
        carried = first["totalmatchedquantity"]
        order.quantity = max(r["leavesquantity"] + r["totalmatchedquantity"] - carried for r in order.rows)
        order.leaves = last["leavesquantity"]
        matched = last["totalmatchedquantity"] - carried
        order.group = 3 if matched == 0 else 1 if order.leaves == 0 else 2
        order.filled = sum(f[2] for f in order.fills)
        arrival, end = first["timestamp"], last["timestamp"]
        order.benchmark, order.mid = self.benchmark(arrival)
        legs = {"real": [(Fraction(p), q) for _, p, q in order.fills]}
        start, stop = max(arrival, self.start), min(end, self.end)
        opening = self.opening_quote() if arrival <= self.start else None
        known = max(start, opening[0]) if opening else start
        late = bool(order.fills and order.fills[0][0] < known) or start <= stop < known
        if late:  # it had traded, or ended, before its benchmark was known
            order.benchmark, order.mid = "none", None
        elif stop >= start:
            order.window = (start, stop)
            legs |= self.scenarios(order, side, start, stop, share, impact)
        for name in ("A", "B", "C"):
            legs.setdefault(name, legs["real"])
        order.scenario_filled = {name: sum(q for _, q in leg) for name, leg in legs.items()}
        if order.mid is not None:
            self.charge(order, side, stop, end, legs)

    def scenarios(
        self, order: NaiveOrder, side: int, start: int, stop: int, share: Fraction, impact: Fraction
    ) -> dict[str, list[tuple[Fraction, int]]]:
        mids = self.window_mids(start, stop, order.rows[0]["timestamp"])
        if not mids:  # no price to be filled at: the real outcome stands
            order.window = None
            return {}
        limit = self.limit(order)
        mid = next((m for m in mids if limit is None or side * m <= side * limit), mids[0])

        def leg(price: Fraction, quantity: int) -> list[tuple[Fraction, int]]:
            if limit is not None and side * price > side * limit:
                return []
            return [(price, quantity)]

        dark = int(order.quantity * share)
        rest, left = [], order.quantity - dark
        for _, price, quantity in order.fills:
            rest.append((Fraction(price), min(quantity, left)))
            left -= rest[-1][1]
        moved = mid * (1 + side * impact)
        return {
            "A": leg(mid, order.quantity),
            "B": leg(mid, dark) + rest,
            "C": leg(mid, dark) + leg(moved, order.quantity - dark),
        }

    def charge(
        self, order: NaiveOrder, side: int, stop: int, end: int, legs: dict[str, list[tuple[Fraction, int]]]
    ) -> None:
        """Shortfall of each scenario with the unfilled charged at the mid, the touch, nothing, and a later mid.

        An order that ended by the open is charged at the opening quote: quotes of the pre-open are no
        benchmark, at the end of an order as little as at its start (decisions 12, 13). Without a mid at its end an
        order has no cost, and one that never lived in the session could not have paid a touch (decisions 17, 40).
        What is paid in all is rounded to 1/65536 of half a price unit x share.
        """
        assert order.mid is not None
        quote = self.opening_quote() if stop <= self.start else self.quote_before(stop)
        mid = self.mid_of(quote)
        if mid is None or quote is None:  # without m_T an order has no cost, under no charge and no scenario
            return
        lived = max(order.rows[0]["timestamp"], self.start) <= stop  # or it met no touch, and pays none
        touch = Fraction(quote[2] if side == 1 else quote[1]) if lived else mid
        later_at = min(end + 300 * SECOND, self.end)
        later = self.mid_of(self.opening_quote() if later_at <= self.start else self.quote_before(later_at))
        for charge, mark in (("mid", mid), ("touch", touch), ("zero", order.mid), ("cleanup", later or mid)):
            costs = order.cost_bps.setdefault(charge, {})
            for name, leg in legs.items():
                filled = sum(q for _, q in leg)
                unfilled, paid = order.quantity - filled, sum((q * p for p, q in leg), Fraction(0))
                cost = side * (Fraction(round(2 * 65_536 * paid), 2 * 65_536) - filled * order.mid)
                cost += side * unfilled * (mark - order.mid)
                costs[name] = 10_000 * cost / (order.quantity * order.mid) if order.quantity else Fraction(0)
