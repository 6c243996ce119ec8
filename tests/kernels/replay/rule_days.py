"""Hand-worked books of rules that need more than entries and quotes: sessions, lit fills, auctions, brokers, phantoms.

Built on ``example_days``; the books, with the reasoning of each, are in ``rule_books.json``. Those with ``locked`` or
``switches`` show the other reading of a rule.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.builders import NULL, build_day
from tests.kernels.replay.example_days import SECOND, START, ExampleDay, RowWriter

RULE_BOOKS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "rule_books.json").read_text(encoding="utf-8"))
LIT_ORDER = 0
PHANTOM = 2**62 + 10**6
LIT, DARK = 1, 47


@dataclass
class RuleWriter(RowWriter):
    """Writes the fills of history too: those in the lit book and in auctions, and those of orders without rows."""

    fills: list[dict[str, int]] = field(default_factory=list)
    quotes: list[dict[str, int]] = field(default_factory=list)
    phantoms: dict[int, str] = field(default_factory=dict)

    def enter(self, second: int, what: dict[str, Any]) -> None:
        super().enter(second, what)
        more: dict[str, int] = {"preference_only": 1 if what.get("own") else 2}
        more |= {"participant_attribute": what.get("carries", 0), "counter_attributes": what.get("names", 0)}
        if what.get("kind") == "lit":
            more["order_type"] = LIT_ORDER
        if "carried" in what:
            more["matched_quantity"] = what["carried"]
        self.orders[what["id"]] |= more
        for row in self.rows[-2:]:
            row.update(more)
        if "carried" in what:
            self.rows[-2]["change_reason"] = 30

    def amend(self, second: int, name: str, change: dict[str, int]) -> None:
        names = {"mt": "mid_tick", "min": "minimum_quantity", "single": "single_fill"}
        self.orders[name] |= {names[key]: value for key, value in change.items() if key in names}
        super().amend(second, name, change)

    def trade(self, second: int, names: list[str | None], terms: list[int]) -> None:
        """A match outside the dark; a side without a name is somebody the file does not show. Then the orders' rows."""
        quantity, price, aggressor, *deal = terms
        for name, side in zip(names, (1, -1), strict=True):
            if name is None:
                continue
            order = self.orders[name]
            self.add_fill(second, order["order_id"], side, quantity, price, deal[0] if deal else LIT)
            self.fills[-1] |= {"aggressor": int(aggressor == side), "participant": order["participant"]}
            order["leaves_quantity"] -= quantity
            order["matched_quantity"] += quantity
            self.write(name, second, 1 if order["leaves_quantity"] else 2, 3)

    def phantom(self, second: int, what: dict[str, Any]) -> None:
        number = PHANTOM + len(self.phantoms)
        self.phantoms[number] = what["id"]
        for quantity, price in what["fills"]:
            self.add_fill(second, number, what["side"], quantity, price, DARK)
            self.fills[-1] |= {"aggressor": 1, "participant": what["part"]}

    def add_fill(self, second: int, number: int, side: int, quantity: int, price: int, deal: int) -> None:
        place = len(self.fills)
        row = {"order_id": number, "timestamp": START + second * SECOND, "sequence": place, "match_id": place}
        self.fills.append(row | {"side": side, "quantity": quantity, "price": price, "deal_source": deal})

    def play(self, event: list[Any]) -> None:
        second, kind, what, *more = event
        if kind == "quote":
            bid, offer = (NULL if price is None else price for price in (what, *more))
            time = START + second * SECOND
            self.quotes.append({"timestamp": time, "sequence": len(self.quotes), "bid": bid, "offer": offer})
        elif kind == "enter":
            self.enter(second, what)
        elif kind == "amend":
            self.amend(second, what, more[0])
        elif kind == "lit":
            self.trade(second, [what, more[0]], more[1:])
        elif kind == "phantom":
            self.phantom(second, what)
        else:
            self.write(what, second, 2, 1)


def rule_day(book: dict[str, Any]) -> ExampleDay:
    """Return a hand-worked book as a day."""
    writer = RuleWriter()
    for event in book["events"]:
        writer.play(event)
    start, end = book.get("session", (0, 3_600))
    made = ExampleDay(
        build_day(writer.rows, writer.fills, writer.quotes),
        book["matches"],
        {order["order_id"]: name for name, order in writer.orders.items()} | writer.phantoms,
        tuple(book.get("preferring", ())),
        tuple((price, tick) for price, tick in book.get("ticks", ((0, 10),))),
        book.get("tier", 10**9),
    )
    rows = sorted(writer.rows, key=lambda row: (row["timestamp"], row["sequence"]))  # as the day has them
    for name in ("participant_attribute", "counter_attributes"):
        made.day.events[name] = np.array([row[name] for row in rows], np.int64)
    halts = tuple((START + begin * SECOND, START + stop * SECOND) for begin, stop in book.get("halts", ()))
    return replace(made, start=START + start * SECOND, end=START + end * SECOND, halts=halts)
