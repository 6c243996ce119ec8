"""How much of an order was filled or open from which instant on, event by event: parents add it up over time.

`driver.sums.parents` is the caller (decisions 44).
"""

from typing import NamedTuple

import numpy as np

from kernels.base.columns import I32, I64, Array, readonly
from kernels.base.compiling import kernel


class StateColumns(NamedTuple):
    """The columns of a day that tell what of an order was open: of events, and of orders."""

    timestamp: Array
    next_row: Array
    leaves_quantity: Array
    matched_quantity: Array
    first_row: Array
    carried_quantity: Array


@kernel
def count_states(states: StateColumns, order_index: I32, end_time: I64) -> int:
    """Return how many changes ``write_changes`` may write for n orders."""
    count = 0
    for i in range(order_index.shape[0]):
        row, count = states.first_row[order_index[i]], count + 1
        while row >= 0 and states.timestamp[row] <= end_time[i]:
            row, count = states.next_row[row], count + 1
    return count


@kernel
def write_changes(
    states: StateColumns, order_index: I32, end_time: I64, filled: I64, which: I64, time: I64, change: I64
) -> int:
    """Write by how much what was filled or open changed, and when, for n orders; return the number of changes.

    order_index, end_time, filled : (n,) of the orders, as they are observed
    which, time, change : (count,) place among the orders, ns UTC, shares; those of an order are by time and add up to
    what it filled

    At each event but the last it is leaves + matched of the day. At the last one the order ends, and what it filled is
    left; an order that ends as it arrives was there for a nanosecond.
    """
    count = 0
    for i in range(order_index.shape[0]):
        before, carried = 0, states.carried_quantity[order_index[i]]
        first = row = states.first_row[order_index[i]]
        while row >= 0 and states.timestamp[row] <= end_time[i]:
            following = states.next_row[row]
            last = following < 0 or states.timestamp[following] > end_time[i]
            if row == first or not last:
                now = max(states.leaves_quantity[row] + states.matched_quantity[row] - carried, 0)
                which[count], time[count], change[count] = i, states.timestamp[row], now - before
                before, count = now, count + 1
            row = following
        ended = max(end_time[i], states.timestamp[first] + 1)
        which[count], time[count], change[count] = i, ended, filled[i] - before
        count += 1
    return count


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling them on no rows."""
    narrow = "next_row", "first_row"
    types = (np.int32 if name in narrow else np.int64 for name in StateColumns._fields)
    states = StateColumns(*(readonly(np.zeros(0, kind)) for kind in types))
    index, whole = np.zeros(0, np.int32), np.zeros(0, np.int64)
    count_states(states, index, whole)
    write_changes(states, index, whole, whole, whole, whole, whole)
