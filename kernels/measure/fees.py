"""Fees of the real order and of each scenario, where the configuration sets any (decisions 18).

A fee is a fraction of the traded amount by venue. Dark legs of scenarios pay the dark fee, the moved leg
of C the lit one; the rest of B pays what its real fills pay. What an order pays in all is rounded to 1/COST_SCALE of a
half unit x share, as scenarios' amounts are. ``measure`` calls ``write_fees`` on each block.
"""

import numpy as np

from kernels.base.columns import Array, FillColumns
from kernels.base.compiling import kernel
from kernels.conventions import BPS, COST_SCALE, NULL, VENUE_DARK, VENUE_LIT, VENUE_REPORT
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows
from kernels.measure.rules import Inputs
from kernels.measure.scenarios import REAL, A, B, C


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
    """Write the fees of each order's first ``most`` shares, in half price units x shares.

    price2 : (fills,); first_fill, fill_count, most, out : (n,) by order; fees : (venues,) as in the rules
    """
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


def write_fees(inputs: Inputs, rows: Rows) -> None:
    """Write each scenario's fees in half price units x shares, and its shortfall with them."""
    ints, floats, rules, place = rows.ints, rows.floats, inputs.rules, rows.codes[r.ORDER_INDEX]
    orders, fees, every = inputs.orders, rules.fees, slice(r.FEES, r.FEES + r.SCENARIO_COUNT)
    quantity, share = ints[r.ORDER_QUANTITY], rules.dark_share_ppm
    filled, notional2, out = ints[r.SCENARIO_FILLED + A], floats[r.SCENARIO_NOTIONAL2 :], floats[every]
    dark = quantity // 1_000_000 * share + quantity % 1_000_000 * share // 1_000_000
    for scenario, most in ((REAL, quantity), (B, quantity - dark)):
        first, count = orders.first_fill[place], orders.fill_count[place]
        sum_fill_fees(inputs.fills, inputs.sums.price2, first, count, most, rules.hours_end, fees, out[scenario])
    dark2 = np.where(filled > 0, dark * notional2[A] / np.maximum(filled, 1), 0.0)
    out[A] = notional2[A] * fees[VENUE_DARK]
    out[B] += dark2 * fees[VENUE_DARK]
    out[C] = dark2 * fees[VENUE_DARK] + (notional2[C] - dark2) * fees[VENUE_LIT]
    as_real = rows.flags[r.ELIGIBLE] == 0
    out[1:, as_real] = out[0, as_real]
    write_net(rows, r.SCENARIO_COUNT)


def write_net(rows: Rows, scenarios: int) -> None:
    """Round the fees under the first so many scenarios, and write the shortfall with them."""
    ints, floats, quantity = rows.ints, rows.floats, rows.ints[r.ORDER_QUANTITY]
    paid = floats[r.FEES : r.FEES + scenarios]
    paid[:] = np.rint(paid * COST_SCALE) / COST_SCALE
    priced = (ints[r.MID2] != NULL) & (quantity > 0)
    base = np.where(priced, ints[r.MID2] * quantity, 1)
    for k in range(scenarios):
        net = BPS * (floats[r.COST + k] + floats[r.FEES + k]) / base
        floats[r.NET_SHORTFALL + k] = np.where(priced, net, np.nan)
