"""A block of orders through every stage, compiled as one kernel that works in cache-sized sub-blocks.

Each stage loops over a few hundred orders before the next one starts: rows a stage wrote are still in
the cache, and the misses of neighbouring orders overlap. One fused loop with branches would wait for
every miss in turn, which measured about twice as slow.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import EventColumns, FillColumns, OrderColumns, QuoteColumns, Rows, Rules, Sums, Work
from kernels._jit import inlined, kernel
from kernels.benchmarks import benchmarks_block, cleanup_block, mids_block
from kernels.conventions import MID_SNAPSHOT_MEAN, NULL
from kernels.costs import costs_block, slippages_block
from kernels.fills import fills_block, market_block, market_prints
from kernels.orders import observe_block
from kernels.quotes import quote_book, quote_grid, quote_snapshots
from kernels.scenarios import scenarios_block
from kernels.spreads import spreads_block
from kernels.timing import timing_block
from kernels.wide_sums import wide_sums

Array = NDArray[Any]
SUB_BLOCK = 512


@inlined
def empty_work() -> Work:
    """Return the scratch of one sub-block."""
    return Work(
        np.empty(SUB_BLOCK, np.int64),
        np.empty(SUB_BLOCK, np.int64),
        np.empty(SUB_BLOCK, np.int64),
        np.empty(SUB_BLOCK, np.int64),
        np.empty(SUB_BLOCK, np.int64),
        np.empty(SUB_BLOCK, np.float64),
        np.empty((SUB_BLOCK, 4), np.float64),
        np.zeros(2, np.int64),
    )


@kernel
def measure_orders(
    selected: Array,
    orders: OrderColumns,
    events: EventColumns,
    fills: FillColumns,
    quotes: QuoteColumns,
    sums: Sums,
    rules: Rules,
    rows: Rows,
) -> None:
    """Compute every column of the ``selected`` orders (rows of ``orders``, int32, ascending) into ``rows``."""
    book = sums.book
    scratch = np.empty((SUB_BLOCK, r.SCRATCH_COLUMNS), np.int64)
    work = empty_work()
    for start in range(0, len(selected), SUB_BLOCK):
        span = (start, min(start + SUB_BLOCK, len(selected)))
        observe_block(selected, orders, events, quotes, rules, rows, scratch, span)
        fills_block(fills, sums.price2, rules, rows, scratch, span)
        market_block(fills, sums.price2, rules, rows, scratch, span)
        benchmarks_block(quotes, book, rules, rows, scratch, span, work)
        cleanup_block(quotes, sums, rules, rows, scratch, span, work)
        mids_block(quotes, sums, rules, rows, scratch, span, work)
        scenarios_block(rules, rows, scratch, span, work)
        costs_block(book, rows, scratch, span)
        timing_block(rows, scratch, span)
        slippages_block(sums.prints, rules, rows, scratch, span, work)
        spreads_block(fills, quotes, sums, rules, rows, scratch, span, work)


def day_sums(fills: FillColumns, quotes: QuoteColumns, session: tuple[int, int], mid_kind: int) -> tuple[Sums, int]:
    """Return what is derived once per day, and the mid that the book's sums are relative to."""
    book, mid_base = quote_book(quotes.timestamp, quotes.bid, quotes.offer, session[0])
    wide = wide_sums(quotes.timestamp, book, mid_base, *session)
    snapshots = quote_snapshots(book, mid_base if mid_kind == MID_SNAPSHOT_MEAN else NULL)
    marks = np.ascontiguousarray(book[:-1, [r.BOOK_TIME, r.BOOK_MID2]])
    grid, grid_scale = quote_grid(quotes.timestamp, *session)
    price2, prints = market_prints(fills, book)
    return Sums(book, marks, wide, snapshots, grid, grid_scale, price2, prints), mid_base


def empty_rows(n: int, n_horizons: int) -> Rows:
    """Return result matrices for ``n`` orders, not initialised."""
    return Rows(
        ints=np.empty((r.INT_ROWS, n), np.int64),
        floats=np.empty((r.FLOAT_ROWS, n), np.float64),
        codes=np.empty((r.CODE_ROWS, n), np.int32),
        flags=np.empty((r.FLAG_ROWS, n), np.int8),
        horizons=np.empty((r.HORIZON_KINDS * n_horizons, n), np.float64),
    )
