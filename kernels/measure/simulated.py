"""What orders fill under a scenario that is replayed: the interface between the replay and the measures.

The replay makes it, ``measure`` reads it: the same orders, with other fills.
"""

from typing import NamedTuple

from kernels.base.columns import I8, I16, I32, I64


class SimulatedFills(NamedTuple):
    """Fills of the orders that a scenario changes, by (order_index, time); all others keep their real fills."""

    orders: I32  # (k,) ascending rows of the orders that the scenario changes; one without fills here fills nothing
    order_index: I32  # (n,) row of the order table
    timestamp: I64  # (n,) ns UTC
    price2: I64  # (n,) exact price, half price units
    quantity: I64  # (n,) shares
    venue: I8  # (n,)
    deal_source: I16  # (n,)
