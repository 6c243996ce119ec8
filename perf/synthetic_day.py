"""A day of random orders with the real day's ratios, as columns on disk, for timing the kernels.

3.4 events an order, 0.3 fills and 0.2 quotes an event; half of the orders live about 2 s, 30 % about
2 minutes, the rest about 2 hours. The columns are memory maps, as a day file's are.
"""

import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kernels.base.columns import Array

Table = dict[str, Array]
SECOND = 1_000_000_000
OPEN = 1_725_494_400 * SECOND
CLOSE = OPEN + 6 * 3_600 * SECOND


@dataclass
class SyntheticDay:
    """What the measuring code needs of an opened day file."""

    events: Table
    orders: Table
    fills: Table
    quotes: Table
    security: str = "1"
    date: str = "2024-09-05"


def on_disk(path: Path, columns: Table) -> Table:
    """Return the columns as read-only views of one memory-mapped file, aligned as a day file's are."""
    places = {}
    with path.open("wb") as file:
        for name, column in columns.items():
            file.write(b"\0" * (-file.tell() % 64))
            places[name] = (file.tell(), column)
            file.write(column.tobytes())
        file.write(b"\0" * 64)
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return {name: np.frombuffer(data, column.dtype, len(column), start) for name, (start, column) in places.items()}


def make_quotes(rng: np.random.Generator, n: int) -> Table:
    """Return ``n`` quotes: a random walk of one-tick spreads, now and then locked or one-sided."""
    time = np.sort(rng.integers(OPEN - 60 * SECOND, CLOSE, n))
    bid = 30_000 + 10 * np.cumsum(rng.integers(-1, 2, n))
    offer = bid + rng.choice([0, 10, 10, 10, 20], n)
    bid[rng.random(n) < 0.01] = -(2**63)
    return {"timestamp": time, "bid": bid, "offer": offer}


def make_events(rng: np.random.Generator, n_events: int) -> tuple[Table, Table]:
    """Return the events and the order table without its quote and fill columns."""
    n = max(1, round(n_events / 3.4))
    counts = 2 + np.bincount(rng.integers(0, n, max(0, n_events - 2 * n)), minlength=n)
    arrival = np.sort(rng.integers(OPEN, CLOSE, n))
    scale = rng.choice([2, 120, 7_200], n, p=[0.5, 0.3, 0.2])
    end = np.minimum(arrival + (rng.exponential(1.0, n) * scale * SECOND).astype(np.int64), CLOSE + 600 * SECOND)
    order = np.repeat(np.arange(n), counts)
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    later = arrival[order] + (rng.random(len(order)) * (end - arrival)[order]).astype(np.int64)
    time = np.where(place <= 1, arrival[order], later)
    time = np.where((place == counts[order] - 1) & (place > 0), end[order], time)
    rank = np.lexsort((place, order, time))
    row_of = np.empty(len(rank), np.int64)
    row_of[rank] = np.arange(len(rank))
    time, order = time[rank], order[rank]
    by_order = np.lexsort((np.arange(len(order)), order))
    next_row = np.full(len(order), -1, np.int32)
    same = order[by_order[1:]] == order[by_order[:-1]]
    next_row[by_order[:-1][same]] = by_order[1:][same]
    first = by_order[np.cumsum(counts) - counts].astype(np.int32)
    last = by_order[np.cumsum(counts) - 1].astype(np.int32)
    by_first = np.argsort(first, kind="stable")  # order index by first appearance
    quantity = rng.integers(1, 5_000, n)
    price = 30_000 + 10 * rng.integers(-200, 200, n)
    orders = {
        "order_id": 2**62 + np.arange(n),
        "participant": rng.integers(1, 60, n).astype(np.int32),
        "side": rng.choice(np.array([1, -1], np.int8), n),
        "order_type": rng.choice(np.array([0, 64, 2048, 4096, 4098], np.int32), n),
        "first_row": first[by_first],
        "last_row": last[by_first],
        "arrival_time": time[first[by_first]],
        "end_time": time[last[by_first]],
        "limit_price": price,
        "mid_tick": rng.choice(np.array([0, 1, 2], np.int8), n),
        "parent_quantity": quantity,
        "carried_quantity": np.zeros(n, np.int64),
        "fault": np.zeros(n, np.int8),
    }
    inverse = np.empty(n, np.int64)
    inverse[by_first] = np.arange(n)
    index = inverse[order].astype(np.int32)
    events = {
        "timestamp": time,
        "order_index": index,
        "next_row": next_row,
        "price": price[index],
        "leaves_quantity": np.where(np.arange(len(order)) == orders["first_row"][index], quantity[index], 0),
        "matched_quantity": np.zeros(len(order), np.int64),
        "mid_tick": orders["mid_tick"][index],
    }
    return events, orders


def make_fills(rng: np.random.Generator, n: int, orders: Table, quotes: Table) -> Table:
    """Return about ``n`` fills by (order, time) and complete the order table with them."""
    n_orders = len(orders["order_id"])
    owner = np.sort(rng.integers(0, n_orders, n) // 3 * 3)  # a third of the orders trade, about three times each
    life = orders["end_time"] - orders["arrival_time"]
    time = orders["arrival_time"][owner] + (rng.random(n) * life[owner]).astype(np.int64)
    rank = np.lexsort((time, owner))
    owner, time = owner[rank], time[rank]
    count = np.bincount(owner, minlength=n_orders)
    first = np.cumsum(count) - count
    share = np.maximum(orders["parent_quantity"][owner] // np.maximum(count[owner], 1), 1)
    orders["first_fill"] = first.astype(np.int32)
    orders["fill_count"] = count.astype(np.int32)
    matched = np.bincount(owner, weights=share, minlength=n_orders).astype(np.int64)
    orders["parent_quantity"] = np.maximum(orders["parent_quantity"], matched)
    orders["matched_quantity"] = matched
    orders["leaves_quantity"] = orders["parent_quantity"] - matched
    venue = rng.choice(np.array([0, 0, 0, 1, 1, 3], np.int8), n)
    by_time = np.argsort(time, kind="stable").astype(np.int32)
    quote = np.searchsorted(quotes["timestamp"], time).astype(np.int32) - 1
    mid = (quotes["bid"] + quotes["offer"])[np.maximum(quote, 0)] // 2
    price = np.where(np.abs(mid - 30_000) < 25_000, mid, 30_000)
    fill_time = time[by_time]
    orders["fills_before_arrival"] = np.searchsorted(fill_time, orders["arrival_time"]).astype(np.int32)
    orders["fills_before_end"] = np.searchsorted(fill_time, orders["end_time"]).astype(np.int32)
    orders["arrival_quote"] = (np.searchsorted(quotes["timestamp"], orders["arrival_time"]) - 1).astype(np.int32)
    orders["end_quote"] = (np.searchsorted(quotes["timestamp"], orders["end_time"]) - 1).astype(np.int32)
    return {
        "timestamp": time,
        "price": price,
        "quantity": share,
        "deal_source": np.array([1, 47, 20, 44], np.int16)[venue],
        "order_index": owner.astype(np.int32),
        "side": orders["side"][owner],
        "venue": venue,
        "national_bid": np.full(n, -(2**63)),
        "national_offer": np.full(n, -(2**63)),
        "quote": quote,
        "by_time": by_time,
    }


def make_day(folder: Path, n_events: int, seed: int = 0) -> SyntheticDay:
    """Return a day of about ``n_events`` order events, its columns mapped from files in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    events, orders = make_events(rng, n_events)
    quotes = make_quotes(rng, max(2, n_events // 5))
    fills = make_fills(rng, max(1, n_events * 3 // 10), orders, quotes)
    return SyntheticDay(
        events=on_disk(folder / "events", events),
        orders=on_disk(folder / "orders", orders),
        fills=on_disk(folder / "fills", fills),
        quotes=on_disk(folder / "quotes", quotes),
    )
