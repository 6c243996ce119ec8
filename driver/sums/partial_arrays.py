"""The arrays of a partial as flat lists, those of one table behind the other, in few bytes; and back.

`partial_file` writes and reads them, `partial_tables` says which they are. There are few lists: each costs as much as
what is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I32, I64, Array
from kernels.base.memory import Buffers
from kernels.sums.packed import entries, integers
from kernels.sums.packed.integers import Packed

LISTS: Final[dict[str, Any]] = {  # by type: first those of ``Packed``
    "width": np.int8, **{f"int{8 * size}": np.dtype(f"i{size}") for size in integers.WIDTHS},
    "histogram_entry": np.uint16, "histogram_large": np.int32, "moments": np.float64,
}  # fmt: skip
_PLACES: Final = {name: place for place, name in enumerate(LISTS)}


class Entries(NamedTuple):
    """Entries of histograms."""

    start: I64  # (n + 1,) where those of each key begin
    codes: I32
    counts: I32
    code_bits: int  # that hold any code


NO_ENTRIES: Final = Entries(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32), 1)


class Table(NamedTuple):
    """What a table has of each of n keys: sums, and perhaps floats and entries of histograms."""

    key: I64
    sums: I64  # (k, n)
    floats: tuple[F64, ...] = ()
    entries: Entries = NO_ENTRIES


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists of some tables, and back."""

    ends: I64  # (LISTS, tables + 1): where that of each table ends, 0 first
    values: tuple[Array, ...]
    keys: tuple[int, ...]  # how many each table has

    @property
    def nbytes(self) -> int:
        """Return the bytes of all lists and of where they end."""
        return self.ends.nbytes + sum(one.nbytes for one in self.values)

    def part(self, name: str, place: int) -> Array:
        """Return the list of a table by its name and the table's place."""
        of = _PLACES[name]
        first, last = self.ends[of, place : place + 2].tolist()
        part: Array = self.values[of][first:last]
        return part

    def rows(self, place: int, buffers: Buffers) -> I64:
        """Return the integers of a table, (k, n): keys, where the entries of each end if it has any, sums."""
        first, last = self.ends[0, place : place + 2].tolist()
        rows: I64 = buffers.take(f"partial.rows {place}", (last - first, self.keys[place]), np.int64)
        at = np.ascontiguousarray(self.ends[: integers.LISTS, place])
        integers.unpack_rows(Packed(*self.values[:-1]), at, rows)
        return rows

    def entries(self, place: int, end: I64, code_bits: int, buffers: Buffers) -> Entries:
        """Return the entries of a table; end : of those of each key."""
        start = np.concatenate([[0], end])
        entry, large = self.part("histogram_entry", place), self.part("histogram_large", place)
        code, count = (buffers.take(f"partial.{of} {place}", entry.shape, np.int32) for of in ("code", "count"))
        entries.unpack_entries(entry, large, code_bits, code, count)
        return Entries(start, code, count, code_bits)


def packed(tables: Sequence[Table], buffers: Buffers) -> Lists:
    """Return the lists of some tables, good until ``buffers`` pack others."""
    kinds, ends = [*LISTS.items()], np.zeros((len(tables) + 1, len(LISTS)), np.int64)
    rows = [len(table.sums) + 2 for table in tables]  # keys and perhaps where entries end before them
    most = sum(len(table.key) * of for table, of in zip(tables, rows, strict=True))
    many = sum(len(table.entries.codes) for table in tables)
    rooms = sum(rows), *[most] * len(integers.WIDTHS), many, many
    values = [buffers.take(f"partial.{name}", (n,), kind) for (name, kind), n in zip(kinds, rooms, strict=False)]
    out = Packed(*values)
    for place, (key, sums, floats, mine) in enumerate(tables):
        at = ends[place + 1]
        at[:] = ends[place]
        integers.pack_table(key, mine.start, sums, mine.codes, mine.counts, mine.code_bits, at, out)
        at[-1] += sum(part.size for part in floats)
    flat = [part.reshape(-1) for table in tables for part in table.floats]
    values.append(np.concatenate(flat, out=buffers.take("partial.moments", (int(ends[-1, -1]),), np.float64)))
    filled = tuple(one[:end] for one, end in zip(values, ends[-1].tolist(), strict=True))
    return Lists(np.ascontiguousarray(ends.T), filled, tuple(len(table.key) for table in tables))
