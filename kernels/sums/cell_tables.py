"""Adding orders to the cells of several cubes at once: numbering cells, sums, moments, histogram codes.

Cells, and the participants in their keys, get their numbers by looking up a dense table of all there may be: half of
what a hash table of those there are took, and nothing is searched.

An order's row of measures is worked out once and added to its cell of each cube by one loop of fixed length.
Integers add exactly in any order. Means and co-moments are accumulated in the order of the orders, over the
whole job, so they do not depend on how the orders are cut into blocks.
"""

from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I16, I32, I64
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import BPS, SCENARIOS
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows
from kernels.sums.fill_rows import fill_rows, row_widths
from kernels.sums.fixed_point import SATURATED
from kernels.sums.histograms import CODE_COLUMNS, bucket_of
from kernels.sums.moments import Integers
from kernels.sums.order_rows import Asked, Tile, new_tile, order_rows

# A row of moments: n, sum of w, sum of w^2; then means and co-moments (full matrices), unweighted and weighted.
K: Final = len(SCENARIOS)
MEAN: Final = 4
COMOMENT: Final = MEAN + 2 * K
MOMENTS: Final = COMOMENT + 2 * K * K + -(COMOMENT + 2 * K * K) % 8
LINE: Final = 8  # values of a cache line


class CubeTables(NamedTuple):
    """The cells of one cube, in the order of their first orders."""

    rows: I64  # (cells, width) of every order
    fill_rows: I64  # (cells, width) of orders with fills
    moments: F64  # (cells, MOMENTS)


class Scratch(NamedTuple):
    """What ``add_orders`` works in."""

    bits: I64  # (width of a row,) set in the magnitude of any entry so far
    y: F64  # (TILE x CODE_COLUMNS,) shortfalls and savings in bps
    seen: I64  # the bits of y
    every: I64  # (TILE,) 0, 1, 2 ...
    work: F64  # (2 K,)


@kernel
def number_keys(key: Integers, number: I32, keys: I64, count: int, out: I32) -> int:
    """Write the number of each key, in the order of first use; return how many have one then.

    key : (n,) int32 or int64, places in ``number``, which has -1 where a key has no number yet
    keys : (room,) the ``count`` keys with a number so far, in its order
    """
    for i in range(key.shape[0]):
        found = number[key[i]]
        if found < 0:
            found = number[key[i]] = count
            keys[count] = key[i]
            count += 1
        out[i] = found
    return count


@inlined
def _add(rows: I64, n: int, first: int, places: I64, cell: I32, table: I64) -> None:
    """Add n rows, of the orders at ``places`` from ``first`` on, to the rows of their cells."""
    for t in range(n):
        c = cell[first + places[t]]
        for m in range(rows.shape[1]):
            table[c, m] += rows[t, m]


@inlined
def _magnitudes(rows: I64, n: int, bits: I64) -> None:
    """Set in ``bits`` those that are set in the magnitude of an entry: a bound on the largest."""
    for t in range(n):
        for m in range(rows.shape[1]):
            bits[m] |= rows[t, m] ^ (rows[t, m] >> 63)


@inlined
def _add_moments(y: F64, base: I64, n: int, first: int, cell: I32, moments: F64, work: F64) -> None:
    """Add the shortfalls of n orders to the means and co-moments of their cells, unweighted and weighted by base.

    y : (n CODE_COLUMNS,), of which K are shortfalls; work : (2 K,) scratch. Whole vectors at a time: what a loop
    wrote one by one, the next could not read at once.
    """
    for t in range(n):
        if base[t] <= 0:
            continue
        c, at, weight = cell[first + t], t * CODE_COLUMNS, float(base[t])
        moments[c, 0] += 1.0
        moments[c, 1] += weight
        moments[c, 2] += weight * weight
        for kind in range(2):
            w = weight if kind == 1 else 1.0
            share = w / moments[c, kind]
            mean, comoment = MEAN + kind * K, COMOMENT + kind * K * K
            for k in range(K):
                work[k] = y[at + k] - moments[c, mean + k]
            for k in range(K):
                moments[c, mean + k] += work[k] * share
            for k in range(K):
                work[K + k] = y[at + k] - moments[c, mean + k]
            for j in range(K):
                amount = w * work[j]
                for k in range(K):
                    moments[c, comoment + j * K + k] += amount * work[K + k]


@inlined
def _shortfalls(floats: F64, places: I64, base: I64, first: int, n: int, y: F64) -> None:
    """Write the shortfall in bps under each scenario, and the saving of each but the first.

    floats : result matrix; places : (S,) of the scenarios in it; base : (n,); y : (n CODE_COLUMNS,)
    """
    scenarios = places.shape[0]
    for t in range(n):
        scale = BPS / float(base[t]) if base[t] > 0 else 0.0
        at = t * CODE_COLUMNS
        for s in range(scenarios):
            y[at + s] = floats[r.COST + places[s], first + t] * scale if base[t] > 0 else 0.0
        for s in range(1, scenarios):
            y[at + scenarios + s - 1] = y[at] - y[at + s]


def add_orders(
    rows: Rows, asked: Asked, cell: I32, other_cell: I32, main: CubeTables, market: CubeTables, tile: Tile, code: I16
) -> int:
    """Add a block of orders to their cells; return the bits set in the magnitude of any integer added.

    cell, other_cell : (n,) int32, each order's cell of either cube
    code : (n, CODE_COLUMNS) int16, its buckets, to write

    It stops, with rows in the tile that were not added, at a value that no sum may hold.
    """
    size = len(tile.base)
    y = np.zeros(size * CODE_COLUMNS)
    bits = np.zeros(max(tile.rows.shape[1], tile.fill_rows.shape[1]), np.int64)
    scratch = Scratch(bits, y, y.view(np.int64), np.arange(size), np.zeros(2 * K))
    return add_tiles(rows, asked, (cell, other_cell), (main, market), tile, code, scratch)


@kernel
def add_tiles(
    rows: Rows,
    asked: Asked,
    cells: tuple[I32, I32],
    cubes: tuple[CubeTables, CubeTables],
    tile: Tile,
    code: I16,
    scratch: Scratch,
) -> int:
    """Do what ``add_orders`` does, tile by tile."""
    bits, y, seen, every, work = scratch
    size, reached = tile.base.shape[0], 0
    for first in range(0, cells[0].shape[0], size):
        n = min(size, cells[0].shape[0] - first)
        order_rows(rows, asked, first, n, tile)
        traded = fill_rows(rows, first, n, tile)
        _magnitudes(tile.rows, n, bits)
        _magnitudes(tile.fill_rows, traded, bits)
        reached = 0
        for m in range(bits.shape[0]):
            reached |= bits[m]
        if reached >= SATURATED:
            return reached
        _shortfalls(rows.floats, asked.scenarios, tile.base, first, n, y)
        for cube in range(len(cubes)):
            table, place = cubes[cube], cells[cube]
            _add(tile.rows, n, first, every, place, table.rows)
            _add(tile.fill_rows, traded, first, tile.traded, place, table.fill_rows)
            _add_moments(y, tile.base, n, first, place, table.moments, work)
        for t in range(n):
            for m in range(CODE_COLUMNS - 1):
                code[first + t, m] = bucket_of(seen[t * CODE_COLUMNS + m])
            code[first + t, CODE_COLUMNS - 1] = int(tile.base[t] > 0)
    return reached


@kernel
def columns_of_rows(table: I64, order: I64, out: I64) -> None:
    """Write the columns of ``table``, its rows in the given ``order``, to the rows of ``out``; what pads it is left.

    table : (cells, width); order : (cells,); out : (sums, cells) int64
    """
    lines = order.shape[0] // LINE
    for line in range(lines):  # a cache line of each column at a time
        first = LINE * line
        for c in range(out.shape[0]):
            for j in range(LINE):
                out[c, first + j] = table[order[first + j], c]
    for c in range(out.shape[0]):
        for j in range(LINE * lines, order.shape[0]):
            out[c, j] = table[order[j], c]


@kernel
def moments_of_rows(table: F64, order: I64, weight: F64, mean: F64, comoment: F64) -> None:
    """Take rows of moments, in the given ``order``, apart as ``kernels.sums.moments`` has them.

    table : (cells, MOMENTS); order : (cells,); weight : (cells, 3); mean : (cells, 2, S); comoment : (cells, 2, pairs)
    """
    scenarios = mean.shape[2]
    for c in range(order.shape[0]):
        for v in range(3):
            weight[c, v] = table[order[c], v]
        for kind in range(2):
            t = 0
            for j in range(scenarios):
                mean[c, kind, j] = table[order[c], MEAN + kind * K + j]
                for k in range(j + 1):
                    comoment[c, kind, t] = table[order[c], COMOMENT + (kind * K + j) * K + k]
                    t += 1


def empty_tables(cells: int, widths: tuple[int, int]) -> CubeTables:
    """Return zeroed tables for ``cells`` cells."""
    rows, fill_rows = (np.zeros((cells, width), np.int64) for width in widths)
    return CubeTables(rows, fill_rows, np.zeros((cells, MOMENTS)))


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    whole, cell = np.zeros(0, np.int64), np.zeros(0, np.int32)
    for key in (whole, cell):
        number_keys(key, cell, whole, 0, cell)
    widths = row_widths(1, 1, 1)
    tables = empty_tables(0, widths)
    rows, asked = empty_rows(0, (1, 1), Buffers()), Asked(np.zeros(1, np.int64), 0, 0)
    add_orders(rows, asked, cell, cell, tables, tables, new_tile(widths), np.zeros((0, CODE_COLUMNS), np.int16))
    columns_of_rows(tables.rows, whole, np.zeros((1, 0), np.int64))
    moments_of_rows(tables.moments, whole, np.zeros((0, 3)), np.zeros((0, 2, 1)), np.zeros((0, 2, 1)))
