"""Kernels that follow each order through its day: its rows, its quantities, and what in them is impossible.

For the day builder. An order's matched counter runs over its whole life. What of it was matched on earlier days
(decisions 5) is told by the day's own fills, so that an order whose first row shows an execution of this day (a file of
last rows, an extract that starts at noon, a lost entry row) is not taken for one that was carried over.
"""

from typing import Final, NamedTuple

from kernels.base.columns import I32, Array
from kernels.base.compiling import inlined, kernel
from kernels.conventions import (
    FAULT_CARRIED_UNKNOWN,
    FAULT_FILLED_ABOVE,
    FAULT_FILLED_BEYOND,
    FAULT_FILLED_EARLY,
    FAULT_MATCHED_FALLS,
    FAULT_NEGATIVE,
    FAULT_OUT_OF_ORDER,
    REASON_AMENDED,
    REASON_CANCELLED,
    REASON_KILLED,
    REASON_NEW,
    REASON_PURGED,
    REASON_RELOADED,
    REASON_TRADED,
    UNKNOWN_CODE,
    VENUE_REPORT,
)

ENDED: Final = (REASON_CANCELLED, REASON_KILLED, REASON_PURGED)
LATER: Final = (*ENDED, REASON_TRADED, REASON_AMENDED)  # never before an entry


class States(NamedTuple):
    """Columns of the events, (n,)."""

    timestamp: Array
    quantity: Array
    leaves: Array
    matched: Array
    change_reason: Array
    next_row: Array


class Trades(NamedTuple):
    """Columns of the fills by order, (m,), and where each order's begin, (k + 1,)."""

    starts: Array
    timestamp: Array
    quantity: Array
    venue: Array


class Orders(NamedTuple):
    """Columns of the orders, (k,)."""

    first_row: Array
    last_row: Array
    arrival: Array
    leaves: Array
    parent: Array
    matched: Array
    carried: Array
    fault: Array


@inlined
def row_fault(states: States, before: int, row: int, more: int, rise: int) -> int:
    """Return what a row cannot be after the one before it of the same order.

    more, rise : what its matched, and its leaves and matched together, are above those of the row before

    An execution moves shares from leaves to matched: it cannot raise their sum. An order is entered once; but a file
    of last rows may repeat an entry after the same state without a reason.
    """
    reason = states.change_reason[row]
    if rise <= 0 and reason != REASON_NEW:
        return 0  # nearly all rows
    found = 0
    if rise > 0 and states.quantity[row] == states.quantity[before]:
        if reason == REASON_TRADED or (reason == UNKNOWN_CODE and more > 0):
            found |= FAULT_FILLED_ABOVE
        elif reason in ENDED:
            found |= FAULT_OUT_OF_ORDER
    if reason == REASON_NEW:
        if rise != more or more != 0 or states.change_reason[before] in LATER:
            found |= FAULT_OUT_OF_ORDER
    elif reason == REASON_RELOADED and rise > 0 and states.change_reason[before] != UNKNOWN_CODE:
        found |= FAULT_OUT_OF_ORDER
    return found


@kernel
def order_rows(order_index: I32, states: States, orders: Orders) -> None:
    """Fill first and last row and what they state, the largest leaves + matched, the faults of each order's rows.

    Parameters
    ----------
    order_index : (n,) of the events in time order
    states : of the events; ``next_row`` is filled, -1 on an order's last row
    orders : filled, as `settle_orders` takes them: ``parent`` still with what was matched on earlier days
    """
    first_row, last_row, parent, fault = orders.first_row, orders.last_row, orders.parent, orders.fault
    seen = 0
    for i in range(order_index.shape[0]):
        k, leaves, matched = order_index[i], states.leaves[i], states.matched[i]
        total = leaves + matched
        if k == seen:  # numbers appear in ascending order
            seen += 1
            first_row[k] = i
            orders.arrival[k] = states.timestamp[i]
            orders.carried[k] = matched
            parent[k] = total
            found = 0
        else:
            before, more = last_row[k], matched - orders.matched[k]
            states.next_row[before] = i
            parent[k] = max(parent[k], total)
            found = row_fault(states, before, i, more, leaves - orders.leaves[k] + more)
            if more < 0:
                found |= FAULT_MATCHED_FALLS
            found |= fault[k]
        if leaves < 0 or matched < 0:
            found |= FAULT_NEGATIVE
        fault[k] = found
        last_row[k] = i
        orders.leaves[k] = leaves
        orders.matched[k] = matched
        states.next_row[i] = -1


@inlined
def is_execution(states: States, row: int) -> bool:
    """Return whether a row may show an execution: its reason says so, or without one nothing denies it.

    The quantity of an order stays what it was entered with as it trades, leaves + matched. It is another once it was
    set anew, to what is then open: what such a row has matched was matched before.
    """
    reason = states.change_reason[row]
    if reason != UNKNOWN_CODE:
        return bool(reason == REASON_TRADED)
    return bool(states.quantity[row] == states.leaves[row] + states.matched[row])


@inlined
def shows_lost_trade(states: States, first: int, largest: int) -> bool:
    """Return whether an order without fills must have traded on this day: its first row says so, or all is matched."""
    if states.change_reason[first] == REASON_TRADED:
        return True
    return bool(is_execution(states, first) and states.matched[first] == largest)


@inlined
def matched_at_first_instant(states: States, first: int) -> int:
    """Return the matched counter on the order's last row of its first instant."""
    row, last = first, first
    while row >= 0 and states.timestamp[row] == states.timestamp[first]:
        last = row
        row = states.next_row[row]
    return int(states.matched[last])


@kernel
def settle_orders(states: States, trades: Trades, orders: Orders) -> None:
    """Fill what each order carried from earlier days, and its quantities and faults with that.

    Carried is what the counter shows less the day's own fills by then. Fills of the first instant are in the counter
    of its last row, whether the first row is from before or after them. Off-market reports consume nothing.

    Parameters
    ----------
    states, trades : of the whole day; few orders need their rows looked up among the states
    orders : as `order_rows` left them; on entry ``arrival`` and ``carried`` are time and matched of the first row,
        ``leaves`` and ``matched`` those of the last one. ``parent``, ``matched``, ``carried`` and ``fault`` are settled
    """
    traded = trades.timestamp.shape[0] > 0
    for k in range(orders.first_row.shape[0]):
        shown, matched, fault, arrival = orders.carried[k], orders.matched[k], orders.fault[k], orders.arrival[k]
        total = early = by_then = 0
        for f in range(trades.starts[k], trades.starts[k + 1]):
            if trades.venue[f] != VENUE_REPORT:
                shares, time = trades.quantity[f], trades.timestamp[f]
                total += shares
                early += shares if time < arrival else 0
                by_then += shares if time <= arrival else 0
        carried = shown
        if traded:
            if by_then > 0 and shown > 0:
                carried = min(shown, max(0, matched_at_first_instant(states, orders.first_row[k]) - by_then))
            elif total == 0 and shown > 0 and shows_lost_trade(states, orders.first_row[k], orders.parent[k]):
                carried = 0
                fault |= FAULT_CARRIED_UNKNOWN
            if early > shown:
                fault |= FAULT_FILLED_EARLY
        elif shown > 0 and is_execution(states, orders.first_row[k]):
            carried = 0
            fault |= FAULT_CARRIED_UNKNOWN
        carried = max(carried, 0)
        asked = orders.parent[k] - carried
        if total > asked:
            fault |= FAULT_FILLED_ABOVE
        elif total > 0 and total + orders.leaves[k] > asked:
            fault |= FAULT_FILLED_BEYOND
        orders.parent[k] = max(asked, total)
        orders.matched[k] = max(matched - carried, 0)
        orders.carried[k] = carried
        orders.fault[k] = fault
