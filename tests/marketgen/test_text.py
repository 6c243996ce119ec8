"""The formatter against Python's own numbers, over the whole range of int64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketgen.csv_text import Form, TextWriter

INT64 = st.integers(-(2**63), 2**63 - 1)
EDGES = [0, 1, -1, 9, 10, 99, 100, 10**18 - 1, 10**18, 10**18 + 1, 2**63 - 1, -(2**63) + 1, -(2**63)]


def lines(form: Form, rows: list[list[int]], first: int = 1, block: int = 4) -> list[str]:
    array = np.array(rows, np.int64).reshape(len(rows), -1)
    return b"".join(TextWriter(form, block).lines(array, first)).decode().splitlines()


@pytest.mark.parametrize("value", EDGES)
def test_edge_values(value: int) -> None:
    assert lines(Form().number(0), [[value]]) == [str(value)]


@given(st.lists(INT64, min_size=1, max_size=20))
def test_any_numbers_in_blocks(values: list[int]) -> None:
    form = Form().number(0).word("x y").row()
    assert lines(form, [[v] for v in values], first=7) == [f"{v},x y,{7 + k}" for k, v in enumerate(values)]


@given(st.integers(-(2**62), 2**62 - 1), st.integers(-(2**61), 2**61))
def test_a_shift_moves_numbers_but_not_nulls(value: int, shift: int) -> None:
    form = Form().number(0, 1, shift=shift)
    assert lines(form, [[value, -(2**63)]]) == [f"{value + shift},{-(2**63)}"]


def test_words_are_looked_up_by_code() -> None:
    form = Form().lookup(0, {1: "Buy", 2: "Sell"}).number(0).lookup(1, {5: "", 6: "long word"})
    assert lines(form, [[1, 6], [2, 5]]) == ["Buy,1,long word", "Sell,2,"]


def test_no_rows_make_no_text() -> None:
    assert list(TextWriter(Form().number(0)).lines(np.empty((0, 1), np.int64), 1)) == []
