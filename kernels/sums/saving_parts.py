"""What a scenario saves: sums by what became of each order in it, and counts fine enough to rank savings by.

`driver.sums.orders.saving_split` names the parts and adds blocks up.
"""

from typing import Final

import numpy as np

from kernels.base.columns import F64, I64, Array
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows
from kernels.sums.histograms import FIRST_OCTAVE, MAGNITUDE_BITS, OCTAVES
from kernels.sums.moments import FIXED_SCALE
from kernels.sums.outside_rows import lived

PARTS: Final = 3  # filled in the scenario, refused though reality filled it, neither
SUMS: Final = 4  # orders, priced ones, Q x M0 in half units, what is saved in fixed point
# Buckets of savings to rank by: 256 to the octave, over those of ``histograms``. Half a tick is as many bps of a mid as
# of its neighbours to a few thousandths, and buckets of an eighth of an octave would tie what ranks must tell apart.
FINE_BITS: Final = 8
RANK_HALF: Final = OCTAVES << FINE_BITS
RANK_BUCKETS: Final = 2 * RANK_HALF + 1
RANK_SHIFT: Final = 52 - FINE_BITS
RANK_FIRST: Final = (1023 + FIRST_OCTAVE) << FINE_BITS


@inlined
def _fixed(cost: float) -> int:
    """Return a cost in fixed point, 0 where it is not known."""
    return int(np.rint(cost * FIXED_SCALE if abs(cost) < np.inf else 0.0))


@inlined
def _add_scenario(filled: Array, really: Array, cost: Array, real: Array, base: Array, out: Array) -> int:
    """Add the orders of a block to the sums of a scenario; return of how many it is not known what they fill.

    Sums are kept apart from memory, and nothing branches, so that several orders are added at a time.

    All but the last (n,); out : (PARTS, SUMS)
    """
    unknown = orders = priced = worth = saved = refused = priced_refused = worth_refused = saved_refused = 0
    all_priced = all_worth = all_saved = 0
    for i in range(base.shape[0]):
        known, fills = base[i] >= 0, filled[i] > 0
        refuses = (filled[i] <= 0) & (really[i] > 0)
        quantity_mid = base[i] if known else 0
        saving = _fixed(real[i]) - _fixed(cost[i]) if known else 0
        unknown += int(filled[i] == NULL)
        orders, refused = orders + int(fills), refused + int(refuses)
        priced, priced_refused = priced + int(fills & known), priced_refused + int(refuses & known)
        worth, worth_refused = worth + int(fills) * quantity_mid, worth_refused + int(refuses) * quantity_mid
        saved, saved_refused = saved + int(fills) * saving, saved_refused + int(refuses) * saving
        all_priced, all_worth, all_saved = all_priced + int(known), all_worth + quantity_mid, all_saved + saving
    first, second = (orders, priced, worth, saved), (refused, priced_refused, worth_refused, saved_refused)
    every = base.shape[0], all_priced, all_worth, all_saved
    for k in range(SUMS):
        out[0, k] += first[k]
        out[1, k] += second[k]
        out[2, k] += every[k] - first[k] - second[k]
    return unknown


@kernel
def saving_parts(rows: Rows, ints: I64, floats: I64, base: I64, out: I64, unknown: I64) -> None:
    """Add the orders of a block to the sums of each scenario.

    ints, floats : (S,) by how many rows each scenario is behind reality, the first one, in either matrix
    base : (n,) to write, Q x M0 of priced orders, -1 of others
    out : (S, PARTS, SUMS), unknown : (S,) orders of which it is not known what they fill; the first row stays as it is
    """
    mid2, quantity, really, real = rows.ints[r.MID2], rows.ints[r.ORDER_QUANTITY], rows.ints[r.FILLED_QUANTITY], r.COST
    for i in range(base.shape[0]):
        priced = (abs(rows.floats[real, i]) < np.inf) & (mid2[i] > 0) & (quantity[i] > 0) & lived(rows, i)
        base[i] = mid2[i] * quantity[i] if priced else -1
    for s in range(1, ints.shape[0]):
        filled, cost = rows.ints[r.SCENARIO_FILLED + ints[s]], rows.floats[real + floats[s]]
        unknown[s] += _add_scenario(filled, really, cost, rows.floats[real], base, out[s])


@kernel
def count_savings(rows: Rows, floats: I64, base: I64, value: F64, bits: I64, counts: I64) -> None:
    """Count what each scenario saves the priced orders of a block, in bps, by its bucket.

    floats, base : as ``saving_parts`` has them; value : (1,) scratch, bits : the same memory as integers
    counts : (S - 1, RANK_BUCKETS) to add to, buckets ascending with the saving
    """
    real = rows.floats[r.COST]
    for s in range(1, floats.shape[0]):
        cost = rows.floats[r.COST + floats[s]]
        for i in range(base.shape[0]):
            if base[i] > 0 and cost[i] == cost[i]:
                to_bps = 1e4 / float(base[i])
                value[0] = real[i] * to_bps - cost[i] * to_bps
                place = ((bits[0] & MAGNITUDE_BITS) >> RANK_SHIFT) - RANK_FIRST
                step, sign = min(max(place, -1), RANK_HALF - 1) + 1, bits[0] >> 63
                counts[s - 1, RANK_HALF + ((step ^ sign) - sign)] += 1


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    rows, one, value = empty_rows(0, (1, 1), Buffers()), np.zeros(1, np.int64), np.zeros(1)
    saving_parts(rows, one, one, one[:0], np.zeros((1, PARTS, SUMS), np.int64), one)
    count_savings(rows, one, one[:0], value, value.view(np.int64), np.zeros((1, RANK_BUCKETS), np.int64))
