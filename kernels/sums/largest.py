"""The orders of largest cost among many, found in one pass. Called by the outliers of a job, block by block."""

import numpy as np

from kernels.base.columns import F64, I64
from kernels.base.compiling import kernel


@kernel
def keep_largest(cost: F64, order_id: I64, size: F64, ids: I64, source: I64) -> None:
    """Keep the k orders of largest cost, either sign; of equal ones the smaller ids.

    size, ids, source : (k,) what is kept, largest first: magnitude (0: nothing), order id, and where it is from,
    which is written as the row of ``cost`` (n,) for those found in it. A missing cost is none.
    """
    last = size.shape[0] - 1
    for i in range(cost.shape[0]):
        value = abs(cost[i])
        if value < size[last] or not value > 0.0:
            continue
        k = last + 1
        while k > 0 and (value > size[k - 1] or (value == size[k - 1] and order_id[i] < ids[k - 1])):
            k -= 1
        if k <= last:
            for j in range(last, k, -1):
                size[j], ids[j], source[j] = size[j - 1], ids[j - 1], source[j - 1]
            size[k], ids[k], source[k] = value, order_id[i], i


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no rows."""
    real, whole = np.zeros(1), np.zeros(1, np.int64)
    keep_largest(real[:0], whole[:0], real, whole, whole)
