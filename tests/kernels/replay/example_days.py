"""Small worked books as days: their entries, amendments and cancels as order rows, for whoever replays a day.

The books are those of the dark book's own tests, the exchange's two examples among them; each says what must print.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.builders import NULL, MemoryDay, build_day

SECOND = 1_000_000_000
START = 1_725_494_400 * SECOND
END = START + 3_600 * SECOND
BLOCK, SWEEP = 4096, 2048
FIRST_ID = 2**62 + 1
BOOKS = json.loads((Path(__file__).parents[1] / "dark" / "dark_examples.json").read_text(encoding="utf-8"))

# The exchange's own: a dark limit order walks prices from its best, an any-price block trades outside the quote last.
DARK_LIMIT_BOOK = {
    "name": "the exchange's dark limit example",
    "ticks": [[0, 1]],
    "tier": 10**9,
    "events": [
        [0, "quote", 430, 433],
        [1, "enter", {"id": "a", "side": 1, "qty": 1_000, "price": 432, "mt": 3}],
        [2, "enter", {"id": "b", "side": 1, "qty": 6_000, "price": 431, "mt": 3}],
        [3, "enter", {"id": "c", "side": 1, "qty": 3_000, "price": 431, "mt": 1}],
        [4, "enter", {"id": "d", "side": 1, "qty": 2_000, "price": 433, "mt": 3}],
        [5, "enter", {"id": "e", "side": 1, "qty": 4_000, "price": 431, "mt": 4}],
        [6, "enter", {"id": "f", "side": 1, "qty": 5_000, "price": 432, "mt": 3}],
        [7, "enter", {"id": "x", "side": -1, "qty": 25_000, "price": 431, "mt": 3}],
        [8, "enter", {"id": "g", "side": 1, "qty": 9_000, "price": 431, "mt": 3}],
    ],
    "matches": [
        [7, "a", "x", 1_000, 432.0, -1, "dark_limit"],
        [7, "d", "x", 2_000, 432.0, -1, "dark_limit"],
        [7, "f", "x", 5_000, 432.0, -1, "dark_limit"],
        [7, "c", "x", 3_000, 431.5, -1, "mid"],
        [7, "e", "x", 4_000, 431.5, -1, "mid"],
        [7, "b", "x", 6_000, 431.0, -1, "dark_limit"],
        [8, "g", "x", 4_000, 431.0, 1, "dark_limit"],
    ],
}
BLOCK_BOOK = {
    "name": "the exchange's any-price block example",
    "ticks": [[0, 1]],
    "tier": 47_000,
    "events": [
        [0, "quote", 430, 433],
        [1, "enter", {"id": "a", "side": 1, "qty": 235_000, "price": 429, "mt": 5, "min": 100_000, "single": 1}],
        [2, "enter", {"id": "b", "side": 1, "qty": 5_000, "price": 431, "mt": 3}],
        [3, "enter", {"id": "c", "side": 1, "qty": 10_000, "price": 432, "mt": 2}],
        [4, "enter", {"id": "x", "side": -1, "qty": 250_000, "price": 429, "mt": 5}],
    ],
    "matches": [
        [4, "c", "x", 10_000, 431.5, -1, "mid"],
        [4, "b", "x", 5_000, 431.0, -1, "dark_limit"],
        [4, "a", "x", 235_000, 429.0, -1, "block"],
    ],
}
EXAMPLES: list[dict[str, Any]] = [*BOOKS, DARK_LIMIT_BOOK, BLOCK_BOOK]
NAMES = [example["name"] for example in EXAMPLES]


@dataclass
class ExampleDay:
    day: MemoryDay
    matches: list[list[Any]]  # second, names of buy and sell, quantity, price, side of the aggressor or 0, rule + flags
    ids: dict[int, str]  # names of orders by id
    preferring: tuple[int, ...]
    ticks: tuple[tuple[int, int], ...]
    block_tier: int  # in units of 1,000 price units x shares
    start: int = START
    end: int = END
    halts: tuple[tuple[int, int], ...] = ()


@dataclass
class RowWriter:
    """Writes the rows that history would hold had nothing traded."""

    rows: list[dict[str, int]] = field(default_factory=list)
    orders: dict[str, dict[str, int]] = field(default_factory=dict)

    def write(self, name: str, second: int, status: int, reason: int = -1) -> None:
        row = {"timestamp": START + second * SECOND, "sequence": len(self.rows), "order_status": status}
        self.rows.append({**self.orders[name], **row, "change_reason": reason})

    def enter(self, second: int, what: dict[str, Any]) -> None:
        """A row before matching, one after it; a fill-and-kill order is cancelled by the second."""
        kind = SWEEP if what.get("kind") == "sweep" else BLOCK
        self.orders[what["id"]] = {
            "order_id": FIRST_ID + len(self.orders), "side": what["side"], "participant": what.get("part", 0),
            "order_type": kind, "crossing_key": what.get("key", 0), "mid_tick": what.get("mt", 2),
            "price": what["price"], "quantity": what["qty"], "leaves_quantity": what["qty"], "matched_quantity": 0,
            "minimum_quantity": what.get("min", 0), "single_fill": what.get("single", 0),
            "time_validity": 0 if what.get("fak") else 256,
        }  # fmt: skip
        self.write(what["id"], second, 2)
        self.write(what["id"], second, 2 if what.get("fak") else 1, 9 if what.get("fak") else -1)

    def amend(self, second: int, name: str, change: dict[str, int]) -> None:
        order = self.orders[name]
        order["price"] = change.get("price", order["price"])
        order["leaves_quantity"] = order["quantity"] = change.get("qty", order["leaves_quantity"])
        self.write(name, second, 1)
        self.write(name, second, 1)


def example_day(example: dict[str, Any]) -> ExampleDay:
    """Return a worked book as a day."""
    writer = RowWriter()
    quotes: list[dict[str, int]] = []
    for second, kind, what, *more in example["events"]:
        if kind == "quote":
            bid, offer = (NULL if price is None else price for price in (what, *more))
            quotes.append({"timestamp": START + second * SECOND, "sequence": len(quotes), "bid": bid, "offer": offer})
        elif kind == "enter":
            writer.enter(second, what)
        elif kind == "amend":
            writer.amend(second, what, more[0])
        else:
            writer.write(what, second, 2, 1)
    return ExampleDay(
        build_day(writer.rows, [], quotes),
        example["matches"],
        {order["order_id"]: name for name, order in writer.orders.items()},
        tuple(example.get("preferring", ())),
        tuple((start, tick) for start, tick in example.get("ticks", ((0, 10),))),
        example.get("tier", 10**9),
    )
