"""A table as text: what the library writes fast is what each value is by itself, and reads back."""

import csv
import io
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from driver.tables.csv_text import Value, csv_bytes, table_csv, text

VALUES = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(st.characters(codec="utf-8")), st.sampled_from(["nan", "a\rb", '"'])
)


def as_text(value: Value) -> str:
    """Return a value as text: what an independent reader must find."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value)


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=5))
def test_every_value_reads_back(rows: list[tuple[Value, ...]]) -> None:
    content = csv_bytes(["a", "b", "c"], rows).decode()
    head, *lines = csv.reader(io.StringIO(content, newline=""))
    assert head == ["a", "b", "c"]
    assert lines == [[as_text(value) for value in row] for row in rows]


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), max_size=5))
def test_a_table_is_made_of_values_by_themselves(rows: list[tuple[Value, ...]]) -> None:
    lines = [",".join(text(value) for value in row) for row in rows]
    assert csv_bytes(["a", "b"], rows).decode() == "\n".join(["a,b", *lines, ""])


def test_numbers_that_are_none_are_missing() -> None:
    rows: list[list[Value]] = [[1.5, math.nan, None], [1, "x", -0.0]]
    assert csv_bytes(["a", "b", "c"], rows) == b"a,b,c\n1.5,,\n1,x,-0.0\n"


def test_rows_by_name_lack_what_they_do_not_have() -> None:
    assert table_csv(["a", "b"], [{"b": 1}, {"a": "x"}]) == b"a,b\n,1\nx,\n"
