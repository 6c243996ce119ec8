"""What `inspect` proposes for a file works when it is pasted into the settings: it is tried, file by file."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from driver.command_line.printed import inspection_text
from driver.config.loading import load_config
from driver.run.input_files import convert_request
from tickstore import ConvertReport, ConvertRequest, Inspection, convert, inspect_file, open_day, read_catalog

NULL = -(2**63)
HALF_PAST = 1_725_496_200 * 10**9  # 2024-09-05 10:30 in Sydney
SECOND = 10**9
ORDERS = "order_id,timestamp,security,price,side,quantity,leaves,matched,participant\n"
ROWS = (
    "11,2024-09-05T00:30:00Z,101,3350,B,1000,1000,0,69\n12,2024-09-05T00:30:01Z,101,3360,S,500,500,0,70\n"
    "11,2024-09-05T00:30:02Z,101,3350,B,1000,500,500,69\n"
)
TRADES = "order_id,timestamp,security,price,side,quantity\n11,2024-09-05T00:30:02Z,101,3350,B,500\n"


def pasted(found: Inspection, folder: Path, **flags: str) -> tuple[ConvertReport, Path]:
    """Convert a file with what was proposed for it, as a user would."""
    table = found.table or "orders"
    assert found.missing == (), found.mapping
    config = folder / "proposed.toml"
    config.write_text(found.mapping, encoding="utf-8")
    given = {table: str(found.path), "store": str(folder / "store")} | flags
    if table != "orders":  # which every store begins with
        (folder / "o.csv").write_text(ORDERS + ROWS)
        given["orders"] = str(folder / "o.csv")
    return convert(convert_request(load_config(given, str(config)).config, 1)), folder / "store"


def events(store: Path, *names: str) -> list[list[Any]]:
    """Return columns of the events of the only day."""
    (partition,) = read_catalog(store).partitions
    with open_day(partition.path) as day:
        return [day.events[name].tolist() for name in names]


def look(folder: Path, name: str, text: str, **options: Any) -> Inspection:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return inspect_file(path, **options)


BEGIN = [HALF_PAST, HALF_PAST + SECOND, HALF_PAST + 2 * SECOND]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("orders.csv", ORDERS + ROWS),
        ("part2.csv.gz", ORDERS + ROWS),
        # one column for two fields, another name for the counter
        ("orders.csv", "order_id,timestamp,security,price,side,size,leaves,cum,participant\n" + ROWS),
        # a row's number beside the order's
        ("dump.csv", "id," + ORDERS.replace("order_id", "order_ref").replace("security", "ric")
         + "".join(f"{n},{row}\n" for n, row in enumerate(ROWS.splitlines()))),
        # no header
        ("orders.csv", ROWS),
        ("raw.csv", ROWS.replace(",", ";")),
        # words
        ("orders.csv", ORDERS.replace("\n", ",status,reason\n") + ROWS.replace("\n", ",NEW,x y\n")),
        ("orders.csv", ORDERS + ROWS.replace(",B,", ",Compra,").replace(",S,", ",Venta,")),
        ("orders.csv", (ORDERS + ROWS).replace(",", ", ")),
        ("orders.csv", ORDERS + ROWS.replace("T", " ").replace("Z", " UTC")),
    ],
)  # fmt: skip
def test_orders_of_many_shapes(name: str, text: str, tmp_path: Path) -> None:
    report, store = pasted(look(tmp_path, name, text), tmp_path)
    assert report.tables["orders"].stored == 3
    found = events(store, "timestamp", "price", "quantity", "leaves_quantity", "matched_quantity")
    assert found == [BEGIN, [3350, 3360, 3350], [1000, 500, 1000], [1000, 500, 500], [0, 0, 500]]
    with open_day(read_catalog(store).partitions[0].path) as day:
        assert (day.orders["order_id"].tolist(), day.orders["side"].tolist()) == ([11, 12], [1, -1])


def test_one_column_for_two_fields(tmp_path: Path) -> None:
    text = (
        "order_id,timestamp,security,price,side,size,cum,participant\n"
        "11,2024-09-05T00:30:00Z,101,3350,B,1000,0,69\n11,2024-09-05T00:30:02Z,101,3350,Bid,400,600,69\n"
    )
    found = look(tmp_path, "orders.csv", text)
    assert '"orders.leaves_quantity" = "size"  # no column of its own' in found.mapping
    _, store = pasted(found, tmp_path)
    assert events(store, "quantity", "leaves_quantity", "matched_quantity") == [[1000, 400], [1000, 400], [0, 600]]


def test_a_bare_id_that_numbers_rows_is_no_order(tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", "id," + ORDERS.removeprefix("order_id,") + ROWS.replace("\n11,", "\n13,"))
    assert found.missing == ("order_id",)
    assert '# "orders.order_id" = "?"\n# columns not taken: "id"' in found.mapping
    assert (found.first_rows, found.table) == ((), "orders")


@pytest.mark.parametrize("no_price", ["9999999999", "2147483647", "9223372036854775807", "", str(NULL)])
def test_quotes_with_sentinels(no_price: str, tmp_path: Path) -> None:
    text = f"ts,security,bid,ask\n2024-09-05T00:29:00Z,101,3340,3370\n2024-09-05T00:29:59Z,101,3340,{no_price}\n"
    found = look(tmp_path, "nbbo.csv", text)
    assert [row.get("offer", "") for row in found.first_rows] == ["3.370 (3370 units)", ""]
    _, store = pasted(found, tmp_path)
    with open_day(read_catalog(store).partitions[0].path) as day:
        assert day.quotes["offer"].tolist() == [3370, NULL]


@pytest.mark.parametrize("whole", [1, 3000])
def test_decimals_that_come_late(whole: int, tmp_path: Path) -> None:
    rows = "".join(
        f"{n},{HALF_PAST + n},101,{'9682' if n < whole else '9682.5'},B,9,9,0,69\n" for n in range(whole + 1)
    )
    found = look(tmp_path, "orders.csv", ORDERS + rows)
    assert 'price_format = "decimal"  # prices have decimals' in found.mapping
    _, store = pasted(found, tmp_path)
    assert events(store, "price")[0][-2:] == [9_682_000, 9_682_500]


def test_prices_and_quantities_finer_than_usual(tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", ORDERS + "1,2024-09-05T00:30:00Z,BTC-USD,0.00012345,buy,0.25,0.25,0,69\n")
    assert "price_decimals = 8" in found.mapping
    assert "quantity_decimals = 2" in found.mapping
    assert found.first_rows[0]["price"] == "0.00012345 (12345 units)"
    assert found.first_rows[0]["quantity"] == "0.25"
    _, store = pasted(found, tmp_path)
    assert events(store, "price", "quantity") == [[12345], [25]]


KDB = (HALF_PAST // SECOND - 946_684_800) * SECOND
CLOCKS = {
    "kdb": ("orders.csv", f"{KDB}"),
    "nse": ("orders.csv", f"{HALF_PAST // SECOND - 315_532_800}"),
    "split": ("orders.csv", "20240905,10:30:00.000000"),
    "seconds": ("orders.csv", "2024-09-05,37800.000"),
    "digits": ("orders.csv", "20240905,103000"),
    "milliseconds": ("orders_2024-09-05.csv", "37800000"),
    "clock": ("orders_20240905.csv", "10:30:00"),
    "day first": ("orders.csv", "25/09/2024 10:30:00"),
    "month first": ("orders.csv", "09/25/2024 10:30:00.000"),
    "kdb text": ("orders.csv", "2024.09.05D10:30:00.000000000"),
    "fix": ("orders.csv", "20240905-10:30:00.000"),
    "fraction": ("orders.csv", f"{HALF_PAST // SECOND}.000000000"),
}


@pytest.mark.parametrize("case", list(CLOCKS))
def test_times_that_do_not_say_what_they_are(case: str, tmp_path: Path) -> None:
    name, cells = CLOCKS[case]
    header = ORDERS.replace("timestamp", "date,time" if "," in cells else "timestamp")
    found = look(tmp_path, name, header + f"11,{cells},101,3350,B,9,9,0,69\n")
    wanted = HALF_PAST + 20 * 86_400 * SECOND * ("first" in case)
    assert "(local 2024-09-" in found.first_rows[0]["timestamp"]
    _, store = pasted(found, tmp_path)
    assert events(store, "timestamp") == [[wanted]]


def test_a_date_column_decides_the_epoch(tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", "date," + ORDERS + f"2024-09-05,11,{KDB},101,3350,B,9,9,0,69\n")
    assert '"orders.timestamp" = {column = "timestamp", unit = "ns", epoch = "2000-01-01"}' in found.mapping
    report, store = pasted(found, tmp_path)
    assert events(store, "timestamp") == [[HALF_PAST]]
    assert report.tables["orders"].other_dates == 0


@pytest.mark.parametrize("fraction", [0.25, 0.0416666667, 0.9999])
def test_days_of_a_spreadsheet(fraction: float, tmp_path: Path) -> None:
    day = 45_540 + fraction  # 2024-09-05
    found = look(tmp_path, "orders.csv", ORDERS + f"11,{day:.10f},101,3350,B,9,9,0,69\n")
    assert '"orders.timestamp" = {column = "timestamp", unit = "d", epoch = "1899-12-30"}' in found.mapping
    assert any("days of a spreadsheet" in note for note in found.notes)
    _, store = pasted(found, tmp_path)
    begun = int(datetime(2024, 9, 5, tzinfo=UTC).timestamp()) * SECOND
    assert events(store, "timestamp")[0][0] == pytest.approx(begun + fraction * 86_400 * SECOND, abs=10**5)


@pytest.mark.parametrize("cell", ["45540", "12345.5", "99999.5"])
def test_other_numbers_are_no_days_of_a_spreadsheet(cell: str, tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", ORDERS + f"11,{cell},101,3350,B,9,9,0,69\n")
    assert "1899" not in found.mapping


def test_an_old_day_is_not_moved_but_doubted(tmp_path: Path) -> None:
    """Seconds since 1970 of a Thursday in 2012 could be those since 1980 of 2022; only ns have no such past."""
    stamp = int(datetime(2012, 6, 21, 14, 30, tzinfo=UTC).timestamp())
    found = look(tmp_path, "orders.csv", ORDERS + f"11,{stamp},101,3350,B,9,9,0,69\n")
    assert "epoch" not in found.mapping
    assert len(found.notes) == 1
    assert "times may also be 2022-06-21 counted from 1980-01-01" in found.notes[0]
    _, store = pasted(found, tmp_path)
    assert events(store, "timestamp") == [[stamp * SECOND]]


def test_ids_that_are_text(tmp_path: Path) -> None:
    uuid = "ccc3c1fa-212c-e8b0-1706-9b9c4f3d5ecf"
    found = look(tmp_path, "orders.csv", ORDERS + ROWS.replace("11,", f"{uuid},").replace("12,", "000123AB,"))
    assert 'order_ids = "text"  # ids are no whole numbers' in found.mapping
    assert [row["order_id"] for row in found.first_rows] == [uuid, "000123AB", uuid]
    report, store = pasted(found, tmp_path)
    assert report.tables["orders"].stored == 3
    assert read_catalog(store).partitions[0].orders == 2


@pytest.mark.parametrize("number", [2**63, 10476689054159187521, 2**64 - 1, 2**64, 10**25 + 1])
def test_an_id_beyond_63_bits(number: int, tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", ORDERS + ROWS.replace("11,", f"{number},"))
    assert found.first_rows[0]["order_id"] == str(number)
    assert ('order_ids = "text"' in found.mapping) == (number in (2**63, 2**64, 10**25 + 1))
    assert pasted(found, tmp_path)[0].tables["orders"].stored == 3


@pytest.mark.parametrize("name", ["trades.csv", "x/fills.csv", "trades/5.csv"])
def test_trades_of_foreign_names(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    text = TRADES.replace("order_id", "orderReference").replace("timestamp", "Exec Time").replace("quantity", "qty.")
    found = look(tmp_path, name, text)
    assert found.table == "trades"
    _, store = pasted(found, tmp_path)
    with open_day(read_catalog(store).partitions[0].path) as day:
        assert (day.fills["order_id"].tolist(), day.fills["quantity"].tolist()) == ([11], [500])


def test_the_table_can_be_said(tmp_path: Path) -> None:
    found = look(tmp_path, "x.csv", ORDERS + ROWS, table="trades")
    assert found.table == "trades"
    assert '"trades.quantity" = "quantity"' in found.mapping
    assert look(tmp_path, "y.csv", ROWS, table="orders").table == "orders"


def test_what_the_user_states_stands(tmp_path: Path) -> None:
    columns = (("price", "px"), ("orders.participant", "=7"), ("orders.timestamp", "when"))
    text = "order_id,when,security,px,price,side,quantity,leaves,matched\n11,2024-09-05T00:30:00Z,101,1,2,B,9,9,0\n"
    found = look(tmp_path, "orders.csv", text, request=ConvertRequest((), Path(), columns=columns))
    assert (found.first_rows[0]["price"], found.first_rows[0]["participant"]) == ("0.001 (1 units)", "7")
    _, store = pasted(found, tmp_path)
    assert events(store, "price") == [[1]]


def test_a_file_of_one_security_and_without_brokers(tmp_path: Path) -> None:
    text = "order_id,timestamp,price,side,quantity\n11,2024-09-05T00:30:00Z,3350,B,9\n"
    found = look(tmp_path, "BHP_orders.csv", text)
    _, store = pasted(found, tmp_path)
    assert read_catalog(store).partitions[0].security == "BHP"
    assert events(store, "quantity", "leaves_quantity", "matched_quantity") == [[9], [9], [0]]
    assert found.mapping.count("no column") == 4


def test_lobster_messages_are_named_and_not_taken_for_states(tmp_path: Path) -> None:
    rows = "34200.017459617,5,0,1,2238200,-1\n34200.189607670,1,11885113,21,2238100,1\n"
    found = look(tmp_path, "AMZN_2012-06-21_34200000_57600000_message_1.csv", rows)
    assert set(found.missing) >= {"leaves_quantity", "matched_quantity"}
    assert found.notes == (
        "rows look like messages (event_type: 1, 5), not like states of orders; what is left of an order and what has "
        "matched is not in the file and must be added up first",
    )


PUBLIC = {
    "tardis quotes": (
        "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
        "deribit,BTC-PERPETUAL,1585699209920000,1585699209925000,240,6421.5,6421,21300\n",
        ("BTC-PERPETUAL", 1_585_699_209_920_000_000, 6_421_000, 6_421_500),
    ),
    "databento quotes": (
        "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,"
        "bid_px_00,ask_px_00,bid_sz_00,ask_sz_00,symbol\n1609160400006136329,1609160400006001487,1,1,5482,A,A,0,"
        "3720500000000,1,128,17214,1170362,3720250000000,3720500000000,24,11,ESH1\n",
        ("5482", 1_609_160_400_006_001_487, 3_720_250, 3_720_500),
    ),
}  # fmt: skip


@pytest.mark.parametrize("vendor", list(PUBLIC))
def test_quotes_of_public_vendors(vendor: str, tmp_path: Path) -> None:
    text, (security, stamp, bid, offer) = PUBLIC[vendor]
    found = look(tmp_path, "q.csv", text)
    assert found.table == "nbbo"
    config = tmp_path / "proposed.toml"
    config.write_text(found.mapping)
    orders = ORDERS + f"11,{stamp},{security},1,B,9,9,0,69\n"
    (tmp_path / "o.csv").write_text(orders.replace(",1,B,", f",{bid * 10**6},B,") if "10^-9" in found.mapping else
                                    orders.replace(",1,B,", ",1.5,B,"))  # fmt: skip
    flags = {"orders": str(tmp_path / "o.csv"), "nbbo": str(found.path), "store": str(tmp_path / "store")}
    convert(convert_request(load_config(flags, str(config)).config, 1))
    (partition,) = read_catalog(tmp_path / "store").partitions
    with open_day(partition.path) as day:
        quotes = {name: day.quotes[name].tolist() for name in ("timestamp", "bid", "offer")}
    assert quotes == {"timestamp": [stamp], "bid": [bid], "offer": [offer]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ts_recv,ts_event,instrument_id,action,side,price,size,order_id,sequence\n"
         "1609160400000704060,1609160400000429831,5482,C,A,3722.75,1,647784973705,1170352\n",
         "rows look like messages (action: C)"),
        ("Time,Type,OrderRefNum,BuySell,Shares,Stock,Price\n34200000123456,A,1001,B,100,AAPL,1702500\n",
         "rows look like messages (Type: A)"),
        ("exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
         "bitmex,XBTUSD,1583020803145000,1583020803307160,45ec,buy,8531.5,2152\n"
         "bitmex,XBTUSD,1583020803145001,1583020803307161,45ed,sell,8531.5,2152\n",
         "trades without the order they belong to"),
    ],
)  # fmt: skip
def test_public_files_that_cannot_carry_the_question_say_why(text: str, reason: str, tmp_path: Path) -> None:
    found = look(tmp_path, "x.csv", text)
    assert found.missing
    assert [note.startswith(reason) for note in found.notes] == [True]


def test_a_second_header_and_bad_rows_are_said(tmp_path: Path) -> None:
    swapped = "participant,matched,leaves,quantity,side,price,security,timestamp,order_id\n"
    found = look(tmp_path, "orders.csv", ORDERS + ROWS + swapped + ROWS.replace("B", "x") + "1,2\n")
    text = inspection_text(found)
    assert "another header: files were put one behind the other" in text
    assert "'x': unknown side" in text
    assert "another number of cells than the header" in text


def test_every_first_row_shows_both_clocks_and_currency(tmp_path: Path) -> None:
    text = inspection_text(look(tmp_path, "orders.csv", ORDERS + ROWS))
    assert "2024-09-05T00:30:00.000000000Z (local 2024-09-05 10:30:00)" in text
    assert "3.350 (3350 units) | 3.360 (3360 units)" in text
    assert "buy | sell | buy" in text


def test_times_of_a_file_from_long_ago_by_its_own_date(tmp_path: Path) -> None:
    """What the file was written with counts, not today."""
    stamp = int(datetime(2012, 6, 21, 14, 30, tzinfo=UTC).timestamp())
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS + f"11,{stamp},101,3350,B,9,9,0,69\n")
    os.utime(path, (stamp + 86_400, stamp + 86_400))
    assert inspect_file(path).notes == ()


@pytest.mark.parametrize(
    "cell", ["9/5/2024 10:30:00 AM", "05/09/2024 10:30:00", "05-09-2024 10:30:00", "5/9/24 10:30:00.5"]
)
def test_days_and_months_that_may_be_either_are_left_open(cell: str, tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", ORDERS + f"11,{cell},101,3350,B,9,9,0,69\n" * 3)
    assert (found.missing, found.first_rows) == (("timestamp",), ())
    lines = [line for line in found.mapping.splitlines() if "timestamp" in line]
    assert len(lines) == 2
    assert all(line.startswith('# "orders.timestamp" = {column = "timestamp", format = "%') for line in lines)
    assert [("%d" in note and "%m" in note and cell in note) for note in found.notes] == [True]
    path = tmp_path / "proposed.toml"
    for line, month in zip(lines, (9, 5) if "AM" not in cell else (5, 9), strict=True):
        path.write_text(found.mapping.replace(line, line.removeprefix("# ")))
        given = {"orders": str(found.path), "store": str(tmp_path / f"store{month}")}
        convert(convert_request(load_config(given, str(path)).config, 1))
        (partition,) = read_catalog(tmp_path / f"store{month}").partitions
        assert partition.date == f"2024-{month:02}-{14 - month:02}"


@pytest.mark.parametrize("name", ["orders_2024-09-05.csv", "orders.csv"])
def test_a_stated_date_or_a_day_above_twelve_settles_their_order(name: str, tmp_path: Path) -> None:
    later = "" if "2024" in name else "12,25/09/2024 10:30:00,101,3350,B,9,9,0,69\n"
    text = ORDERS + "11,05/09/2024 10:30:00,101,3350,B,9,9,0,69\n" * 300 + later
    found = look(tmp_path, name, text)
    assert 'format = "%d/%m/%Y %H:%M:%S.%f"' in found.mapping
    assert (found.missing, found.notes) == ((), ())


def test_vendors_names_for_securities_and_brokers(tmp_path: Path) -> None:
    text = ORDERS.replace("security", "sym_root").replace("participant", "mpid")
    found = look(tmp_path, "om.csv", text + ROWS.replace(",101,", ",AAPL,").replace(",69\n", ",UBSS\n"))
    assert [(row["security"], row["participant"]) for row in found.first_rows[:2]] == [("AAPL", "UBSS"), ("AAPL", "70")]
    assert pasted(found, tmp_path)[0].tables["orders"].stored == 3


@pytest.mark.parametrize(
    ("security", "broker"), [(("AAPL", "MSFT"), ("UBSS", "GSCO")), (("7203", "6758"), ("11", "12"))]
)
def test_no_constant_stands_for_columns_that_could_be_meant(
    security: tuple[str, str], broker: tuple[str, str], tmp_path: Path
) -> None:
    text = "order_id,timestamp,zzz,price,side,quantity,leaves,matched,qqq\n" + "".join(
        f"{n},2024-09-05T00:30:0{n}Z,{security[n % 2]},3350,B,9,9,0,{broker[n // 2 % 2]}\n" for n in range(8)
    )
    found = look(tmp_path, "om.csv", text)
    assert found.missing == ("security", "participant")
    assert "constant" not in found.mapping
    assert [note.partition(":")[0] for note in found.notes] == [
        "security may be in zzz, qqq", "participant may be in zzz, qqq",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "buy", "sell"),
    [("side", "B", "A"), ("is_buy", "true", "false"), ("IsSell", "0", "1"), ("is_buyer", "True", "False")],
)
def test_letters_and_truths_that_are_sides(column: str, buy: str, sell: str, tmp_path: Path) -> None:
    text = ORDERS.replace("side", column) + ROWS.replace(",B,", f",{buy},").replace(",S,", f",{sell},")
    found = look(tmp_path, "orders.csv", text)
    assert [row["side"] for row in found.first_rows] == ["buy", "sell", "buy"]
    _, store = pasted(found, tmp_path)
    with open_day(read_catalog(store).partitions[0].path) as day:
        assert day.orders["side"].tolist() == [1, -1]


def test_rows_of_no_side_beside_bids_and_asks_are_said(tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", ORDERS + ROWS.replace(",S,", ",A,") + ROWS.replace(",S,", ",N,"))
    assert 'values = {A = "S", B = "B"}' in found.mapping
    assert any("side 'N': unknown side" in note for note in found.notes)


@pytest.mark.parametrize("cells", [("A", "C"), ("true", "false"), ("A", "A")])
def test_other_letters_and_truths_are_not_guessed(cells: tuple[str, str], tmp_path: Path) -> None:
    text = ORDERS + ROWS.replace(",B,", f",{cells[0]},").replace(",S,", f",{cells[1]},")
    assert "values" not in look(tmp_path, "orders.csv", text).mapping


def test_a_column_known_as_another_field_is_not_taken_for_one_like_it(tmp_path: Path) -> None:
    found = look(tmp_path, "nbbo.csv", "ts,price,id,offer\n2024-09-05T00:29:00Z,3340,7,3370\n")
    assert {column.name: column.field for column in found.columns if column.name in ("price", "id")} in (
        {"price": "", "id": ""}, {"price": "", "id": "security"},
    )  # fmt: skip
    assert "bid" in found.missing


@pytest.mark.parametrize("cell", ["100000123", "93000123"])
def test_clocks_of_digits_without_a_date_are_left_open(cell: str, tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", ORDERS + f"11,{cell},101,3350,B,9,9,0,69\n")
    assert found.missing == ("timestamp",)
    assert '# "orders.timestamp" = {column = "timestamp", date = "YYYY-MM-DD", unit = "hhmmssfff"}' in found.mapping
    dated = look(tmp_path, "orders_2024-09-05.csv", ORDERS + f"11,{cell},101,3350,B,9,9,0,69\n")
    assert dated.first_rows[0]["timestamp"].startswith("2024-09-0")


def test_a_clock_beside_a_date_that_is_not_read_asks_for_the_date(tmp_path: Path) -> None:
    header = ORDERS.replace("timestamp", "when,timestamp")
    found = look(tmp_path, "orders.csv", header + "11,the 5th,10:30:00.5,101,3350,B,9,9,0,69\n")
    assert '# "orders.timestamp" = {column = "timestamp", date = "YYYY-MM-DD"}' in found.mapping
    assert "no column or file name has a date that can be read: state one" in found.notes[0]
    found.path.with_name("p.toml").write_text(
        found.mapping.replace('# "orders.timestamp"', '"orders.timestamp"').replace("YYYY-MM-DD", "2024-09-05")
    )
    given = {"orders": str(found.path), "store": str(tmp_path / "store")}
    convert(convert_request(load_config(given, str(tmp_path / "p.toml")).config, 1))
    assert events(tmp_path / "store", "timestamp") == [[HALF_PAST + SECOND // 2]]


def test_counts_from_an_epoch_that_is_not_known_are_doubted(tmp_path: Path) -> None:
    stamp = (int(datetime(2024, 9, 5, tzinfo=UTC).timestamp()) + 11_644_473_600) * 10**7  # 100 ns since 1601
    found = look(tmp_path, "orders.csv", ORDERS + f"11,{stamp},101,3350,B,9,9,0,69\n")
    assert "epoch =" not in found.mapping
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("2024-09-05T00:30:0", "day ", "timestamp"), ("335", "much ", "price"), (",B,", ",?,", "side"),
     ("2024-09-05T00:30:0", "10:30:0", "timestamp")],
)  # fmt: skip
def test_what_is_not_read_is_not_proposed(old: str, new: str, field: str, tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", ORDERS + ROWS.replace(old, new))
    assert found.missing == (field,)
    assert f'\n# "orders.{field}" = ' in found.mapping
    assert f'\n"orders.{field}"' not in found.mapping
    assert len(found.notes) == 1


KINDS = (
    "type,order_id,timestamp,security,price,side,quantity,leaves_quantity,matched_quantity,participant\n"
    "add,11,2024-09-05T00:30:00Z,101,3350,B,1000,1000,0,69\n"
    "{other}fill,11,2024-09-05T00:30:02Z,101,3350,B,1000,500,500,69\n{other}{other}{other}"
)


@pytest.mark.parametrize(
    "other",
    [
        "heartbeat,,2024-09-05T00:30:01Z,,,,,,,\n",
        "halt,0,2024-09-05T00:30:01Z,101,n/a,X,0,0,0,0\n",
        "status,11,00:30,101,3350,B,1000,500,500,69\n",
    ],
)
def test_rows_of_kinds_that_cannot_be_read_are_left_out(tmp_path: Path, other: str) -> None:
    found = look(tmp_path, "orders.csv", KINDS.format(other=other))
    assert '[input.where]\n"orders.type" = ["add", "fill"]' in found.mapping
    _, store = pasted(found, tmp_path, max_rejects="0")
    assert events(store, "timestamp") == [[BEGIN[0], BEGIN[2]]]


def test_no_kind_is_left_out_of_which_a_row_can_be_read(tmp_path: Path) -> None:
    found = look(tmp_path, "orders.csv", KINDS.format(other="fill,,2024-09-05T00:30:01Z,101,3350,B,9,9,0,69\n"))
    assert "[input.where]" not in found.mapping
