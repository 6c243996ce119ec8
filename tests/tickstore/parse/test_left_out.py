"""Rows left out by what stands in a column: as the csv module tells the cells, on every path, never silently."""

import csv
import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickstore.conftest import OPEN, tree
from tickstore import ConvertReport, ConvertRequest, convert, inspect_file, open_day
from tickstore.errors import InputError
from tickstore.input.files import Source
from tickstore.inspect.batches import batches, read_file_head, row_count
from tickstore.parse.blocks import BlockParser
from tickstore.parse.left_out import LeftOut, kept
from tickstore.parse.plan import find_sources

HEADER = "type,order_id,timestamp,security,price,side,quantity,leaves,matched,participant\n"
CELLS = ("add", "modify", "Add", "", " add ", '"add"', '"a,dd"', '"x""y"', 'x"y', "ä", "\t")


def rows(*kinds: str) -> list[str]:
    return [f"{kind},{number},{OPEN + number},101,3340,1,100,100,0,7\n" for number, kind in enumerate(kinds, 1)]


def request(folder: Path, text: str, *where: tuple[str, tuple[str, ...]], **more: Any) -> ConvertRequest:
    path = folder / "events.csv"
    path.write_text(text)
    said: dict[str, Any] = {"orders": (path,), "store": folder / "store", "where": where}
    return ConvertRequest(**said | more)


def stored(asked: ConvertRequest) -> tuple[list[int], ConvertReport]:
    """Return the orders in the store, and the report."""
    report = convert(asked)
    (path,) = asked.store.rglob("*.h5")
    with open_day(path) as day:
        return day.orders["order_id"].tolist(), report


def test_rows_of_other_kinds_are_left_out_and_counted(tmp_path: Path) -> None:
    text = HEADER + "".join(rows("add", "trade", "modify", '"add"', " add", "Added"))
    orders, report = stored(request(tmp_path, text, ("type", ("add", "modify"))))
    count = report.tables["orders"]
    assert orders == [1, 3, 4, 5]
    assert (count.read, count.stored, count.left_out, count.rejected) == (6, 4, 2, 0)


def test_what_is_left_out_may_hold_anything(tmp_path: Path) -> None:
    odd = ["trade,x,,,\n", "trade,9,never,101,?,9,1,1,1,7\n", "trade\n"]
    text = HEADER + "".join([*rows("add"), *odd, *rows("add", "add")[1:]]) + "trade,tor"
    _, report = stored(request(tmp_path, text, ("type", ("add",))))
    assert (report.tables["orders"].stored, report.tables["orders"].left_out) == (2, 4)


def test_a_line_without_the_column_is_refused_and_not_left_out(tmp_path: Path) -> None:
    text = HEADER + "".join(rows("add")) + "x,y\n"
    _, report = stored(request(tmp_path, text, ("participant", ("7",)), max_rejects=5))
    assert report.reject_reasons == {"missing fields": 1}


def test_several_conditions_hold_together(tmp_path: Path) -> None:
    lines = rows("add", "trade", "add")
    lines[2] = lines[2].replace(",7\n", ",8\n")
    orders, _ = stored(request(tmp_path, HEADER + "".join(lines), ("orders.type", ("add",)), ("participant", ("7",))))
    assert orders == [1]


def test_a_column_that_is_also_a_field_is_asked_by_its_text(tmp_path: Path) -> None:
    lines = rows("a", "b", "c")
    lines[1] = lines[1].replace(",1,100,", ",2,100,")
    orders, _ = stored(request(tmp_path, HEADER + "".join(lines), ("side", ("2",))))
    assert orders == [2]


@pytest.mark.parametrize("form", ["gzip", "parquet", "slow", "crlf"])
def test_every_path_leaves_out_the_same(tmp_path: Path, form: str) -> None:
    asked, kinds = ("type", ("add", "modify")), ["add", "trade", "trade", "modify", "x", "add"] * 50
    plain = request(tmp_path, HEADER + "".join(rows(*kinds)), asked)
    expected, _ = stored(plain)
    text, path = (tmp_path / "events.csv").read_text(), tmp_path / f"events.{form}"
    if form == "gzip":
        path.write_bytes(gzip.compress(text.encode()))
    elif form == "parquet":
        pa.parquet.write_table(pa.csv.read_csv(tmp_path / "events.csv"), path)
    else:
        path.write_text(text.replace(",3340,", ",+3340,") if form == "slow" else text.replace("\n", "\r\n"), newline="")
    orders, report = stored(request(tmp_path / "..", "", asked, orders=(path,), store=tmp_path / form))
    assert orders == expected
    assert report.tables["orders"].left_out == 150


def test_one_file_may_hold_two_tables(tmp_path: Path) -> None:
    header = HEADER.replace("\n", ",match_id\n")
    lines = [row.replace("\n", ",5\n") for row in rows("add", "trade")]
    two = ("orders.type", ("add",)), ("trades.type", ("trade",))
    asked = request(tmp_path, header + "".join(lines), *two, trades=(tmp_path / "events.csv",))
    report = convert(asked)
    assert [report.tables[table].stored for table in ("orders", "trades")] == [1, 1]
    assert [report.tables[table].left_out for table in ("orders", "trades")] == [1, 1]
    with pytest.raises(InputError, match="which rows are of each"):
        convert(request(tmp_path, header + "".join(lines), two[0], trades=(tmp_path / "events.csv",)))


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (("tpye", ("add",)), "did you mean 'type'"),
        (("trades.type", ("add",)), "no such files"),
        (("type", ("add", "modfy")), "did you mean 'modify'"),
        (("type", ("ADD",)), "did you mean 'add'"),
        (("type", ("zzz",)), "there are 'add', 'modify'"),
    ],
)
def test_what_no_row_has_is_refused(tmp_path: Path, where: tuple[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        convert(request(tmp_path, HEADER + "".join(rows("add", "modify")), where))
    assert not list(tmp_path.rglob("*.h5"))


def test_a_kind_that_a_day_lacks_is_warned_about(tmp_path: Path) -> None:
    _, report = stored(request(tmp_path, HEADER + "".join(rows("add", "trade")), ("type", ("add", "zzz"))))
    assert any("no row of orders has 'zzz' in type" in warning for warning in report.warnings)


def test_other_conditions_are_another_conversion(tmp_path: Path) -> None:
    asked = request(tmp_path, HEADER + "".join(rows("add", "modify")), ("type", ("add",)))
    assert not convert(asked).nothing_to_do
    before = tree(tmp_path / "store")
    assert convert(asked).nothing_to_do
    assert not convert(replace(asked, where=(), replace=True)).nothing_to_do
    assert tree(tmp_path / "store") != before


def test_inspect_tells_what_is_left_out(tmp_path: Path) -> None:
    asked = request(tmp_path, HEADER + "".join(rows("add", "trade", "add")), ("type", ("add",)))
    notes = inspect_file(asked.orders[0], request=asked).notes
    assert "1 of 3 rows tried are left out by [input.where]" in notes


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_inspection_counts_the_rows_that_are_wanted(tmp_path: Path, form: str) -> None:
    text = HEADER + "".join(rows("add", "trade", " add", "modify"))
    asked = request(tmp_path, text, ("type", ("add", "modify")), ("order_id", ("1", "2", "3")))
    path = asked.orders[0]
    if form == "parquet":
        path = tmp_path / "events.parquet"
        pa.parquet.write_table(pa.csv.read_csv(asked.orders[0]), path)
    head = read_file_head(path, "orders", asked)
    (batch,) = batches(head, ["order_id"])
    assert (batch.rows, batch.texts["order_id"].to_pylist()) == (2, ["1", "3"])
    assert row_count(head) is None


def passed_by(source: Source, longest: int) -> tuple[list[int], int]:
    """Return the starts of parsed rows, and how many lines were left out."""
    parser = BlockParser(source, "UTC", {}, longest)
    data, start = np.fromfile(source.path, np.uint8), source.header.data_start
    blocks = list(parser.parse((data, start, len(data), start)))
    return [start for block in blocks for start in block.line_start.tolist()], sum(b.left_out for b in blocks)


@given(
    kinds=st.lists(st.sampled_from(CELLS), min_size=1, max_size=30),
    wanted=st.sets(st.sampled_from(["add", "modify", "", "a,dd", "x", "ä"]), min_size=1),
    longest=st.integers(1, 9),
)
def test_the_fast_path_keeps_what_the_csv_module_keeps(
    tmp_path_factory: Any, kinds: list[str], wanted: set[str], longest: int
) -> None:
    folder = tmp_path_factory.mktemp("left")
    asked = request(folder, HEADER + "".join(rows(*kinds)), ("type", tuple(sorted(wanted))))
    (source,) = find_sources(asked)
    lines, at, expected = Path(source.path).read_bytes().splitlines(keepends=True), 0, []
    for number, line in enumerate(lines):
        cells = next(csv.reader([line.decode().removesuffix("\n")], strict=True))
        expected += [at] if number and cells[0].strip() in wanted else []
        at += len(line)
    assert passed_by(source, longest) == (expected, len(kinds) - len(expected))


@given(text=st.text(alphabet='ab," \n', max_size=60), wanted=st.sampled_from(["a", "ab", "", "b"]))
def test_any_text_is_cut_as_the_plain_rule_cuts_it(text: str, wanted: str) -> None:
    where = ((1, (wanted,)),)
    lines = [line.encode() for line in text.split("\n")]
    data = np.frombuffer(b"".join(line + b"\n" for line in lines), np.uint8)
    found = LeftOut(where, ",").gaps(data, 0, len(data))
    gone = [line for line in lines if line and not kept([line], where, ",")]
    assert sum(found[:, 2].tolist()) == len(gone)
