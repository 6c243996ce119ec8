"""Orders summed by what they are, in one pass over a block: a few thousand kinds, found by a chained hash table.

A kind is order type, mid-tick flag, whether eligible, fixed size bucket and step of the quantity, in the bits of a key.
`driver.sums.orders.kinds` keeps the table from block to block, names the sums and adds kinds up by each of these.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I32, I64, Array, readonly
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import BPS, NULL
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows
from kernels.sums.cell_keys import size_of
from kernels.sums.fixed_point import fixed, rest
from kernels.sums.moments import FIXED_SCALE
from kernels.sums.outside_rows import lived

OF_ORDERS: Final = 4  # orders, what they ask for, priced ones, Q x M0 of these
# Unknown, filled orders, what they fill; of the priced ones cost and shortfall in fixed point, and the latter's rest.
BY_SCENARIO: Final = 6
STEP_BITS, STEPS, FIRST_EXPONENT = 4, 1_024, 1_023  # of quantities: a double's exponent and four bits of its fraction
# Bits of a key, from the lowest: step of the quantity, fixed size, eligible, mid-tick flag; then the order type.
SIZE_AT, ELIGIBLE_AT, TICK_AT, TYPE_AT = 10, 13, 14, 22
HEADS: Final = 4_096  # of chains: a power of 2


class KindTable(NamedTuple):
    """Kinds in the order of their first orders."""

    heads: I32  # (HEADS,) the latest kind of each chain, -1: none
    before: I32  # (room,) the one before it in its chain
    keys: I64  # (room,)
    sums: I64  # (room, OF_ORDERS + BY_SCENARIO x S)


@inlined
def step_of(quantity: int, value: F64, bits: I64) -> int:
    """Return the step of a quantity; value, bits : (1,) of the same memory."""
    value[0] = float(quantity)
    step = (bits[0] >> (52 - STEP_BITS)) - (FIRST_EXPONENT << STEP_BITS)
    return int(min(max(step, 0), STEPS - 1))


@inlined
def _found(key: int, table: KindTable, count: int) -> int:
    """Return the number of a key, ``count`` for a new one, which is entered; -1 if there is no room for it."""
    head = (key + 613 * (key >> SIZE_AT) + 757 * (key >> TYPE_AT)) & (HEADS - 1)
    k = table.heads[head]
    while k >= 0 and table.keys[k] != key:
        k = table.before[k]
    if k >= 0 or count == table.keys.shape[0]:
        return int(k)
    table.keys[count], table.before[count], table.heads[head] = key, table.heads[head], count
    for m in range(table.sums.shape[1]):
        table.sums[count, m] = 0
    return count


@kernel
def add_kinds(
    rows: Rows,
    behind: tuple[I64, I64],
    mid_tick: Array,
    table: KindTable,
    first: int,
    count: int,
    value: F64,
    bits: I64,
) -> tuple[int, int]:
    """Add the orders of a block from ``first`` on to their kinds; return where it stopped and how many kinds it knows.

    It stops before an order of a new kind for which the table has no room.

    behind : two (S,), by how many rows each scenario is behind reality in the matrices of integers and of floats
    mid_tick : of each row of the day's order table; value, bits : (1,) of the same memory
    """
    ints, floats, codes, sums = rows.ints, rows.floats, rows.codes, table.sums
    for i in range(first, ints.shape[1]):
        quantity, mid2 = ints[r.ORDER_QUANTITY, i], ints[r.MID2, i]
        what = np.int64(codes[r.ORDER_TYPE, i]) << TYPE_AT
        what |= (np.int64(mid_tick[codes[r.ORDER_INDEX, i]]) & 255) << TICK_AT
        what |= np.int64(rows.flags[r.ELIGIBLE, i]) << ELIGIBLE_AT
        key = int(what) | size_of(quantity) << SIZE_AT | step_of(quantity, value, bits)
        k = _found(key, table, count)
        if k < 0:
            return i, count
        count = max(count, k + 1)
        priced = math.isfinite(floats[r.COST, i]) and mid2 > 0 and quantity > 0 and lived(rows, i)
        base = mid2 * quantity if priced else 0
        per_base = BPS / float(base) * FIXED_SCALE if priced else 0.0
        sums[k, 0] += 1
        sums[k, 1] += quantity
        sums[k, 2] += int(priced)
        sums[k, 3] += base
        for s in range(behind[0].shape[0]):
            at = OF_ORDERS + BY_SCENARIO * s
            filled, cost = ints[r.SCENARIO_FILLED + behind[0][s], i], floats[r.COST + behind[1][s], i]
            if filled == NULL:
                sums[k, at] += 1
            elif filled != 0:
                sums[k, at + 1] += int(filled > 0)
                sums[k, at + 2] += filled
            if priced and math.isfinite(cost):
                sums[k, at + 3] += fixed(cost * FIXED_SCALE)
                sums[k, at + 4] += fixed(cost * per_base)
                sums[k, at + 5] += rest(cost * per_base)
    return ints.shape[1], count


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no orders."""
    cell, one, value = np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(1)
    table = KindTable(cell, cell, one[:0], np.zeros((0, OF_ORDERS + BY_SCENARIO), np.int64))
    rows, flags = empty_rows(0, (1, 1), Buffers()), readonly(np.zeros(0, np.int8))
    add_kinds(rows, (one, one), flags, table, 0, 0, value, value.view(np.int64))
