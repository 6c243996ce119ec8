"""Integers of a partial in the narrowest types that hold them, and back; and the memory that partials are read into.

`partial_file` packs and unpacks with it.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64

Bytes = NDArray[np.uint8]
WIDTHS: Final[tuple[Any, ...]] = (np.int8, np.int16, np.int32, np.int64)
SUMS: Final = {np.dtype(kind).itemsize: f"sums_{np.dtype(kind)}" for kind in WIDTHS}  # bytes -> list


def narrow_sums(sums: I64) -> dict[str, NDArray[Any]]:
    """Return rows of sums by the bytes that the widest of each needs, and these; rows of zeros need none."""
    lowest, highest = sums.min(axis=1, initial=0), sums.max(axis=1, initial=0)
    reach = np.maximum(highest, ~lowest)  # a type holds as many numbers below 0 as from 0 on
    limits = [np.iinfo(kind).max for kind in WIDTHS[:-1]]
    sizes = np.array(list(SUMS), np.int8)[np.searchsorted(limits, reach)]
    sizes[(lowest == 0) & (highest == 0)] = 0
    lists = zip(SUMS.items(), WIDTHS, strict=True)
    return {"sum_bytes": sizes} | {name: sums[sizes == size].astype(kind) for (size, name), kind in lists}


def wide_sums(lists: dict[str, NDArray[Any]], n: int | None = None) -> I64:
    """Return what ``narrow_sums`` was given; n : how many sums there are of each name, None: as some show."""
    sizes = lists["sum_bytes"]
    rows = np.bincount(sizes, minlength=max(SUMS) + 1).tolist()
    if n is None:
        n = max((len(lists[name]) // rows[size] for size, name in SUMS.items() if rows[size]), default=0)
    sums = np.zeros((len(sizes), n), np.int64)
    for size, name in SUMS.items():
        if rows[size]:
            sums[sizes == size] = lists[name].reshape(rows[size], n)
    return sums


def narrow(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return other integers than sums in the narrowest type that holds them all."""
    if array.dtype.kind != "i" or not array.size or name in SUMS.values():
        return array
    reach = max(int(array.max()), ~int(array.min()))
    return array.astype(next(kind for kind in WIDTHS if reach <= np.iinfo(kind).max))


def keyed_sums(lists: dict[str, NDArray[Any]]) -> tuple[I64, I64]:
    """Return keys and sums as they were before they were narrowed."""
    return lists["key"].astype(np.int64, copy=False), wide_sums(lists, len(lists["key"]))


class Room:
    """Memory that one partial after the other is read into: fresh memory costs more than what is read."""

    def __init__(self) -> None:
        """Start with none."""
        self.memory = np.empty(0, np.uint8)

    def of(self, size: int) -> Bytes:
        """Return so many bytes, which are the next one's when this is asked again."""
        if len(self.memory) < size:
            self.memory = np.empty(size + size // 4, np.uint8)
        return self.memory[:size]
