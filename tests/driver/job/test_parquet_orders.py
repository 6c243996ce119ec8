"""Parquet files of orders: any reader finds the values of the blocks, and the schema of files that Arrow writes."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import dataset, parquet

from driver.job.order_arrays import KINDS, TIME, WORDS, Shown, arrays, order_columns, partition_columns
from driver.job.parquet_orders import ParquetOrders
from driver.job.table_file import TableFile
from kernels.conventions import NULL
from kernels.measure.choices import Simulation
from tests.driver.order_blocks import empty_block, random_block

Block = dict[str, Shown]
PARTITION = "BHP", "2024-01-01"
WIDE = st.none() | st.integers(-(2**63) + 1, 2**63 - 1)
NARROW = st.none() | st.integers(-(2**31), 2**31 - 1)
FLOAT = st.none() | st.floats(allow_nan=False)
ROW = st.tuples(WIDE, WIDE, NARROW, st.integers(-128, 127), FLOAT, st.integers(0, 2))


def written(*blocks: Block) -> bytes:
    sink = io.BytesIO()
    file = ParquetOrders(sink)
    for block in blocks:
        file.write(block)
    file.close()
    return sink.getvalue()


def by_arrow(*blocks: Block) -> bytes:
    sink = io.BytesIO()
    file = TableFile(sink, "parquet")
    for block in blocks:
        file.write(pa.table(arrays(block)))
    file.close()
    return sink.getvalue()


def read(data: bytes) -> pa.Table:
    return parquet.read_table(pa.BufferReader(data), page_checksum_verification=True)


def block_of(seed: int, rows: int) -> Block:
    block = random_block(rows, seed) if rows else empty_block(Simulation())
    return partition_columns(*PARTITION, rows) | order_columns(block)


def columns(rows: list[tuple[int | float | None, ...]]) -> Block:
    """Return a block of columns of each kind."""
    cells = [list(column) for column in zip(*rows, strict=True)] or [[]] * 6
    wide = [np.array([NULL if cell is None else cell for cell in column], np.int64) for column in cells[:3]]
    floats = np.array([np.nan if cell is None else cell for cell in cells[4]], np.float64)
    return partition_columns(*PARTITION, len(rows)) | {
        "integer": Shown(wide[0], KINDS["i8"]),
        "time": Shown(wide[1], TIME),
        "narrow": Shown(wide[2], KINDS["i4"]),
        "code": Shown(np.array(cells[3], np.int8), KINDS["i1"]),
        "float": Shown(floats, KINDS["f8"]),
        "word": Shown(np.array(cells[5], np.int32), WORDS, pa.array(["", "é", "b" * 300], pa.string())),
    }


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(ROW, max_size=200), min_size=1, max_size=3))
def test_whatever_a_column_holds_is_read_back(blocks: list[list[tuple[int | float | None, ...]]]) -> None:
    made = [columns(rows) for rows in blocks]
    table = read(written(*made))
    assert table.equals(pa.concat_tables([pa.table(arrays(block)) for block in made]))


@pytest.mark.reduced
def test_files_are_as_arrow_writes_them_to_their_readers() -> None:
    """The same schema and rows; of each row group the same number of rows, missing values, minima and maxima."""
    blocks = [block_of(0, 40), block_of(1, 1_000), block_of(2, 1)]
    ours, theirs = (parquet.ParquetFile(pa.BufferReader(data)) for data in (written(*blocks), by_arrow(*blocks)))
    assert ours.schema_arrow.equals(theirs.schema_arrow, check_metadata=True)
    assert ours.schema.equals(theirs.schema)
    assert ours.read().equals(theirs.read())
    assert ours.metadata.num_row_groups == theirs.metadata.num_row_groups == 3
    for group in range(3):
        assert ours.metadata.row_group(group).num_rows == theirs.metadata.row_group(group).num_rows
        for place in range(ours.metadata.num_columns):
            one, other = (file.metadata.row_group(group).column(place) for file in (ours, theirs))
            assert one.num_values == other.num_values
            assert one.is_stats_set == other.is_stats_set
            if one.is_stats_set:
                for fact in ("null_count", "has_min_max", "min_raw", "max_raw"):
                    name = ours.schema_arrow.names[place]
                    assert getattr(one.statistics, fact) == getattr(other.statistics, fact), (name, fact)


def test_sizes_are_told_as_they_are() -> None:
    data = written(block_of(0, 500), block_of(1, 2_000))
    metadata = parquet.ParquetFile(pa.BufferReader(data)).metadata
    at = 4  # behind the first word of the file
    for group in map(metadata.row_group, range(2)):
        chunks = [group.column(place) for place in range(group.num_columns)]
        for chunk in chunks:
            start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
            assert start == at
            at += chunk.total_compressed_size
        assert group.total_byte_size == sum(chunk.total_uncompressed_size for chunk in chunks)
    assert at == len(data) - 8 - int.from_bytes(data[-8:-4], "little")


def test_floats_that_repeat_are_packed_and_others_are_not() -> None:
    rng, rows = np.random.default_rng(0), 3_000
    few = np.repeat(rng.normal(size=20), 150)
    few[::7] = np.nan
    block = {"few": Shown(few, KINDS["f8"]), "many": Shown(rng.normal(size=rows), KINDS["f8"])}
    data = written(block, block)
    assert read(data).equals(pa.concat_tables([pa.table(arrays(block))] * 2))
    metadata = parquet.ParquetFile(pa.BufferReader(data)).metadata.row_group(1)
    packed, plain = metadata.column(0), metadata.column(1)
    assert (packed.compression, plain.compression) == ("LZ4", "UNCOMPRESSED")
    assert packed.total_compressed_size < packed.total_uncompressed_size / 4
    assert plain.total_compressed_size == plain.total_uncompressed_size


def test_a_first_block_with_few_values_does_not_tell_whether_they_repeat() -> None:
    few = np.full(500, np.nan)
    few[:3] = 1.5, 2.25, 3.125
    first, then = ({"few": Shown(values, KINDS["f8"])} for values in (few, np.repeat(few[:4], 125)))
    data = written(first, then, then)
    assert read(data).num_rows == 1_500
    metadata = parquet.ParquetFile(pa.BufferReader(data)).metadata
    found = [metadata.row_group(group).column(0).compression for group in range(3)]
    assert found == ["UNCOMPRESSED", "LZ4", "LZ4"]


def test_a_broken_byte_is_noticed() -> None:
    data = bytearray(written(columns([(k, k, k, 1, k / 3, k % 3) for k in range(100)])))
    chunk = parquet.ParquetFile(pa.BufferReader(bytes(data))).metadata.row_group(0).column(6)
    data[chunk.data_page_offset + chunk.total_compressed_size - 9] ^= 1
    with pytest.raises(OSError, match="CRC"):
        read(bytes(data))


def test_a_block_that_needs_more_room_than_those_before() -> None:
    blocks = [columns([(k, -k, k, 1, float(k), 2) for k in range(rows)]) for rows in (10, 40_000, 3)]
    assert read(written(*blocks)).equals(pa.concat_tables([pa.table(arrays(block)) for block in blocks]))


def test_other_readers_find_the_same(tmp_path: Path) -> None:
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    blocks = [block_of(0, 300), block_of(1, 0), block_of(2, 40)]
    for name, data in (("ours", written(*blocks)), ("theirs", by_arrow(*blocks))):
        (tmp_path / f"{name}.parquet").write_bytes(data)
    ours, theirs = tmp_path / "ours.parquet", tmp_path / "theirs.parquet"
    assert polars.read_parquet(ours).equals(polars.read_parquet(theirs))
    rows = [duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall() for path in (ours, theirs)]
    assert len(rows[0]) == 340
    assert rows[0] == rows[1]


def test_files_of_both_writers_are_one_dataset(tmp_path: Path) -> None:
    """Where ids are text, Arrow writes; other jobs of the run have files of the same schema beside them."""
    duckdb = pytest.importorskip("duckdb")
    blocks = [block_of(0, 300), block_of(1, 50)]
    (tmp_path / "1.parquet").write_bytes(written(blocks[0]))
    (tmp_path / "2.parquet").write_bytes(by_arrow(blocks[1]))
    (tmp_path / "3.parquet").write_bytes(written(block_of(0, 0)))
    expected = pa.concat_tables([pa.table(arrays(block)) for block in blocks])
    assert dataset.dataset(tmp_path).to_table().equals(expected)
    late = dataset.dataset(tmp_path).to_table(filter=dataset.field("order_quantity") > 5_000)
    assert late.num_rows == sum(int((block["order_quantity"].values > 5_000).sum()) for block in blocks)
    found = duckdb.sql(f"SELECT count(*), sum(filled_quantity) FROM read_parquet('{tmp_path}/*.parquet')").fetchall()
    assert found == [(350, sum(int(block["filled_quantity"].values.sum()) for block in blocks))]
