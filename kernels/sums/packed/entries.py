"""Entries of sparse histograms in two bytes each: most count a few orders, and all codes are small.

The code is in the low bits, the count in those above; where they are all set, the count is the next of a list.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I32, U16
from kernels.base.compiling import inlined, kernel

ENTRY_BITS: Final = 16


@inlined
def pack_entries(code: I32, count: I32, code_bits: int, entry: U16, large: I32) -> int:
    """Write n entries and the counts that are too large for one; return how many these are.

    code : (n,), each below 2^code_bits; entry : (n,) to write; large : (n,) to write the first of
    """
    most = (1 << (ENTRY_BITS - code_bits)) - 1
    for e in range(code.shape[0]):
        entry[e] = code[e] | min(count[e], most) << code_bits
    written = 0
    for e in range(code.shape[0]):
        large[written] = count[e]  # stays if it is too large
        written += int(count[e] >= most)
    return written


@kernel
def unpack_entries(entry: U16, large: I32, code_bits: int, code: I32, count: I32) -> None:
    """Write the codes and counts of n entries, as ``pack_entries`` was given them."""
    most = (1 << (ENTRY_BITS - code_bits)) - 1
    mask, taken = (1 << code_bits) - 1, 0
    for e in range(entry.shape[0]):
        code[e] = entry[e] & mask
        count[e] = entry[e] >> code_bits
    for e in range(entry.shape[0]):
        if count[e] == most:
            count[e] = large[taken]
            taken += 1


def warm() -> None:
    """Compile the kernel for the array types that partials have, by calling it on no entries."""
    entry, values = np.zeros(0, np.uint16), np.zeros(0, np.int32)
    unpack_entries(entry, values, ENTRY_BITS - 1, values, values)
