"""How fast orders fill: the shares filled within given times of arrival, F(h) of each order (domain.md 4)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import FillColumns, Rows
from kernels._jit import kernel
from kernels.conventions import VENUE_REPORT

Array = NDArray[Any]


@kernel
def write_filled_within(
    fills: tuple[Array, Array, Array],
    places: tuple[Array, Array],
    ints: Array,
    codes: Array,
    hours_end: int,
    horizons: Array,
    out: Array,
) -> None:
    """Write the shares that each order filled from its arrival to ``horizons[h]`` later, both instants included.

    fills : time, quantity and venue; places : first fill and number of fills by row of the order table
    ints, codes : of ``Rows``; horizons : (H,) int64, ns, ascending; out : (H, n) int64
    """
    timestamp, quantity, venue = fills
    first_fill, fill_count = places
    n_horizons = len(horizons)
    arrival, filled = ints[r.ARRIVAL_TIME], ints[r.FILLED_QUANTITY]
    first, last, count, place = ints[r.FIRST_FILL_TIME], ints[r.LAST_FILL_TIME], codes[r.FILLS], codes[r.ORDER_INDEX]
    for h in range(n_horizons):
        horizon = horizons[h]
        for j in range(len(arrival)):  # all or nothing, without a branch: most orders have one fill at most
            out[h, j] = filled[j] if last[j] <= arrival[j] + horizon else 0
    shortest, longest = horizons[0], horizons[n_horizons - 1]
    for j in range(len(arrival)):
        if not ((count[j] > 1) & (last[j] > arrival[j] + shortest) & (first[j] <= arrival[j] + longest)):
            continue  # one test, as each of the three alone is hard to predict
        start, h, total = first_fill[place[j]], 0, 0
        horizon = horizons[0]
        for i in range(start, start + fill_count[place[j]]):  # in time order
            waited = timestamp[i] - arrival[j]
            while waited > horizon:
                out[h, j] = total
                h += 1
                if h == n_horizons:
                    break
                horizon = horizons[h]
            if h == n_horizons or timestamp[i] >= hours_end:
                break
            total += quantity[i] if venue[i] != VENUE_REPORT else 0


def filled_within(
    fills: FillColumns, places: tuple[Array, Array], rows: Rows, hours_end: int, horizons_ns: Array
) -> NDArray[np.int64]:
    """Return the shares each order of a measured block filled within each horizon, crossing bookings included: (H, n).

    places : first fill and number of fills by row of the order table; horizons_ns : (H,) int64, ascending
    """
    out = np.empty((len(horizons_ns), rows.ints.shape[1]), np.int64)
    if len(horizons_ns):  # three columns of fills, as every array that is passed on takes its time
        columns = fills.timestamp, fills.quantity, fills.venue
        write_filled_within(columns, places, rows.ints, rows.codes, hours_end, horizons_ns, out)
    return out
