"""A partition in memory, built in plain Python from lists of rows: what a day file would hold.

Slow and obvious on purpose; it shares nothing with the converter.
"""

import csv
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.oracles.lives import naive_life

NULL = -(2**63)
Table = dict[str, NDArray[Any]]
Row = dict[str, int]

EVENT_TYPES = {
    "order_index": "i4",
    "next_row": "i4",
    "change_reason": "i2",
    "order_status": "i1",
    "mid_tick": "i1",
    "single_fill": "i1",
    "preference_only": "i1",
}
ORDER_TYPES = {
    "participant": "i4", "side": "i1", "order_type": "i4", "time_validity": "i4", "first_row": "i4", "last_row": "i4",
    "mid_tick": "i1", "fault": "i1", "arrival_quote": "i4", "end_quote": "i4", "first_fill": "i4", "fill_count": "i4",
    "fills_before_arrival": "i4", "fills_before_end": "i4",
}  # fmt: skip
FILL_TYPES = {
    "order_index": "i4",
    "participant": "i4",
    "deal_source": "i2",
    "side": "i1",
    "venue": "i1",
    "aggressor": "i1",
    "quote": "i4",
    "by_time": "i4",
}
EVENT_NAMES = (
    "timestamp", "sequence", "order_index", "next_row", "price", "quantity", "leaves_quantity", "matched_quantity",
    "minimum_quantity", "change_reason", "order_status", "mid_tick", "single_fill", "preference_only",
)  # fmt: skip
ORDER_NAMES = (
    "order_id", "participant", "side", "order_type", "time_validity", "crossing_key", "first_row", "last_row",
    "arrival_time", "end_time", "limit_price", "mid_tick", "parent_quantity", "leaves_quantity", "matched_quantity",
    "carried_quantity", "fault", "arrival_quote", "end_quote", "first_fill", "fill_count", "fills_before_arrival",
    "fills_before_end",
)  # fmt: skip
FILL_NAMES = (
    "timestamp", "sequence", "order_index", "order_id", "price", "quantity", "match_id", "participant", "deal_source",
    "side", "venue", "aggressor", "national_bid", "national_offer", "quote", "by_time",
)  # fmt: skip
QUOTE_NAMES = ("timestamp", "sequence", "bid", "offer")
ORDER_FIELDS = {
    "order_id": "order_id", "timestamp": "timestamp", "sequence": "sequence", "price": "price", "quantity": "quantity",
    "leaves_quantity": "leavesquantity", "matched_quantity": "totalmatchedquantity", "order_type": "exchangeordertype",
    "participant": "participantid", "mid_tick": "midtick", "order_status": "orderstatus",
    "minimum_quantity": "minimumquantity", "single_fill": "singlefillminimumquantity", "crossing_key": "crossingkey",
}  # fmt: skip
TRADE_FIELDS = {
    "order_id": "orderid", "timestamp": "tradetime", "sequence": "sequence", "price": "tradeprice",
    "quantity": "quantity", "deal_source": "dealsource", "participant": "participantid", "match_id": "matchgroupid",
    "aggressor": "passiveaggressive", "national_bid": "nationalbidpricesnapshot",
    "national_offer": "nationalofferpricesnapshot",
}  # fmt: skip
QUOTE_FIELDS = {"timestamp": "timestamp", "sequence": "sequence", "bid": "bidprice", "offer": "offerprice"}
VENUES = {1: 0, **dict.fromkeys((46, 47, 49, 50, 51, 52), 1), 20: 2, 90: 2, **dict.fromkeys((44, 45, 48, 91), 3)}
VENUES |= dict.fromkeys((3, 5, 7, 36, 43), 4)


@dataclass
class MemoryDay:
    """A day file's tables as plain arrays."""

    events: Table
    orders: Table
    fills: Table
    quotes: Table
    security: str = "1"
    date: str = "2024-09-05"
    attributes: dict[str, Any] = field(default_factory=dict)


def columns(rows: list[Row], names: tuple[str, ...], types: dict[str, str]) -> Table:
    """Return ``rows`` as read-only columns; a missing field is 0."""
    table = {name: np.array([row.get(name, 0) for row in rows], dtype=types.get(name, "i8")) for name in names}
    for column in table.values():
        column.flags.writeable = False
    return table


def before(times: list[int], t: int) -> int:
    """Return how many of the ascending ``times`` are strictly before ``t``."""
    return bisect_left(times, t)


def build_day(events: list[Row], fills: list[Row], quotes: list[Row], **identity: Any) -> MemoryDay:
    """Return a day from raw rows.

    events : order_id, timestamp, sequence, price, quantity, leaves_quantity, matched_quantity, side (+1/-1),
        participant, order_type, mid_tick, ...; fills : order_id, timestamp, sequence, price, quantity, side,
        deal_source, ...; quotes : timestamp, sequence, bid, offer
    """
    events = sorted((dict(row) for row in events), key=lambda row: (row["timestamp"], row.get("sequence", 0)))
    fills = sorted((dict(row) for row in fills), key=lambda row: (row["timestamp"], row.get("sequence", 0)))
    quotes = sorted((dict(row) for row in quotes), key=lambda row: (row["timestamp"], row.get("sequence", 0)))
    index: dict[int, int] = {}
    by_order: list[list[int]] = []
    for row_number, row in enumerate(events):
        place = row["order_index"] = index.setdefault(row["order_id"], len(index))
        if place == len(by_order):
            by_order.append([])
        by_order[place].append(row_number)
        row["next_row"] = -1
    for numbers in by_order:
        for here, following in pairwise(numbers):
            events[here]["next_row"] = following
    quote_times = [row["timestamp"] for row in quotes]
    for place, row in enumerate(fills):
        row["place"] = place
        row["order_index"] = index.get(row["order_id"], -1)
        row["venue"] = VENUES.get(row.get("deal_source", 1), 5)
        row["quote"] = before(quote_times, row["timestamp"]) - 1
        row.setdefault("national_bid", NULL)
        row.setdefault("national_offer", NULL)
    grouped = sorted(fills, key=lambda row: (row["order_index"] < 0, row["order_index"], row["place"]))
    place_of = {row["place"]: number for number, row in enumerate(grouped)}
    for number, row in enumerate(grouped):
        row["by_time"] = place_of[number]
    own: dict[int, list[Row]] = {}
    for row in fills:
        own.setdefault(row["order_id"], []).append({"deal_source": 1} | row)
    fill_times = [row["timestamp"] for row in fills]
    orders = [order_row([events[n] for n in rows], rows, own, quote_times, fill_times) for rows in by_order]
    number_fills(orders, grouped)
    ranking = ("ranking_time",) if any("ranking_time" in row for row in events) else ()
    return MemoryDay(
        columns(events, (*EVENT_NAMES, *ranking), EVENT_TYPES),
        columns(orders, ORDER_NAMES, ORDER_TYPES),
        columns(grouped, FILL_NAMES, FILL_TYPES),
        columns(quotes, QUOTE_NAMES, {}),
        **identity,
    )


def number_fills(orders: list[Row], grouped: list[Row]) -> None:
    """Write first_fill and fill_count of every order."""
    for order in orders:
        order["first_fill"] = order["fill_count"] = 0
    for number in range(len(grouped) - 1, -1, -1):
        place = grouped[number]["order_index"]
        if place >= 0:
            orders[place]["first_fill"] = number
            orders[place]["fill_count"] += 1


def order_row(
    mine: list[Row], numbers: list[int], own: dict[int, list[Row]], quote_times: list[int], fill_times: list[int]
) -> Row:
    """Return one row of the order table; ``own`` are the day's fills by order id."""
    first, last = mine[0], mine[-1]
    return {
        **{
            name: first.get(name, 0)
            for name in ("order_id", "participant", "side", "order_type", "mid_tick", "crossing_key")
        },
        "time_validity": first.get("time_validity", -1),
        "first_row": numbers[0],
        "last_row": numbers[-1],
        "arrival_time": first["timestamp"],
        "end_time": last["timestamp"],
        "limit_price": first["price"],
        "leaves_quantity": last["leaves_quantity"],
        **naive_life(mine, own.get(first["order_id"], []), bool(fill_times)),
        "arrival_quote": before(quote_times, first["timestamp"]) - 1,
        "end_quote": before(quote_times, last["timestamp"]) - 1,
        "fills_before_arrival": before(fill_times, first["timestamp"]),
        "fills_before_end": before(fill_times, last["timestamp"]),
    }


def numbers(row: dict[str, str], fields: dict[str, str]) -> Row:
    """Return the integers of ``row`` under our names, 0 where empty."""
    return {name: int(row[header] or 0) for name, header in fields.items()}


def build_real_day(folder: Path) -> MemoryDay:
    """Return the real day from its CSV files."""
    side = {"1": 1, "2": -1}
    with (folder / "orders.csv").open(newline="") as file:
        events = [{**numbers(row, ORDER_FIELDS), "side": side[row["side"]]} for row in csv.DictReader(file)]
    with (folder / "trades.csv").open(newline="") as file:
        fills = [{**numbers(row, TRADE_FIELDS), "side": side[row["side"]]} for row in csv.DictReader(file)]
    with (folder / "nbbo.csv").open(newline="") as file:
        quotes = [numbers(row, QUOTE_FIELDS) for row in csv.DictReader(file)]
    return build_day(events, fills, quotes, security="110621", date="2024-09-05")
