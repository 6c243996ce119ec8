"""Which orders of a day are selected: hours, participants, population, type bits. The first step of ``measure``.

Orders whose rows and fills contradict each other are never among them: filled + leaves + withdrawn = quantity cannot
hold with all of them at least 0 (decisions 7).
"""

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array, EventColumns, FillColumns, OrderColumns, take_columns
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import (
    FAULTS_SET_APART,
    LIT_ORDERS,
    POPULATION_RESTED,
    POPULATION_SWEEP,
    POPULATION_TRADED,
    TYPE_NOT_LIT,
    TYPE_SWEEP,
    VENUE_REPORT,
)
from kernels.market.event_rows import fills_not_shown, has_event_between, row_in_force
from kernels.measure.choices import Choices, Selection, hour_bounds
from kernels.measure.rules import Day, Inputs, event_rows

Tables = tuple[OrderColumns, EventColumns, FillColumns]


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


@inlined
def has_rested(orders: OrderColumns, events: EventColumns, fills: FillColumns, i: int) -> bool:
    """Return whether order ``i`` had something left after everything at the instant of its entry (decisions 46).

    Rows of that instant may lag behind its fills. What has no later row never rested: it was filled or killed at once.
    """
    entry, first = orders.arrival_time[i], orders.first_row[i]
    if events.timestamp[orders.last_row[i]] <= entry:
        return False
    row = row_in_force(events.next_row, events.timestamp, first, len(events.timestamp), entry)
    own, matched = (orders.first_fill[i], orders.fill_count[i]), events.matched_quantity[row]
    unseen = fills_not_shown(fills, own, entry - 1, entry + 1, matched - orders.carried_quantity[i])
    return bool(events.leaves_quantity[row] > unseen)


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
        if not (any_type or kind & type_bits != 0 or (lit != 0 and kind & TYPE_NOT_LIT == 0)):
            continue
        if first_row[i] < row_start and last_row[i] >= row_end:  # noqa: SIM102
            if not has_event_between(next_row, first_row[i], row_start, row_end):
                continue
        if population in (POPULATION_SWEEP, POPULATION_RESTED) and kind & TYPE_SWEEP == 0:
            continue
        if population == POPULATION_RESTED and not has_rested(orders, events, fills, i):
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
def is_conserved(
    orders: OrderColumns, events: EventColumns, fills: FillColumns, i: int, row_end: int, hours_end: int
) -> bool:
    """Return whether order ``i``, as of the end of the hours, has no counter that falls and no negative quantity."""
    leaves, matched, carried = events.leaves_quantity, events.matched_quantity, orders.carried_quantity[i]
    row = last = orders.first_row[i]
    asked = leaves[row] + matched[row] - carried
    sound = leaves[row] >= 0
    while row >= 0 and row < row_end:
        sound &= (matched[row] >= matched[last]) & (leaves[row] >= 0)
        asked = max(asked, leaves[row] + matched[row] - carried)
        last = row
        row = events.next_row[row]
    filled = 0
    for f in range(orders.first_fill[i], orders.first_fill[i] + orders.fill_count[i]):
        if fills.timestamp[f] < hours_end and fills.venue[f] != VENUE_REPORT:
            filled += fills.quantity[f]
    own, done = (orders.first_fill[i], orders.fill_count[i]), matched[last] - carried
    unseen = 0
    if orders.last_row[i] >= row_end:  # the rows that show its latest fills may come after the hours
        unseen = fills_not_shown(fills, own, events.timestamp[last], hours_end, done)
    return bool(sound & (filled + max(leaves[last] - unseen, 0) <= asked))


@kernel
def keep_sound(
    selected: Array,
    fault: Array,
    told: bool,
    orders: OrderColumns,
    events: EventColumns,
    fills: FillColumns,
    ends: tuple[int, int],
    out: Array,
) -> tuple[int, int]:
    """Write those of the selected orders that do not contradict themselves; return how many, and how many at the end.

    The faults are of the whole day: orders that outlive the hours are looked at as of their end, too.

    selected : (k,) rows of orders
    fault : (orders,) int16 bits; told : whether they are of the day file, else every order is looked at
    ends : first event row after the hours, and the time of that end
    out : (k,) int32, may be ``selected``; the second count is of orders that their bits do not tell
    """
    count = apart = 0
    for k in range(len(selected)):
        i = selected[k]
        if fault[i] & FAULTS_SET_APART != 0:
            continue
        if not told or orders.last_row[i] >= ends[0]:  # noqa: SIM102
            if not is_conserved(orders, events, fills, i, ends[0], ends[1]):
                apart += 1
                continue
        out[count] = i
        count += 1
    return count, apart


def candidates(tables: Tables, hours: tuple[int, int, int], selection: Selection, buffers: Buffers) -> Array:
    """Return the rows of the orders that a selection asks for, (k,) int32, ascending, contradictory ones among them.

    hours : as ``select_orders`` takes them
    """
    orders, events, fills = tables
    lit = int(LIT_ORDERS in selection.order_types)
    type_bits = int(np.bitwise_or.reduce(np.array(selection.order_types, np.int64))) if selection.order_types else 0
    participants = np.unique(np.array(selection.participants, np.int32))
    kinds = int(selection.population), type_bits, lit
    n_orders = len(orders.order_id)
    out = buffers.take("selected", (n_orders,), np.int32)
    return out[: select_orders(orders, events, fills, hours, participants, kinds, (0, n_orders), out)]


def asks_for_any(day: Day, choices: Choices, buffers: Buffers) -> bool:
    """Return whether a selection asks for any order of a day; of one without orders nothing can be left out."""
    selection = choices.selection
    if selection == Selection() or len(day.orders["order_id"]) == 0:
        return True
    events = take_columns(EventColumns, day.events)
    tables = take_columns(OrderColumns, day.orders), events, take_columns(FillColumns, day.fills)
    start, end = hour_bounds(day.date, selection, choices.timezone)
    rows = event_rows(events.timestamp, start, end)
    return len(candidates(tables, (*rows, end), selection, buffers)) > 0


def select(inputs: Inputs, selection: Selection, buffers: Buffers) -> tuple[NDArray[np.int32], int]:
    """Return the rows of the selected orders in the order table, (k,) int32, ascending; and how many it sets apart.

    These are the orders that contradict themselves at the end of the hours, which no bit of the day file tells.
    """
    tables, rules = (inputs.orders, inputs.events, inputs.fills), inputs.rules
    out = candidates(tables, (inputs.row_start, rules.row_end, rules.hours_end), selection, buffers)
    ends = rules.row_end, rules.hours_end
    known = inputs.fault, inputs.told
    count, apart = keep_sound(out, *known, inputs.orders, inputs.events, inputs.fills, ends, out)
    return out[:count], int(apart)
