"""What of a day's quotes and fills cannot be: spreads and jumps that are no market, prices far from any quote.

A quote whose spread is absurd is taken for one-sided: a huge number often stands for a side that is absent. So is one
that leaves the level of the market for a moment. A fill at no price, or at one far from the quote before it, is no fill
to show: its order is set apart, and the market has neither its volume nor its price.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64, Array, FillColumns, QuoteColumns, readonly
from kernels.base.compiling import inlined, kernel
from kernels.conventions import (
    ABSURD_TICKS,
    FAR_PRICE,
    FAULT_PRICE,
    JUMP,
    LONGEST_JUMP,
    NULL,
    VENUE_OTHER,
    VENUE_REPORT,
)
from kernels.market.ticks import tick_of

PLAUSIBLE: Final = 0
ABSURD: Final = 1
JUMPING: Final = 2


class Plausible(NamedTuple):
    """A day's quotes and fills as they are measured, and what was found in them."""

    quotes: QuoteColumns  # those that cannot be are one-sided
    fills: FillColumns  # those at prices that cannot be are of no venue that is known
    quote_kind: NDArray[np.int8]  # of each quote: PLAUSIBLE, ABSURD, JUMPING
    far: NDArray[np.bool_]  # of each fill
    fault: NDArray[np.int16]  # of each order: the bits given and FAULT_PRICE


@inlined
def is_absurd(bid: int, offer: int, ticks: Array) -> bool:
    """Return whether a spread is above a fifth of the mid (``ABSURD_SPREAD``), 2/9 of the bid, and so many ticks."""
    spread = offer - bid if (bid > 0) & (offer > bid) else 0
    return bool(spread > bid // 9 * 2 + bid % 9 * 2 // 9 and spread > ABSURD_TICKS * tick_of(bid, ticks))


@inlined
def is_away(mid2: int, level: int, ticks: Array) -> bool:
    """Return whether a mid is above ``JUMP`` times a level, or below its part, by more than ``ABSURD_TICKS``.

    mid2, level : in half units; ticks : as above
    """
    low, high = min(mid2, level), max(mid2, level)
    return bool(high - low > (JUMP - 1) * low and high - low > 2 * ABSURD_TICKS * tick_of(low // 2, ticks))


@kernel
def mark_quotes(bid: Array, offer: Array, ticks: Array, out: Array) -> int:
    """Write what each quote is, PLAUSIBLE, ABSURD or JUMPING, to ``out`` (n,) int8; return how many are not plausible.

    Quotes jump that leave the level before them (``is_away``), and after a few rows are followed by one within a tenth
    of it. What stays where it went is a new level.

    bid, offer : (n,) int64
    ticks : (2, k) int64, from price and tick
    """
    level, first, away, count = 0, 0, 0, 0  # the last mid, twice; where quotes left it, and how many
    for i in range(len(bid)):
        out[i] = PLAUSIBLE
        if is_absurd(bid[i], offer[i], ticks):
            out[i] = ABSURD
            count += 1
        elif bid[i] > 0 and offer[i] >= bid[i]:
            mid2 = bid[i] + offer[i]
            if level > 0 and away < LONGEST_JUMP and is_away(mid2, level, ticks):
                first = i if away == 0 else first
                away += 1
                continue
            if away > 0 and 10 * abs(mid2 - level) <= level:
                for k in range(first, i):
                    if bid[k] > 0 and offer[k] >= bid[k] and out[k] == PLAUSIBLE:
                        out[k] = JUMPING
                        count += 1
            level, away = mid2, 0
    return count


def quote_kinds(quotes: QuoteColumns, ticks: I64) -> tuple[NDArray[np.int8], int]:
    """Return what each quote is, as ``mark_quotes`` says it, and how many are not plausible."""
    kinds = np.empty(len(quotes.bid), np.int8)
    return kinds, int(mark_quotes(quotes.bid, quotes.offer, ticks, kinds))


def plausible_quotes(quotes: QuoteColumns, ticks: I64) -> tuple[QuoteColumns, NDArray[np.int8]]:
    """Return the quotes, those that cannot be made one-sided (the same ones where there are none), and their kinds."""
    kinds, count = quote_kinds(quotes, ticks)
    if count:
        quotes = quotes._replace(offer=readonly(np.where(kinds != PLAUSIBLE, NULL, quotes.offer)))
    return quotes, kinds


@inlined
def is_far(price: int, quote: int, quotes: QuoteColumns) -> bool:
    """Return whether a fill cannot be at ``price``: none, or far from the mid of the quote before it, if that is valid.

    quote : the row of that quote, -1 where there is none; quotes : plausible ones
    """
    if price <= 0:
        return True
    if quote < 0:
        return False
    bid, offer = quotes.bid[quote], quotes.offer[quote]
    if bid <= 0 or offer < bid:
        return False
    twice = bid + offer
    return bool((2 * price > FAR_PRICE * twice) | (2 * FAR_PRICE * price < twice))


@kernel
def mark_far(fills: FillColumns, quotes: QuoteColumns, out: Array) -> int:
    """Write whether each fill is at a price that cannot be to ``out`` (n,) bool, reports aside; return how many are.

    quotes : plausible ones
    """
    count = 0
    for i in range(len(out)):
        out[i] = fills.venue[i] != VENUE_REPORT and is_far(fills.price[i], fills.quote[i], quotes)
        count += out[i]
    return count


def plausible_day(fills: FillColumns, quotes: QuoteColumns, fault: NDArray[np.int16], ticks: I64) -> Plausible:
    """Return a day's quotes and fills without what cannot be. fault : what else is known of each order, (n,) bits."""
    quotes, kinds = plausible_quotes(quotes, ticks)
    far = np.empty(len(fills.venue), np.bool_)
    if mark_far(fills, quotes, far):
        owners = fills.order_index[far]
        fault = fault.copy()
        fault[owners[owners >= 0]] |= FAULT_PRICE
        fills = fills._replace(venue=readonly(np.where(far, np.int8(VENUE_OTHER), fills.venue)))
    return Plausible(quotes, fills, readonly(kinds), readonly(far), readonly(fault))
