"""Random small days full of edge cases: equal times, crossed and one-sided quotes, straddlers, stray fills."""

from random import Random
from typing import Any

Row = dict[str, Any]
NS = 1_000_000_000
OPEN = 1_725_494_400 * NS  # 2024-09-05 10:00 in Sydney
CLOSE = OPEN + 6 * 3_600 * NS
DEALS = (1, 1, 1, 20, 46, 47, 47, 47, 44, 48, 45, 5, 50, 51, 90)
RARE_DEALS = (49, 52, 60)  # the last one is no deal source of the exchange


def random_time(rng: Random) -> int:
    """Return a time from an hour-and-minute grid around the session, often an edge or a nanosecond beside it."""
    base = rng.choice(
        [
            OPEN - 12 * 3_600 * NS,
            OPEN - 3_600 * NS,
            OPEN,
            OPEN + 30 * NS,
            OPEN + 61 * NS,
            OPEN + rng.randrange(0, 6 * 60) * 60 * NS,
            OPEN + rng.randrange(0, 7) * 3_600 * NS,
            CLOSE,
            CLOSE + 600 * NS,
        ]
    )
    return base + rng.choice([-1, 0, 0, 0, 0, 1, rng.randrange(0, 120 * NS)])


def random_quotes(rng: Random, n: int, tick: int, price: int) -> list[Row]:
    """Return quotes, some locked, crossed, one-sided or empty."""
    rows = []
    for sequence in range(n):
        bid: int | None = price + tick * rng.randint(-5, 5)
        offer: int | None = bid + tick * rng.choice([1, 1, 1, 2, 3, 0, -1])  # type: ignore[operator]
        bid, offer = rng.choice([(bid, offer)] * 8 + [(None, offer), (bid, None), (None, None), (0, offer)])
        rows.append({"timestamp": random_time(rng), "sequence": sequence, "bid": bid, "offer": offer})
    return sorted(rows, key=lambda row: (row["timestamp"], row["sequence"]))


def random_order(rng: Random, number: int, tick: int, price: int) -> tuple[list[Row], list[Row]]:
    """Return one order's events, and fills that mostly agree with them."""
    side = rng.choice([1, -1])
    market = rng.random() < 0.1
    state = {
        "order_id": number,
        "side": side,
        "participant": rng.choice([3, 69, 70]),
        "order_type": rng.choice([0, 64, 66, 2048, 2050, 4096, 4098, 258]),
        "mid_tick": rng.choice([0, 1, 2, 3, 4, 5, 6]),
        "price": 0 if market else price + tick * rng.randint(-8, 8),
        "matched_quantity": rng.choice([0, 0, 0, 40]),
        "leaves_quantity": rng.choice([1, 7, 100, 1_000]),
    }
    times = sorted(random_time(rng) for _ in range(rng.choice([1, 2, 2, 3, 4, 6])))
    events, fills = [{**state, "timestamp": times[0]}], []
    for time in times[1:]:
        action = rng.choice(["fill", "fill", "amend", "reduce", "cancel", "reprice"])
        if action == "fill" and state["leaves_quantity"] > 0:
            quantity = rng.randint(1, state["leaves_quantity"])
            state["leaves_quantity"] -= quantity
            state["matched_quantity"] += quantity
            parts = [quantity] if rng.random() < 0.7 or quantity < 2 else [1, quantity - 1]
            who = {"order_id": number, "side": side, "timestamp": time}
            fills += [{**random_fill(rng, tick, price), **who, "quantity": part} for part in parts]
        elif action == "amend":
            state["leaves_quantity"] += rng.choice([5, 50])
        elif action == "reduce":
            state["leaves_quantity"] -= min(state["leaves_quantity"], 3)
        elif action == "reprice" and not market:
            state["price"] += tick
        events.append({**state, "timestamp": time})
    if rng.random() < 0.1:  # a fill the states know nothing of
        fills.append(
            {
                **random_fill(rng, tick, price),
                "order_id": number,
                "side": side,
                "timestamp": random_time(rng),
                "quantity": 5,
            }
        )
    return events, fills


def random_fill(rng: Random, tick: int, price: int) -> Row:
    """Return price, deal source and snapshot of a fill."""
    bid, offer = price + tick * rng.randint(-3, 1), price + tick * rng.randint(0, 3)
    return {
        "price": rng.choice([price, (bid + offer) // 2, price + tick]),
        "deal_source": rng.choice(DEALS),
        "national_bid": bid,
        "national_offer": offer,
    }


def random_day(
    seed: int, n_orders: int = 12, n_quotes: int = 12, level: tuple[int, int] | None = None
) -> tuple[list[Row], list[Row], list[Row]]:
    """Return events, fills and quotes in (timestamp, sequence) order; absent quote sides are None.

    level : (tick, price) around which prices lie, or one at random
    """
    rng = Random(seed)
    tick, price = rng.choice([(1, 60), (5, 500), (10, 3_390), (10, 3_390), (100, 400_000)])
    tick, price = level or (tick, price)
    events, fills = [], []
    for place in range(n_orders):
        mine = random_order(rng, 2**62 + 3 * place, tick, price)
        events += mine[0]
        fills += mine[1]
    for _ in range(rng.choice([0, 3])):  # fills of orders that are not in the order file
        stray = random_fill(rng, tick, price)
        fills.append(
            {**stray, "order_id": 17, "side": rng.choice([1, -1]), "timestamp": random_time(rng), "quantity": 9}
        )
    flags = Random(seed + 1)
    for fill in fills:
        fill["aggressor"] = flags.choice([0, 0, 1, 2, -1])
        fill["deal_source"] = flags.choice([fill["deal_source"]] * 6 + [flags.choice(RARE_DEALS)])
    events.sort(key=lambda row: row["timestamp"])
    fills.sort(key=lambda row: row["timestamp"])
    for sequence, row in enumerate(events + fills):
        row["sequence"] = sequence
    return events, fills, random_quotes(rng, rng.choice([0, 1, n_quotes, n_quotes]), tick, price)
