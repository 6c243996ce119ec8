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
_SIZES: Final = np.array(list(SUMS), np.int8)
_LARGEST: Final = [int(np.iinfo(kind).max) for kind in WIDTHS]
_LIMITS: Final = np.array(_LARGEST[:-1])


def narrow_sums(sums: I64) -> dict[str, NDArray[Any]]:
    """Return rows of sums by the bytes that the widest of each needs, and these; rows of zeros need none."""
    lowest, highest = sums.min(axis=1, initial=0), sums.max(axis=1, initial=0)
    reach = np.maximum(highest, ~lowest)  # a type holds as many numbers below 0 as from 0 on
    sizes = _SIZES[np.searchsorted(_LIMITS, reach)]
    sizes[(lowest == 0) & (highest == 0)] = 0
    found, rows = {"sum_bytes": sizes}, np.bincount(sizes, minlength=max(SUMS) + 1).tolist()
    lists = zip(SUMS.items(), WIDTHS, strict=True)
    return found | {name: sums[sizes == size].astype(kind) for (size, name), kind in lists if rows[size]}


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


def joined(kind: Any, parts: list[NDArray[Any]], narrowed: bool) -> NDArray[Any]:
    """Return arrays as one, flat, of the given type; narrowed : of the narrowest that holds these integers."""
    flat = [part.reshape(-1) for part in parts if part.size]
    if not flat:
        return np.empty(0, kind)
    if narrowed:
        reach = max(max(int(part.max()), ~int(part.min())) for part in flat)
        kind = next(width for width, largest in zip(WIDTHS, _LARGEST, strict=True) if reach <= largest)
    return np.concatenate(flat, dtype=kind, casting="unsafe")


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
