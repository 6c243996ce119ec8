"""Orders: which are subjects, and what is observed of them up to the end of the selected hours.

The order table is the fast path; an order whose life crosses the end of the hours is patched from its
events by walking ``next_row`` (decisions 6).
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import EventColumns, FillColumns, OrderColumns, QuoteColumns, Rows, Rules
from kernels._jit import inlined, kernel
from kernels.conventions import (
    MID_TICK_HALF,
    POPULATION_SWEEP,
    POPULATION_TRADED,
    TYPE_CROSSING,
    TYPE_DARK,
    TYPE_SWEEP,
    VENUE_REPORT,
)
from kernels.groups import group_of
from kernels.quotes import seek

Array = NDArray[Any]
I64 = NDArray[np.int64]
NOT_LIT = TYPE_DARK | TYPE_CROSSING | TYPE_SWEEP


@inlined
def has_event_between(next_row: Array, first_row: int, row_start: int, row_end: int) -> bool:
    """Return whether the order that starts at ``first_row`` has an event row in [row_start, row_end)."""
    row = first_row
    while row >= 0 and row < row_start:
        row = next_row[row]
    return row >= 0 and row < row_end


@inlined
def has_fill_before(timestamp: Array, venue: Array, first: int, count: int, hours_end: int) -> bool:
    """Return whether one of the order's fills consumed it before ``hours_end``."""
    for i in range(first, first + count):  # noqa: SIM110 - compiled code has no generators in any()
        if timestamp[i] < hours_end and venue[i] != VENUE_REPORT:
            return True
    return False


@inlined
def has_matched_before(orders: OrderColumns, events: EventColumns, i: int, row_end: int) -> bool:
    """Return whether order ``i`` has matched on this day by its last event row before ``row_end``."""
    if orders.last_row[i] < row_end:
        return bool(orders.matched_quantity[i] > 0)
    carried, matched, row = orders.carried_quantity[i], 0, orders.first_row[i]
    while row >= 0 and row < row_end:
        matched = events.matched_quantity[row] - carried
        row = events.next_row[row]
    return bool(matched > 0)


@kernel
def select_orders(
    orders: OrderColumns,
    events: EventColumns,
    fills: FillColumns,
    hours: tuple[int, int, int],
    participants: Array,
    kinds: tuple[int, int, int],
    rows: tuple[int, int],
    out: Array,
) -> int:
    """Write the rows of the selected orders among ``rows`` [start, stop) to ``out``; return how many.

    hours : (first event row inside, first event row after, time of that end in ns)
    participants : ascending int32, empty = all
    kinds : (population, order-type bits of which one must be set or 0, 1 if lit orders also pass)
    """
    row_start, row_end, hours_end = hours
    population, type_bits, lit = kinds
    participant, order_type = orders.participant, orders.order_type
    first_row, last_row = orders.first_row, orders.last_row
    first_fill, fill_count = orders.first_fill, orders.fill_count
    next_row, timestamp, venue = events.next_row, fills.timestamp, fills.venue
    states_only = len(timestamp) == 0
    any_type = type_bits == 0 and lit == 0
    count = 0
    for i in range(rows[0], rows[1]):
        if first_row[i] >= row_end:
            break  # orders ascend by first row
        if len(participants) > 0:
            at = np.searchsorted(participants, participant[i])
            if at == len(participants) or participants[at] != participant[i]:
                continue
        if last_row[i] < row_start:
            continue
        kind = order_type[i]
        if not (any_type or kind & type_bits != 0 or (lit != 0 and kind & NOT_LIT == 0)):
            continue
        if first_row[i] < row_start and last_row[i] >= row_end:  # noqa: SIM102
            if not has_event_between(next_row, first_row[i], row_start, row_end):
                continue
        if population == POPULATION_SWEEP and kind & TYPE_SWEEP == 0:
            continue
        if population == POPULATION_TRADED:
            if states_only:  # no trades file: the states tell (decisions 15)
                if not has_matched_before(orders, events, i, row_end):
                    continue
            elif not has_fill_before(timestamp, venue, first_fill[i], fill_count[i], hours_end):
                continue
        out[count] = i
        count += 1
    return count


@inlined
def last_observed(
    next_row: Array, leaves: Array, matched: Array, first_row: int, row_end: int, carried: int
) -> tuple[int, int]:
    """Return the order's last event row before ``row_end`` and its parent quantity up to there."""
    parent = 0
    last = first_row
    row = first_row
    while row >= 0 and row < row_end:
        last = row
        parent = max(parent, leaves[row] + matched[row] - carried)
        row = next_row[row]
    return last, parent


@inlined
def row_in_force(next_row: Array, timestamp: Array, first_row: int, row_end: int, t: int) -> int:
    """Return the order's last event row stamped at or before ``t``, observed rows only; at least the first."""
    last = first_row
    row = first_row
    while row >= 0 and row < row_end and timestamp[row] <= t:
        last = row
        row = next_row[row]
    return last


@lru_cache(maxsize=256)  # few tables serve all jobs of a run, so nobody may write to one
def ticks_by_price(ticks: tuple[tuple[int, int], ...]) -> I64:
    """Return (from price, tick) pairs as the kernels take them: (2, k), by ascending price."""
    return np.ascontiguousarray(np.array(sorted(ticks), np.int64).reshape(-1, 2).T)


@inlined
def tick_of(price: int, ticks: Array) -> int:
    """Return the tick size that applies at ``price``, in price units."""
    tick = 0
    for k in range(ticks.shape[1]):
        if price >= ticks[0, k]:
            tick = ticks[1, k]
    return tick


@inlined
def has_half_tick(mid_tick: int) -> bool:
    """Return whether the mid-tick flag improves the limit by half a tick (domain.md 1.2)."""
    return (mid_tick == MID_TICK_HALF[0]) | (mid_tick == MID_TICK_HALF[1]) | (mid_tick == MID_TICK_HALF[2])


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
        flags[r.GROUP, j] = group_of(done, open_now)
        better = side * tick_of(limit, ticks)  # half a tick in half units is one tick (decisions 11, 19)
        limit2 = 2 * limit + (better if has_half_tick(half_tick) else 0)
        scratch[r.S_LIMIT2, k] = limit2 if limit > 0 else side * r.NO_LIMIT
        scratch[r.S_DARK, k] = share_of(quantity, share_ppm)
