"""Rows that repeat an earlier one: copies of a message, or messages that only look alike.

For `ordered_tables`. A sequence tells messages apart only where the exchange numbers each of them; in many feeds it
numbers packets, and equal fills of one packet are separate trades.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64
from kernels.conventions import DEAL_REPORT
from tickstore.building.time_order import TIED, sortedness

AUTO, REJECT, KEEP = POLICIES = ("auto", "reject", "keep")  # what becomes of repetitions
_MIX: Final = np.uint64(0x9FB21C651E98DF25)
_SHIFT: Final = np.uint64(29)


class Repetitions(NamedTuple):
    """Which rows equal an earlier one, and whether rows that differ share time and sequence."""

    rows: I64
    shared: bool


class Columns(Protocol):
    """A table in time order."""

    rows: int

    def read(self, name: str, out: I64) -> None:
        """Fill ``out`` with a column."""


def repeated_rows(timestamp: I64, sequence: I64, columns: Callable[[], list[Callable[[I64], I64]]]) -> Repetitions:
    """Return which rows, in time order, equal an earlier one in every column, the sequence not being 0.

    ``columns()`` return the values of one column each at given rows, in time order. Rows are compared by a 64-bit
    hash, and only with rows of the same time and sequence.
    """
    if sortedness(timestamp, sequence) != TIED:
        return Repetitions(np.empty(0, np.int64), shared=False)
    same = (timestamp[1:] == timestamp[:-1]) & (sequence[1:] == sequence[:-1]) & (sequence[1:] != 0)
    tied = np.flatnonzero(np.r_[same, False] | np.r_[False, same])
    mixed = np.zeros(len(tied), np.uint64)
    for column in columns():
        mixed = (mixed ^ column(tied).view(np.uint64)) * _MIX
        mixed ^= mixed >> _SHIFT
    order = np.lexsort((mixed, sequence[tied], timestamp[tied]))
    rows, hashes = tied[order], mixed[order]
    together = (timestamp[rows[1:]] == timestamp[rows[:-1]]) & (sequence[rows[1:]] == sequence[rows[:-1]])
    equal = hashes[1:] == hashes[:-1]
    return Repetitions(np.sort(rows[1:][together & equal]), shared=bool((together & ~equal).any()))


def proven_fills(orders: Columns, trades: Columns, repeated: I64) -> NDArray[np.bool_]:
    """Return which of the repeated trade rows are fills of their own, by the counters of the orders that traded.

    An order's last matched counter, less what its first row says was matched before or nothing, is the sum of its
    fills either with its repeated rows or without them. Orders that do not tell go by those that do, if these agree.

    Parameters
    ----------
    orders, trades : the tables in time order, repeated trade rows included
    repeated : (r,) rows of ``trades``
    """
    number, quantity, deal = (_read(trades, name) for name in ("order_id", "quantity", "deal_source"))
    ids, place = np.unique(number[repeated], return_inverse=True)
    known, first, last = _counters(orders, ids)
    quantity[np.isin(deal, DEAL_REPORT)] = 0  # reports never consume an order
    kept = np.zeros(len(ids), np.int64)
    mine = np.flatnonzero(np.isin(number, ids))
    np.add.at(kept, np.searchsorted(ids, number[mine]), quantity[mine])
    without = kept.copy()
    np.subtract.at(without, place, quantity[repeated])
    with_them = known & ((kept == last) | (kept == last - first))
    without_them = known & ((without == last) | (without == last - first))
    proven = with_them & ~without_them
    if proven.any() and not (without_them & ~with_them).any():
        proven |= with_them == without_them
    told: NDArray[np.bool_] = proven[place]
    return told


def _counters(orders: Columns, ids: I64) -> tuple[NDArray[np.bool_], I64, I64]:
    """Return which orders there are, and the first and the last of the matched counters of each."""
    number, matched = _read(orders, "order_id"), _read(orders, "matched_quantity")
    rows = np.flatnonzero(np.isin(number, ids))
    place = np.searchsorted(ids, number[rows])
    first, last = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    known = np.zeros(len(ids), np.bool_)
    known[place] = True
    last[place] = matched[rows]  # of several values the last one stays
    first[place[::-1]] = matched[rows[::-1]]
    return known, first, last


def _read(table: Columns, name: str) -> I64:
    column = np.empty(table.rows, np.int64)
    table.read(name, column)
    return column
