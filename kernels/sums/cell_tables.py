"""Adding orders to the cells of several cubes at once: numbering cells, sums; and the shortfalls that are kept.

Cells, and the participants in their keys, get their numbers by looking up a dense table of all there may be: half of
what a hash table of those there are took, and nothing is searched.

An order's row of measures is worked out once and added to its cell of three tables by one loop of fixed length. Tables
are of few cells, so that they stay in the cache: to add to thousands of the main cube's took twice as long.
Integers add exactly in any order. Shortfalls of priced orders are kept until the job ends, when moments and histograms
are made of them cell by cell: so these do not depend on how the orders are cut into blocks.
"""

from typing import NamedTuple

import numpy as np

from kernels.base.columns import F64, I32, I64
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows
from kernels.sums.fill_rows import fill_rows, row_widths
from kernels.sums.fixed_point import SATURATED
from kernels.sums.moments import Integers, lanes_of
from kernels.sums.order_rows import LINE, Asked, Tile, new_tile, order_rows

Cells = tuple[I32, I32, I32]  # of each order, in each table
INTS, FLOATS, CODES, FLAGS = (r.SIZE[name] for name in Rows._fields[:4])


class CubeTables(NamedTuple):
    """The sums of cells, in the order of their first orders."""

    rows: I64  # (cells, width) of every order
    fill_rows: I64  # (cells, widths) of orders with fills: really, then under each replayed scenario


class Kept(NamedTuple):
    """What is kept of priced orders until the job ends: room for those of a block."""

    y: F64  # (n, lanes) shortfalls in bps under each scenario, then zeros
    cell: I32  # (n,) of the main cube
    other_cell: I32  # and of that of the market met

    def part(self, first: int, stop: int) -> "Kept":
        """Return what is kept of some of the orders: views."""
        return Kept(self.y[first:stop], self.cell[first:stop], self.other_cell[first:stop])


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
def _add(
    rows: I64, n: int, width: int, first: int, places: I64, cells: Cells, tables: tuple[I64, I64, I64], at: int
) -> int:
    """Add ``width`` values of n rows to those of their cells in each table, from column ``at`` on, each read but once.

    places : of the orders, from ``first`` on

    Rows of tables are looked up without a sign: that they might count from the end would take a sixth of the time.

    Returns the bits that are set in the magnitude of any entry: a bound on the largest.
    """
    (first_rows, second_rows, third_rows), start, bits = tables, np.uint64(at), 0
    for t in range(n):
        i = np.uint64(first + places[t])
        one, two, three = np.uint64(cells[0][i]), np.uint64(cells[1][i]), np.uint64(cells[2][i])
        row = rows[t]
        for m in range(np.uint64(width)):
            value, place = row[m], start + m
            first_rows[one, place] += value
            second_rows[two, place] += value
            third_rows[three, place] += value
            bits |= value ^ (value >> 63)
    return bits


@inlined
def _keep(floats: F64, behind: I64, tile: Tile, first: int, n: int, cells: tuple[I32, I32], kept: Kept, at: int) -> int:
    """Keep the shortfalls in bps and the cells of those of n orders that are priced, from ``at`` on; return their end.

    floats : result matrix; behind : (S,) by how many rows each scenario is behind reality
    """
    base, to_bps = tile.base, tile.to_bps
    for s in range(behind.shape[0]):
        cost, place = floats[r.COST + behind[s]], at
        for t in range(n):
            if base[t] > 0:
                kept.y[np.uint64(place), s] = cost[np.uint64(first + t)] * to_bps[t]
                place += 1
    for t in range(n):
        if base[t] > 0:
            i, row = np.uint64(first + t), np.uint64(at)
            for lane in range(behind.shape[0], kept.y.shape[1]):
                kept.y[row, lane] = 0.0
            kept.cell[row], kept.other_cell[row] = cells[0][i], cells[1][i]
            at += 1
    return at


@inlined
def _under(rows: Rows, part: int, parts: int) -> Rows:
    """Return the rows of reality, part 0, or of a replayed scenario, of as many as there are (``part_of``)."""
    h, w = rows.horizons.shape[0] // parts, rows.within.shape[0] // parts
    return Rows(
        rows.ints[part * INTS : (part + 1) * INTS],
        rows.floats[part * FLOATS : (part + 1) * FLOATS],
        rows.codes[part * CODES : (part + 1) * CODES],
        rows.flags[part * FLAGS : (part + 1) * FLAGS],
        rows.horizons[part * h : (part + 1) * h],
        rows.within[part * w : (part + 1) * w],
    )


def add_orders(
    rows: Rows,
    asked: Asked,
    cells: Cells,
    tables: tuple[CubeTables, CubeTables, CubeTables],
    cubes: tuple[I32, I32],
    tile: Tile,
    kept: Kept,
) -> tuple[int, int]:
    """Add a block of orders to their cells; return the bits set in any magnitude added, and how many are priced.

    cells : three (n,) int32, each order's cell of each table; cubes : two (n,) int32, its cell of either cube, to keep

    It stops at a value that no sum may hold, which the tile has then.
    """
    found: tuple[int, int] = add_tiles(rows, asked, cells, tables, cubes, tile, kept, np.arange(len(tile.base)))
    return found


@kernel
def add_tiles(
    rows: Rows,
    asked: Asked,
    cells: Cells,
    tables: tuple[CubeTables, CubeTables, CubeTables],
    cubes: tuple[I32, I32],
    tile: Tile,
    kept: Kept,
    every: I64,
) -> tuple[int, int]:
    """Do what ``add_orders`` does, tile by tile; every : (TILE,) 0, 1, 2 ..."""
    size, priced, reached = tile.base.shape[0], 0, 0
    of_all = tables[0].rows, tables[1].rows, tables[2].rows
    of_fills = tables[0].fill_rows, tables[1].fill_rows, tables[2].fill_rows
    width = of_fills[0].shape[1] // (1 + asked.replayed)
    for first in range(0, cells[0].shape[0], size):
        n = min(size, cells[0].shape[0] - first)
        order_rows(rows, asked, first, n, tile)
        reached |= _add(tile.rows, n, of_all[0].shape[1], first, every, cells, of_all, 0)
        for part in range(1 + asked.replayed):  # what really filled, then under each replayed scenario
            traded = fill_rows(_under(rows, part, 1 + asked.replayed), first, n, tile)
            reached |= _add(tile.fill_rows, traded, width, first, tile.traded, cells, of_fills, part * width)
            if reached >= SATURATED:
                return reached, priced
        priced = _keep(rows.floats, asked.floats, tile, first, n, cubes, kept, priced)
    return reached, priced


@kernel
def add_rows(table: I64, place: I32, out: I64) -> None:
    """Add row c of ``table`` (cells, width) to row ``place[c]`` of ``out`` (places, width)."""
    for c in range(place.shape[0]):
        for m in range(table.shape[1]):
            out[place[c], m] += table[c, m]


@kernel
def columns_of_rows(table: I64, order: I64, at: int, out: I64) -> None:
    """Write columns of ``table`` from ``at`` on, its rows in the given ``order``, to the rows of ``out``.

    table : (cells, width); order : (cells,); out : (sums, cells) int64
    """
    lines = order.shape[0] // LINE
    for line in range(lines):  # a cache line of each column at a time
        first = LINE * line
        for c in range(out.shape[0]):
            for j in range(LINE):
                out[c, first + j] = table[order[first + j], at + c]
    for c in range(out.shape[0]):
        for j in range(LINE * lines, order.shape[0]):
            out[c, j] = table[order[j], at + c]


def table_widths(widths: tuple[int, int], asked: Asked) -> tuple[int, int]:
    """Return the widths of both tables of cells, given those of the two rows of an order."""
    return widths[0], (1 + asked.replayed) * widths[1]


def empty_tables(cells: int, widths: tuple[int, int]) -> CubeTables:
    """Return zeroed tables for ``cells`` cells, of widths as ``table_widths`` gives them."""
    return CubeTables(*(np.zeros((cells, width), np.int64) for width in widths))


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    whole, cell = np.zeros(0, np.int64), np.zeros(0, np.int32)
    for key in (whole, cell):
        number_keys(key, cell, whole, 0, cell)
    widths, one = row_widths(("real",), 1, 1), np.zeros(1, np.int64)
    rows, asked = empty_rows(0, (1, 1), Buffers()), Asked(one, one, 0, 0, 0)
    tables, kept = empty_tables(0, table_widths(widths, asked)), Kept(np.zeros((0, lanes_of(1))), cell, cell)
    add_orders(rows, asked, (cell,) * 3, (tables,) * 3, (cell,) * 2, new_tile(widths), kept)
    columns_of_rows(tables.rows, whole, 0, np.zeros((1, 0), np.int64))
    add_rows(tables.rows, cell, tables.rows)
