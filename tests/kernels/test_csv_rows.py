"""Lines of CSV: every number as Python writes it, floats by the shortest digits that read back, nothing for nothing."""

import csv
import io
import math
import struct
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from kernels.conventions import NULL
from kernels.csv_rows import FLOAT, INTEGER, TEXT, WIDEST, widest_row, words_of, write_rows
from kernels.decimal_text import EIGHT, SIXTEEN
from tests.oracles.decimal_text import float_text, integer_text

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

INTEGERS = st.one_of(st.integers(NULL, 2**63 - 1), st.integers(-9_999, 9_999))
FLOATS = st.one_of(
    st.floats(),
    st.floats(-1e6, 1e6),
    st.integers(0, 2**63 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<q", bits))[0]),
    st.builds(lambda digits, power: digits * 10.0**power, st.integers(-999_999, 999_999), st.integers(-12, 12)),
)


def lines(values: I64, kinds: Sequence[int], texts: Sequence[str] = (), size: int = 0) -> bytes:
    """Return the rows as text, written in as many steps as a buffer of ``size`` needs."""
    encoded = [word.encode() for word in texts]
    starts = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    room = widest_row(len(kinds), max(map(len, encoded), default=0))
    out, row, written = np.zeros(max(size, room), np.uint8), 0, b""
    letters = np.frombuffer(bytearray().join(encoded), np.uint8)
    while row < values.shape[1]:
        row, end = write_rows(values, np.array(kinds), letters, starts, row, room, out, words_of(out), 0)
        written += out[:end].tobytes()
    return written


def float_lines(values: F64) -> bytes:
    return lines(np.ascontiguousarray(values).view(np.int64).reshape(1, -1), [FLOAT], size=len(values) * WIDEST)


@pytest.mark.reduced
@given(st.lists(INTEGERS, min_size=1, max_size=8))
@example([0, -1, 9, 10, EIGHT - 1, EIGHT, SIXTEEN - 1, SIXTEEN, 2**63 - 1, NULL + 1, NULL])
@example([10**k + d for k in range(19) for d in (-1, 0, 1)])
def test_integers_are_as_python_writes_them(values: list[int]) -> None:
    assert lines(np.array([values]), [INTEGER]).decode().split("\n")[:-1] == [integer_text(value) for value in values]


@pytest.mark.reduced
@given(st.lists(FLOATS, min_size=1, max_size=8))
@example([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308])
@example([1e-7, 9.999999e-7, 1e-6, 0.1, 0.3, 1e7, 12345678.5, 99999999.0, 1e8, 123456789.5, 9999999999.5, 1e10, 1e22])
@example([2.0**-44, 2.0**53, 2.0**60, 9007199254740993.0, 8.41e21, 9.5e-5, 5e-6, 3.6277667549745e12])
def test_floats_are_the_shortest_digits_that_read_back(values: list[float]) -> None:
    written = float_lines(np.array(values)).decode().split("\n")[:-1]
    assert written == [float_text(value) for value in values]
    assert all(math.isnan(value) or float(text) == value for text, value in zip(written, values, strict=True))


def many_floats() -> F64:
    """Return floats of every size, those next to powers of two and ten, and those as costs and ratios are."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 0x7FF << 52, 20_000).view(np.float64)
    powers = np.concatenate([np.ldexp(1.0, np.arange(-1_074, 1_024)), [float(f"1e{k}") for k in range(-323, 309)]])
    near = np.concatenate([powers.view(np.int64)[1:] + d for d in (-2, -1, 0, 1, 2)]).view(np.float64)
    costs = [rng.normal(0, 10.0**k, 3_000) for k in range(-7, 13)]
    ratios = 1e4 * rng.integers(1, 10**6, 20_000) / rng.integers(1, 10**6, 20_000)
    rounded = [np.round(rng.normal(0, 1_000, 2_000), k) for k in range(9)]
    parts = [bits, near[(near > 0) & (near < np.inf)], *costs, ratios, *rounded, np.arange(20_000) / 2]
    both = np.concatenate(parts)
    return np.concatenate([both, -both])


def test_many_floats_equal_pythons_and_arrows() -> None:
    """Arrow, which wrote these files before, takes its digits from another algorithm and another library."""
    values = many_floats()
    written = float_lines(values)
    expected = io.BytesIO()
    arrow_csv.write_csv(pa.table({"x": values}), expected, arrow_csv.WriteOptions(include_header=False))
    assert written == expected.getvalue()
    some = slice(None, None, 7)
    assert written.decode().split("\n")[:-1][some] == [float_text(value) for value in values[some].tolist()]


@pytest.mark.reduced
@given(st.lists(st.tuples(INTEGERS, FLOATS, st.integers(0, 3), FLOATS), max_size=12), st.integers(0, 2_000))
def test_rows_hold_their_columns_however_small_the_memory(rows: list[tuple[int, float, int, float]], size: int) -> None:
    """The same line whatever was written before it, and in how many steps."""
    texts = ["none", "", "Zürich", "a" * 50]
    columns = [np.array([row[c] for row in rows], [np.int64, np.float64, np.int64, np.float64][c]) for c in range(4)]
    values = np.array([column.view(np.int64) for column in columns])
    expected = [[integer_text(a), float_text(b), texts[c], float_text(d)] for a, b, c, d in rows]
    written = lines(values, [INTEGER, FLOAT, TEXT, FLOAT], texts, size)
    assert list(csv.reader(io.StringIO(written.decode()))) == expected


@pytest.mark.reduced
def test_a_number_uses_no_more_room_than_it_is_given() -> None:
    """Bytes behind the room of the last row stay what they were, though numbers are written whole words at a time."""
    widest = np.array([[-1.7976931348623157e308, -2.2250738585072014e-308, -1.2345678901234567e-6]]).view(np.int64)
    for column in (*widest[0], np.int64(NULL + 1)):
        kinds = np.array([INTEGER if column == NULL + 1 else FLOAT])
        room = widest_row(1, 0)
        out = np.full(room + 64, 7, np.uint8)
        texts, starts = np.zeros(0, np.uint8), np.zeros(1, np.int64)
        row, end = write_rows(np.array([[column]]), kinds, texts, starts, 0, room, out[:room], words_of(out[:room]), 0)
        assert row == 1
        assert end <= room
        assert np.all(out[room:] == 7)
