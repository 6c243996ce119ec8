"""Integers of tables in few bytes: rows of the narrowest type that holds them, as plain Python packs them, and back."""

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.base.columns import Array
from kernels.sums.packed.integers import LISTS, WIDTHS, Packed, pack_table, unpack_rows

pytestmark = pytest.mark.reduced
FORMATS = {1: "b", 2: "h", 4: "i", 8: "q"}
EDGES = [sign * 2**power + more for power in (7, 15, 31) for sign in (-1, 1) for more in (-1, 0, 1)]
VALUES = st.one_of(st.integers(-3, 3), st.sampled_from(EDGES), st.integers(-(2**63), 2**63 - 1))
Rows = list[list[int]]


def width_of(row: Sequence[int]) -> int:
    """Return the fewest bytes that ``struct`` packs each integer of a row in, 0 for zeros."""
    for width, letter in FORMATS.items() if any(row) else ():
        try:
            struct.pack(f"{len(row)}{letter}", *row)
        except struct.error:
            continue
        return width
    return 0


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[Rows, bool]]:
    """Return rows of a few tables, and whether the second row says where entries end."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        n, rows = draw(st.integers(0, 4)), draw(st.integers(2, 6))
        row = st.lists(VALUES, min_size=n, max_size=n) | st.just([0] * n) | st.just([-1] * n)
        found.append((draw(st.lists(row, min_size=rows, max_size=rows)), draw(st.booleans())))
    return found


@given(tables())
@settings(deadline=None)
def test_rows_are_as_narrow_as_can_be_and_come_back(given: list[tuple[Rows, bool]]) -> None:
    rows = [row for table, _ in given for row in table]
    room, none = sum(map(len, rows)), np.zeros(0, np.int32)
    types = "i1", *(f"i{size}" for size in WIDTHS), "u2", "i4"
    lists = Packed(*(np.full(size, 99, kind) for size, kind in zip([len(rows), *[room] * 6], types, strict=True)))
    at, starts = np.zeros(LISTS, np.int64), []
    for table, counted in given:
        starts.append(at.copy())
        array = np.array(table, np.int64).reshape(len(table), -1)
        start = np.append(0, array[1]) if counted else np.zeros(0, np.int64)
        pack_table(array[0].copy(), start, array[1 + counted :].copy(), none, none, 3, at, lists)
    assert lists.width.tolist() == [width_of(row) for row in rows]
    narrow: list[Array] = [*lists[1:5]]
    for size, found in zip(WIDTHS, narrow, strict=True):
        packed = [value for row in rows if width_of(row) == size for value in row]
        assert found[: len(packed)].tolist() == packed
    held = [sum(len(row) for row in rows if width_of(row) == size) for size in WIDTHS]
    assert at.tolist() == [len(rows), *held, 0, 0]
    for (table, _), start in zip(given, starts, strict=True):
        back = np.full((len(table), len(table[0])), 99, np.int64)
        unpack_rows(lists, start, back)
        assert back.tolist() == table


def test_entries_of_tables_follow_each_other() -> None:
    lists = Packed(*(np.zeros(9, kind) for kind in ("i1", "i1", "i2", "i4", "i8", "u2", "i4")))
    at, key, none = np.zeros(LISTS, np.int64), np.zeros(1, np.int64), np.zeros((0, 1), np.int64)
    for codes, counts in (([5, 6, 7], [1, 15, 99]), ([], []), ([1, 2], [16, 3])):
        start = np.array([0, len(codes)])
        pack_table(key, start, none, np.array(codes, np.int32), np.array(counts, np.int32), 12, at, lists)
    most = 15 << 12
    assert lists.entry[:5].tolist() == [5 | 1 << 12, 6 | most, 7 | most, 1 | most, 2 | 3 << 12]
    assert lists.large[:3].tolist() == [15, 99, 16]
    assert at[-2:].tolist() == [5, 3]
