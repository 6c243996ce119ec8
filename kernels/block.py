"""A block of orders through every stage, compiled as one kernel that works in cache-sized sub-blocks.

Each stage loops over a few hundred orders before the next one starts: rows a stage wrote are still in
the cache, and the misses of neighbouring orders overlap. One fused loop with branches would wait for
every miss in turn, which measured about twice as slow.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import EventColumns, FillColumns, OrderColumns, QuoteColumns, Rows, Rules
from kernels._jit import kernel
from kernels.benchmarks import benchmarks_block
from kernels.costs import costs_block, slippages_block, spreads_block
from kernels.fills import fills_block
from kernels.orders import observe_block
from kernels.scenarios import scenarios_block

Array = NDArray[Any]
SUB_BLOCK = 512


@kernel
def measure_orders(
    selected: Array,
    orders: OrderColumns,
    events: EventColumns,
    fills: FillColumns,
    quotes: QuoteColumns,
    sums: tuple[Array, Array, Array],
    rules: Rules,
    rows: Rows,
) -> None:
    """Compute every column of the ``selected`` orders (rows of ``orders``, int32, ascending) into ``rows``.

    sums : (quote book, exact fill prices, running prints) of the day
    """
    book, price2, prints = sums
    scratch = np.empty((SUB_BLOCK, r.SCRATCH_COLUMNS), np.int64)
    for start in range(0, len(selected), SUB_BLOCK):
        span = (start, min(start + SUB_BLOCK, len(selected)))
        observe_block(selected, orders, events, rules, rows, scratch, span)
        fills_block(fills, price2, rules, rows, scratch, span)
        benchmarks_block(quotes, book, rules, rows, scratch, span)
        scenarios_block(quotes, book, rules, rows, scratch, span)
        costs_block(quotes, book, rules, rows, scratch, span)
        slippages_block(prints, rows, scratch, span)
        spreads_block(fills, price2, quotes, book, rules, rows, scratch, span)


def empty_rows(n: int, n_horizons: int) -> Rows:
    """Return result matrices for ``n`` orders, not initialised."""
    return Rows(
        ints=np.empty((r.INT_ROWS, n), np.int64),
        floats=np.empty((r.FLOAT_ROWS, n), np.float64),
        codes=np.empty((r.CODE_ROWS, n), np.int32),
        flags=np.empty((r.FLAG_ROWS, n), np.int8),
        horizons=np.empty((r.HORIZON_KINDS * n_horizons, n), np.float64),
    )
