"""Values as integers that add up exactly: costs in fixed point, quantity x mid. Rows of measures are made with them.

A value that does not fit is ``SATURATED``, which no sum may hold: ``cell_tables``, which adds rows, refuses it.
"""

from typing import Final

import numpy as np

from kernels.base.compiling import inlined
from kernels.conventions import NULL, REST_BITS
from kernels.sums.moments import FIXED_LIMIT

SATURATED: Final = 2**62
REST_SCALE: Final = float(2**REST_BITS)


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
