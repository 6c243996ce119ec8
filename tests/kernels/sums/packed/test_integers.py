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
    """Return rows of a few tables, and whether the second row is of entries."""
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
    room = sum(map(len, rows))
    lists = Packed(np.full(len(rows), 99, np.int8), *(np.full(room, 99, f"i{size}") for size in WIDTHS))
    at, starts = np.zeros(LISTS, np.int64), []
    for table, counted in given:
        starts.append(at.copy())
        array = np.array(table, np.int64).reshape(len(table), -1)
        first = 1 + counted
        pack_table(array[0].copy(), array[1:first].copy(), array[first:].copy(), at, lists)
    assert lists.width.tolist() == [width_of(row) for row in rows]
    narrow: list[Array] = [*lists[1:]]
    for size, found in zip(WIDTHS, narrow, strict=True):
        packed = [value for row in rows if width_of(row) == size for value in row]
        assert found[: len(packed)].tolist() == packed
    assert at.tolist() == [len(rows), *(sum(len(row) for row in rows if width_of(row) == size) for size in WIDTHS)]
    for (table, _), start in zip(given, starts, strict=True):
        back = np.full((len(table), len(table[0])), 99, np.int64)
        unpack_rows(lists, start, back)
        assert back.tolist() == table
