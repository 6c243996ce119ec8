"""Compile, or load from the cache, every kernel a job calls, by calling each once on a day of no rows."""

from importlib import import_module
from importlib.util import find_spec

import numpy as np

from kernels import _rows as r
from kernels._columns import (
    EVENT_DTYPES,
    FILL_DTYPES,
    ORDER_DTYPES,
    EventColumns,
    FillColumns,
    OrderColumns,
    QuoteColumns,
    Rows,
    Rules,
    Sums,
    readonly,
)
from kernels.block import day_sums, empty_rows, measure_orders
from kernels.buffers import Buffers
from kernels.fees import scenario_fees
from kernels.fill_marks import marks_of_fills
from kernels.fills import closing_price2
from kernels.orders import select_orders
from kernels.price_limits import refuse_rebuilt
from kernels.quality import quality_counts
from kernels.quotes import prevailing_quote
from kernels.wide_sums import fill_wide

# Each has its own ``warm``.
OTHERS = tuple(
    f"kernels.{name}" for name in ("moments", "histograms", "cell_keys", "cell_tables", "largest", "dark.book")
)


def empty_rules() -> Rules:
    """Return rules of the types a job uses."""
    return Rules(
        hours_end=0,
        row_end=0,
        session_start=0,
        session_end=0,
        opening_quote=-1,
        closing_quote=-1,
        start_quote=-1,
        close2=0,
        quotes_first=0,
        mid_kind=0,
        dark_share_ppm=0,
        impact=0.0,
        cleanup_ns=0,
        mid_base=0,
        states_only=0,
        horizons_ns=np.zeros(1, np.int64),
        after_ns=np.zeros(2, np.int64),
        fill_ns=np.zeros(1, np.int64),
        ticks=np.zeros((2, 1), np.int64),
        fees=np.zeros(4),
    )


def warm_optional(orders: OrderColumns, fills: FillColumns, quotes: QuoteColumns, sums: Sums, rows: Rows) -> None:
    """Make ready what only some inputs or settings need: fees, decision times, very large prices."""
    quantity, place = rows.ints[r.ORDER_QUANTITY], rows.codes[r.ORDER_INDEX]
    filled = rows.ints[r.SCENARIO_FILLED : r.SCENARIO_FILLED + r.SCENARIO_COUNT]
    notional2 = rows.floats[r.SCENARIO_NOTIONAL2 : r.SCENARIO_NOTIONAL2 + r.SCENARIO_COUNT]
    places = (orders.first_fill[place], orders.fill_count[place])
    outcome = (rows.flags[r.ELIGIBLE], filled, notional2)
    scenario_fees(fills, sums.price2, places, 0, np.zeros(4), quantity, 0, outcome)
    prevailing_quote(quotes.timestamp, quantity)
    fill_wide(sums.book, 0, np.empty((len(sums.book), 2), np.int64))


def warm() -> None:
    """Make every kernel of a job ready, so that worker processes that start later only load them."""
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
    warm_optional(orders, fills, quotes, sums, rows)
    quality_counts(orders, fills, quotes)
    for name in OTHERS:
        if find_spec(name) is not None:
            extra = getattr(import_module(name), "warm", None)
            if extra is not None:
                extra()
