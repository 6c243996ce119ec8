"""Compile, or load from the cache, every kernel a job calls, by calling each once on a day of no rows."""

from importlib import import_module
from typing import Any

import numpy as np

from kernels.base.columns import (
    EVENT_DTYPES,
    FILL_DTYPES,
    ORDER_DTYPES,
    EventColumns,
    FillColumns,
    OrderColumns,
    QuoteColumns,
    Rules,
    readonly,
)
from kernels.base.memory import Buffers
from kernels.market.day_sums import Sums, day_sums
from kernels.market.fill_marks import marks_of_fills
from kernels.market.prints import closing_price2
from kernels.market.quality import quality_counts
from kernels.market.quotes import prevailing_quote
from kernels.market.rebuilt_prices import refuse_rebuilt
from kernels.measure.fees import sum_fill_fees
from kernels.measure.result_rows import empty_rows
from kernels.measure.selection import select_orders
from kernels.measure.stages import measure_orders

# Each has its own ``warm``.
OTHERS = (
    "kernels.sums.moments", "kernels.sums.histograms", "kernels.sums.cell_keys", "kernels.sums.cell_tables",
    "kernels.sums.largest",
)  # fmt: skip


def empty_rules() -> Rules:
    """Return rules of the types a job uses."""
    plain: dict[str, Any] = dict.fromkeys(Rules._fields, 0) | {"impact": 0.0, "fees": np.zeros(4)}
    arrays = {"horizons_ns": (1,), "after_ns": (2,), "fill_ns": (1,), "ticks": (2, 1)}
    return Rules(**plain | {name: np.zeros(shape, np.int64) for name, shape in arrays.items()})


def warm_optional(orders: OrderColumns, fills: FillColumns, quotes: QuoteColumns, sums: Sums) -> None:
    """Make ready what only some inputs or settings need: fees and decision times."""
    none, whole, places = np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int32)
    sum_fill_fees(fills, sums.price2, orders.first_fill[places], orders.fill_count[places], whole, 0, np.zeros(4), none)
    prevailing_quote(quotes.timestamp, whole)


def warm() -> None:
    """Make every kernel of a job ready, so that worker processes that start later only load them.

    Returns when all are compiled: seconds for the first time on a machine, else a fraction of one.
    """
    events = EventColumns(*(readonly(np.zeros(0, EVENT_DTYPES.get(name, "i8"))) for name in EventColumns._fields))
    orders = OrderColumns(*(readonly(np.zeros(0, ORDER_DTYPES.get(name, "i8"))) for name in OrderColumns._fields))
    fills = FillColumns(*(readonly(np.zeros(0, FILL_DTYPES.get(name, "i8"))) for name in FillColumns._fields))
    quotes = QuoteColumns(*(readonly(np.zeros(0, np.int64)) for _ in QuoteColumns._fields))
    buffers, rules = Buffers(), empty_rules()
    sums, _, _ = day_sums(fills, quotes, (0, 0), 0, buffers)
    closing_price2(fills, sums.price2, 0)
    selected = np.zeros(0, np.int32)
    select_orders(orders, events, fills, (0, 0, 0), np.zeros(0, np.int32), (0, 0, 0), (0, 0), selected)
    sums = sums._replace(fill_marks=marks_of_fills(selected, orders, fills, quotes, sums.marks, rules, buffers))
    rows = empty_rows(0, (1, 1), buffers)
    measure_orders(selected, orders, events, fills, quotes, sums, rules, rows)
    refuse_rebuilt(fills, orders.first_row, events, rules.ticks, sums.price2, np.zeros(0, np.int8))
    warm_optional(orders, fills, quotes, sums)
    quality_counts(orders, fills, quotes)
    for name in OTHERS:
        import_module(name).warm()
