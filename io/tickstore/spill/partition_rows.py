"""Kernels that sort a block's rows into partitions, narrow its columns, and read them back. For `segments`."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I32, I64, U8, Array
from kernels.base.compiling import kernel

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@kernel
def number_partitions(
    security: I64, day: I32, table: I32, key_security: I64, key_day: I32, known: int, out: I32
) -> int:
    """Give each row the number of its (security, day), by first appearance; return how many there are.

    Parameters
    ----------
    security, day : (n,) int64, int32
    table : (2 ** k,) int32 hash table of numbers, -1 where free; at least 2 (known + n) places
    key_security, key_day : the keys numbered so far, with room for n more
    known : how many there are before this call
    out : (n,) int32, filled
    """
    mask = table.shape[0] - 1
    last = -1
    for i in range(security.shape[0]):
        if last >= 0 and key_security[last] == security[i] and key_day[last] == day[i]:
            out[i] = last
            continue
        mixed = (np.uint64(security[i]) * np.uint64(31) + np.uint64(day[i])) * _MIX
        place = np.int64(mixed >> np.uint64(32)) & mask
        while table[place] >= 0:
            k = table[place]
            if key_security[k] == security[i] and key_day[k] == day[i]:
                break
            place = (place + 1) & mask
        if table[place] < 0:
            table[place] = known
            key_security[known] = security[i]
            key_day[known] = day[i]
            known += 1
        last = table[place]
        out[i] = last
    return known


@kernel
def place_rows(number: I32, starts: I64, position: I32) -> None:
    """Give each row its place when rows go by number, their order kept within one; those without a number, -1, last.

    Parameters
    ----------
    number : (n,) int32, below k
    starts : (k + 1,) int64, filled: where each number's rows begin, then those without one
    position : (n,) int32, filled; a permutation
    """
    k = starts.shape[0] - 1
    starts[:] = 0
    for i in range(number.shape[0]):
        if number[i] >= 0:
            starts[number[i] + 1] += 1
    for j in range(k):
        starts[j + 1] += starts[j]
    for i in range(number.shape[0]):
        j = number[i] if number[i] >= 0 else k
        position[i] = starts[j]
        starts[j] += 1
    for j in range(k, 0, -1):  # each entry stands at the end of its rows: move it back
        starts[j] = starts[j - 1]
    starts[0] = 0


@kernel
def scatter_narrow(values: I64, position: I32, base: int, out: Array) -> None:
    """Write values - base to their positions in a column of unsigned integers wide enough.

    Parameters
    ----------
    values : (n,) int64
    position : (n,) int32, a permutation
    base : the least of the values
    out : (n,) uint8, uint16, uint32 or uint64, filled
    """
    for i in range(values.shape[0]):
        out[position[i]] = values[i] - base


@kernel
def gather_wide(
    segments: I64,
    bytes1: U8,
    bytes2: NDArray[np.uint16],
    bytes4: NDArray[np.uint32],
    bytes8: NDArray[np.uint64],
    out: I64,
) -> None:
    """Read one column of a partition back from its narrow segments.

    Parameters
    ----------
    segments : (s, 4) int64: first item (in units of its width), width in bytes (0 constant), rows, base
    bytes1, bytes2, bytes4, bytes8 : the same memory as items of 1, 2, 4, 8 bytes
    out : (n,) int64, filled; n is the sum of the segments' rows
    """
    row = 0
    for s in range(segments.shape[0]):
        first, width, rows, base = segments[s, 0], segments[s, 1], segments[s, 2], segments[s, 3]
        if width == 0:
            for i in range(rows):
                out[row + i] = base
        elif width == 1:
            for i in range(rows):
                out[row + i] = base + np.int64(bytes1[first + i])
        elif width == 2:
            for i in range(rows):
                out[row + i] = base + np.int64(bytes2[first + i])
        elif width == 4:
            for i in range(rows):
                out[row + i] = base + np.int64(bytes4[first + i])
        else:
            for i in range(rows):
                out[row + i] = base + np.int64(bytes8[first + i])
        row += rows
