"""Stores that grow: new days, the same input again, changed input, tables that come later; duplicates."""

import csv
from pathlib import Path

import pytest

import tickstore
from tests.tickstore.conftest import DAY_NS, OPEN, market_rows, tree, write_market
from tests.tickstore.interrupted import request
from tickstore import ConvertRequest, StoreError, convert, open_day, read_catalog, verify


def shifted(lines: dict[str, list[str]], days: int) -> dict[str, list[str]]:
    """Return the same market some days later."""
    places = {"orders": 1, "trades": 1, "nbbo": 4}
    moved = {}
    for name, rows in lines.items():
        cells = [row.split(",") for row in rows]
        for row in cells:
            row[places[name]] = str(int(row[places[name]]) + days * DAY_NS)
        moved[name] = [",".join(row) for row in cells]
    return moved


def test_a_new_day_adds_partitions(market: Path, tmp_path: Path) -> None:
    convert(request(market))
    before = tree(market / "store")
    later = write_market(tmp_path / "later", shifted(market_rows(days=1), 4))
    given = request(later)
    report = convert(ConvertRequest(orders=given.orders, trades=given.trades, nbbo=given.nbbo, store=market / "store"))
    assert report.written == (("101", "2024-09-09"), ("102", "2024-09-09"), ("103", "2024-09-09"))
    after = tree(market / "store")
    assert {name: after[name] for name in before if name.endswith(".h5")} == {
        name: digest for name, digest in before.items() if name.endswith(".h5")
    }
    assert len(read_catalog(market / "store").partitions) == 9
    assert verify(market / "store").problems == ()


def test_the_same_rows_from_another_file_change_nothing(market: Path) -> None:
    convert(request(market))
    (market / "orders.csv").rename(market / "orders_copy.csv")
    report = convert(request(market))
    assert (len(report.unchanged), report.written, report.nothing_to_do) == (6, (), False)


def test_other_rows_need_replace(market: Path) -> None:
    convert(request(market))
    before = tree(market / "store")
    lines = market_rows()
    lines["orders"][7] = lines["orders"][7].replace(",100,", ",999,")
    write_market(market, lines)
    with pytest.raises(StoreError, match="already holds other orders for security 102 on 2024-09-05; use --replace"):
        convert(request(market))
    assert tree(market / "store") == before
    report = convert(request(market, replace=True))
    assert report.written == (("102", "2024-09-05"),)
    assert verify(market / "store").problems == ()


def test_trades_and_quotes_that_come_later_complete_a_partition(market: Path, tmp_path: Path) -> None:
    convert(request(market))
    store = tmp_path / "store"
    orders = (market / "orders.csv",)
    convert(ConvertRequest(orders=orders, store=store))
    assert read_catalog(store).partitions[0].rows["fills"] == 0
    convert(ConvertRequest(orders=(), trades=(market / "trades.csv",), store=store))
    report = convert(ConvertRequest(orders=(), nbbo=(market / "nbbo.csv",), store=store))
    assert "6 partitions were completed" in report.warnings[0]
    whole = {(p.security, p.date): p.digest for p in read_catalog(market / "store").partitions}
    assert {(p.security, p.date): p.digest for p in read_catalog(store).partitions} == whole
    assert verify(store).problems == ()


def test_a_new_store_needs_orders(market: Path) -> None:
    with pytest.raises(tickstore.InputError, match="no orders file given"):
        convert(ConvertRequest(orders=(), trades=(market / "trades.csv",), store=market / "store"))


def test_exact_duplicates_with_a_sequence_are_rejects(market: Path) -> None:
    lines = market_rows()
    lines["orders"].insert(40, lines["orders"][10])
    lines["trades"].append(lines["trades"][3])
    write_market(market, lines)
    report = convert(request(market))
    assert report.reject_reasons == {"duplicate": 2}
    with (market / "store" / "rejects.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["table"], row["line"], row["raw"]) for row in rows] == [
        ("orders", "42", lines["orders"][10]),
        ("trades", str(len(lines["trades"]) + 1), lines["trades"][3]),
    ]
    count = report.tables["orders"]
    assert (count.read, count.stored, count.rejected) == (3001, 3000, 1)


def test_rows_without_a_sequence_are_never_duplicates(tmp_path: Path) -> None:
    row = "7,1725494536001032398,5,3340,1,100,100,0,69\n"
    path = tmp_path / "o.csv"
    path.write_text("order_id,time,security,price,side,quantity,leaves,matched,participant\n" + 2 * row)
    report = convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))
    assert report.tables["orders"].stored == 2


def test_text_names_keep_their_codes_as_a_store_grows(tmp_path: Path) -> None:
    header = "order_id,time,security,price,side,quantity,leaves,matched,participant\n"
    for number, (broker, day) in enumerate((("M", 0), ("A", 1))):
        path = tmp_path / f"o{number}.csv"
        path.write_text(header + f"7,{1725494536001032398 + day * DAY_NS},5,3340,1,100,100,0,{broker}\n")
        convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))
    catalog = read_catalog(tmp_path / "store")
    assert catalog.participants == {"M": 0, "A": 1}
    assert [open_day(p.path).orders["participant"].tolist() for p in catalog.partitions] == [[0], [1]]
    path.write_text(header + f"7,{1725494536001032398 + 5 * DAY_NS},5,3340,1,100,100,0,12\n")
    convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))
    assert read_catalog(tmp_path / "store").participants == {"M": 0, "A": 1, "12": 2}


@pytest.mark.parametrize("tables", [("orders",), ("trades",), ("nbbo",), ("orders", "trades"), ("trades", "nbbo")])
def test_the_tables_that_differ_are_named(market: Path, tables: tuple[str, ...]) -> None:
    convert(request(market))
    for table in tables:
        path = market / f"{table}.csv"
        head, *rows = path.read_text().splitlines()
        path.write_text("\n".join([head, *(row for number, row in enumerate(rows) if number % 50)]) + "\n")
    names = " and ".join(tables)
    with pytest.raises(StoreError, match=f"the store already holds other {names} for security 10"):
        convert(request(market))


@pytest.mark.parametrize("place", ["once", "twice"])
def test_orders_that_change_their_side_or_participant_are_counted(tmp_path: Path, place: str) -> None:
    rows = [
        f"{order},{OPEN + 10 * n + order},101,3340,{side},100,100,0,{participant},{10 * n + order}"
        for n, (order, side, participant) in enumerate(
            [(1, 1, 69), (2, 2, 70), (1, 2, 69), (2, 2, 70), (1, 1, 71), (1, 2, 71), (2, 2, 70)]
        )
    ]
    lines = {"orders": rows if place == "once" else [*rows, *(row.replace(",101,", ",102,") for row in rows)]}
    folder = write_market(tmp_path / "market", lines)
    report = tickstore.convert(ConvertRequest(orders=(folder / "orders.csv",), store=folder / "store"))
    count = 2 if place == "once" else 4
    assert report.warnings == (
        f"{count} order rows state another side than the first row of their order",
        f"{count} order rows state another participant than the first row of their order",
        f"orders that contradict themselves, and will be in no table: {count // 2}; first: security 101 on 2024-09-05, "
        "order 1 (orders_rows_out_of_order)",
    )
    assert list(open_day(folder / "store/101/2024-09-05.h5").orders["side"]) == [1, -1]
