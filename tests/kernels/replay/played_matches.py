"""Matches of a replay, written by hand or made of a day's own fills."""

from typing import Any

import numpy as np

from kernels.replay.fidelity.real_matches import real_matches
from kernels.replay.matches import Matches

Row = dict[str, Any]
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
