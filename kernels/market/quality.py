"""Counts of what does not add up in a day: order states against fills, and quotes that are no market."""

from typing import Final

import numpy as np

from kernels.base.columns import Array, FillColumns, OrderColumns, QuoteColumns
from kernels.base.compiling import inlined, kernel
from kernels.conventions import FAR_PRICE, FAULT_KINDS, FAULTS_SET_APART, VENUE_BOOKED, VENUE_OTHER, VENUE_REPORT
from kernels.market.quote_book import opening_time
from kernels.market.quotes import is_absurd

ORDER_KINDS: Final = (
    "orders_reconciled", "orders_not_reconciled", "orders_filled_above_matched", "orders_filled_below_matched",
    "orders_carried_over", "orders_filled_before_benchmark", "orders_without_window",
)  # fmt: skip
FILL_KINDS: Final = (
    "fills", "fills_without_order", "fills_booked", "fills_off_market", "fills_unknown_deal_source",
    "fills_before_first_quote", "fills_price_implausible",
)  # fmt: skip
QUOTE_KINDS: Final = (
    "quotes", "quotes_valid", "quotes_locked", "quotes_crossed", "quotes_one_sided", "quotes_empty",
    "quotes_absurd_spread",
)  # fmt: skip
SET_APART: Final = "orders_set_apart"
QUALITY_KINDS: Final = (*ORDER_KINDS, SET_APART, *FAULT_KINDS.values(), *FILL_KINDS, *QUOTE_KINDS)


@kernel
def count_orders(
    orders: OrderColumns, fills: FillColumns, fault: Array, session: tuple[int, int, int], out: Array
) -> None:
    """Count every kind of ``ORDER_KINDS`` into ``out``, (kinds,) int64: whole day, every order.

    An order is measured from the later of its arrival and the session's start, where it waits for the opening quote: a
    fill before that takes its benchmark away. Its window ends with it or with the session; where that comes first there
    is none. Both are counted of orders that are not set apart.

    fault : (orders,) int8 bits, or empty
    session : start and end of continuous trading, and the opening quote's time, ns UTC
    """
    venues, quantity = fills.venue, fills.quantity
    above = below = carried = early = windowless = 0
    for i in range(len(orders.order_id)):
        filled, count, first = 0, 0, 0
        for f in range(orders.first_fill[i], orders.first_fill[i] + orders.fill_count[i]):
            if venues[f] != VENUE_REPORT:
                filled += quantity[f]
                first = fills.timestamp[f] if count == 0 else first
                count += 1
        difference = filled - orders.matched_quantity[i]
        above += difference > 0
        below += difference < 0
        carried += orders.carried_quantity[i] > 0
        if len(fault) == 0 or fault[i] & FAULTS_SET_APART == 0:
            start = max(orders.arrival_time[i], session[0])
            known = start if orders.arrival_time[i] > session[0] else session[2]
            early += (count > 0) & (first < known)
            windowless += start > min(orders.end_time[i], session[1])
    whole = len(orders.order_id) - above - below, above + below, above, below, carried, early, windowless
    for k, found in enumerate(whole):
        out[k] = found


@inlined
def is_far(price: int, quote: int, quotes: QuoteColumns, ticks: Array) -> bool:
    """Return whether a fill cannot be at ``price``: none, or far from the mid of the quote before it, if that is valid.

    quote : the row of that quote, -1 where there is none
    """
    if price <= 0:
        return True
    if quote < 0:
        return False
    bid, offer = quotes.bid[quote], quotes.offer[quote]
    if bid <= 0 or offer < bid or is_absurd(bid, offer, ticks):
        return False
    twice = bid + offer
    return bool((2 * price > FAR_PRICE * twice) | (2 * FAR_PRICE * price < twice))


@kernel
def count_fills(fills: FillColumns, quotes: QuoteColumns, ticks: Array, out: Array) -> None:
    """Count every kind of ``FILL_KINDS`` into ``out``, (kinds,) int64: whole day, every fill.

    ticks : (2, k) int64, from price and tick
    """
    venues = fills.venue
    strange = booked = reported = other = early = far = 0
    for i in range(len(venues)):
        strange += fills.order_index[i] < 0
        booked += venues[i] == VENUE_BOOKED
        reported += venues[i] == VENUE_REPORT
        other += venues[i] == VENUE_OTHER
        early += fills.quote[i] < 0
        if venues[i] != VENUE_REPORT and is_far(fills.price[i], fills.quote[i], quotes, ticks):
            far += 1
    for k, count in enumerate((len(venues), strange, booked, reported, other, early, far)):
        out[k] = count


@kernel
def count_quotes(quotes: QuoteColumns, ticks: Array, out: Array) -> None:
    """Count every kind of ``QUOTE_KINDS`` into ``out``, (kinds,) int64: whole day, every quote.

    ticks : (2, k) int64, from price and tick
    """
    valid = locked = crossed = one_sided = empty = absurd = 0
    for i in range(len(quotes.bid)):
        bid, offer = quotes.bid[i], quotes.offer[i]
        sides = int(bid > 0) + int(offer > 0)  # NULL is far below 0
        strange = int(is_absurd(bid, offer, ticks))
        valid += int((sides == 2) & (bid < offer)) - strange
        locked += (sides == 2) & (bid == offer)
        crossed += (sides == 2) & (bid > offer)
        absurd += strange
        one_sided += sides == 1
        empty += sides == 0
    for k, count in enumerate((len(quotes.bid), valid, locked, crossed, one_sided, empty, absurd)):
        out[k] = count


def quality_counts(
    orders: OrderColumns, fills: FillColumns, quotes: QuoteColumns, ticks: Array, fault: Array, session: tuple[int, int]
) -> dict[str, int]:
    """Return how many orders, fills and quotes are of each kind of ``QUALITY_KINDS``."""
    kinds = ORDER_KINDS, FILL_KINDS, QUOTE_KINDS
    of_orders, of_fills, of_quotes = (np.empty(len(names), np.int64) for names in kinds)
    count_orders(orders, fills, fault, (*session, opening_time(quotes, session[0], ticks)), of_orders)
    count_fills(fills, quotes, ticks, of_fills)
    count_quotes(quotes, ticks, of_quotes)
    counts = {SET_APART: int(np.count_nonzero(fault & FAULTS_SET_APART))}
    counts |= {kind: int(np.count_nonzero(fault & bit)) for bit, kind in FAULT_KINDS.items()}
    for names, found in zip(kinds, (of_orders, of_fills, of_quotes), strict=True):
        counts |= dict(zip(names, found.tolist(), strict=True))
    return {kind: counts[kind] for kind in QUALITY_KINDS}
