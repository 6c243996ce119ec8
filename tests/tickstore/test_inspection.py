"""What `inspect` says about files, known and foreign; its proposal is a mapping that works."""

import gzip
import tomllib
from pathlib import Path

import pytest

from tickstore import ConvertRequest, InputError, convert, inspect_file, open_day, read_catalog

FOREIGN = (
    "oid,stamp,stock,px,bs,qty,open,done,house\n"
    "7,1725494536001032398,ABC,3.340,B,100,100,0,69\n"
    "8,1725494536001032399,ABC,3.350,S,100,,0,70\n"
)


def test_the_real_files_are_recognised(real_day: Path) -> None:
    for table, rows in (("orders", 28596), ("trades", 8302), ("nbbo", 457)):
        found = inspect_file(real_day / f"{table}.csv")
        assert (found.table, found.missing, found.rows_sampled) == (table, (), rows)
    columns = {column.name: column for column in inspect_file(real_day / "orders.csv").columns}
    assert (columns["price"].low, columns["price"].high, columns["price"].nulls) == ("2890", "5150", 0)
    assert (columns["order_id"].field, columns["order_id"].distinct) == ("order_id", 8319)
    assert columns["midtick"].nulls == 144


def test_a_foreign_file_gets_a_mapping_to_fill_in(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text(FOREIGN)
    found = inspect_file(path)
    assert found.table == ""
    assert '# "orders.leaves_quantity" = "?"' in found.mapping
    path = path.rename(tmp_path / "orders_2024.csv")
    found = inspect_file(path)
    assert (found.table, "order_id" in found.missing) == ("orders", True)
    names = {
        "order_id": "oid", "timestamp": "stamp", "security": "stock", "price": "px", "side": "bs", "quantity": "qty",
        "leaves_quantity": "open", "matched_quantity": "done", "participant": "house",
    }  # fmt: skip
    mapped = ConvertRequest(orders=(path,), store=tmp_path / "store", columns=tuple(names.items()), max_rejects=1)
    report = convert(mapped)
    assert report.reject_reasons == {"missing value": 1}
    day = open_day(read_catalog(tmp_path / "store").partitions[0].path)
    assert day.events["price"].tolist() == [3340]


def test_the_proposed_mapping_is_toml_that_converts(tmp_path: Path) -> None:
    path = tmp_path / "o.csv.gz"
    text = "Order Number,Time,Ticker,Limit-Price,Side,Qty,Leaves Qty,Cum Qty,Broker\n7,1725494536,X,5,B,1,1,0,3\n"
    path.write_bytes(gzip.compress(text.encode()))
    found = inspect_file(path)
    assert (found.table, found.missing, found.rows_sampled) == ("orders", (), 1)
    mapping = tomllib.loads(found.mapping)["input"]["columns"]
    assert mapping["orders.leaves_quantity"] == "Leaves Qty"
    report = convert(ConvertRequest(orders=(path,), store=tmp_path / "store", columns=tuple(mapping.items())))
    assert report.partitions == (("X", "2024-09-05"),)


def test_a_mapping_to_a_column_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text(FOREIGN)
    wrong = ConvertRequest(orders=(path,), store=tmp_path / "store", columns=(("orders.price", "pxx"),))
    with pytest.raises(InputError, match=r"maps price to 'pxx', but the file has: .* \(did you mean 'px'\?\)"):
        convert(wrong)
