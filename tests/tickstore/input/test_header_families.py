"""Both families of the exchange's own headers go in without a mapping, and what the longer one says is kept."""

from pathlib import Path

import pytest

from marketgen.file_layout import ORDER_HEADER, QUOTE_HEADER, TRADE_HEADER
from tests import header_families
from tickstore import ConvertRequest, convert, open_day, read_catalog
from tickstore.inspect.inspection import inspect_file

T = 1_725_494_536_000_000_000  # 2024-09-05 in Sydney
LOWER_ORDERS = {
    "order_id": "order_id", "timestamp": "timestamp", "security_code": "security", "price": "price", "side": "side",
    "changereason": "change_reason", "orderstatus": "order_status", "quantity": "quantity",
    "leavesquantity": "leaves_quantity", "exchangeordertype": "order_type", "national_bid": "national_bid",
    "national_offer": "national_offer", "participantid": "participant", "preferenceonly": "preference_only",
    "midtick": "mid_tick", "singlefillminimumquantity": "single_fill", "minimumquantity": "minimum_quantity",
    "sequence": "sequence", "crossingkey": "crossing_key", "totalmatchedquantity": "matched_quantity",
    "timevalidity": "time_validity",
}  # fmt: skip
LOWER_TRADES = {
    "sequence": "sequence", "tradedate": "trade_date", "tradetime": "timestamp", "securitycode": "security",
    "orderid": "order_id", "dealsource": "deal_source", "matchgroupid": "match_id",
    "nationalbidpricesnapshot": "national_bid", "nationalofferpricesnapshot": "national_offer", "tradeprice": "price",
    "quantity": "quantity", "side": "side", "participantid": "participant", "passiveaggressive": "aggressor",
}  # fmt: skip
QUOTES = {
    "sequence": "sequence", "tradedate": "trade_date", "bidprice": "bid", "offerprice": "offer",
    "orderbookid": "security", "timestamp": "timestamp",
}  # fmt: skip
CAPITAL_ORDERS = {
    "Sequence": "sequence", "TradeDate": "trade_date", "ChangeReason": "change_reason",
    "CounterOrderAttributes": "counter_attributes", "CrossingKey": "crossing_key",
    "DisplayQuantity": "display_quantity", "ExchangeOrderType": "order_type", "LeavesQuantity": "leaves_quantity",
    "MidTick": "mid_tick", "MinimumQuantity": "minimum_quantity", "NationalBidPriceSnapshot": "national_bid",
    "NationalOfferPriceSnapshot": "national_offer", "OrderBookId": "security", "OrderId": "order_id",
    "OrderQuantity": "quantity", "OrderStatus": "order_status", "OrderStatusBefore": "status_before",
    "ParticipantId": "participant", "ParticipantOrderAttribute": "participant_attribute",
    "PreferenceOnly": "preference_only", "PreviousOrderId": "previous_order_id", "Price": "price",
    "RankingTime": "ranking_time", "Side": "side", "SingleFillMinimumQuantity": "single_fill",
    "TimeChanged": "timestamp", "TimeCreated": "time_created", "TimeValidity": "time_validity",
    "TotalMatchedQuantity": "matched_quantity",
}  # fmt: skip
CAPITAL_TRADES = {
    "Sequence": "sequence", "TradeDate": "trade_date", "DealSource": "deal_source", "ExecutionTimestamp": "timestamp",
    "MatchGroupId": "match_id", "OrderBookId": "security", "OrderId": "order_id", "ParticipantId": "participant",
    "Price": "price", "Quantity": "quantity", "Side": "side",
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "header", "fields", "columns"),
    [
        ("orders", ORDER_HEADER, LOWER_ORDERS, 29),
        ("trades", TRADE_HEADER, LOWER_TRADES, 19),
        ("nbbo", QUOTE_HEADER, QUOTES, 10),
        ("orders", header_families.ORDERS, CAPITAL_ORDERS, 57),
        ("trades", header_families.TRADES, CAPITAL_TRADES, 39),
    ],
)
def test_every_column_is_taken_for_its_field_and_no_other(
    table: str, header: str, fields: dict[str, str], columns: int, tmp_path: Path
) -> None:
    names = header.split(",")
    assert len(names) == columns
    for turned in (names, names[::-1]):  # in any order
        (tmp_path / "file.csv").write_text(",".join(turned) + "\n")
        found = inspect_file(tmp_path / "file.csv")
        taken = {column.name: column.field for column in found.columns if column.field not in ("", "extended_price")}
        assert (found.table, taken) == (table, fields)


def row(header: str, **cells: object) -> str:
    """Return a row of a file in capitals; what is not given is text that no field can hold."""
    return ",".join(str(cells.get(name, "n/a")) for name in header.split(","))


def order(number: int, time: int, **cells: object) -> str:
    usual = {
        "Sequence": time - T, "TradeDate": "2024-09-05", "ChangeReason": 6, "CounterOrderAttributes": 0,
        "CrossingKey": 0, "DisplayQuantity": 0, "ExchangeOrderType": 64, "LeavesQuantity": 100, "MidTick": 0,
        "MinimumQuantity": 0, "NationalBidPriceSnapshot": 3330, "NationalOfferPriceSnapshot": 3350, "OrderBookId": 5,
        "OrderId": number, "OrderQuantity": 100, "OrderStatus": 1, "OrderStatusBefore": 2, "ParticipantId": 69,
        "ParticipantOrderAttribute": 0, "PreferenceOnly": 0, "PreviousOrderId": 0, "Price": 3340, "RankingTime": time,
        "Side": 1, "SingleFillMinimumQuantity": 0, "TimeChanged": time, "TimeCreated": time, "TimeValidity": 256,
        "TotalMatchedQuantity": 0,
    }  # fmt: skip
    return row(header_families.ORDERS, **usual | cells)


def trade(number: int, match: int, time: int, side: int, **cells: object) -> str:
    usual = {
        "Sequence": 2 * match + side, "TradeDate": "2024-09-05", "DealSource": 1, "ExecutionTimestamp": time,
        "MatchGroupId": match, "OrderBookId": 5, "OrderId": number, "ParticipantId": 69, "Price": 3340, "Quantity": 10,
        "Side": side, "ExtendedPrice": 33_400_000,
    }  # fmt: skip
    return row(header_families.TRADES, **usual | cells)


def write(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def request(folder: Path, orders: list[str], trades: list[str] | None = None, **others: object) -> ConvertRequest:
    files = {"orders": (write(folder / "orders.csv", header_families.ORDERS, *orders),)}
    if trades:
        files["trades"] = (write(folder / "trades.csv", header_families.TRADES, *trades),)
    return ConvertRequest(**files, store=folder / "store", max_rejects=0, **others)  # type: ignore[arg-type]


def test_what_the_longer_family_says_is_stored(tmp_path: Path) -> None:
    stated = {
        "RankingTime": T - 7, "TimeCreated": T - 9, "DisplayQuantity": 40, "OrderStatusBefore": 1,
        "ParticipantOrderAttribute": 3, "CounterOrderAttributes": 4, "PreviousOrderId": 8,
    }  # fmt: skip
    convert(request(tmp_path, [order(9, T, **stated), order(9, T + 1, RankingTime="", CounterOrderAttributes="")]))
    day = open_day(tmp_path / "store" / "5" / "2024-09-05.h5")
    assert [day.events[name].tolist() for name in ("ranking_time", "time_created", "display_quantity")] == [
        [T - 7, -(2**63)], [T - 9, T + 1], [40, 0],
    ]  # fmt: skip
    attributes = ("status_before", "participant_attribute", "counter_attributes")
    assert [day.events[name].tolist() for name in attributes] == [[1, 2], [3, 0], [4, 0]]
    assert day.orders["previous_order_id"].tolist() == [8]
    assert "parent_id" not in day.orders


def test_columns_that_an_input_lacks_are_in_no_day_file(tmp_path: Path) -> None:
    names = [name for name in header_families.ORDERS.split(",") if name not in ("RankingTime", "PreviousOrderId")]
    cells = dict(zip(header_families.ORDERS.split(","), order(9, T).split(","), strict=True))
    write(tmp_path / "o.csv", ",".join(names), ",".join(cells[name] for name in names))
    convert(ConvertRequest(orders=(tmp_path / "o.csv",), store=tmp_path / "store"))
    day = open_day(tmp_path / "store" / "5" / "2024-09-05.h5")
    assert "ranking_time" not in day.events
    assert "previous_order_id" not in day.orders
    assert day.events["time_created"].tolist() == [T]


def test_snapshots_of_the_longer_family_serve_as_quotes(tmp_path: Path) -> None:
    rows = [order(9, T), order(9, T + 1, NationalBidPriceSnapshot=3335), order(9, T + 2, NationalBidPriceSnapshot=3335)]
    convert(request(tmp_path, rows, quotes_from_orders=True))
    day = open_day(tmp_path / "store" / "5" / "2024-09-05.h5")
    assert list(zip(*(day.quotes[n].tolist() for n in ("timestamp", "bid", "offer")), strict=True)) == [
        (T, 3330, 3350),
        (T + 1, 3335, 3350),
    ]


def test_rows_of_the_longer_family_may_come_file_by_file(tmp_path: Path) -> None:
    """Parents and aggressors follow from all rows of the day together, in whatever order files are converted."""
    first = [order(9, T), order(7, T + 1, Side=2), order(6, T + 2)]  # the last one is sound whatever is there so far
    second = [order(11, T + 5, PreviousOrderId=9)]
    trades = [trade(9, 1, T + 1, 1), trade(7, 1, T + 1, 2)]
    (tmp_path / "whole").mkdir()
    files = [
        write(tmp_path / "o1.csv", header_families.ORDERS, *first),
        write(tmp_path / "o2.csv", header_families.ORDERS, *second),
    ]
    trade_file = write(tmp_path / "t.csv", header_families.TRADES, *trades)
    convert(ConvertRequest(orders=tuple(files), trades=(trade_file,), store=tmp_path / "whole"))
    (partition,) = read_catalog(tmp_path / "whole").partitions
    day = open_day(partition.path)
    assert day.orders["parent_id"].tolist() == [9, -(2**63), -(2**63), 9]
    assert day.fills["aggressor"].tolist() == [0, 1]
    for name, turn in {
        "a": (files[0], trade_file, files[1]), "b": (trade_file, files[1], files[0]), "c": (*files[::-1], trade_file),
    }.items():  # fmt: skip
        store = tmp_path / name
        convert(ConvertRequest(orders=(files[0],), store=store)) if turn[0] == trade_file else None
        for file in turn:
            table = "trades" if file == trade_file else "orders"
            convert(ConvertRequest(**{"orders": (), table: (file,)}, store=store))  # type: ignore[arg-type]
        assert (store / "5" / "2024-09-05.h5").read_bytes() == Path(partition.path).read_bytes()
        again = convert(ConvertRequest(orders=tuple(files), trades=(trade_file,), store=store))
        assert (again.written, again.unchanged) == ((), (("5", "2024-09-05"),))


def test_parents_that_a_mapping_names_stand_instead_of_chains(tmp_path: Path) -> None:
    rows = [order(9, T, ClientOrderId=70), order(11, T + 5, PreviousOrderId=9, ClientOrderId=71)]
    convert(request(tmp_path, rows, columns=(("parent_id", "ClientOrderId"),)))
    day = open_day(tmp_path / "store" / "5" / "2024-09-05.h5")
    assert day.orders["parent_id"].tolist() == [70, 71]
    assert "previous_order_id" not in day.orders


def test_words_where_codes_are_expected_leave_the_column_out(tmp_path: Path) -> None:
    report = convert(request(tmp_path, [order(9, T, ParticipantOrderAttribute="Agency", CounterOrderAttributes="A;B")]))
    day = open_day(tmp_path / "store" / "5" / "2024-09-05.h5")
    assert {"participant_attribute", "counter_attributes"}.isdisjoint(day.events)
    assert sum("is left out" in warning for warning in report.warnings) == 2


def test_a_time_of_zero_is_none(tmp_path: Path) -> None:
    convert(request(tmp_path, [order(9, T), order(9, T + 1, RankingTime=0, TimeCreated=0), order(9, T + 2)]))
    day = open_day(tmp_path / "store" / "5" / "2024-09-05.h5")
    assert day.events["ranking_time"].tolist() == [T, -(2**63), T + 2]
    assert day.events["time_created"].tolist() == [T, -(2**63), T + 2]


@pytest.mark.parametrize("names", [("a-1", "b-2"), ("18446744073709551614", "9")])
def test_chains_of_ids_that_are_text_or_large_are_followed(names: tuple[str, str], tmp_path: Path) -> None:
    first, second = names
    rows = [order(0, T, OrderId=first), order(0, T + 1, OrderId="c-3"), order(0, T + 2, OrderId="d-4")]
    if first.isdigit():
        rows = [order(0, T, OrderId=first), order(3, T + 1), order(4, T + 2)]
    convert(request(tmp_path, [*rows, order(0, T + 5, OrderId=second, PreviousOrderId=first)]))
    day = open_day(tmp_path / "store" / "5" / "2024-09-05.h5")
    parents, ids = day.orders["parent_id"].tolist(), day.orders["order_id"].tolist()
    assert parents == [ids[0], -(2**63), -(2**63), ids[0]]
