"""One partition's orders, measured: selection, the day's rules, and blocks of per-order results."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import FillColumns, OrderColumns, QuoteColumns, take_columns
from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.market.fill_marks import marks_of_fills
from kernels.market.quality import quality_counts
from kernels.measure.choices import Selection, Session, Settings
from kernels.measure.delay import DECISION_KINDS, FINE, decision_faults
from kernels.measure.optional_columns import optional_columns, order_block
from kernels.measure.order_block import OrderBlock
from kernels.measure.rules import Day, Inputs, date_start, hour_bounds, prepare
from kernels.measure.selection import select_orders
from kernels.measure.stages import empty_rows, measure_orders

__all__ = ["Day", "data_quality", "hour_bounds", "measure", "prepare", "select"]
# About 8 MB of columns, so that most of a shared cache is left to quotes and prints: 32,776 orders measured 7 % slower.
# Not a power of two: rows of a matrix a power of two apart would share cache sets and evict each other.
BLOCK_ORDERS: Final = 10_248
LIT_ORDERS: Final = 0  # the entry of order_types that stands for orders without any dark bit


def select(inputs: Inputs, selection: Selection, buffers: Buffers) -> NDArray[np.int32]:
    """Return the rows of the selected orders, ascending."""
    lit = int(LIT_ORDERS in selection.order_types)
    type_bits = int(np.bitwise_or.reduce(np.array(selection.order_types, np.int64))) if selection.order_types else 0
    participants = np.unique(np.array(selection.participants, np.int32))
    n_orders = len(inputs.orders.order_id)
    out = buffers.take("selected", (n_orders,), np.int32)
    count = select_orders(
        inputs.orders,
        inputs.events,
        inputs.fills,
        (inputs.row_start, inputs.rules.row_end, inputs.rules.hours_end),
        participants,
        (int(selection.population), type_bits, lit),
        (0, n_orders),
        out,
    )
    return out[:count]


def measure(day: Day, settings: Settings, session: Session, buffers: Buffers | None = None) -> Iterator[OrderBlock]:
    """Yield the selected orders of ``day`` in arrival order, in blocks of at most ``BLOCK_ORDERS``.

    At least one block, without orders if none is selected: it has the columns all the same.
    With ``buffers``, which many days may share one after the other, a block is good until the next is asked for.
    """
    kept = buffers or Buffers()
    inputs = prepare(day, settings, session, kept)
    orders, fills, quotes, rules = inputs.orders, inputs.fills, inputs.quotes, inputs.rules
    selected = select(inputs, settings.selection, kept)
    marks = marks_of_fills(selected, orders, fills, quotes, inputs.sums.marks, rules, kept)
    sums = inputs.sums._replace(fill_marks=marks)
    for start in range(0, max(len(selected), 1), BLOCK_ORDERS):
        chosen = selected[start : start + BLOCK_ORDERS]
        rows = empty_rows(len(chosen), (len(rules.horizons_ns), len(rules.fill_ns)), buffers or Buffers())
        measure_orders(chosen, orders, inputs.events, fills, quotes, sums, rules, rows)
        block = order_block(rows, settings.simulation.scenarios, settings.simulation.markout_seconds)
        block.extra.update(optional_columns(day, inputs, rows, settings, block.scenarios))
        yield block


def data_quality(day: Day, settings: Settings, session: Session) -> dict[str, int]:
    """Return counts by kind over the whole partition: what reconciles, what does not, what is no market."""
    counts = quality_counts(
        take_columns(OrderColumns, day.orders),
        take_columns(FillColumns, day.fills),
        take_columns(QuoteColumns, day.quotes),
    )
    if "decision_time" in day.orders:
        decided = np.asarray(day.orders["decision_time"])
        arrival = np.asarray(day.orders["arrival_time"])
        decided = np.where(decided == NULL, arrival, decided)
        fault = decision_faults(decided, arrival, date_start(day.date, settings.timezone))
        for code, kind in enumerate(DECISION_KINDS, FINE + 1):
            counts[kind] = int(np.count_nonzero(fault == code))
    return counts
