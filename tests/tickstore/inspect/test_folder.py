"""What `inspect` says of a folder, against counts by hand and, of the real day, by plain Python."""

import csv
import gzip
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from driver.command_line.inspected import folder_text
from tests import header_families
from tests.tickstore.conftest import OPEN
from tickstore import ConvertRequest, FolderInspection, InputError, convert, inspect_folder
from tickstore.rules import ColumnRule

SECOND = 10**9
HOUR = 3600 * SECOND
ORDERS = "order_id,timestamp,security_code,price,side,quantity,leavesquantity,totalmatchedquantity,participantid,sequence,changereason,exchangeordertype\n"  # noqa: E501
TRADES = "orderid,tradetime,securitycode,tradeprice,side,quantity,dealsource\n"
QUOTES = "timestamp,orderbookid,bidprice,offerprice\n"
NULL = -(2**63)


def write(folder: Path, **tables: str) -> Path:
    """Write tables as files of a folder of their name."""
    for name, text in tables.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "5.csv").write_text(text)
    return folder


def order(number: object, stamp: int, leaves: int, matched: int, reason: object = 6, kind: int = 2048) -> str:
    return f"{number},{stamp},5,3340,1,100,{leaves},{matched},69,{stamp % 1000},{reason},{kind}\n"


def test_outcomes_codes_and_orphans(tmp_path: Path) -> None:
    rows = [
        order(1, OPEN + 5, 0, 100, 3),  # fully, though its first row comes later in the file
        order(1, OPEN, 100, 0),
        order(2, OPEN, 100, 0), order(2, OPEN + 1, 40, 60, 1),  # partly, then cancelled
        order(3, OPEN, 100, 0, "", 2050), order(3, OPEN + 1, 100, 0, 9, 2050),  # untouched
        order("a-uuid", OPEN, 0, 30, 1, 8192 + 64),  # cancelled with what was left taken off
        order(5, OPEN, 0, 100, 3, 0),  # no trade is of it
        order(6, OPEN, 100, 0, 77, 4096),
    ]  # fmt: skip
    trades = [(1, 1), (2, 47), (2, 47), ("a-uuid", 99), (77, ""), ("another-uuid", 5)]
    text = "".join(f"{number},{OPEN},5,3340,1,10,{deal}\n" for number, deal in trades)
    found = inspect_folder(write(tmp_path, orders=ORDERS + "".join(rows), trades=TRADES + text))
    assert [(o.kind, o.orders, o.fully_filled, o.partially_filled, o.untouched) for o in found.outcomes] == [
        ("all", 6, 2, 2, 2), ("sweeps", 3, 1, 1, 1), ("dark", 2, 0, 1, 1),
    ]  # fmt: skip
    assert found.orphans is not None
    assert (found.orphans.trade_rows, found.orphans.without_order) == (6, 2)
    assert (found.orphans.matched_orders, found.orphans.without_trade) == (4, 1)
    assert {(code.code, code.rows, code.known) for code in found.deal_sources} == {
        ("1", 1, True), ("47", 2, True), ("99", 1, False), ("", 1, True), ("5", 1, True),
    }  # fmt: skip
    unknown = {code.code: code.meaning for code in (*found.order_types, *found.change_reasons) if not code.known}
    assert unknown == {
        "8256": "Centre Point order + bit 8192 unknown to this program", "77": "unknown to this program",
    }  # fmt: skip
    text = folder_text(found)
    assert "unknown codes: 99" in text
    assert "short sell + Centre Point sweep" in text
    assert "2 of 6 trade rows are of no order that is there; 1 of 4 orders that matched have no trade" in text


def test_quotes_are_weighed_by_time_within_the_session(tmp_path: Path) -> None:
    quotes = [
        (OPEN - HOUR, 10, 20),  # before: valid as the session begins
        (OPEN + HOUR, 20, 20),  # locked for one hour
        (OPEN + 2 * HOUR, 30, 20),  # crossed for one
        (OPEN + 3 * HOUR, "", 20),  # one-sided for half
        (OPEN + 3 * HOUR + HOUR // 2, NULL, 0),  # none for half
        (OPEN + 4 * HOUR, 10, 20),  # valid to the end
        (OPEN + 24 * HOUR + 3 * HOUR, 10, 20),  # the next day is half over
    ]  # fmt: skip
    text = QUOTES + "".join(f"{stamp},5,{bid},{offer}\n" for stamp, bid, offer in quotes)
    folder = write(tmp_path, nbbo=text, orders=ORDERS + order(1, OPEN, 1, 0))
    quotes_found = inspect_folder(folder).quotes
    assert quotes_found is not None
    hours = [quotes_found.valid * 12, quotes_found.locked * 12, quotes_found.crossed * 12, quotes_found.one_sided * 12]
    assert [round(value, 9) for value in hours] == [6.0, 1.0, 1.0, 0.5]
    assert round(quotes_found.absent * 12, 9) == 3.5
    assert (quotes_found.security_days, quotes_found.sessions_from) == (2, {"settings": 2})
    write(tmp_path, session=f"orderbookid,timestamp,matchingtype\n5,{OPEN},1\n5,{OPEN + HOUR},4\n")
    found = inspect_folder(folder)
    assert found.quotes is not None
    assert (found.quotes.sessions_from, found.sessions.sessions) == ({"file": 1, "settings": 1}, 1)
    assert round(found.quotes.valid * 7, 9) == 4.0


@pytest.mark.parametrize("pieces", [1, 7])
def test_quotes_in_files_one_after_the_other_are_one_stream(pieces: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    stamps = np.sort(OPEN + rng.integers(0, 6 * HOUR, 200))
    bids, offers = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    rows = [f"{s},5,{b},{o}\n" for s, b, o in zip(stamps.tolist(), bids.tolist(), offers.tolist(), strict=True)]
    (tmp_path / "nbbo").mkdir()
    for number, part in enumerate(np.array_split(np.arange(200), pieces)):
        (tmp_path / "nbbo" / f"{number}.csv").write_text(QUOTES + "".join(rows[n] for n in part))
    spent = Counter[str]({"absent": int(stamps[0]) - OPEN})
    for n in range(200):
        bid, offer = int(bids[n]), int(offers[n])
        name = "absent" if not bid and not offer else "one_sided" if not bid or not offer else (
            "valid" if bid < offer else "locked" if bid == offer else "crossed")  # fmt: skip
        spent[name] += (int(stamps[n + 1]) if n < 199 else OPEN + 6 * HOUR) - int(stamps[n])
    found = inspect_folder(tmp_path).quotes
    assert found is not None
    assert {name: round(getattr(found, name) * 6 * HOUR) for name in spent} == pytest.approx(spent, abs=10)


def test_dates_families_and_forms(tmp_path: Path) -> None:
    folder = write(tmp_path, orders=ORDERS + order(1, OPEN, 1, 0) + order(1, OPEN + 10 * HOUR, 1, 0))
    (folder / "trades").mkdir()
    rows = (
        f"7,2024-09-05 10:00:00.5,5,3.34,B,10,1\n8,20240906-10:00:00,6,3.34,S,10,1\n9,soon,6,3.34,S,10,1\n{'x,' * 9}\n"
    )
    (folder / "trades" / "t.csv.gz").write_bytes(gzip.compress((TRADES + rows).encode()))
    (folder / "nbbo").mkdir()
    table = pa.table({"Time": pa.array([OPEN], pa.timestamp("ns", "UTC")), "Symbol": ["5"], "Bid": [1.5], "Ask": [2.5]})
    pyarrow.parquet.write_table(table, folder / "nbbo" / "q.parquet")
    (folder / "nbbo" / "empty.csv").write_text("")
    (folder / "nbbo" / "foreign.csv").write_text("a,b\n1,2\n")
    (folder / "notes.txt").write_text("?")
    found = inspect_folder(folder)
    assert {table.table: (table.first_date, table.last_date, table.dates) for table in found.tables} == {
        "orders": ("2024-09-05", "2024-09-06", 2),  # from 19:00 local on, the next day's
        "trades": ("2024-09-05", "2024-09-06", 2),
        "nbbo": ("2024-09-05", "2024-09-05", 1),
    }
    files = {file.path: (file.form, file.family, file.rows, file.problem) for file in found.files}
    assert files == {
        "orders/5.csv": ("plain", "exchange_lower", 2, ""),
        "trades/t.csv.gz": ("gzip", "exchange_lower", 3, ""),
        "nbbo/q.parquet": ("parquet", "other", 1, ""),
        "nbbo/empty.csv": ("", "other", 0, "no header line"),
        "nbbo/foreign.csv": ("plain", "other", 1, ""),
    }
    assert found.unknown_files == ("notes.txt",)
    assert {table.table: table.unreadable_times for table in found.tables} == {"orders": 0, "trades": 1, "nbbo": 1}
    assert "nbbo/foreign.csv: no column for timestamp, security, bid, offer" in folder_text(found)


def test_the_headers_in_capitals_are_known(tmp_path: Path) -> None:
    """All 57 and 39 columns, and the counts are those of the same rows in lower case."""
    trades = "orderid,tradetime,securitycode,tradeprice,side,quantity,dealsource,matchgroupid\n"
    rows = order(1, OPEN, 100, 0) + order(1, OPEN + 1, 0, 100, 3) + order(2, OPEN, 100, 0, 3, 64)
    lower = write(tmp_path / "lower", orders=ORDERS + rows, trades=trades + f"1,{OPEN + 1},5,3340,1,100,47,9\n")
    upper = tmp_path / "upper"
    for table, rewrite in (("orders", header_families.write_orders), ("trades", header_families.write_trades)):
        (upper / table.upper()).mkdir(parents=True)
        rewrite(lower / table / "5.csv", upper / table.upper() / "5.csv")
    one, other = inspect_folder(lower), inspect_folder(upper)
    assert [(file.family, file.columns) for file in other.files] == [
        ("exchange_capitals", 57),
        ("exchange_capitals", 39),
    ]
    assert [file.family for file in one.files] == ["exchange_lower", "exchange_lower"]
    for name in ("order_types", "change_reasons", "deal_sources", "outcomes", "orphans"):
        assert getattr(other, name) == getattr(one, name)
    queue = {answer.what: answer.why for answer in other.answers}["the order of the queue"]
    assert queue == "ranking times are stated"


def test_securities_that_never_meet_are_named(tmp_path: Path) -> None:
    trades = TRADES + f"1,{OPEN},05,3340,1,10,1\n"
    found = inspect_folder(write(tmp_path, orders=ORDERS + order(1, OPEN, 0, 10, 3), trades=trades))
    assert found.orphans is not None
    assert found.orphans.never_meet == {"trades": ("5",)}
    can = {answer.what: (answer.possible, answer.why) for answer in found.answers}
    assert can["scenarios A, B, C"] == (False, "no trade belongs to an order that is there")


@pytest.mark.parametrize(
    ("tables", "possible"),
    [
        (("orders",), {"quantities, outcomes, fill ratios", "the order of the queue", "sweeps"}),
        (("nbbo",), set()),
        (("orders", "nbbo"), {"quantities, outcomes, fill ratios", "the order of the queue", "sweeps",
                              "benchmarks, spreads, charges for the unfilled"}),
    ],
)  # fmt: skip
def test_what_a_run_could_compute(tables: tuple[str, ...], possible: set[str], tmp_path: Path) -> None:
    texts = {"orders": ORDERS + order(1, OPEN, 1, 0), "nbbo": QUOTES + f"{OPEN},5,1,2\n"}
    found = inspect_folder(write(tmp_path, **{table: texts[table] for table in tables}))
    assert {answer.what for answer in found.answers if answer.possible} == possible
    assert all(answer.why for answer in found.answers)


def test_snapshots_on_order_rows_can_be_quotes(tmp_path: Path) -> None:
    header = ORDERS.replace("\n", ",national_bid,national_offer\n")
    found = inspect_folder(write(tmp_path, orders=header + order(1, OPEN, 1, 0).replace("\n", ",1,2\n")))
    can = {answer.what: (answer.possible, answer.why) for answer in found.answers}
    quotes = (True, "snapshots on order rows (--quotes_from_orders)")
    assert can["benchmarks, spreads, charges for the unfilled"] == quotes


def test_rules_of_a_mapping_are_heeded(tmp_path: Path) -> None:
    """Constants, words, clocks beside a date, no header: as a conversion reads them."""
    rows = f"1,{order(1, OPEN, 0, 100, 'done')}".replace(f",{OPEN},", ",10:30:00,", 1).replace("1,1,", "20240905,1,", 1)
    names = ("day", *ORDERS.strip().split(","))
    columns = (
        ("timestamp", ColumnRule("timestamp", date="day")),
        ("change_reason", ColumnRule("changereason", values=(("done", "3"),))),
        ("order_type", ColumnRule(constant="64")),
    )
    request = ConvertRequest((), Path(), columns=columns, header=names)
    found = inspect_folder(write(tmp_path, orders=rows), request=request)
    assert [(table.rows, table.first_date, table.unreadable_times) for table in found.tables] == [(1, "2024-09-05", 0)]
    assert [(code.code, code.rows) for code in (*found.order_types, *found.change_reasons)] == [("64", 1), ("3", 1)]
    assert found.outcomes[2].fully_filled == 1


def test_a_limit_of_rows_is_said_and_estimates_are_near(tmp_path: Path) -> None:
    rows = "".join(order(n, OPEN + n, 1, 0) for n in range(200_000))
    folder = write(tmp_path, orders=ORDERS + rows)
    (folder / "orders" / "6.csv.gz").write_bytes(gzip.compress((ORDERS + rows).encode(), 1))
    found = inspect_folder(folder, rows=50_000)
    (orders,) = found.tables
    assert not orders.exact
    assert orders.rows_read < 250_000
    assert orders.rows == pytest.approx(400_000, rel=0.25)
    assert found.orphans is None
    assert any("rows were read; --rows=0 reads all" in note for note in found.notes)
    whole = inspect_folder(folder, rows=0)
    assert (whole.tables[0].rows, whole.tables[0].exact, whole.notes) == (400_000, True, ())


def test_memory_is_bounded_by_letting_orders_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickstore.inspect.folder.MOST_ORDERS", 1000)
    rows = "".join(order(n, OPEN + n, 0 if n % 4 == 0 else 1, 100 if n % 4 == 0 else 0, 3) for n in range(20_000))
    trades = "".join(f"{n},{OPEN},5,3340,1,10,1\n" for n in range(0, 20_000, 2))
    found = inspect_folder(write(tmp_path, orders=ORDERS + rows, trades=TRADES + trades))
    assert found.sampled <= 1 / 16
    everything = found.outcomes[0]
    assert everything.orders <= 1000
    assert everything.orders / found.sampled == pytest.approx(20_000, rel=0.2)
    assert everything.fully_filled / everything.orders == pytest.approx(0.25, abs=0.08)
    assert found.orphans is not None
    assert (found.orphans.without_order, found.orphans.without_trade) == (0, 0)
    assert any("counted over" in note for note in found.notes)


def test_strange_bytes_and_no_files_crash_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path, orders=ORDERS)
    (folder / "orders" / "6.csv").write_bytes(ORDERS.encode() + b'\xff\xfe,\x00,5,"torn,1\n\n,,,,,,,,,,,\n')
    (folder / "orders" / "7.csv").write_bytes(gzip.compress(b"order_id,time\n1,2\n" * 1000)[:-20])
    found = inspect_folder(folder)
    assert "truncated or damaged" in {file.path: file.problem for file in found.files}["orders/7.csv"]
    assert folder_text(found)
    (tmp_path / "none").mkdir()
    empty = inspect_folder(tmp_path / "none")
    assert [answer.possible for answer in empty.answers] == [False]
    assert folder_text(empty)
    with pytest.raises(InputError, match="does not exist"):
        inspect_folder(tmp_path / "nowhere")


def test_a_mapping_serves_foreign_names(tmp_path: Path) -> None:
    orders = ORDERS.replace("order_id", "Auftrag").replace("security_code", "Wert")
    folder = write(tmp_path, orders=orders + order(1, OPEN, 0, 100, 3))
    assert inspect_folder(folder).files[0].missing == ("order_id", "security")
    columns = (("order_id", "Auftrag"), ("orders.security", "Wert"))
    found = inspect_folder(folder, request=ConvertRequest((), Path(), columns=columns))
    assert (found.files[0].missing, found.outcomes[0].fully_filled) == ((), 1)


def test_the_json_is_plain_values(tmp_path: Path) -> None:
    found = inspect_folder(write(tmp_path, orders=ORDERS + order(1, OPEN, 1, 0)))
    facts = json.loads(json.dumps(asdict(found)))
    assert list(facts) == list(FolderInspection.__slots__)
    assert facts["version"] == 1


def test_the_real_day_is_counted_as_plain_python_counts_it(real_day: Path) -> None:
    found = inspect_folder(real_day)
    with (real_day / "orders.csv").open() as file:
        last: dict[str, dict[str, str]] = {}
        for row in csv.DictReader(file):
            known = last.get(row["order_id"])
            place = int(row["timestamp"]), int(row["sequence"] or 0)
            if known is None or place >= (int(known["timestamp"]), int(known["sequence"] or 0)):
                last[row["order_id"]] = row
    with (real_day / "trades.csv").open() as file:
        trades = list(csv.DictReader(file))
    sweeps = {kind.kind: kind for kind in found.outcomes}["sweeps"]
    assert (sweeps.fully_filled, sweeps.partially_filled) == (1650, 37)  # as published with the day
    assert sweeps.orders == sum(int(row["exchangeordertype"] or 0) & 2048 > 0 for row in last.values())
    assert found.outcomes[0].orders == len(last)
    assert {code.code: code.rows for code in found.deal_sources} == Counter(row["dealsource"] for row in trades)
    assert found.orphans is not None
    assert found.orphans.without_order == sum(row["orderid"] not in last for row in trades)
    matched = {name for name, row in last.items() if int(row["totalmatchedquantity"])}
    assert found.orphans.without_trade == len(matched - {row["orderid"] for row in trades})
    assert [file.family for file in found.files if "inferred" not in file.path] == ["exchange_lower"] * 3


@pytest.mark.parametrize(
    ("orders", "more", "reason"),
    [
        (ORDERS.replace("order_id", "Auftrag") + order(1, OPEN, 1, 0), "", "no column for order_id; map them"),
        (ORDERS.replace("participantid", "who") + order(1, OPEN, 1, 0), "", "no column for participant; map them"),
        (ORDERS + order(1, OPEN, 1, 0), "a,b\n1,2\n", "orders/6.csv: no column for order_id, timestamp"),
        (ORDERS + order(1, OPEN, 1, 0), ORDERS.replace("sequence", "side"), "orders/6.csv: "),
        (ORDERS + order(1, OPEN, 1, 0).replace(str(OPEN), "soon"), "", "1 of 1 rows, their times cannot be read"),
        (ORDERS + order(1, OPEN, 1, 0) + order(2, OPEN, 1, 0).replace(str(OPEN), "12:00 o'clock"), "",
         "1 of 2 rows, their times cannot be read (1 of orders)"),
    ],
)  # fmt: skip
def test_what_a_run_refuses_is_no_yes(orders: str, more: str, reason: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "in", orders=orders)
    if more:
        (folder / "orders" / "6.csv").write_text(more)
    (answer,) = inspect_folder(folder).answers
    assert (answer.what, answer.possible) == ("anything", False)
    assert reason in answer.why
    request = ConvertRequest(tuple(sorted((folder / "orders").iterdir())), tmp_path / "store")
    with pytest.raises(InputError):
        convert(request)


def test_empty_files_and_few_bad_rows_keep_no_run_from_anything(tmp_path: Path) -> None:
    rows = "".join(order(n, OPEN + n, 1, 0) for n in range(2000))
    folder = write(tmp_path / "in", orders=ORDERS + rows + order(1, OPEN, 1, 0).replace(str(OPEN), "soon"))
    (folder / "orders" / "6.csv").write_text("")
    assert any(answer.possible for answer in inspect_folder(folder).answers)
    convert(ConvertRequest(tuple(sorted((folder / "orders").iterdir())), tmp_path / "store"))


def test_parents_are_known_from_previous_orders(tmp_path: Path) -> None:
    folder = write(tmp_path, orders=ORDERS.replace("\n", ",PreviousOrderId\n") + order(1, OPEN, 1, 0)[:-1] + ",0\n")
    (parents,) = (answer for answer in inspect_folder(folder).answers if answer.what == "parent orders")
    assert (parents.possible, parents.why) == (True, "from previous orders")
