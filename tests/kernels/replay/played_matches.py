"""Small days of dark matches, and matches of a replay: written by hand or made of a day's own fills."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kernels.replay.fidelity.real_matches import real_matches
from kernels.replay.matches import Matches
from tests.builders import MemoryDay, build_day

Row = dict[str, Any]
T = 1_000_000_000
QUOTE = {"timestamp": 0, "sequence": 1, "bid": 100, "offer": 110}
DTYPES = {"buy": "i4", "sell": "i4", "aggressor_side": "i1", "rule": "i1", "booked": "i1", "preferenced": "i1"}
USUAL = {"buy": -1, "sell": -1, "mid2": 0, "aggressor_side": 1, "rule": 1, "booked": 0, "preferenced": 0}


def played(*rows: tuple[int, int, int, int, int]) -> Matches:
    """Return matches of (time, buy order, sell order, quantity, price in half units)."""
    names = ("time", "buy_order_id", "sell_order_id", "quantity", "price2")
    return matches_of([USUAL | dict(zip(names, row, strict=True)) for row in rows])


def matches_of(rows: list[Row]) -> Matches:
    return Matches(*(np.array([row[name] for row in rows], DTYPES.get(name, "i8")) for name in Matches._fields))


def history(day: Any, price2: Any) -> Matches:
    """Return the day's own dark matches, as a perfect replay would give them."""
    found, _ = real_matches(day.fills, price2)
    columns = ("time", "buy_order_id", "sell_order_id", "quantity", "price2", "aggressor_side")
    return matches_of(
        [USUAL | {name: int(getattr(found, name)[place]) for name in columns} for place in range(len(found.time))]
    )


def with_rows(matches: Matches, day: Any) -> Matches:
    """Return the matches with the rows of their orders."""
    row = {int(number): place for place, number in enumerate(day.orders["order_id"])}
    sides = ([row.get(int(number), -1) for number in numbers] for numbers in (matches[3], matches[4]))
    buy, sell = (np.array(side, np.int32) for side in sides)
    return matches._replace(buy=buy, sell=sell)


def match(time: int, buy: int, sell: int, quantity: int, price: int, acts: int = 1, **more: Any) -> list[Row]:
    """Return the two fills of a dark match; acts: 1 the buyer is aggressive, -1 the seller, 0 neither."""
    common = {"timestamp": time, "quantity": quantity, "price": price, "deal_source": 47} | more
    common.setdefault("match_id", time * 100 + buy)
    return [
        common | {"order_id": buy, "side": 1, "sequence": 2 * len(common), "aggressor": int(acts == 1)},
        common | {"order_id": sell, "side": -1, "sequence": 2 * len(common) + 1, "aggressor": int(acts == -1)},
    ]


def day_of(*matches: list[Row], known: Sequence[int] = (), quotes: Sequence[Row] = (QUOTE,)) -> MemoryDay:
    """Return a day of these matches; the known orders are in the order file."""
    fills = [fill | {"sequence": place} for place, fill in enumerate(fill for both in matches for fill in both)]
    events = [
        {"order_id": number, "timestamp": 1, "sequence": number, "price": 105, "leaves_quantity": 1,
         "matched_quantity": 0, "side": 1, "order_type": 64}
        for number in known
    ]  # fmt: skip
    return build_day(events, fills, list(quotes))
