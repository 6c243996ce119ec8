"""Counts of what does not add up in a day: order states against fills, and quotes that are no market."""

from typing import Final

import numpy as np

from kernels.base.columns import Array, FillColumns, OrderColumns, QuoteColumns
from kernels.base.compiling import kernel
from kernels.conventions import VENUE_BOOKED, VENUE_OTHER, VENUE_REPORT

QUALITY_KINDS: Final = (
    "orders_reconciled", "orders_not_reconciled", "orders_filled_above_matched", "orders_filled_below_matched",
    "orders_filled_above_parent", "orders_carried_over", "fills", "fills_without_order", "fills_booked",
    "fills_off_market", "fills_unknown_deal_source",
    "fills_before_first_quote", "quotes", "quotes_valid", "quotes_locked", "quotes_crossed",
    "quotes_one_sided", "quotes_empty",
)  # fmt: skip


@kernel
def count_quality(orders: OrderColumns, fills: FillColumns, quotes: QuoteColumns, out: Array) -> None:
    """Count every kind of ``QUALITY_KINDS`` into ``out``, (kinds,) int64: whole day, every row."""
    venues, quantity = fills.venue, fills.quantity
    above = below = more = carried = 0
    for i in range(len(orders.order_id)):
        filled = 0
        for f in range(orders.first_fill[i], orders.first_fill[i] + orders.fill_count[i]):
            if venues[f] != VENUE_REPORT:
                filled += quantity[f]
        difference = filled - orders.matched_quantity[i]
        above += difference > 0
        below += difference < 0
        more += filled > orders.parent_quantity[i]
        carried += orders.carried_quantity[i] > 0
    strange = booked = reported = other = early = 0
    for i in range(len(venues)):
        strange += fills.order_index[i] < 0
        booked += venues[i] == VENUE_BOOKED
        reported += venues[i] == VENUE_REPORT
        other += venues[i] == VENUE_OTHER
        early += fills.quote[i] < 0
    valid = locked = crossed = one_sided = empty = 0
    for i in range(len(quotes.bid)):
        bid, offer = quotes.bid[i], quotes.offer[i]
        sides = int(bid > 0) + int(offer > 0)  # NULL is far below 0
        valid += (sides == 2) & (bid < offer)
        locked += (sides == 2) & (bid == offer)
        crossed += (sides == 2) & (bid > offer)
        one_sided += sides == 1
        empty += sides == 0
    whole = len(orders.order_id) - above - below, above + below, above, below, more, carried
    parts = len(venues), strange, booked, reported, other, early
    kinds = len(quotes.bid), valid, locked, crossed, one_sided, empty
    for k, count in enumerate(whole + parts + kinds):
        out[k] = count


def quality_counts(orders: OrderColumns, fills: FillColumns, quotes: QuoteColumns) -> dict[str, int]:
    """Return how many orders, fills and quotes are of each kind of ``QUALITY_KINDS``."""
    out = np.empty(len(QUALITY_KINDS), np.int64)
    count_quality(orders, fills, quotes, out)
    return dict(zip(QUALITY_KINDS, out.tolist(), strict=True))
