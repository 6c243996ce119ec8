"""Values as integers that add up exactly: costs in fixed point, quantity x mid, weighted metrics.

Rows of measures are made with them. A value that does not fit is ``SATURATED``, which no sum may hold:
``cell_tables``, which adds rows, refuses it.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from kernels.base.columns import F64, I64
from kernels.base.compiling import inlined
from kernels.conventions import BPS, NULL, REST_BITS
from kernels.sums.moments import FIXED_LIMIT, FIXED_SCALE

SATURATED: Final = 2**62
REST_SCALE: Final = float(2**REST_BITS)
SHARE_PLACES: Final = 2  # of a group of metrics, then of each
METRIC_PLACES: Final = 2


@inlined
def whole(value: int) -> int:
    """Return an integer, null as 0."""
    return 0 if value == NULL else value


@inlined
def fixed(value: float) -> int:
    """Return a scaled value rounded half to even; what does not fit, or is missing where it must not be, saturates."""
    return int(np.rint(value)) if abs(value) < FIXED_LIMIT else SATURATED


@inlined
def rest(value: float) -> int:
    """Return what ``fixed`` leaves of a scaled value, in 1/2^REST_BITS: at most half of one, so that 2^31 add up."""
    return int(np.rint((value - np.rint(value)) * REST_SCALE)) if abs(value) < FIXED_LIMIT else 0


@inlined
def worth(mid2: int, quantity: int) -> int:
    """Return quantity x mid in half units, 0 without a mid."""
    if mid2 == NULL:
        return 0
    return mid2 * quantity if abs(float(mid2) * float(quantity)) < FIXED_LIMIT else SATURATED


def weighted_sums(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names of what groups of weighted metrics add: weight, orders, value x weight of each and its rest.

    The metrics of a group are known of the same orders and count with the same weight, named by the first of them.
    """
    names: list[str] = []
    for group in groups:
        names += [f"{group[0]}.{part}" for part in ("weight", "orders")]
        names += [f"{metric}.{part}" for metric in group for part in ("sum", "sum_rest")]
    return tuple(names)


@inlined
def share_out(value: F64, first: int, weight: I64, places: I64, n: int, share: F64, rows: I64, place: int) -> None:
    """Write weight and count of those of n orders that have a metric, and with it those of its group.

    places : (n,) of the orders in ``value``, from ``first`` on. Nothing branches on whether a metric is missing:
    it would be mispredicted every other time.
    """
    for k in range(n):
        i = np.uint64(first + places[k])
        known = (weight[k] > 0) & (value[i] == value[i])
        rows[k, np.uint64(place)] = weight[k] * int(known)
        rows[k, np.uint64(place + 1)] = int(known)
        share[k] = float(weight[k] * int(known))


@inlined
def weigh(value: F64, first: int, share: F64, places: I64, n: int, rows: I64, place: int) -> None:
    """Write a weighted metric of n orders and its rest; of one without a share it adds nothing.

    share : (n,) as ``share_out`` has it
    """
    for k in range(n):
        amount = value[np.uint64(first + places[k])] * share[k] * (FIXED_SCALE / BPS) if share[k] > 0.0 else 0.0
        rows[k, np.uint64(place)] = fixed(amount)
        rows[k, np.uint64(place + 1)] = rest(amount)
