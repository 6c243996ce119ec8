"""Counts of what does not add up in a day: order states against fills, and quotes that are no market."""

from typing import Final

import numpy as np

from kernels.base.columns import Array, FillColumns, OrderColumns, QuoteColumns
from kernels.base.compiling import kernel
from kernels.conventions import NULL, VENUE_BOOKED, VENUE_REPORT

QUALITY_KINDS: Final = (
    "orders_reconciled",
    "orders_not_reconciled",
    "orders_filled_above_matched",
    "orders_filled_below_matched",
    "orders_filled_above_parent",
    "orders_carried_over",
    "fills",
    "fills_without_order",
    "fills_booked",
    "fills_off_market",
    "fills_before_first_quote",
    "quotes",
    "quotes_valid",
    "quotes_locked",
    "quotes_crossed",
    "quotes_one_sided",
    "quotes_empty",
)


@kernel
def count_quality(orders: OrderColumns, fills: FillColumns, quotes: QuoteColumns, out: Array) -> None:
    """Add up every kind of ``QUALITY_KINDS`` into ``out`` (int64, zeros): whole day, every row."""
    for i in range(len(orders.order_id)):
        filled = 0
        for f in range(orders.first_fill[i], orders.first_fill[i] + orders.fill_count[i]):
            if fills.venue[f] != VENUE_REPORT:
                filled += fills.quantity[f]
        difference = filled - orders.matched_quantity[i]
        out[0 if difference == 0 else 1] += 1
        out[2] += difference > 0
        out[3] += difference < 0
        out[4] += filled > orders.parent_quantity[i]
        out[5] += orders.carried_quantity[i] > 0
    for i in range(len(fills.timestamp)):
        venue = fills.venue[i]
        out[6] += 1
        out[7] += fills.order_index[i] < 0
        out[8] += venue == VENUE_BOOKED
        out[9] += venue == VENUE_REPORT
        out[10] += fills.quote[i] < 0
    for i in range(len(quotes.timestamp)):
        bid = quotes.bid[i]
        offer = quotes.offer[i]
        has_bid = bid != NULL and bid > 0
        has_offer = offer != NULL and offer > 0
        out[11] += 1
        if has_bid and has_offer:
            out[12] += bid < offer
            out[13] += bid == offer
            out[14] += bid > offer
        elif has_bid or has_offer:
            out[15] += 1
        else:
            out[16] += 1


def quality_counts(orders: OrderColumns, fills: FillColumns, quotes: QuoteColumns) -> dict[str, int]:
    """Return how many orders, fills and quotes are of each kind of ``QUALITY_KINDS``."""
    out = np.zeros(len(QUALITY_KINDS), np.int64)
    count_quality(orders, fills, quotes, out)
    return dict(zip(QUALITY_KINDS, out.tolist(), strict=True))
