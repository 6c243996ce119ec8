"""Fees of the real order and of each scenario, where the configuration sets any (decisions 18).

A fee is a fraction of the traded amount by venue. Dark legs of scenarios pay the dark fee, the moved leg
of C the lit one; the rest of B pays what its real fills pay.
"""

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array, FillColumns
from kernels.base.compiling import kernel
from kernels.conventions import VENUE_DARK, VENUE_LIT, VENUE_REPORT
from kernels.measure import order_columns as r


@kernel
def sum_fill_fees(
    fills: FillColumns,
    price2: Array,
    first_fill: Array,
    fill_count: Array,
    most: Array,
    hours_end: int,
    fees: Array,
    out: Array,
) -> None:
    """Write the fees of each order's first ``most`` shares, in half price units x shares."""
    timestamp, quantity, venue = fills.timestamp, fills.quantity, fills.venue
    for j in range(len(first_fill)):
        left = most[j]
        total = 0.0
        for i in range(first_fill[j], first_fill[j] + fill_count[j]):
            if venue[i] != VENUE_REPORT and timestamp[i] < hours_end:
                taken = min(quantity[i], left)
                left -= taken
                total += float(taken * price2[i]) * fees[venue[i]]
        out[j] = total


def scenario_fees(
    fills: FillColumns,
    price2: Array,
    places: tuple[Array, Array],
    hours_end: int,
    fees: Array,
    quantity: Array,
    dark_share_ppm: int,
    scenarios: tuple[Array, Array, Array],
) -> NDArray[np.float64]:
    """Return fees (S, n) of real, A, B, C in half price units x shares.

    places : first fill and number of fills of each order; scenarios : eligible (n,), and quantity and
    half-unit notional (S, n) that each scenario filled
    """
    eligible, filled, notional2 = scenarios
    n = len(quantity)
    out = np.empty((r.SCENARIO_COUNT, n))
    dark = quantity // 1_000_000 * dark_share_ppm + quantity % 1_000_000 * dark_share_ppm // 1_000_000
    sum_fill_fees(fills, price2, *places, quantity, hours_end, fees, out[0])
    sum_fill_fees(fills, price2, *places, quantity - dark, hours_end, fees, out[2])
    at_mid = filled[1] > 0
    dark2 = np.where(at_mid, dark * notional2[1] / np.maximum(filled[1], 1), 0.0)
    out[1] = notional2[1] * fees[VENUE_DARK]
    out[2] += dark2 * fees[VENUE_DARK]
    out[3] = dark2 * fees[VENUE_DARK] + (notional2[3] - dark2) * fees[VENUE_LIT]
    out[1:, eligible == 0] = out[0, eligible == 0]
    return out
