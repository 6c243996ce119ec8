"""Counts of what does not add up in a day: order states against fills, and quotes that are no market."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import F64, I64, Array, EventColumns, FillColumns, OrderColumns, QuoteColumns
from kernels.base.compiling import kernel
from kernels.conventions import FAULT_KINDS, FAULTS_SET_APART, VENUE_BOOKED, VENUE_OTHER, VENUE_REPORT
from kernels.market.beyond_limits import mark_beyond, new_scratch
from kernels.market.plausible import ABSURD, JUMPING, PLAUSIBLE, Plausible
from kernels.market.quote_book import opening_time

ORDER_KINDS: Final = (
    "orders_reconciled", "orders_not_reconciled", "orders_filled_above_matched", "orders_filled_below_matched",
    "orders_carried_over", "orders_filled_before_benchmark", "orders_without_window",
)  # fmt: skip
FILL_KINDS: Final = (
    "fills", "fills_without_order", "fills_booked", "fills_off_market", "fills_unknown_deal_source",
    "fills_before_first_quote", "fills_price_implausible", "fills_beyond_limit",
)  # fmt: skip
QUOTE_KINDS: Final = (
    "quotes", "quotes_valid", "quotes_locked", "quotes_crossed", "quotes_one_sided", "quotes_empty",
    "quotes_absurd_spread", "quotes_jumping",
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

    fault : (orders,) int16 bits
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
        if fault[i] & FAULTS_SET_APART == 0:
            start = max(orders.arrival_time[i], session[0])
            known = start if orders.arrival_time[i] > session[0] else session[2]
            early += (count > 0) & (first < known)
            windowless += start > min(orders.end_time[i], session[1])
    whole = len(orders.order_id) - above - below, above + below, above, below, carried, early, windowless
    for k, found in enumerate(whole):
        out[k] = found


@kernel
def count_fills(fills: FillColumns, far: Array, beyond: Array, out: Array) -> None:
    """Count every kind of ``FILL_KINDS`` into ``out``, (kinds,) int64: whole day, every fill.

    far, beyond : (fills,) bool, at a price that cannot be, and beyond the order's limit
    """
    venues = fills.venue
    strange = booked = reported = other = early = 0
    for i in range(len(venues)):
        strange += fills.order_index[i] < 0
        booked += venues[i] == VENUE_BOOKED
        reported += venues[i] == VENUE_REPORT
        other += venues[i] == VENUE_OTHER
        early += fills.quote[i] < 0
    for k, count in enumerate((len(venues), strange, booked, reported, other, early, far.sum(), beyond.sum())):
        out[k] = count


@kernel
def count_quotes(quotes: QuoteColumns, kind: Array, out: Array) -> None:
    """Count every kind of ``QUOTE_KINDS`` into ``out``, (kinds,) int64: whole day, every quote.

    kind : (quotes,) int8, what ``kernels.market.plausible`` says of each
    """
    valid = locked = crossed = one_sided = empty = absurd = jumping = 0
    for i in range(len(quotes.bid)):
        bid, offer = quotes.bid[i], quotes.offer[i]
        sides = int(bid > 0) + int(offer > 0)  # NULL is far below 0
        sound = (sides == 2) & (kind[i] == PLAUSIBLE)
        valid += sound & (bid < offer)
        locked += sound & (bid == offer)
        crossed += sound & (bid > offer)
        absurd += kind[i] == ABSURD
        jumping += kind[i] == JUMPING
        one_sided += sides == 1
        empty += sides == 0
    for k, count in enumerate((len(quotes.bid), valid, locked, crossed, one_sided, empty, absurd, jumping)):
        out[k] = count


@kernel
def count_impossible(effective: F64, quoted: F64, least: float, most: float) -> tuple[int, int]:
    """Return how many effective spreads of n orders are below ``least`` quoted ones, how many above ``most`` in size.

    effective, quoted : (n,), NaN where it is not known
    """
    below = above = 0
    for i in range(effective.shape[0]):
        below += int((quoted[i] > 0.0) & (effective[i] < least * quoted[i]))
        above += int(abs(effective[i]) > most)
    return below, above


def quality_counts(
    tables: tuple[OrderColumns, EventColumns, FillColumns, QuoteColumns],
    plausible: Plausible,
    ticks: I64,
    session: tuple[int, int],
    beyond: NDArray[np.bool_],
) -> dict[str, int]:
    """Return how many orders, fills and quotes are of each kind of ``QUALITY_KINDS``.

    tables : as the day file has them; plausible : what is measured of them
    beyond : (fills,) whether each is beyond its order's limit, to write
    """
    (orders, events, fills, quotes), kinds = tables, (ORDER_KINDS, FILL_KINDS, QUOTE_KINDS)
    of_orders, of_fills, of_quotes = (np.empty(len(names), np.int64) for names in kinds)
    fault = plausible.fault
    mark_beyond(orders, events, fills, ticks, new_scratch(), beyond)
    count_orders(orders, fills, fault, (*session, opening_time(plausible.quotes, session[0])), of_orders)
    count_fills(fills, plausible.far, beyond, of_fills)
    count_quotes(quotes, plausible.quote_kind, of_quotes)
    counts = {SET_APART: int(np.count_nonzero(fault & FAULTS_SET_APART))}
    any_fault = bool(fault.any())
    counts |= {kind: int(np.count_nonzero(fault & bit)) if any_fault else 0 for bit, kind in FAULT_KINDS.items()}
    for names, found in zip(kinds, (of_orders, of_fills, of_quotes), strict=True):
        counts |= dict(zip(names, found.tolist(), strict=True))
    return {kind: counts[kind] for kind in QUALITY_KINDS}
