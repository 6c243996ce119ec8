"""The dark matches that really happened, read from a day's fills: two of them make a match."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from kernels.base.columns import I8, I64, Array
from kernels.conventions import VENUE_DARK
from kernels.market.rebuilt_prices import by_match

DARK_BOOKING: Final = 48  # deal source of a crossing in the dark book (R15)
BLOCKS: Final = (50, 52)  # deal sources of any-price blocks, which print outside the quote (R11)


class RealMatches(NamedTuple):
    """One row per dark match of the file, by (time, sequence), (n,) columns."""

    time: I64  # ns UTC
    buy_order_id: I64
    sell_order_id: I64
    quantity: I64  # shares
    price2: I64  # exact price, half price units
    aggressor_side: I8  # 1 the buyer was aggressive, -1 the seller, 0 both rested
    buy_fill: I64  # row of the fills
    sell_fill: I64


def dark_fills(fills: Mapping[str, Array]) -> I64:
    """Return the rows of all fills of the dark book, its crossing bookings included."""
    venue, deal_source = np.asarray(fills["venue"]), np.asarray(fills["deal_source"])
    return np.flatnonzero((venue == VENUE_DARK) | (deal_source == DARK_BOOKING))


def _numbered(group: I64) -> I64:
    """Return the place of each row in its group; ``group`` ascends."""
    new = np.ones(len(group), np.bool_)
    new[1:] = group[1:] != group[:-1]
    first = np.flatnonzero(new)
    return np.asarray(np.arange(len(group)) - np.repeat(first, np.diff(np.append(first, len(group)))), np.int64)


def real_matches(fills: Mapping[str, Any], price2: I64) -> tuple[RealMatches, int]:
    """Return the day's dark matches, and how many dark fills have no other side in the file.

    Two fills are a match if they share match number, time, price, quantity and deal source; where a file has no match
    numbers and several pairs are alike, they are paired in sequence.

    fills : the table of a day; price2 : (fills,) exact prices, half price units
    """
    rows, starts = by_match(fills, dark_fills(fills))
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(rows))))
    side, sequence = np.asarray(fills["side"])[rows], np.asarray(fills["sequence"])[rows]
    order = np.lexsort((rows, sequence, group))
    rows, group, side = rows[order], group[order], side[order]
    legs = []
    for wanted in (side > 0, side < 0):
        key = group[wanted] * (len(rows) + 1) + _numbered(group[wanted])
        legs.append((key, rows[wanted]))
    (buy_key, buys), (sell_key, sells) = legs
    _, of_buys, of_sells = np.intersect1d(buy_key, sell_key, assume_unique=True, return_indices=True)
    buys, sells = buys[of_buys], sells[of_sells]
    time = np.asarray(fills["timestamp"])
    sequences = np.asarray(fills["sequence"])
    by_time = np.lexsort((np.minimum(sequences[buys], sequences[sells]), time[buys]))
    buys, sells = buys[by_time], sells[by_time]
    aggressor, number = np.asarray(fills["aggressor"]), np.asarray(fills["order_id"])
    acts = np.where(aggressor[buys] == 1, 1, np.where(aggressor[sells] == 1, -1, 0)).astype(np.int8)
    quantity = np.asarray(fills["quantity"])[buys]
    found = RealMatches(time[buys], number[buys], number[sells], quantity, price2[buys], acts, buys, sells)
    return found, len(rows) - 2 * len(buys)


def off_quote(found: RealMatches, fills: Mapping[str, Any], quotes: Mapping[str, Any], ticks: I64) -> Array:
    """Return which matches the quote strictly before them does not allow: a replay at that quote cannot have them.

    Allowed is its mid, and inside it every tick (R9); blocks print anywhere. ticks : (2, k) from price and tick
    """
    if len(quotes["timestamp"]) == 0:
        return np.ones(len(found.time), np.bool_)
    row = np.asarray(fills["quote"])[found.buy_fill]
    bid, offer = np.maximum(quotes["bid"][row], 0), np.maximum(quotes["offer"][row], 0)
    tick = ticks[1][np.maximum(np.searchsorted(ticks[0], bid, "right") - 1, 0)]
    inside = (row >= 0) & (bid > 0) & (2 * bid < found.price2) & (found.price2 < 2 * offer)
    allowed = inside & ((found.price2 == bid + offer) | (found.price2 % (2 * tick) == 0))
    deal_source = np.asarray(fills["deal_source"])[found.buy_fill]
    block = (deal_source >= BLOCKS[0]) & (deal_source <= BLOCKS[1])
    return np.asarray(~allowed & ~block)
