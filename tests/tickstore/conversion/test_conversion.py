"""Conversion end to end: the real day row by row, foreign headers, user errors, accounting."""

import csv
from pathlib import Path

import numpy as np
import pytest

import tickstore
from tickstore import ConvertRequest, InputError

MINIMAL = "order_id,time,security,price,side,quantity,leaves,matched,participant\n"


def request(folder: Path, **options: object) -> ConvertRequest:
    paths = {name: tuple(p for p in [folder / f"{name}.csv"] if p.exists()) for name in ("orders", "trades", "nbbo")}
    return ConvertRequest(store=folder / "store", **(paths | options))  # type: ignore[arg-type]


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_bytes(text.encode())
    return folder


def column(path: Path, name: str) -> list[str]:
    with path.open(newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def integers(path: Path, name: str, empty: int = 0) -> list[int]:
    return [int(cell) if cell else empty for cell in column(path, name)]


@pytest.fixture(scope="module")
def real_store(real_day: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tickstore.ConvertReport]:
    store = tmp_path_factory.mktemp("store")
    orders, trades, nbbo = ((real_day / f"{name}.csv",) for name in ("orders", "trades", "nbbo"))
    return store, tickstore.convert(ConvertRequest(orders=orders, trades=trades, nbbo=nbbo, store=store))


def test_the_real_day_is_one_partition_with_no_rejects(real_store: tuple[Path, tickstore.ConvertReport]) -> None:
    store, report = real_store
    assert report.written == (("110621", "2024-09-05"),)
    assert [(t, c.read, c.stored, c.rejected, c.blank) for t, c in report.tables.items()] == [
        ("orders", 28596, 28596, 0, 0),
        ("trades", 8302, 8302, 0, 0),
        ("nbbo", 457, 457, 0, 0),
    ]
    (partition,) = tickstore.read_catalog(store).partitions
    assert partition.rows == {"events": 28596, "orders": 8319, "fills": 8302, "quotes": 457}


def test_the_real_day_equals_its_csv_row_by_row(
    real_day: Path, real_store: tuple[Path, tickstore.ConvertReport]
) -> None:
    (partition,) = tickstore.read_catalog(real_store[0]).partitions
    day = tickstore.open_day(partition.path)
    orders = real_day / "orders.csv"
    events = day.events
    names = {"timestamp": "timestamp", "sequence": "sequence", "price": "price", "quantity": "quantity"}
    names |= {"leaves_quantity": "leavesquantity", "matched_quantity": "totalmatchedquantity", "mid_tick": "midtick"}
    names |= {"minimum_quantity": "minimumquantity"}
    place = np.lexsort((integers(orders, "sequence"), integers(orders, "timestamp")))
    for ours, theirs in names.items():
        np.testing.assert_array_equal(events[ours], np.array(integers(orders, theirs))[place])
    np.testing.assert_array_equal(events["change_reason"], np.array(integers(orders, "changereason", -1))[place])
    ids = np.array(integers(orders, "order_id"))[place]
    np.testing.assert_array_equal(day.orders["order_id"][events["order_index"]], ids)
    participants = np.array(integers(orders, "participantid"))[place]
    np.testing.assert_array_equal(day.orders["participant"][events["order_index"]], participants)

    trades = real_day / "trades.csv"
    place = np.lexsort((integers(trades, "sequence"), integers(trades, "tradetime")))
    names = {"timestamp": "tradetime", "order_id": "orderid", "price": "tradeprice", "quantity": "quantity"}
    names |= {"match_id": "matchgroupid", "participant": "participantid", "deal_source": "dealsource"}
    for ours, theirs in names.items():
        in_time_order = day.fills[ours][day.fills["by_time"]]
        np.testing.assert_array_equal(in_time_order, np.array(integers(trades, theirs))[place])

    nbbo = real_day / "nbbo.csv"
    place = np.lexsort((integers(nbbo, "sequence"), integers(nbbo, "timestamp")))
    for ours, theirs in {"timestamp": "timestamp", "bid": "bidprice", "offer": "offerprice"}.items():
        np.testing.assert_array_equal(day.quotes[ours], np.array(integers(nbbo, theirs))[place])


def test_the_real_day_reconciles_orders_with_their_fills(real_store: tuple[Path, tickstore.ConvertReport]) -> None:
    day = tickstore.open_day(tickstore.read_catalog(real_store[0]).partitions[0].path)
    orders, fills = day.orders, day.fills
    known = fills["order_index"] >= 0
    filled = np.bincount(fills["order_index"][known], fills["quantity"][known], len(orders["order_id"]))
    np.testing.assert_array_equal(filled, orders["matched_quantity"])


def test_the_real_session_is_hinted_at(real_store: tuple[Path, tickstore.ConvertReport]) -> None:
    hints = tickstore.read_catalog(real_store[0]).partitions[0].session_hints
    assert hints.first_auction == 1725494536001032398
    assert hints.last_continuous == 1725515999584713343
    assert hints.continuous_prints > 1000


def test_a_minimal_order_file_is_enough(tmp_path: Path) -> None:
    rows = "7,1725494536001032398,ABC,3340,1,100,100,0,69\n7,1725494536001032399,ABC,3340,1,100,60,40,69\n"
    write(tmp_path, orders=MINIMAL + rows)
    report = tickstore.convert(request(tmp_path))
    assert report.partitions == (("ABC", "2024-09-05"),)
    day = tickstore.open_day(tickstore.read_catalog(tmp_path / "store").partitions[0].path)
    assert day.events["change_reason"].tolist() == [-1, -1]
    assert day.orders["parent_quantity"].tolist() == [100]
    assert day.orders["matched_quantity"].tolist() == [40]
    assert len(day.fills["price"]) == len(day.quotes["bid"]) == 0
    assert day.orders["arrival_quote"].tolist() == [-1]


def test_a_second_conversion_has_nothing_to_do(tmp_path: Path) -> None:
    write(tmp_path, orders=MINIMAL + "7,1725494536001032398,5,3340,1,100,100,0,69\n")
    first = tickstore.convert(request(tmp_path))
    again = tickstore.convert(request(tmp_path))
    assert again.nothing_to_do
    assert again.partitions == first.partitions
    assert again.written == ()


def test_text_participants_get_codes(tmp_path: Path) -> None:
    rows = "7,1725494536001032398,5,3340,B,100,100,0,MACQ\n8,1725494536001032399,5,3340,S,100,100,0,ABN\n"
    write(tmp_path, orders=MINIMAL + rows)
    tickstore.convert(request(tmp_path))
    catalog = tickstore.read_catalog(tmp_path / "store")
    assert catalog.participants == {"ABN": 0, "MACQ": 1}
    assert tickstore.open_day(catalog.partitions[0].path).orders["participant"].tolist() == [1, 0]


def test_bad_rows_are_listed_and_counted(tmp_path: Path) -> None:
    good = "".join(f"{i},17254945360010323{i:02},5,3340,1,100,100,0,69\n" for i in range(10, 60))
    bad = "x,1725494536001032398,5,3340,1,100,100,0,69\n5,1725494536001032398,5,3340,3,100,100,0,69\n\n1,2\n"
    write(tmp_path, orders=MINIMAL + good + bad)
    report = tickstore.convert(request(tmp_path, max_rejects=3))
    assert report.reject_reasons == {"malformed number": 1, "missing fields": 1, "unknown side": 1}
    assert (report.tables["orders"].read, report.tables["orders"].blank) == (54, 1)
    with (tmp_path / "store" / "rejects.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["column"], row["reason"]) for row in rows] == [
        ("52", "order_id", "malformed number"),
        ("53", "side", "unknown side"),
        ("55", "", "missing fields"),
    ]


def test_too_many_bad_rows_store_nothing(tmp_path: Path) -> None:
    write(tmp_path, orders=MINIMAL + "7,1725494536001032398,5,3340,1,x,100,0,69\n")
    told = r"1 of 1 rows are bad, 0 allowed: nothing was stored.*malformed number in quantity \('x'\)"
    with pytest.raises(InputError, match=told):
        tickstore.convert(request(tmp_path))
    assert not list((tmp_path / "store").rglob("*.h5"))
    assert "malformed number" in (tmp_path / "store/rejects.csv").read_text()


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        ("missing.csv", "file .*missing.csv does not exist"),
        ("", "is a directory"),
        ("none-*.csv", "no file matches"),
        ("bad.csv", "no column for leaves_quantity .* the file has: order_id, time, security, price, side, qty"),
        ("empty.csv", "is empty"),
    ],
)
def test_user_errors_are_one_clear_line(tmp_path: Path, orders: str, message: str) -> None:
    write(tmp_path, bad="order_id,time,security,price,side,qty\n", empty="")
    with pytest.raises(InputError, match=message) as caught:
        tickstore.convert(ConvertRequest(orders=(tmp_path / orders,), store=tmp_path / "store"))
    assert "\n" not in str(caught.value)
