"""Orders: what is observed of them up to the end of the selected hours; the first stage of ``stages``.

The order table is the fast path; an order whose life crosses the end of the hours is patched from its
events by walking ``next_row`` (decisions 6).
"""

import numpy as np

from kernels.base.columns import Array, EventColumns, FillColumns, OrderColumns, QuoteColumns, Rules
from kernels.base.compiling import inlined
from kernels.market.event_rows import fills_not_shown, last_observed, row_in_force
from kernels.market.quotes import seek
from kernels.market.ticks import has_half_tick, tick_of
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows


@inlined
def share_of(quantity: int, share_ppm: int) -> int:
    """Return floor(quantity x share) without overflow."""
    return quantity // 1_000_000 * share_ppm + quantity % 1_000_000 * share_ppm // 1_000_000


@inlined
def copy_identity(selected: Array, orders: OrderColumns, rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Copy what needs no patch: identity, and where the order's quotes, prints and fills are."""
    ints, codes = rows.ints, rows.codes
    order_id, participant, order_type = orders.order_id, orders.participant, orders.order_type
    arrival_quote, end_quote = orders.arrival_quote, orders.end_quote
    first_fill, fill_count = orders.first_fill, orders.fill_count
    before_arrival, before_end = orders.fills_before_arrival, orders.fills_before_end
    for j in range(span[0], span[1]):
        k = j - span[0]
        i = selected[j]
        ints[r.ORDER_ID, j] = order_id[i]
        codes[r.ORDER_INDEX, j] = i
        codes[r.PARTICIPANT, j] = participant[i]
        codes[r.ORDER_TYPE, j] = order_type[i]
        scratch[r.S_START_QUOTE, k] = arrival_quote[i]
        scratch[r.S_END_QUOTE, k] = end_quote[i]
        scratch[r.S_FIRST_PRINT, k] = before_arrival[i]
        scratch[r.S_LAST_PRINT, k] = before_end[i]
        scratch[r.S_FIRST_FILL, k] = first_fill[i]
        scratch[r.S_FILL_COUNT, k] = fill_count[i]


@inlined
def observe_block(
    selected: Array,
    orders: OrderColumns,
    events: EventColumns,
    fills: FillColumns,
    quotes: QuoteColumns,
    rules: Rules,
    rows: Rows,
    scratch: Array,
    span: tuple[int, int],
) -> None:
    """Write identity, state and limit of each selected order in ``span``, as of the end of the hours."""
    ints, flags = rows.ints, rows.flags
    timestamp, next_row, price, mid_tick = events.timestamp, events.next_row, events.price, events.mid_tick
    event_leaves, event_matched = events.leaves_quantity, events.matched_quantity
    first_row, last_row = orders.first_row, orders.last_row
    first_fill, fill_count = orders.first_fill, orders.fill_count
    arrival_time, end_time, sides = orders.arrival_time, orders.end_time, orders.side
    parent_quantity, leaves, matched = orders.parent_quantity, orders.leaves_quantity, orders.matched_quantity
    row_end, session_start, ticks, share_ppm = rules.row_end, rules.session_start, rules.ticks, rules.dark_share_ppm
    carried_quantity, limit_price, first_mid_tick = orders.carried_quantity, orders.limit_price, orders.mid_tick
    copy_identity(selected, orders, rows, scratch, span)
    for j in range(span[0], span[1]):
        k = j - span[0]
        i = selected[j]
        arrival, side = arrival_time[i], np.int64(sides[i])
        if last_row[i] < row_end:
            end, quantity, open_now, done = end_time[i], parent_quantity[i], leaves[i], matched[i]
        else:
            carried = carried_quantity[i]
            last, quantity = last_observed(next_row, event_leaves, event_matched, first_row[i], row_end, carried)
            end, open_now, done = timestamp[last], event_leaves[last], event_matched[last] - carried
            own = first_fill[i], fill_count[i]
            # What filled inside the hours is not open, though the row that shows it may come after them.
            open_now = max(open_now - fills_not_shown(fills, own, end, rules.hours_end, done), 0)
            scratch[r.S_LAST_PRINT, k] = scratch[r.S_FIRST_PRINT, k]
            scratch[r.S_END_QUOTE, k] = seek(quotes.timestamp, scratch[r.S_START_QUOTE, k], end)
        limit, half_tick = limit_price[i], first_mid_tick[i]
        if arrival <= session_start:  # the limit in force when its benchmark is taken
            row = row_in_force(next_row, timestamp, first_row[i], row_end, session_start)
            limit, half_tick = price[row], mid_tick[row]
        ints[r.ARRIVAL_TIME, j] = arrival
        ints[r.END_TIME, j] = end
        ints[r.ORDER_QUANTITY, j] = quantity
        ints[r.LEAVES_QUANTITY, j] = open_now
        ints[r.MATCHED_QUANTITY, j] = done
        ints[r.LIMIT_PRICE, j] = limit
        flags[r.SIDE, j] = side
        better = side * tick_of(limit, ticks)  # half a tick in half units is one tick (decisions 11, 19)
        limit2 = 2 * limit + (better if has_half_tick(half_tick) else 0)
        scratch[r.S_LIMIT2, k] = limit2 if limit > 0 else side * r.NO_LIMIT
        scratch[r.S_DARK, k] = share_of(quantity, share_ppm)
