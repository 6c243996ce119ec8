"""What is derived once per day from its quotes and fills, before any order is looked at."""

from typing import NamedTuple

import numpy as np

from kernels.base.columns import Array, FillColumns, QuoteColumns
from kernels.base.memory import Buffers
from kernels.conventions import MID_FIRST_ALLOWED, MID_SNAPSHOT_MEAN, NULL
from kernels.market.allowed_mids import mid_extremes
from kernels.market.prints import market_prints
from kernels.market.quote_book import quote_book, quote_snapshots


class Sums(NamedTuple):
    """What is derived once per day from its quotes and fills."""

    book: Array  # quote book
    marks: Array  # (n + 1, 2) int64: time and mid of each quote, side by side for random access, and an end
    shift: int  # the quote book's integrals are over time in units of 2^shift ns
    moves: tuple[Array, Array]  # how the quote moves, as ``fill_moves`` writes it: float64, int64 in the same memory
    snapshots: Array  # (n + 1, 2) int64: running count and total of valid mids; empty unless they are the window mid
    mid_blocks: tuple[Array, Array]  # of ``allowed_mids``; empty unless the first mid allowed is the window mid
    grid: Array  # (cells,) int32: time to quote row
    grid_scale: Array  # (2,) int64: origin, shift of the grid
    price2: Array  # (fills,) int64: exact price of each fill in half units
    prints: Array  # (fills + 1, 4) int64: time, volume and notional before, in time order
    fill_marks: Array  # (fills, LATER + H) int64: mid and spread before each fill, mids after it


def day_sums(
    fills: FillColumns, quotes: QuoteColumns, session: tuple[int, int], mid_kind: int, buffers: Buffers
) -> tuple[Sums, int, int]:
    """Return what is derived once per day, the mid that its sums are relative to, and how many prices are rebuilt.

    The marks of fills depend on the selection: ``kernels.market.fill_marks`` makes them.
    """
    derived = quote_book(quotes.timestamp, quotes.bid, quotes.offer, session, buffers)
    book, marks, base = derived.book, derived.marks, derived.base
    snapshots = quote_snapshots(book, base if mid_kind == MID_SNAPSHOT_MEAN else NULL, buffers)
    blocks = mid_extremes(marks, mid_kind == MID_FIRST_ALLOWED, buffers)
    price2, prints, rebuilt = market_prints(fills, marks, buffers)
    unmarked = np.empty((0, 2), np.int64)
    grid = derived.grid, derived.grid_scale
    moves = derived.moves, derived.moves.view(np.int64)
    sums = Sums(book, marks, derived.shift, moves, snapshots, blocks, *grid, price2, prints, unmarked)
    return sums, base, rebuilt
