"""An auditor of exchange files: rebuilds the lit book from the order rows alone and checks every rule it can.

It shares nothing with the generator; it knows the files' columns and the exchange's rules.
"""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

NULL = -(2**63)
DARK, SWEEP = 64 | 4096, 2048
Row = dict[str, str]


@dataclass(slots=True)
class Seen:
    """An order as its last row left it."""

    side: int
    kind: int
    mid_tick: int
    price: int
    leaves: int
    matched: int
    carried: int
    rows: int = 0
    resting: bool = False
    between: bool = False  # amended with loss of priority, not back in the book yet


@dataclass
class Audit:
    tick: int
    seen: dict[str, Seen] = field(default_factory=dict)
    queues: dict[tuple[int, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    outside: tuple[int, int] = (NULL, NULL)
    shown: tuple[int, int] = (NULL, NULL)
    filled: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    now: int = 0

    def best(self, side: int) -> int:
        prices = [price for (s, price), queue in self.queues.items() if s == side and queue]
        return (max(prices) if side == 1 else min(prices)) if prices else NULL

    def national(self) -> tuple[int, int]:
        bid = max(self.best(1), self.outside[0])
        offers = [p for p in (self.best(2), self.outside[1]) if p != NULL]
        return bid, min(offers, default=NULL)

    def clock(self, now: int) -> None:
        """Between transactions the NBBO file must show the quote that the book and the other market make."""
        assert now >= self.now, "time runs with sequence"
        assert now == self.now or self.national() == self.shown, "the NBBO file shows every change"
        self.now = now

    def leave(self, name: str, order: Seen) -> None:
        if order.resting and not order.kind & DARK:
            self.queues[order.side, order.price].remove(name)
        order.resting = False

    def order_row(self, row: Row) -> None:
        name = row["order_id"]
        self.clock(int(row["timestamp"]))
        order = self.seen.get(name)
        if order is None:
            order = self.seen[name] = self.first_row(row)
        else:
            self.next_row(name, order, row)
        order.rows += 1
        assert (self.best(1), self.best(2)) == (int(row["bid"]), int(row["offer"])), "own best on the row"
        if order.kind & DARK:
            self.counts["dark_rows"] += 1

    def first_row(self, row: Row) -> Seen:
        """I3: a first row is not on the book, untraded today; the evening's deletions come alone."""
        assert row["orderstatus"] == "2"
        if row["changereason"] == "6":
            assert row["leavesquantity"] == row["quantity"]
            assert row["totalmatchedquantity"] == "0"
        matched = int(row["totalmatchedquantity"])
        kind, mid_tick = int(row["exchangeordertype"]), int(row["midtick"])
        return Seen(
            *(int(row["side"]), kind, mid_tick, int(row["price"]), int(row["leavesquantity"]), matched, matched)
        )

    def next_row(self, name: str, order: Seen, row: Row) -> None:
        price, leaves, status = int(row["price"]), int(row["leavesquantity"]), row["orderstatus"]
        matched = int(row["totalmatchedquantity"])
        lit = not order.kind & DARK
        dual = order.kind & SWEEP and order.mid_tick == 1
        if row["changereason"] == "3" and order.resting and lit and not dual and not order.between:
            self.check_priority(name, order)
        worse = price != order.price or leaves > order.leaves
        amended = row["changereason"] == "5" and order.resting and worse
        if status == "2" or amended:
            self.leave(name, order)
        order.between = amended
        order.price, order.leaves, order.matched = price, leaves, matched
        order.mid_tick = int(row["midtick"])
        if status == "1" and not order.resting and not amended:
            order.resting = True
            if lit:
                self.queues[order.side, price].append(name)

    def check_priority(self, name: str, order: Seen) -> None:
        """A resting lit order trades at the best price of its side, and first in its queue."""
        assert order.price == self.best(order.side), "no trade through the book"
        assert self.queues[order.side, order.price][0] == name, "price-time priority"
        self.counts["priority"] += 1

    def trade_pair(self, a: Row, b: Row) -> None:
        for column in ("matchgroupid", "tradeprice", "quantity", "tradetime", "dealsource"):
            assert a[column] == b[column]
        assert {a["side"], b["side"]} == {"1", "2"}
        deal, price, quantity = int(a["dealsource"]), int(a["tradeprice"]), int(a["quantity"])
        self.counts[f"deal_{deal}"] += 1
        if deal == 5:
            assert a["orderid"] == b["orderid"]
            assert a["orderid"] not in self.seen
            return
        if deal in (44, 45, 46, 48):
            assert a["participantid"] == b["participantid"]
        for row in (a, b):
            self.filled[row["orderid"]] += quantity
            self.check_limit(self.seen[row["orderid"]], deal, price)
        if deal in (46, 47, 48):
            self.check_inside(a, price)

    def check_limit(self, order: Seen, deal: int, price: int) -> None:
        """R5: within the limit, half a tick better where the order asked for it; prices are printed truncated."""
        limit2 = 2 * order.price
        if order.mid_tick in (1, 4, 6) and deal in (46, 47, 48, 50):
            limit2 += self.tick if order.side == 1 else -self.tick
        exact = (2 * price, 2 * price + 1)
        assert any(p <= limit2 if order.side == 1 else p >= limit2 for p in exact), "a fill outside its limit"

    def check_inside(self, row: Row, price: int) -> None:
        """R2, R9, R10: dark trades are at the mid or on a tick strictly inside the quote."""
        bid, offer = int(row["nationalbidpricesnapshot"]), int(row["nationalofferpricesnapshot"])
        assert bid != NULL
        assert offer != NULL
        assert bid < offer
        at_mid = price == (bid + offer) // 2
        assert at_mid or (bid < price < offer and price % self.tick == 0)
        self.counts["mid" if at_mid else "inside"] += 1

    def finish(self) -> None:
        for name, order in self.seen.items():
            assert order.matched - order.carried == self.filled[name], "states reconcile with fills"
            assert order.leaves >= 0


def read(path: Path, **only: str) -> list[Row]:
    with path.open(newline="") as file:
        return [row for row in csv.DictReader(file) if all(row[k] == v for k, v in only.items())]


def audit(folder: Path, security: str, times: tuple[int, int], tick: int, log: Path) -> Audit:
    """Check one partition, whose rows lie in ``times``; return what was counted."""
    book = Audit(tick)
    first, last = times

    def of_day(rows: list[Row], column: str) -> list[Row]:
        return [row for row in rows if first <= int(row[column]) < last]

    steps: list[tuple[float, str, list[Row]]] = []
    steps += [
        (int(r["sequence"]), "order", [r])
        for r in of_day(read(folder / "orders.csv", security_code=security), "timestamp")
    ]
    trades = of_day(read(folder / "trades.csv", securitycode=security), "tradetime")
    steps += [(int(a["sequence"]), "trade", [a, b]) for a, b in zip(trades[::2], trades[1::2], strict=True)]
    steps += [
        (int(r["sequence"]), "quote", [r]) for r in of_day(read(folder / "nbbo.csv", orderbookid=security), "timestamp")
    ]
    steps += [(int(r["sequence"]) + 0.5, "outside", [r]) for r in read(log, event="outside")]
    assert len({at for at, kind, _ in steps if kind != "outside"}) == sum(kind != "outside" for _, kind, _ in steps)
    for _, kind, rows in sorted(steps, key=lambda step: step[0]):
        if kind == "order":
            book.order_row(rows[0])
        elif kind == "trade":
            book.trade_pair(*rows)
        elif kind == "outside":
            book.clock(int(rows[0]["timestamp"]))
            book.outside = int(rows[0]["outside_bid"]), int(rows[0]["outside_offer"])
        else:
            book.shown = int(rows[0]["bidprice"]), int(rows[0]["offerprice"])
            assert book.shown == book.national(), "the NBBO is the best of both markets"
            one_sided = NULL in book.shown
            gap = book.shown[1] - book.shown[0]
            book.counts["one_sided" if one_sided else "locked" if gap == 0 else "crossed" if gap < 0 else "normal"] += 1
    book.finish()
    return book
