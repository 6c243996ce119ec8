"""Rows of a partition that the store has already, and rows that come now: which of them make up the table.

Called by the build task. Files may be converted one after the other. A source that was not there before adds its rows;
one that is given again, as it was or grown, changes nothing or adds; one that is given again with other content needs
``replace``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64
from tickstore.building.row_sources import FROM_FIRST_ROW, RowSource, SpilledTable, StoredTable
from tickstore.input.fields import FIELDS, NOT_COLUMNS, SNAPSHOTS

KEPT, GIVEN, SAME, MERGED, REPLACED, CONFLICT = "kept", "given", "same", "merged", "replaced", "conflict"
_MIX: Final = np.uint64(0x9FB21C651E98DF25)
_SHIFT: Final = np.uint64(29)
Sources = list[list[Any]]  # base name, size, digest, table


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of one table of a partition."""

    rows: RowSource
    verdict: str
    removed: int = 0  # stored rows that are not among the new ones


class MergedTable:
    """Stored rows of a table, then new ones; the builder brings them in order."""

    def __init__(self, stored: StoredTable, given: SpilledTable) -> None:
        self._stored = stored
        self._given = given
        self.rows = stored.rows + given.rows
        self.settled = stored.rows

    def has(self, name: str) -> bool:
        """Return whether the day file or some log has the column."""
        return self._stored.has(name) or self._given.has(name)

    def read(self, name: str, out: I64) -> None:
        """Fill ``out`` with a column."""
        self._stored.read(name, out[: self._stored.rows])
        self._given.read(name, out[self._stored.rows :])

    def locate(self, row: int) -> tuple[int, int, int]:
        """Return where a row came from; only new rows can be repetitions, the stored ones come first."""
        return self._given.locate(row - self._stored.rows)


def choose_rows(
    table: str, stored: StoredTable, given: SpilledTable, old: Sources, new: Sources, replace: bool
) -> Choice:
    """Return which rows make up a table that the store has and that is given, too.

    Parameters
    ----------
    table : orders, trades or nbbo
    stored, given : its rows in the store and in the new input, neither empty
    old, new : the sources of the partition's stored and new rows
    replace : whether new content may take the place of stored content
    """
    names = _compared(table, stored, given)
    before = _hashes(names, stored)
    now = _hashes(names, given)
    known = int(np.isin(now, before).sum())
    left = int((~np.isin(before, now)).sum())
    old, new = ([s for s in sources if s[3:] in ([], [table])] for sources in (old, new))
    again = {s[0] for s in new if s[2] not in {o[2] for o in old}} & {s[0] for s in old}
    contents, earlier = {s[2] for s in new}, {s[2] for s in old}
    if (known == given.rows and left == 0) or earlier <= contents:
        verdict = GIVEN if left == 0 else CONFLICT
        if left == 0 and known == given.rows:
            verdict = SAME  # but for columns that are not compared here: the digests decide
        return _chosen(verdict, stored, given, left, replace)
    apart = _apart(stored, given)
    if again and not apart:
        return _chosen(CONFLICT, stored, given, left, replace)
    if known == given.rows:
        return Choice(stored, KEPT)
    if contents <= earlier or not old:
        return _chosen(CONFLICT, stored, given, left, replace)
    if left == 0:
        return Choice(given, GIVEN)
    if (replace and not apart) or 2 * known > given.rows:
        return _chosen(CONFLICT, stored, given, left, replace)
    return Choice(MergedTable(stored, given), MERGED)


def _chosen(verdict: str, stored: StoredTable, given: SpilledTable, left: int, replace: bool) -> Choice:
    if verdict == CONFLICT:
        return Choice(given, REPLACED if replace else CONFLICT, left)
    return Choice(given, verdict)


def _apart(stored: StoredTable, given: SpilledTable) -> bool:
    """Return whether all new rows come before or after all stored ones."""
    (a, b), (c, d) = _range(stored), _range(given)
    return b < c or d < a


def _range(rows: RowSource) -> tuple[int, int]:
    times = np.empty(rows.rows, np.int64)
    rows.read("timestamp", times)
    return int(times.min()), int(times.max())


def _compared(table: str, stored: StoredTable, given: SpilledTable) -> list[str]:
    """Return the columns that tell rows apart: those of either side that every row of a day file still has."""
    left_out = {*NOT_COLUMNS, *((*SNAPSHOTS, *FROM_FIRST_ROW) if table == "orders" else ())}
    names = [field.name for field in FIELDS[table] if field.name not in left_out]
    return [name for name in names if stored.has(name) or given.has(name)]


def _hashes(names: Sequence[str], rows: RowSource) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each row, of its columns ``names``.

    Equal rows without a sequence are told apart by a running number, for each of them counts.
    """
    mixed = np.zeros(rows.rows, np.uint64)
    column = np.empty(rows.rows, np.int64)
    for name in names:
        rows.read(name, column)
        mixed = (mixed ^ column.view(np.uint64)) * _MIX
        mixed ^= mixed >> _SHIFT
    rows.read("sequence", column)
    order = np.argsort(mixed, kind="stable")
    ordered = mixed[order]
    places = np.arange(len(order))
    first = np.r_[True, ordered[1:] != ordered[:-1]]
    number = places - np.maximum.accumulate(np.where(first, places, 0))
    mixed[order] += np.where(column[order] == 0, number, 0).astype(np.uint64) * _MIX
    return mixed
