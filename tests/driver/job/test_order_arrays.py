"""Columns of orders as arrays: what is missing is null, whatever the type, and the same rows stand in every format."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from driver.job.order_arrays import TIME, Participants, array_of, arrays, coded, order_columns, partition_columns
from driver.job.order_file import open_order_file
from driver.job.table_file import parquet_options
from driver.plan.jobs import Settings
from kernels.conventions import NULL
from kernels.measure.order_columns import ALL, CORE
from tests.driver.order_blocks import random_block

PARTITION = "BRK,B", "2024-09-05"
EVERY = Settings(order_columns=ALL)


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(-(2**63) + 1, 2**63 - 1), max_size=40))
def test_missing_integers_are_null_and_instants_have_a_type(values: list[int | None]) -> None:
    column = np.array([NULL if value is None else value for value in values], np.int64)
    assert array_of(column).to_pylist() == values
    assert array_of(column, "ns").type == pa.int64()
    times = array_of(column, "ns UTC")
    assert times.type == TIME
    assert times.cast(pa.int64()).to_pylist() == values


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(allow_nan=False), max_size=40))
def test_missing_floats_are_null(values: list[float | None]) -> None:
    column = np.array([np.nan if value is None else value for value in values], np.float64)
    assert array_of(column).to_pylist() == values
    assert array_of(column).null_count == values.count(None)


@pytest.mark.parametrize("dtype", [np.int8, np.int32])
def test_narrow_integers_are_never_missing(dtype: Any) -> None:
    column = np.array([-1, 0, 1, np.iinfo(dtype).min], dtype)
    assert array_of(column).to_pylist() == column.tolist()


def test_a_column_that_does_not_lie_in_one_piece_is_shown_right() -> None:
    column = np.arange(20, dtype=np.int64)[::3]
    assert array_of(column).to_pylist() == column.tolist()


def test_codes_without_a_name_are_shown_as_they_are_in_every_block() -> None:
    names = Participants({7: "Beta", 69: "Alpha"})
    for codes in ([], [7, 69, 7], [3, 7, 100], [69, 100, 3, 5], [7]):
        expected = [{7: "Beta", 69: "Alpha"}.get(code, str(code)) for code in codes]
        assert names.shown(np.array(codes, np.int32)).array().to_pylist() == expected


def test_words_and_the_partition() -> None:
    assert coded(np.array([1, 0, 1], np.int8), pa.array(["a", "b"])).to_pylist() == ["b", "a", "b"]
    columns = arrays(partition_columns(*PARTITION, 2))
    assert {name: array.to_pylist() for name, array in columns.items()} == {
        "security_code": ["BRK,B"] * 2,
        "trade_date": [date(2024, 9, 5)] * 2,
    }
    assert [len(array) for array in arrays(partition_columns(*PARTITION, 0)).values()] == [0, 0]


def write(folder: Path, chosen: Settings, partition: tuple[str, str] = PARTITION) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with open_order_file(folder, chosen, partition, {7: 'Beta, "B"', 12: "Gamma"}) as file:
        for seed, rows in enumerate((40, 0, 25)):
            file.write(random_block(rows, seed))


def test_the_number_of_fills_is_missing_where_no_trade_tells_it(tmp_path: Path) -> None:
    block = random_block(60, 3)
    filled = block.filled_quantity > 0
    block.fills[::2] = 0
    expected = [
        None if all(known) else count
        for count, *known in zip(block.fills.tolist(), block.fills == 0, filled, strict=True)
    ]
    assert None in expected
    for output_format in ("parquet", "csv"):
        with open_order_file(tmp_path, Settings(output_format=output_format), PARTITION) as file:
            file.write(block)
    table = parquet.read_table(tmp_path / "orders.parquet")
    assert table.column("fills").to_pylist() == expected
    assert table.schema.field("fills").type == pa.int32()
    with (tmp_path / "orders.csv").open(newline="") as text:
        assert [row["fills"] for row in csv.DictReader(text)] == [as_text(count) for count in expected]


def as_text(value: Any) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def test_every_cell_is_the_same_in_text_and_in_parquet(tmp_path: Path) -> None:
    write(tmp_path, replace(EVERY, output_format="csv"))
    write(tmp_path, EVERY)
    table = parquet.read_table(tmp_path / "orders.parquet")
    for place, field in enumerate(table.schema):
        if field.type == TIME:
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    with (tmp_path / "orders.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 65
    assert table.column_names == list(rows[0])
    exact = {name: table.column(name).to_pylist() for name in table.column_names}
    for name, values in exact.items():
        texts = [row[name] for row in rows]
        if any(isinstance(value, float) for value in values):
            assert [float(text) if text else None for text in texts] == values, name
        else:
            assert texts == [as_text(value) for value in values], name


def test_core_files_are_the_first_columns_of_files_with_all(tmp_path: Path) -> None:
    write(tmp_path / "core", Settings())
    write(tmp_path / "all", EVERY)
    core, every = (parquet.read_table(tmp_path / name / "orders.parquet") for name in ("core", "all"))
    assert core.column_names == ["security_code", "trade_date", *order_columns(random_block(1, 0), (CORE,))]
    assert core.equals(every.select(core.column_names))
    assert every.num_columns > core.num_columns


def test_the_files_of_many_partitions_are_one_table(tmp_path: Path) -> None:
    dates = ("2024-09-05", "2024-09-06")
    for security in ("101", "BHP"):
        for day in dates:
            write(tmp_path / f"sec{security}" / day, Settings(), (security, day))
    table = parquet.read_table([*sorted(tmp_path.rglob("orders.parquet"))])
    assert table.num_rows == 4 * 65
    assert table.column("security_code").to_pylist() == ["101"] * 130 + ["BHP"] * 130
    assert set(table.column("trade_date").to_pylist()) == {date.fromisoformat(day) for day in dates}


def test_how_columns_are_written(tmp_path: Path) -> None:
    """A block is a row group; words have dictionaries, integers and times are differences, floats are plain."""
    write(tmp_path, Settings())
    metadata = parquet.ParquetFile(tmp_path / "orders.parquet").metadata
    assert [metadata.row_group(k).num_rows for k in range(metadata.num_row_groups)] == [40, 25]
    columns = {metadata.row_group(0).column(k).path_in_schema: k for k in range(metadata.num_columns)}
    described = {name: metadata.row_group(0).column(k) for name, k in columns.items()}
    assert described["participant_id"].has_dictionary_page
    for name in ("arrival_time", "group", "fills", "order_id"):
        assert set(described[name].encodings) == {"DELTA_BINARY_PACKED", "RLE"}, name
        assert described[name].is_stats_set, name
    assert set(described["vwap"].encodings) == {"PLAIN", "RLE"}
    assert not described["vwap"].is_stats_set


def test_texts_have_no_dictionary() -> None:
    schema = pa.schema({"order_id": pa.string(), "group": pa.int8(), "time": TIME, "unsigned": pa.uint64()})
    options = parquet_options(schema)
    assert options["use_dictionary"] == ["group"]
    assert sorted(options["use_byte_stream_split"]) == ["time", "unsigned"]
