"""Kernels that build the indices of a partition: dense order numbers, the order table, quotes. For the day builder."""

from typing import Any, Final

import numpy as np

from kernels.base.columns import I32, I64
from kernels.base.compiling import inlined, kernel

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@inlined
def _place(key: int, shift: int, table: I32, ids: I64) -> Any:
    """Return where a key is in a hash table of 2 ** (64 - shift) order numbers, or the free place where it would be."""
    mask = table.shape[0] - 1
    place = np.int64((np.uint64(key) * _MIX) >> np.uint64(shift)) & mask
    while table[place] >= 0 and ids[table[place]] != key:
        place = (place + 1) & mask
    return place


@inlined
def _shift(table: I32) -> int:
    """Return 64 less the bits of a table's size."""
    shift = 64
    while (1 << (64 - shift)) < table.shape[0]:
        shift -= 1
    return shift


@kernel
def number_orders(order_id: I64, start: int, known: int, table: I32, ids: I64, out: I32) -> tuple[int, int]:
    """Give order ids dense numbers by first appearance, until the hash table is half full.

    Return the row reached and how many orders are known; call again with a larger table if rows are left.

    Parameters
    ----------
    order_id : (n,) int64, in time order
    start, known : row to begin at, orders known before it
    table : (2 ** k,) int32 hash table of order numbers, -1 where free
    ids : (n,) int64, the id of each number
    out : (n,) int32, filled: the number of each row's order
    """
    shift, most = _shift(table), table.shape[0] // 2
    for i in range(start, order_id.shape[0]):
        key = order_id[i]
        place = _place(key, shift, table, ids)
        if table[place] < 0:
            if known == most:
                return i, known
            table[place] = known
            ids[known] = key
            known += 1
        out[i] = table[place]
    return order_id.shape[0], known


@kernel
def hash_orders(ids: I64, known: int, table: I32) -> None:
    """Enter the first ``known`` of ``ids`` into a hash table of (2 ** k,) int32 filled with -1."""
    shift = _shift(table)
    for k in range(known):
        table[_place(ids[k], shift, table, ids)] = k


@kernel
def find_orders(order_id: I64, table: I32, ids: I64, out: I32) -> None:
    """Look up ids in the table that `number_orders` filled; -1 where absent.

    Parameters
    ----------
    order_id : (m,) int64
    table, ids : as `number_orders` left them
    out : (m,) int32, filled
    """
    shift = _shift(table)
    for i in range(order_id.shape[0]):
        out[i] = table[_place(order_id[i], shift, table, ids)]


@kernel
def count_before(times: I64, ascending: I64, out: I32) -> None:
    """Count, for each of ascending ``times``, the entries of ``ascending`` strictly before it.

    Parameters
    ----------
    times : (n,) int64, ascending
    ascending : (m,) int64, ascending
    out : (n,) int32, filled
    """
    j = 0
    for i in range(times.shape[0]):
        while j < ascending.shape[0] and ascending[j] < times[i]:
            j += 1
        out[i] = j
