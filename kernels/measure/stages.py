"""A block of orders through every stage, compiled as one kernel that works in cache-sized sub-blocks.

Each stage loops over some orders before the next one starts: rows a stage wrote are still in the cache,
and the misses of neighbouring orders overlap. One fused loop with branches would wait for every miss in
turn, which measured about twice as slow. With 512 orders each column is left after one page, before the
processor has begun to fetch it ahead; 2,048 measured 6 % faster, 4,096 no longer fit.

``measure`` calls it with the columns of a day. Every stage takes ``rows``, the result matrices of the block;
``span``, the first order of the sub-block and the one after its last; ``scratch``, (SCRATCH_ROWS, SUB_BLOCK + 8) int64,
what stages leave each other, a column an order of the sub-block; ``traded``, (k,) int64, those columns that have fills.
"""

import numpy as np

from kernels.base.columns import Array, EventColumns, FillColumns, OrderColumns, QuoteColumns, Rules
from kernels.base.compiling import kernel
from kernels.market.day_sums import Sums
from kernels.measure import result_rows as r
from kernels.measure.benchmarks import benchmarks_block, cleanup_block, mids_block
from kernels.measure.own_fills import fills_block, orders_with_fills, timing_block, withdrawn_block
from kernels.measure.result_rows import Rows, Work
from kernels.measure.scenarios import scenarios_block
from kernels.measure.shortfall import C_COUNT, costs_block
from kernels.measure.slippages import slippages_block
from kernels.measure.spreads import spreads_block
from kernels.measure.states import observe_block

SUB_BLOCK = 2_048


def sub_block() -> tuple[Array, Work]:
    """Return the scratch that stages leave each other, and the one inside them, of one sub-block."""
    scratch = np.empty((r.SCRATCH_ROWS, SUB_BLOCK + 8), np.int64)  # rows spread over the cache's sets
    at, rows, traded = (np.empty(SUB_BLOCK + more, np.int64) for more in (0, 0, 1))
    return scratch, Work(at, rows, traded, np.empty(SUB_BLOCK), np.empty((C_COUNT, SUB_BLOCK)), np.zeros(1, np.int64))


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
    scratch: Array,
    work: Work,
) -> None:
    """Compute every column of the ``selected`` orders, rows of ``orders`` (k,) int32 ascending, into ``rows``.

    scratch, work : as ``sub_block`` makes them
    """
    book = sums.book
    for start in range(0, len(selected), SUB_BLOCK):
        span = (start, min(start + SUB_BLOCK, len(selected)))
        observe_block(selected, orders, events, fills, quotes, rules, rows, scratch, span)
        traded = work.traded[: orders_with_fills(scratch, span[1] - span[0], work.traded)]
        fills_block(fills, sums.price2, rules, rows, scratch, span, traded)
        withdrawn_block(rules, rows, span)
        benchmarks_block(quotes, book, rules, rows, scratch, span, work)
        cleanup_block(quotes, sums, rules, rows, scratch, span, work)
        mids_block(quotes, sums, rules, rows, scratch, span, work)
        scenarios_block(rules, rows, scratch, span, work)
        costs_block(book, rules, rows, scratch, span, work)
        timing_block(rows, scratch, span)
        slippages_block(sums.prints, rules, rows, scratch, span, traded, work)
        spreads_block(fills, sums, rules, rows, scratch, span, traded)
