"""Spreads, improvement and markouts of market fills, quantity-weighted per order; a stage of ``stages``.

Spreads and impact are costs, positive when paid; improvement and markouts are positive when good
(decisions 16). Every fill is measured against the quote strictly before it.
"""

import numpy as np

from kernels.base.columns import Array, FillColumns, Rules
from kernels.base.compiling import inlined
from kernels.conventions import BPS, NULL, VENUE_BOOKED
from kernels.market.day_sums import Sums
from kernels.market.fill_marks import LATER, MID2, SPREAD
from kernels.measure import result_rows as r
from kernels.measure.own_fills import write_all
from kernels.measure.result_rows import Rows


@inlined
def without_spreads(rows: Rows, span: tuple[int, int]) -> None:
    """Write what an order without market fills has, column by column; those that traded are written over."""
    ints = rows.ints
    for column in (r.EFFECTIVE_SPREAD, r.PRICE_IMPROVEMENT, r.FILL_QUOTED_SPREAD):
        write_all(rows.floats[column][span[0] : span[1]], np.nan)
    for h in range(len(rows.horizons)):
        write_all(rows.horizons[h][span[0] : span[1]], np.nan)
    for j in range(span[0], span[1]):
        ints[r.OFFSIDE_VALUE, j] = 0 if ints[r.MID2, j] != NULL else NULL


@inlined
def spreads_block(
    fills: FillColumns, sums: Sums, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], traded: Array
) -> None:
    """Write quantity-weighted spreads over each order's market fills that had a valid quote before them.

    Effective 2 s (p - m) / m = realised 2 s (p - m_h) / m + impact 2 s (m_h - m) / m. A horizon is missing as
    soon as one of those fills has no valid mid there, so the identity holds for every order that has it. Whether a
    fill is offside depends on the quote at arrival alone: without that one the value is NULL.
    """
    timestamp, venue, quantity, price, ints = fills.timestamp, fills.venue, fills.quantity, fills.price, rows.ints
    price2, marks = sums.price2, sums.fill_marks
    floats, horizons, sides = rows.floats, rows.horizons, rows.flags
    n_horizons, hours_end = len(rules.horizons_ns), rules.hours_end
    realised, impact = r.REALISED_SPREAD * n_horizons, r.IMPACT * n_horizons
    without_spreads(rows, span)
    for k in traded:
        j = span[0] + k
        weight = effective = improvement = quoted = 0.0
        for h in range(n_horizons):
            horizons[h, j] = horizons[impact + h, j] = 0.0
        side, offside = float(sides[r.SIDE, j]), 0
        touch = ints[r.ARRIVAL_OFFER, j] if side > 0.0 else ints[r.ARRIVAL_BID, j]
        touch2 = 2 * touch if ints[r.MID2, j] != NULL else 0
        first = scratch[r.S_FIRST_FILL, k]
        for i in range(first, first + scratch[r.S_FILL_COUNT, k]):
            mid2 = marks[i, MID2]
            if venue[i] >= VENUE_BOOKED or timestamp[i] >= hours_end:
                continue
            offside += price[i] * quantity[i] if side * float(price2[i] - touch2) > 0.0 else 0
            if mid2 == NULL:
                continue
            shares, spread = float(quantity[i]), float(marks[i, SPREAD])
            per_mid = shares / float(mid2)
            against = side * float(price2[i] - mid2)
            weight += shares
            effective += per_mid * against
            improvement += per_mid * (spread - against)  # the far touch is mid2 + s spread in half units
            quoted += per_mid * spread
            for h in range(n_horizons):
                later2 = marks[i, LATER + h]
                horizons[h, j] += per_mid * side * float(later2 - price2[i]) if later2 != NULL else np.nan
                horizons[impact + h, j] += per_mid * side * float(later2 - mid2) if later2 != NULL else np.nan
        ints[r.OFFSIDE_VALUE, j] = offside if ints[r.MID2, j] != NULL else NULL
        scale = BPS / weight if weight > 0.0 else np.nan
        floats[r.EFFECTIVE_SPREAD, j], floats[r.PRICE_IMPROVEMENT, j] = 2.0 * effective * scale, improvement * scale
        floats[r.FILL_QUOTED_SPREAD, j] = 2.0 * quoted * scale
        for h in range(n_horizons):
            horizons[h, j] *= scale
            horizons[realised + h, j] = -2.0 * horizons[h, j]
            horizons[impact + h, j] *= 2.0 * scale
