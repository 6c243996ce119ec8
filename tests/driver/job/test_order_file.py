"""Order files: columns in the documented order, exact values, the same in every format, equal bytes."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from driver.job import parquet_orders
from driver.job.order_file import open_order_file
from driver.job.order_ids import OrderIds
from driver.job.table_file import EXTENSIONS
from driver.plan.jobs import Settings
from kernels.conventions import NULL
from kernels.measure.choices import Simulation
from kernels.measure.order_columns import ALL
from kernels.measure.result_rows import OrderBlock
from tests.driver.order_blocks import empty_block, random_block

PARTITION = "BHP", "2024-01-01"
LEAD = (
    "order_id participant_id side order_type arrival_time end_time limit_price order_quantity filled_quantity "
    "leaves_quantity group vwap first_fill_time last_fill_time fills arrival_bid arrival_offer shortfall_bps"
)
PER_SCENARIO = "{0}_filled_quantity {0}_price {0}_shortfall_bps {0}_saving_bps"


def write(folder: Path, output_format: str, *blocks: OrderBlock) -> Path:
    settings = Settings(output_format=output_format, order_columns=ALL)
    with open_order_file(folder, settings, PARTITION) as file:
        for block in blocks:
            file.write(block)
    return folder / f"orders{EXTENSIONS[output_format]}"


def read(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(text.decode().splitlines()))


def test_columns_start_as_documented(tmp_path: Path) -> None:
    header = write(tmp_path, "csv", random_block(3, 0)).read_text().splitlines()[0].split(",")
    expected = " ".join(["security_code trade_date", LEAD, *(PER_SCENARIO.format(one) for one in "ABC")]).split()
    assert header[: len(expected)] == expected
    assert len(set(header)) == len(header)


def test_values_read_back_exactly_and_missing_is_empty(tmp_path: Path) -> None:
    block = random_block(200, 1)
    rows = read(write(tmp_path, "csv", block))
    assert [int(row["order_id"]) for row in rows] == block.order_id.tolist()
    assert [row["side"] for row in rows] == ["1" if side > 0 else "2" for side in block.side]
    assert [row["first_fill_time"] == "" for row in rows] == (block.first_fill_time == NULL).tolist()
    for i, row in enumerate(rows):
        filled = int(block.filled_quantity[i])
        assert row["vwap"] == "" if filled == 0 else float(row["vwap"]) == int(block.notional[i]) / filled
        cost, known = float(block.cost[0, i]), block.mid2[i] != NULL and not np.isnan(block.cost[0, i])
        assert (row["shortfall_bps"] != "") == known
        if known:
            assert float(row["shortfall_bps"]) == 1e4 * cost / (float(block.mid2[i]) * int(block.order_quantity[i]))
        if known and row["B_shortfall_bps"]:
            assert float(row["B_saving_bps"]) == float(row["shortfall_bps"]) - float(row["B_shortfall_bps"])


@pytest.mark.parametrize("output_format", ["csv", "gzip", "parquet"])
def test_equal_blocks_are_equal_bytes(tmp_path: Path, output_format: str) -> None:
    blocks = random_block(50, 2), random_block(20, 3)
    paths = []
    for name in "ab":
        (tmp_path / name).mkdir()
        paths.append(write(tmp_path / name, output_format, *blocks))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_formats_hold_the_same_rows(tmp_path: Path) -> None:
    blocks = random_block(50, 2), random_block(20, 3)
    plain = write(tmp_path, "csv", *blocks)
    assert gzip.decompress(write(tmp_path, "gzip", *blocks).read_bytes()) == plain.read_bytes()
    table = parquet.read_table(write(tmp_path, "parquet", *blocks))
    rows = read(plain)
    assert table.column_names == list(rows[0])
    assert table.column("order_id").to_pylist() == [int(row["order_id"]) for row in rows]
    assert [v if v is None else float(v) for v in table.column("A_price").to_pylist()] == [
        float(row["A_price"]) if row["A_price"] else None for row in rows
    ]


def test_participants_stand_as_the_input_named_them(tmp_path: Path) -> None:
    names = {7: 'Beta, "B"', 69: "Alpha"}
    block = random_block(30, 0)
    expected = [names.get(int(code), str(code)) for code in block.participant]
    for output_format in ("csv", "parquet"):
        with open_order_file(tmp_path, Settings(output_format=output_format), PARTITION, names) as file:
            file.write(block)
    assert [row["participant_id"] for row in read(tmp_path / "orders.csv")] == expected
    assert parquet.read_table(tmp_path / "orders.parquet").column("participant_id").to_pylist() == expected


def test_ids_beyond_63_bits_are_shown_as_the_input_wrote_them_beside_files_of_other_jobs(tmp_path: Path) -> None:
    """Arrow writes the file then; all its other columns are as in any order file."""
    block = random_block(30, 0)
    usual = parquet.read_table(write(tmp_path, "parquet", block))
    block.order_id[:] -= 2**63 - 1
    numbers = [int(number) % 2**64 for number in block.order_id]
    settings = Settings(order_columns=ALL)
    with open_order_file(tmp_path, settings, PARTITION, ids=OrderIds({"order_id": block.order_id})) as file:
        file.write(block)
    table = parquet.read_table(tmp_path / "orders.parquet")
    assert table.column("order_id").to_pylist() == numbers
    assert min(numbers) > 2**63
    assert table.drop_columns(["order_id"]).equals(usual.drop_columns(["order_id"]))


def test_a_block_without_orders_has_columns_of_the_same_types(tmp_path: Path) -> None:
    block, names = random_block(3, 0), {7: "Beta", 69: "Alpha"}
    for output_format in ("csv", "gzip", "parquet"):
        for name, blocks in (("one", (block,)), ("more", (random_block(0, 0), block, random_block(0, 0)))):
            (tmp_path / name).mkdir(exist_ok=True)
            with open_order_file(tmp_path / name, Settings(output_format=output_format), PARTITION, names) as file:
                for part in blocks:
                    file.write(part)
    one, more = (parquet.read_table(tmp_path / name / "orders.parquet") for name in ("one", "more"))
    assert more.equals(one)
    assert one.schema.field("participant_id").type == pa.dictionary(pa.int32(), pa.string())
    for name in ("orders.csv", "orders.csv.gz"):
        one_text, more_text = (read(tmp_path / folder / name) for folder in ("one", "more"))
        assert one_text == more_text


@pytest.mark.parametrize("output_format", ["csv", "gzip", "parquet"])
def test_a_file_without_orders_still_has_its_columns(tmp_path: Path, output_format: str) -> None:
    path = write(tmp_path, output_format, empty_block(Simulation()))
    if output_format == "parquet":
        assert parquet.read_table(path).num_rows == 0
        assert parquet.read_table(path).column_names[2] == "order_id"
    else:
        assert read(path) == []


@pytest.mark.parametrize("output_format", ["csv", "gzip", "parquet"])
def test_an_error_leaves_no_file(tmp_path: Path, output_format: str) -> None:
    def fail_after_a_block() -> None:
        with open_order_file(tmp_path, Settings(output_format=output_format), PARTITION) as file:
            file.write(random_block(5, 0))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail_after_a_block()
    assert list(tmp_path.iterdir()) == []


def test_arrow_writes_order_files_where_it_describes_files_in_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = random_block(50, 3), random_block(20, 4)
    (tmp_path / "ours").mkdir()
    ours = write(tmp_path / "ours", "parquet", *blocks)
    monkeypatch.setattr(parquet_orders, "NO_ROWS", b"another way")
    parquet_orders.is_known.cache_clear()
    parquet_orders.described.cache_clear()
    try:
        arrows = write(tmp_path, "parquet", *blocks)
    finally:
        monkeypatch.undo()
        parquet_orders.is_known.cache_clear()
        parquet_orders.described.cache_clear()
    encodings = [parquet.read_metadata(path).row_group(0).column(2).encodings for path in (ours, arrows)]
    assert ["DELTA_BINARY_PACKED" in of for of in encodings] == [True, False]
    assert parquet.read_table(arrows).equals(parquet.read_table(ours))
