"""Parents by chains of orders: one that was entered in place of another names it (PreviousOrderId).

For the day builder, where the input names no parents itself.
"""

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import NULL


def chain_parents(order_id: I64, previous: I64) -> I64 | None:
    """Return each order's parent: the first order of its chain that the day has; None where there is no chain.

    An order whose previous one is not among the day's begins a chain. A chain of one order is none, and neither is one
    that leads back to itself: their orders have no parent, NULL.

    Parameters
    ----------
    order_id : (n,) int64, distinct
    previous : (n,) int64, the id of the order before, 0 or NULL where there is none

    Examples
    --------
    >>> chain_parents(np.array([5, 6, 7, 8]), np.array([0, 5, 6, 99])).tolist()
    [5, 5, 5, -9223372036854775808]
    """
    n = len(order_id)
    by_id = np.argsort(order_id, kind="stable")
    place = by_id[np.minimum(np.searchsorted(order_id, previous, sorter=by_id), n - 1)] if n else by_id
    own = np.arange(n)
    linked = (order_id[place] == previous) & (place != own) & (previous != 0) & (previous != NULL)
    first = np.where(linked, place, own)
    for _ in range(n.bit_length()):  # each step doubles how far back an order looks
        first = first[first]
    chained = linked & ~linked[first]  # what ends at a linked order goes round in a circle
    if not chained.any():
        return None
    parents = np.full(n, NULL, np.int64)
    parents[chained] = order_id[first[chained]]
    parents[first[chained]] = order_id[first[chained]]
    return parents
