"""Orders: which are subjects, and what is observed of them up to the end of the selected hours.

The order table is the fast path; an order whose life crosses the end of the hours is patched from its
events by walking ``next_row`` (decisions 6).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import EventColumns, FillColumns, OrderColumns, Rows, Rules
from kernels._jit import inlined, kernel
from kernels.classify import group_of
from kernels.conventions import (
    MID_TICK_HALF,
    POPULATION_ALL,
    POPULATION_SWEEP,
    TYPE_CROSSING,
    TYPE_DARK,
    TYPE_SWEEP,
    VENUE_REPORT,
)

Array = NDArray[Any]
NOT_LIT = TYPE_DARK | TYPE_CROSSING | TYPE_SWEEP


@inlined
def has_event_between(events: EventColumns, first_row: int, row_start: int, row_end: int) -> bool:
    """Return whether the order that starts at ``first_row`` has an event row in [row_start, row_end)."""
    row = first_row
    while row >= 0 and row < row_start:
        row = events.next_row[row]
    return row >= 0 and row < row_end


@inlined
def has_fill_before(fills: FillColumns, first: int, count: int, hours_end: int) -> bool:
    """Return whether one of the order's fills consumed it before ``hours_end``."""
    for i in range(first, first + count):  # noqa: SIM110 - compiled code has no generators in any()
        if fills.timestamp[i] < hours_end and fills.venue[i] != VENUE_REPORT:
            return True
    return False


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
    count = 0
    for i in range(rows[0], rows[1]):
        if len(participants) > 0:
            at = np.searchsorted(participants, orders.participant[i])
            if at == len(participants) or participants[at] != orders.participant[i]:
                continue
        first_row = orders.first_row[i]
        last_row = orders.last_row[i]
        if first_row >= row_end:
            break  # orders ascend by first row
        if last_row < row_start:
            continue
        order_type = orders.order_type[i]
        if (type_bits != 0 or lit != 0) and not (order_type & type_bits or (lit and not order_type & NOT_LIT)):
            continue
        if (
            first_row < row_start
            and last_row >= row_end
            and not has_event_between(events, first_row, row_start, row_end)
        ):
            continue
        if population != POPULATION_ALL:
            if population == POPULATION_SWEEP:
                if not order_type & TYPE_SWEEP:
                    continue
            elif not has_fill_before(fills, orders.first_fill[i], orders.fill_count[i], hours_end):
                continue
        out[count] = i
        count += 1
    return count


@inlined
def last_observed(events: EventColumns, first_row: int, row_end: int, carried: int) -> tuple[int, int]:
    """Return the order's last event row before ``row_end`` and its parent quantity up to there."""
    parent = 0
    last = first_row
    row = first_row
    while row >= 0 and row < row_end:
        last = row
        parent = max(parent, events.leaves_quantity[row] + events.matched_quantity[row] - carried)
        row = events.next_row[row]
    return last, parent


@inlined
def row_in_force(events: EventColumns, first_row: int, row_end: int, t: int) -> int:
    """Return the order's last event row stamped at or before ``t``, observed rows only; at least the first."""
    last = first_row
    row = first_row
    while row >= 0 and row < row_end and events.timestamp[row] <= t:
        last = row
        row = events.next_row[row]
    return last


@inlined
def tick_of(price: int, ticks: Array) -> int:
    """Return the tick size that applies at ``price``, in price units."""
    tick = 0
    for k in range(ticks.shape[1]):
        if price >= ticks[0, k]:
            tick = ticks[1, k]
    return tick


@inlined
def limit_in_half_units(price: int, mid_tick: int, side: int, ticks: Array) -> int:
    """Return the limit with its half tick in half units; half a tick in half units is one tick (decisions 11, 19)."""
    if price <= 0:
        return side * r.NO_LIMIT
    limit2 = 2 * price
    if mid_tick == MID_TICK_HALF[0] or mid_tick == MID_TICK_HALF[1] or mid_tick == MID_TICK_HALF[2]:
        limit2 += side * tick_of(price, ticks)
    return limit2


@inlined
def share_of(quantity: int, share_ppm: int) -> int:
    """Return floor(quantity x share) without overflow."""
    return quantity // 1_000_000 * share_ppm + quantity % 1_000_000 * share_ppm // 1_000_000


@inlined
def observe_block(
    selected: Array,
    orders: OrderColumns,
    events: EventColumns,
    rules: Rules,
    rows: Rows,
    scratch: Array,
    span: tuple[int, int],
) -> None:
    """Write identity, state and limit of each selected order in ``span``, as of the end of the hours."""
    ints, codes, flags = rows.ints, rows.codes, rows.flags
    for j in range(span[0], span[1]):
        s = scratch[j - span[0]]
        i = selected[j]
        side = orders.side[i]
        arrival = orders.arrival_time[i]
        carried = orders.carried_quantity[i]
        if orders.last_row[i] < rules.row_end:
            ints[r.END_TIME, j] = orders.end_time[i]
            ints[r.ORDER_QUANTITY, j] = orders.parent_quantity[i]
            ints[r.LEAVES_QUANTITY, j] = orders.leaves_quantity[i]
            ints[r.MATCHED_QUANTITY, j] = orders.matched_quantity[i]
            s[r.S_LAST_PRINT] = orders.fills_before_end[i]
            s[r.S_END_QUOTE] = orders.end_quote[i]
        else:
            last, parent = last_observed(events, orders.first_row[i], rules.row_end, carried)
            ints[r.END_TIME, j] = events.timestamp[last]
            ints[r.ORDER_QUANTITY, j] = parent
            ints[r.LEAVES_QUANTITY, j] = events.leaves_quantity[last]
            ints[r.MATCHED_QUANTITY, j] = events.matched_quantity[last] - carried
            s[r.S_LAST_PRINT] = orders.fills_before_arrival[i]
            s[r.S_END_QUOTE] = orders.arrival_quote[i]
        limit = orders.limit_price[i]
        mid_tick = orders.mid_tick[i]
        if arrival <= rules.session_start:  # the limit in force when its benchmark is taken
            row = row_in_force(events, orders.first_row[i], rules.row_end, rules.session_start)
            limit = events.price[row]
            mid_tick = events.mid_tick[row]
        quantity = ints[r.ORDER_QUANTITY, j]
        ints[r.ORDER_ID, j] = orders.order_id[i]
        ints[r.ARRIVAL_TIME, j] = arrival
        ints[r.LIMIT_PRICE, j] = limit
        codes[r.ORDER_INDEX, j] = i
        codes[r.PARTICIPANT, j] = orders.participant[i]
        codes[r.ORDER_TYPE, j] = orders.order_type[i]
        flags[r.SIDE, j] = side
        flags[r.GROUP, j] = group_of(ints[r.MATCHED_QUANTITY, j], ints[r.LEAVES_QUANTITY, j])
        s[r.S_LIMIT2] = limit_in_half_units(limit, mid_tick, side, rules.ticks)
        s[r.S_DARK] = share_of(quantity, rules.dark_share_ppm)
        s[r.S_START_QUOTE] = orders.arrival_quote[i]
        s[r.S_FIRST_PRINT] = orders.fills_before_arrival[i]
        s[r.S_FIRST_FILL] = orders.first_fill[i]
        s[r.S_FILL_COUNT] = orders.fill_count[i]
