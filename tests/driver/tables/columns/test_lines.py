"""Columns as text are what each value's text is, and lines what the CSV writer makes of the rows."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driver.tables.columns.lines import blocks_csv, lines_of, lines_of_many, table_of
from driver.tables.csv_text import Value, csv_bytes, text
from kernels.conventions import NULL

FLOATS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-1e6, 1e6),
    st.integers(-(10**12), 10**12).map(float),
    st.builds(lambda digits, power: digits * 10.0**power, st.integers(-(10**6), 10**6), st.integers(-12, 14)),
)
EDGES = [
    0.0, -0.0, 1.0, -3.0, 1e-4, 9.999e-5, 1e-5, -1e-7, 1e10, 9999999999.5, 9999999999.0, -1e10, 1e15, 1e16, 1e22,
    1e-320, 123456789.25, float("nan"), float("inf"), -float("inf"), 0.1, 1 / 3, 2.0**53,
    5e-324, 1.7976931348623157e308,
]  # fmt: skip


@given(values=st.lists(FLOATS, min_size=1))
@example(values=EDGES)
@settings(deadline=None)
def test_doubles_have_the_shortest_text_as_python_writes_it(values: list[float]) -> None:
    shown = [text(value) for value in values]
    assert lines_of_many([np.array(values)], None) == shown == lines_of([np.array(values)])


@pytest.mark.parametrize("seed", range(3))
def test_many_doubles_of_all_sizes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=20_000) * 10.0 ** rng.uniform(-9, 14, 20_000)
    values = np.concatenate(
        [values, np.round(values, 2), np.round(values), rng.integers(0, 2**63, 5_000).view(np.float64)]
    )
    assert lines_of([values]) == [text(value) for value in values.tolist()]


def test_lines_are_those_of_the_writer() -> None:
    columns = [
        np.array([1, NULL, -(2**62)]), np.array([0.5, np.nan, 2.0]), np.array(['a,"b"', None, "c"], object),
        np.array([2**80, None, 0], object), np.array([3, 4, 5]),
    ]  # fmt: skip
    rows: list[list[Value]] = [[1, 0.5, 'a,"b"', 2**80, 3], [None, None, None, None, 4], [-(2**62), 2.0, "c", 0, 5]]
    found = table_of(["k", "l"], ["x", "y", "z"], columns)
    assert found == csv_bytes(["k", "l"], [[key, *row] for key, row in zip("xyz", rows, strict=True)])
    assert lines_of_many(columns, None) == lines_of(columns)
    assert lines_of_many(columns, ["x", "y", "z"]) == lines_of(columns, ["x", "y", "z"])


def test_blocks_are_rows_behind_what_they_share() -> None:
    blocks: list[tuple[list[Value], list[np.ndarray]]] = [
        (["a,b", None, 1], [np.array([0.5, np.nan]), np.array([1, NULL])]),
        (["none", "", 2], [np.zeros(0), np.zeros(0, np.int64)]),
        (["c", "", 3], [np.array([2.0]), np.array([4])]),
    ]
    rows: list[list[Value]] = [["a,b", None, 1, 0.5, 1], ["a,b", None, 1, None, None], ["c", "", 3, 2.0, 4]]
    assert blocks_csv(["k", "l", "m", "x", "n"], blocks) == csv_bytes(["k", "l", "m", "x", "n"], rows)
    assert blocks_csv(["k"], []) == b"k\n"
    assert table_of(["k", "x"], [], [np.zeros(0)]) == b"k,x\n"


@pytest.mark.parametrize("column", [np.array([True, False]), np.array([2**64 - 1, 0], np.uint64), np.array(["a", "b"])])
def test_large_tables_have_columns_of_the_types_that_small_ones_have(column: np.ndarray) -> None:
    columns = [column, np.array([1, NULL])]
    assert lines_of_many(columns, None) == lines_of(columns)
