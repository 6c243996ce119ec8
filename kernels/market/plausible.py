"""What of a day's quotes and fills cannot be: spreads and jumps that are no market, prices far from any quote.

A quote whose spread is absurd is taken for one-sided: a huge number often stands for a side that is absent. So is one
that leaves the level of the market for a moment. A fill at no price, or at one far from the quote before it, is no fill
to show: its order is set apart, and the market has neither its volume nor its price.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64, Array, EventColumns, FillColumns, OrderColumns, QuoteColumns, readonly
from kernels.base.compiling import inlined, kernel
from kernels.conventions import (
    ABSURD_TICKS,
    FAR_PRICE,
    FAULT_PRICE,
    JUMP,
    LONGEST_JUMP,
    NULL,
    VENUE_BOOKED,
    VENUE_DARK,
    VENUE_OTHER,
    VENUE_REPORT,
)
from kernels.market.ticks import has_half_tick, tick_of

PLAUSIBLE: Final = 0
ABSURD: Final = 1
JUMPING: Final = 2
FAR_FILL: Final = 1
BEYOND_LIMIT: Final = 2


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
    return bool((spread > bid // 9 * 2 + bid % 9 * 2 // 9) & (spread > ABSURD_TICKS * tick_of(bid, ticks)))


@inlined
def is_away(mid2: int, level: int, ticks: Array) -> bool:
    """Return whether a mid is above ``JUMP`` times a level, or below its part, by more than ``ABSURD_TICKS``.

    mid2, level : in half units; ticks : as above
    """
    low, high = min(mid2, level), max(mid2, level)
    return bool((high - low > (JUMP - 1) * low) & (high - low > 2 * ABSURD_TICKS * tick_of(low // 2, ticks)))


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


@inlined
def _within_first(orders: OrderColumns, events: EventColumns, fills: FillColumns, k: int) -> bool:
    """Return whether all fills of an order are within the limit of its first row: later rows and half ticks widen it.

    So they are of nearly all orders, whose other rows need no look.
    """
    row, side = orders.first_row[k], orders.side[k]
    if row < 0:
        return True
    limit2, market = 2 * events.price[row], events.price[row] <= 0
    for i in range(orders.first_fill[k], orders.first_fill[k] + orders.fill_count[k]):
        if not market and fills.timestamp[i] >= events.timestamp[row] and side * (2 * fills.price[i]) > side * limit2:
            return False
    return True


@kernel
def mark_beyond(orders: OrderColumns, events: EventColumns, fills: FillColumns, ticks: Array, out: Array) -> int:
    """Write whether each fill is beyond its order's limit to ``out`` (n,) bool; return how many are.

    The limit is the most generous one of the order's rows up to the fill, for rows of one instant may be written in
    another order. In the dark half a tick is added where one of them has it, or has no such flag; a price that may be a
    mid without its half unit has it back. Reports, and fills before the first row, have no limit. An order's fills are
    in time order.
    """
    count = 0
    for i in range(len(out)):
        out[i] = False
    for k in range(len(orders.order_id)):
        if orders.fill_count[k] == 0 or _within_first(orders, events, fills, k):
            continue
        row, side = orders.first_row[k], orders.side[k]
        best2 = dark2 = 0  # limits in half units, the latter with their half ticks
        known = market = False
        for i in range(orders.first_fill[k], orders.first_fill[k] + orders.fill_count[k]):
            while row >= 0 and events.timestamp[row] <= fills.timestamp[i]:
                price = events.price[row]
                half = tick_of(price, ticks) if events.mid_tick[row] == 0 or has_half_tick(events.mid_tick[row]) else 0
                limit2, improved2 = 2 * price, 2 * price + side * half
                market |= price <= 0
                best2 = limit2 if not known or side * limit2 > side * best2 else best2
                dark2 = improved2 if not known or side * improved2 > side * dark2 else dark2
                known = True
                row = events.next_row[row]
            venue = fills.venue[i]
            if known and not market and venue != VENUE_REPORT:
                in_dark = (venue == VENUE_DARK) | (venue == VENUE_BOOKED)
                price2 = 2 * fills.price[i] + (1 if in_dark and side < 0 else 0)
                out[i] = side * price2 > side * (dark2 if in_dark else best2)
                count += out[i]
    return count
