"""Fill groups: fully filled, partially filled, not executed; disjoint and complete (design 5).

The stage that observes orders asks one by one, ``classify`` is for arrays.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.base.argument_checks import check_not_negative, whole_columns
from kernels.base.compiling import inlined, kernel
from kernels.conventions import GROUP_FULL, GROUP_NONE, GROUP_PARTIAL


@inlined
def group_of(matched: int, leaves: int) -> int:
    """Return the group of an order whose last state shows ``matched`` and ``leaves``."""
    traded = GROUP_FULL if leaves == 0 else GROUP_PARTIAL  # two choices of a value, no branch to guess
    return traded if matched > 0 else GROUP_NONE


@kernel
def _classify(matched: NDArray[Any], leaves: NDArray[Any], out: NDArray[Any]) -> None:
    for i in range(len(matched)):
        out[i] = group_of(matched[i], leaves[i])


def classify(matched_quantity: ArrayLike, leaves_quantity: ArrayLike) -> NDArray[np.int8]:
    """Return the fill group of each order: 1 fully filled, 2 partially filled, 3 not executed.

    Leaves stay positive on a cancelled order, so an order with fills and leaves is partial whether or
    not it is still open.

    Parameters
    ----------
    matched_quantity, leaves_quantity : (n,) int64, shares, of the last state observed

    Returns
    -------
    (n,) int8

    Raises
    ------
    TypeError, ValueError
        a column is not of whole numbers; lengths differ, or a quantity is negative
    """
    matched, leaves = whole_columns(matched_quantity=matched_quantity, leaves_quantity=leaves_quantity)
    check_not_negative("matched_quantity", matched)
    check_not_negative("leaves_quantity", leaves)
    out = np.empty(len(matched), np.int8)
    _classify(matched, leaves, out)
    return out
