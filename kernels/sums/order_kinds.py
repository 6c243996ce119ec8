"""Orders summed by what they are, in one pass over a block: by kind, and by step of the quantity.

A kind is order type, mid-tick flag, whether eligible and fixed size bucket, in the bits of a key: there are some
dozens, found by a chained hash table. `driver.sums.orders.kinds` keeps both tables from block to block, names the sums
and adds kinds up by each of these.
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
# Bits of a key, from the lowest: fixed size, eligible, mid-tick flag; then the order type.
SIZE_AT, ELIGIBLE_AT, TICK_AT, TYPE_AT = 0, 3, 4, 12
HEADS: Final = 4_096  # of chains: a power of 2
TILE: Final = 128  # orders worked on at a time: their rows stay in the first-level cache


class KindTable(NamedTuple):
    """Kinds in the order of their first orders, and steps; sums are OF_ORDERS, then BY_SCENARIO of each of S."""

    heads: I32  # (HEADS,) the latest kind of each chain, -1: none
    before: I32  # (room,) the one before it in its chain
    keys: I64  # (room,)
    sums: I64  # (room, width)
    steps: I64  # (STEPS, width), zeros to begin with


class Scratch(NamedTuple):
    """Rows of up to TILE orders before they are added."""

    rows: I64  # (TILE, width)
    kind: I32  # (TILE,)
    step: I32  # (TILE,)
    per_base: F64  # (TILE,) what makes a cost one in fixed-point bps, NaN where an order is not priced
    value: F64  # (1,)
    bits: I64  # (1,) of the same memory


def new_scratch(width: int) -> Scratch:
    """Return scratch for rows of so many sums."""
    value, (kind, step) = np.zeros(1), np.zeros((2, TILE), np.int32)
    return Scratch(np.zeros((TILE, width), np.int64), kind, step, np.zeros(TILE), value, value.view(np.int64))


@inlined
def step_of(quantity: int, value: F64, bits: I64) -> int:
    """Return the step of a quantity; value, bits : (1,) of the same memory."""
    value[0] = float(quantity)
    step = (bits[0] >> (52 - STEP_BITS)) - (FIRST_EXPONENT << STEP_BITS)
    return int(min(max(step, 0), STEPS - 1))


@inlined
def _found(key: int, table: KindTable, count: int) -> int:
    """Return the number of a key, ``count`` for a new one, which is entered: there is room for it."""
    head = (key + 757 * (key >> TYPE_AT)) & (HEADS - 1)
    k = table.heads[head]
    while k >= 0 and table.keys[k] != key:
        k = table.before[k]
    if k >= 0:
        return int(k)
    table.keys[count], table.before[count], table.heads[head] = key, table.heads[head], count
    for m in range(table.sums.shape[1]):
        table.sums[count, m] = 0
    return count


@inlined
def _of_orders(rows: Rows, mid_tick: Array, table: KindTable, first: int, n: int, count: int, scratch: Scratch) -> int:
    """Write what n orders from ``first`` on are, and what they add whatever the scenario; return how many kinds are."""
    ints, codes, cost, out = rows.ints, rows.codes, rows.floats[r.COST], scratch.rows
    for t in range(n):
        i = first + t
        quantity, mid2 = ints[r.ORDER_QUANTITY, i], ints[r.MID2, i]
        key = np.int64(codes[r.ORDER_TYPE, i]) << TYPE_AT
        key |= (np.int64(mid_tick[codes[r.ORDER_INDEX, i]]) & 255) << TICK_AT
        key |= np.int64(rows.flags[r.ELIGIBLE, i]) << ELIGIBLE_AT
        k = _found(int(key) | size_of(quantity) << SIZE_AT, table, count)
        count = max(count, k + 1)
        scratch.kind[t], scratch.step[t] = k, step_of(quantity, scratch.value, scratch.bits)
        priced = math.isfinite(cost[i]) and mid2 > 0 and quantity > 0 and lived(rows, i)
        base = mid2 * quantity if priced else 0
        scratch.per_base[t] = BPS / float(base) * FIXED_SCALE if priced else np.nan
        out[t, 0], out[t, 1], out[t, 2], out[t, 3] = 1, quantity, int(priced), base
    return count


@inlined
def _of_scenario(filled: I64, cost: F64, first: int, n: int, at: int, scratch: Scratch) -> None:
    """Write what n orders from ``first`` on add under a scenario; filled, cost : of all orders.

    Nothing branches on what an order fills: it would be mispredicted every other time.
    """
    out = scratch.rows
    for t in range(n):
        shares, shortfall = filled[first + t], cost[first + t] * scratch.per_base[t]
        known = math.isfinite(cost[first + t]) & (scratch.per_base[t] == scratch.per_base[t])
        out[t, at] = int(shares == NULL)
        out[t, at + 1] = int(shares > 0)
        out[t, at + 2] = shares if shares != NULL else 0
        out[t, at + 3] = fixed(cost[first + t] * FIXED_SCALE) if known else 0
        out[t, at + 4] = fixed(shortfall) if known else 0
        out[t, at + 5] = rest(shortfall) if known else 0


@kernel
def add_kinds(
    rows: Rows, behind: tuple[I64, I64], mid_tick: Array, table: KindTable, first: int, count: int, scratch: Scratch
) -> tuple[int, int]:
    """Add the orders of a block from ``first`` on to their kinds; return where it stopped and how many kinds it knows.

    It stops where the table might not have room for the kinds of the next orders.

    behind : two (S,), by how many rows each scenario is behind reality in the matrices of integers and of floats
    mid_tick : of each row of the day's order table
    """
    total, width = rows.ints.shape[1], table.sums.shape[1]
    while first < total:
        n = min(TILE, total - first)
        if count + n > table.keys.shape[0]:
            return first, count
        count = _of_orders(rows, mid_tick, table, first, n, count, scratch)
        for s in range(behind[0].shape[0]):
            filled, cost = rows.ints[r.SCENARIO_FILLED + behind[0][s]], rows.floats[r.COST + behind[1][s]]
            _of_scenario(filled, cost, first, n, OF_ORDERS + BY_SCENARIO * s, scratch)
        for t in range(n):
            kind, step, row = np.uint64(scratch.kind[t]), np.uint64(scratch.step[t]), scratch.rows[t]
            for m in range(np.uint64(width)):
                table.sums[kind, m] += row[m]
                table.steps[step, m] += row[m]
        first += n
    return first, count


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no orders."""
    cell, one, sums = np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros((0, OF_ORDERS + BY_SCENARIO), np.int64)
    table = KindTable(cell, cell, one[:0], sums, sums)
    rows, flags = empty_rows(0, (1, 1), Buffers()), readonly(np.zeros(0, np.int8))
    add_kinds(rows, (one, one), flags, table, 0, 0, new_scratch(sums.shape[1]))
