"""What a scenario saves: sums by what became of each order in it, and counts fine enough to rank savings by.

`driver.sums.orders.saving_split` names the parts and adds blocks up.
"""

from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I32, I64, Array
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import BPS, NULL
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
TILE: Final = 512  # orders at a time: what is read of them stays in the cache


class SavingScratch(NamedTuple):
    """What savings are counted with, (TILE,) each."""

    base: I64  # Q x M0 of priced orders, -1 of others
    to_bps: F64  # what makes a cost one in bps, NaN where an order is not priced
    value: F64  # savings in bps
    bits: I64  # of the same memory
    bucket: I32


def new_scratch() -> SavingScratch:
    """Return scratch for the savings of a tile."""
    to_bps, value = np.zeros((2, TILE))
    return SavingScratch(np.zeros(TILE, np.int64), to_bps, value, value.view(np.int64), np.zeros(TILE, np.int32))


@inlined
def _fixed(cost: float) -> int:
    """Return a cost in fixed point, 0 where it is not known."""
    return int(np.rint(cost * FIXED_SCALE if abs(cost) < np.inf else 0.0))


@inlined
def _add_scenario(filled: Array, really: Array, cost: Array, real: Array, base: Array, out: Array) -> int:
    """Add orders to the sums of a scenario; return of how many it is not known what they fill.

    Sums are kept apart from memory, and nothing branches, so that several orders are added at a time.

    All but the last (n,); out : (PARTS, SUMS)
    """
    unknown = orders = priced = worth = saved = refused = priced_refused = worth_refused = saved_refused = 0
    all_priced = all_worth = all_saved = 0
    for i in range(filled.shape[0]):
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
    every = filled.shape[0], all_priced, all_worth, all_saved
    for k in range(SUMS):
        out[0, k] += first[k]
        out[1, k] += second[k]
        out[2, k] += every[k] - first[k] - second[k]
    return unknown


@inlined
def _write_bases(rows: Rows, first: int, n: int, scratch: SavingScratch) -> None:
    """Write what n orders from ``first`` on are worth, and what makes a cost of theirs one in bps."""
    mid2, quantity, real = rows.ints[r.MID2], rows.ints[r.ORDER_QUANTITY], rows.floats[r.COST]
    for t in range(n):
        i = first + t
        priced = (abs(real[i]) < np.inf) & (mid2[i] > 0) & (quantity[i] > 0) & lived(rows, i)
        base = mid2[i] * quantity[i] if priced else -1
        scratch.base[t] = base
        scratch.to_bps[t] = BPS / float(base) if priced else np.nan


@inlined
def _write_savings(cost: Array, real: Array, scratch: SavingScratch) -> None:
    """Write what a scenario saves orders, in bps; NaN where it is not known."""
    for t in range(cost.shape[0]):
        to_bps = scratch.to_bps[t]
        scratch.value[t] = real[t] * to_bps - cost[t] * to_bps


@inlined
def _buckets(scratch: SavingScratch, n: int) -> int:
    """Write the buckets of n savings that are neither unknown nor in the middle one; return how many are in that.

    Most are: they would wait for each other to be counted one by one. Nothing branches on which ones.
    """
    for t in range(n):
        bits = scratch.bits[t]
        place = ((bits & MAGNITUDE_BITS) >> RANK_SHIFT) - RANK_FIRST
        step, sign = min(max(place, -1), RANK_HALF - 1) + 1, bits >> 63
        known = scratch.value[t] == scratch.value[t]
        scratch.bucket[t] = RANK_HALF + ((step ^ sign) - sign) if known else -1
    middle = 0
    for t in range(n):
        middle += int(scratch.bucket[t] == RANK_HALF)
    return middle


@inlined
def _count(scratch: SavingScratch, n: int, counts: I64) -> None:
    """Count n savings by bucket."""
    counts[RANK_HALF] += _buckets(scratch, n)
    bucket, left = scratch.bucket, 0
    for t in range(n):
        found = bucket[t]
        bucket[left] = found
        left += int((found >= 0) & (found != RANK_HALF))
    for t in range(left):
        counts[bucket[t]] += 1


@kernel
def split_savings(
    rows: Rows, ints: I64, floats: I64, scratch: SavingScratch, out: I64, unknown: I64, counts: I64
) -> None:
    """Add the orders of a block to the sums of each scenario, and count what it saves the priced ones by bucket.

    ints, floats : (S,) by how many rows each scenario is behind reality, the first one, in either matrix
    out : (S, PARTS, SUMS), unknown : (S,) orders of which it is not known what they fill; the first row stays as it is
    counts : (S - 1, RANK_BUCKETS) to add to, buckets ascending with the saving in bps
    """
    total = rows.ints.shape[1]
    for first in range(0, total, TILE):
        n = min(TILE, total - first)
        _write_bases(rows, first, n, scratch)
        really, real = rows.ints[r.FILLED_QUANTITY, first : first + n], rows.floats[r.COST, first : first + n]
        for s in range(1, ints.shape[0]):
            filled = rows.ints[r.SCENARIO_FILLED + ints[s], first : first + n]
            cost = rows.floats[r.COST + floats[s], first : first + n]
            unknown[s] += _add_scenario(filled, really, cost, real, scratch.base, out[s])
            _write_savings(cost, real, scratch)
            _count(scratch, n, counts[s - 1])


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no rows."""
    rows, one = empty_rows(0, (1, 1), Buffers()), np.zeros(1, np.int64)
    sums, counts = np.zeros((1, PARTS, SUMS), np.int64), np.zeros((1, RANK_BUCKETS), np.int64)
    split_savings(rows, one, one, new_scratch(), sums, one, counts)
