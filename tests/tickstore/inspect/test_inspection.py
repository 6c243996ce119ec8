"""What `inspect` says about files, known and foreign; its proposal is a mapping that works."""

import csv
import gzip
import io
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from driver.config.loading import load_config
from driver.run.input_files import convert_request
from tickstore import ConvertRequest, InputError, convert, inspect_file, open_day, read_catalog, write_day

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
    assert found.table == "orders"
    assert '# "orders.matched_quantity" = "?"' in found.mapping
    assert '"orders.leaves_quantity" = "open"  # a guess, by its name or its cells' in found.mapping
    path = path.rename(tmp_path / "orders_2024.csv")
    found = inspect_file(path)
    assert (found.table, "participant" in found.missing) == ("orders", True)
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


def test_of_a_missing_column_the_nearest_name_that_is_left_is_told(tmp_path: Path) -> None:
    """Not one that is as near to another name of the field by accident, and none where nothing is like it."""
    path = tmp_path / "o.csv"
    for header, told in (
        ("order_id,exchange,Event Time (UTC),security", r"did you mean 'Event Time \(UTC\)'\?"),
        ("order_id,exchange,security", r"the file has: order_id, exchange, security\. Name it"),
        ("timestamp,security,bid,offer,sequence", r"It looks like a file of nbbo, not of orders\. Name it .*`inspect`"),
    ):
        path.write_text(f"{header}\na,b,c,d,e\n")
        with pytest.raises(InputError, match=told):
            convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))


NAMES = ("order_id", "timestamp", "security", "price", "side", "quantity", "leaves_quantity", "matched_quantity",
         "participant", "trade_date")  # fmt: skip
STRANGE = ('Ord "No"', "Zeit, lokal", "Wert\\papier", "Prix €", "B.S", "#", "@", "Erledigt = 1", "Haus 名", "[Datum]")
CASES = {
    "strange names": (
        STRANGE, ";", ["7", "2024-09-05 10:02:16,5", "BHP", "33.45", "B", "2", "1", "1", "M", "2024-09-05"],
    ),
    "tabs": (STRANGE, "\t", ["7", "1725494536500", "BHP", "33.45", "1", "2", "1", "1", "M", "20240905"]),
    "aliases": (
        ("Order No.", "Transact Time", "Symbol", "Limit-Price", "Buy/Sell", "Qty", "Leaves Qty", "Cum Qty", "Firm",
         "Date"),
        ",",
        ["7", "2024-09-05T00:02:16.5Z", "BHP", "33.450", "Buy", "2", "1", "1", "M", "2024-09-05"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", ["plain", "gzip"])
@pytest.mark.parametrize("case", list(CASES))
def test_the_proposal_pasted_into_a_config_converts_the_file(case: str, form: str, tmp_path: Path) -> None:
    names, delimiter, cells = CASES[case]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([names, cells])
    path = tmp_path / "orders.csv"
    path.write_bytes(gzip.compress(text.getvalue().encode()) if form == "gzip" else text.getvalue().encode())
    found = inspect_file(path)
    assert (found.table, [column.name for column in found.columns]) == ("orders", list(names))
    assert [(column.low, column.high) for column in found.columns] == [(cell, cell) for cell in cells]
    proposal = found.mapping
    if found.missing:
        ours = re.findall(r'^# "orders\.(\w+)" = "\?"$', proposal, re.M)
        assert tuple(ours) == found.missing
        (line,) = re.findall(r"^# columns not taken: .*$", proposal, re.M)
        left = json.loads(f"[{line.partition(': ')[2]}]")
        assert set(left) <= set(names)
        for name in ours:  # what a person does
            proposal = proposal.replace(
                f'# "orders.{name}" = "?"', f"'orders.{name}' = {json.dumps(names[NAMES.index(name)])}"
            )
    config = tmp_path / "c.toml"
    config.write_text(proposal, encoding="utf-8")
    flags = {"orders": str(path), "store": str(tmp_path / "store")}
    report = convert(convert_request(load_config(flags, str(config)).config, 1))
    assert (report.partitions, report.warnings) == ((("BHP", "2024-09-05"),), ())
    catalog = read_catalog(tmp_path / "store")
    day = open_day(catalog.partitions[0].path)
    values = [
        day.events[name].tolist() for name in ("timestamp", "price", "quantity", "leaves_quantity", "matched_quantity")
    ]
    assert values == [[1_725_494_536_500_000_000], [33450], [2], [1], [1]]
    assert (day.orders["order_id"].tolist(), day.orders["side"].tolist()) == ([7], [1])
    assert catalog.participants == {"M": 0}


def test_the_real_proposals_convert_the_real_files(real_day: Path, tmp_path: Path) -> None:
    paths = {table: real_day / f"{table}.csv" for table in ("orders", "trades", "nbbo")}
    proposals = [inspect_file(path).mapping.replace("[input.columns]\n", "") for path in paths.values()]
    config = tmp_path / "c.toml"
    config.write_text("[input.columns]\n" + "".join(proposals))
    flags = {table: str(path) for table, path in paths.items()} | {"store": str(tmp_path / "store")}
    convert(convert_request(load_config(flags, str(config)).config, 1))
    plain = load_config({**flags, "store": str(tmp_path / "plain")}).config
    convert(convert_request(plain, 1))
    stores = [read_catalog(tmp_path / name).partitions[0].digest for name in ("store", "plain")]
    assert stores[0] == stores[1]


def test_columns_of_foreign_names_are_guessed_by_what_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "ordres.csv"
    path.write_text(
        "Ordre,Horodatage,Prix,Sens,Quantité,leaves_qty_left\n"
        "1,2024-09-05T10:00:00,3.4,B,100,5\n2,2024-09-05T10:00:01,3.5,S,1,5\n"
    )
    lines = inspect_file(path).mapping.splitlines()
    guesses = [
        line.partition("  # a guess")[0] for line in lines if line.endswith("# a guess, by its name or its cells")
    ]
    assert guesses == [
        '"orders.order_id" = "Ordre"', '"orders.timestamp" = "Horodatage"', '"orders.side" = "Sens"',
        '"orders.quantity" = "Quantité"', '"orders.leaves_quantity" = "leaves_qty_left"',
    ]  # fmt: skip
    assert [line for line in lines if line.endswith('= "?"')] == [
        f'# "orders.{name}" = "?"' for name in ("security", "price", "matched_quantity", "participant")
    ]


@pytest.mark.parametrize("look", [inspect_file, lambda path: convert(ConvertRequest((path,), path.parent / "store"))])
def test_a_header_whose_quote_does_not_end_is_one_clear_line(look: Callable[[Path], Any], tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text('id,"two\nlines",time\n1,2,3\n')
    with pytest.raises(InputError, match=r"o.csv: a quote of the first line is not closed in it; a header is one line"):
        look(tmp_path / "o.csv")


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        (["7904794000124046634", "7904794000124046633", "99"], "99", "7904794000124046634"),
        (["9", "10.5", "-1", ""], "-1", "10.5"),
        (["9", "nan", "10"], "10", "nan"),
        (["b", "a", "10"], "10", "b"),
        (['"x,y"', "a", "-9223372036854775808"], "a", "x,y"),
    ],
)
def test_summaries_are_exact(cells: list[str], low: str, high: str, tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("note,id\n" + "".join(f"{cell},1\n" for cell in cells))
    note, number = inspect_file(path).columns
    nulls = sum(cell in ("", "-9223372036854775808") for cell in cells)
    assert (note.low, note.high, note.nulls, note.distinct) == (low, high, nulls, len(cells) - nulls)
    assert (number.low, number.high, number.distinct) == ("1", "1", 1)


def test_a_day_file_is_not_an_input(tmp_path: Path) -> None:
    write_day(tmp_path / "x.h5", "5", "2024-09-05", {})
    with pytest.raises(InputError, match="a file of a store, converted already; `plan` and `run` read it"):
        inspect_file(tmp_path / "x.h5")
