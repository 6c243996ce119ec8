"""The dark matches of a replay, in the order in which they happen."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I8, I32, I64
from kernels.dark.records import RULE_BLOCK

DEAL_PREFERRED: Final = 46
DEAL_DARK: Final = 47
DEAL_BOOKED: Final = 48
DEAL_BLOCK: Final = 50


def deal_sources(booked: NDArray[Any], preferenced: NDArray[Any], rule: NDArray[Any]) -> NDArray[np.int16]:
    """Return the deal source of each match: a booking is one whoever was preferred (R15, R14, R11)."""
    kinds = [booked != 0, preferenced != 0, rule == RULE_BLOCK]
    return np.select(kinds, [DEAL_BOOKED, DEAL_PREFERRED, DEAL_BLOCK], DEAL_DARK).astype(np.int16)


class Matches(NamedTuple):
    """One row per match of the dark book, (n,) columns."""

    time: I64  # ns UTC, ascending
    buy: I32  # row of the order table, -1 for an order that is not in the order file
    sell: I32
    buy_order_id: I64
    sell_order_id: I64
    quantity: I64  # shares
    price2: I64  # half price units
    mid2: I64  # of the quote in force, half price units
    aggressor_side: I8  # 1 the buyer was incoming, -1 the seller, 0 both rested
    rule: I8  # kernels.dark.records.RULE_MID, RULE_DARK_LIMIT, RULE_BLOCK
    booked: I8  # 1: a crossing booking (R15)
    preferenced: I8  # 1: the incoming order preferred its own broker's (R14)
