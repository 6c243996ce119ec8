"""Numbers as vendors and spreadsheets write them: read as what they are, or refused where they may be two things."""

from pathlib import Path
from typing import Any

import pytest

from kernels.conventions import NULL
from tickstore import ConvertReport, ConvertRequest, convert, open_day
from tickstore.errors import InputError

ORDERS = "order_id,timestamp,security,price,side,quantity,leaves,matched,participant"
QUOTES = "timestamp,security,bid,offer"
TEN = 1_725_494_400 * 10**9


def order(number: int, price: str = "3350", quantity: str = "100") -> str:
    return f"{number},{TEN + number},101,{price},B,{quantity},{quantity},0,69"


def convert_files(folder: Path, orders: list[str], quotes: list[str] | None = None, **settings: Any) -> ConvertReport:
    """Convert rows of orders and of quotes."""
    folder.mkdir(exist_ok=True)
    (folder / "orders.csv").write_text("\n".join([ORDERS, *orders]) + "\n")
    (folder / "nbbo.csv").write_text("\n".join([QUOTES, *(quotes or [])]) + "\n")
    nbbo = (folder / "nbbo.csv",) if quotes else ()
    return convert(ConvertRequest((folder / "orders.csv",), folder / "store", nbbo=nbbo, max_rejects=0, **settings))


def stored(folder: Path, path: str) -> list[int]:
    """Return a column of the day that was stored."""
    group, name = path.split("/")
    with open_day(next((folder / "store").glob("*/*.h5"))) as day:
        return [int(value) for value in day.group(group)[name]]


@pytest.mark.parametrize(
    "quantities", [("500", "1.000"), ("1.000", "12.500"), ("700", "1.000.000", "3"), ("1.000", "2.000")]
)
def test_points_that_may_part_thousands_are_refused(quantities: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"column 'quantity' has '1\.000.*point before decimals, or between thousands"):
        convert_files(tmp_path, [order(n, quantity=text) for n, text in enumerate(quantities)])


@pytest.mark.parametrize(
    ("quantities", "expected"),
    [
        (("500.000", "1000.000"), [500, 1000]),  # no separator beside so many digits
        (("500.0", "1.0"), [500, 1]),
        (("5000", "1.000"), [5000, 1]),
        (("500", "1.00"), [500, 1]),
    ],
)
def test_points_that_can_but_begin_decimals_are_read(
    quantities: tuple[str, ...], expected: list[int], tmp_path: Path
) -> None:
    convert_files(tmp_path, [order(n, quantity=text) for n, text in enumerate(quantities)])
    assert stored(tmp_path, "events/quantity") == expected


def test_what_the_user_says_of_points_stands(tmp_path: Path) -> None:
    rows = [order(n, quantity=text) for n, text in enumerate(("500", "1.000"))]
    said = tuple((name, {"decimals": 0}) for name in ("quantity", "leaves_quantity"))
    convert_files(tmp_path / "whole", rows, columns=said)
    assert stored(tmp_path / "whole", "events/quantity") == [500, 1]
    convert_files(tmp_path / "parts", rows, quantity_decimals=3)
    assert stored(tmp_path / "parts", "events/quantity") == [500_000, 1000]


def test_a_point_that_comes_late_stops_the_conversion(tmp_path: Path) -> None:
    rows = [order(n) for n in range(400)]
    with pytest.raises(InputError, match=r"orders.csv:402: 1\.000 in quantity has a point before decimals, or between"):
        convert_files(tmp_path, [*rows, order(400, quantity="1.000")])
    report = convert_files(tmp_path, [*rows, order(400, quantity="100.0")])
    assert report.tables["orders"].stored == 401


@pytest.mark.parametrize("price", ["3.35E+00", "+3.350", "33.5e-1", "3.35"])
def test_prices_with_a_sign_or_an_exponent_show_that_they_are_decimal(price: str, tmp_path: Path) -> None:
    convert_files(tmp_path, [order(n, price) for n in range(3)])
    assert stored(tmp_path, "events/price") == [3350] * 3


@pytest.mark.parametrize(
    "word",
    ["Infinity", "-Infinity", "(null)", "<NA>", "#N/A", "\\N", "nil", "NaT", "1.79769313486232e+308",
     "-9.223372036854776e+18", "1.8446744073709552E19", " NIL "],
)  # fmt: skip
def test_rare_words_for_no_price_leave_a_quote_of_one_side(word: str, tmp_path: Path) -> None:
    quotes = [f"{TEN},101,3340,3360", f"{TEN + 1},101,3340,{word}", f"{TEN + 2},101,{word},3360"]
    convert_files(tmp_path, [order(1)], quotes)
    assert stored(tmp_path, "quotes/bid") == [3340, 3340, NULL]
    assert stored(tmp_path, "quotes/offer") == [3360, NULL, 3360]
    with pytest.raises(InputError, match=r"missing value in price|stands for no value in price"):
        convert_files(tmp_path / "orders", [order(1), order(2, word)])


def test_a_large_number_that_a_float_holds_is_none_of_them(tmp_path: Path) -> None:
    convert_files(tmp_path, [order(1, "1e4", "1e6")])
    assert stored(tmp_path, "events/price") == [10_000]
    assert stored(tmp_path, "events/quantity") == [1_000_000]


@pytest.mark.parametrize("footer", ["Total,,,,,200,200,0,", ",,,,,,,,200", "exported by X,,,,,,,,"])
def test_a_footer_is_said_to_be_no_row(footer: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"orders.csv:4 most cells are empty\. Remove titles and totals"):
        convert_files(tmp_path, [order(1), order(2), footer])


def test_a_delimiter_at_the_end_of_rows_or_of_the_header_alone_is_a_column_of_no_name(tmp_path: Path) -> None:
    convert_files(tmp_path / "rows", [order(n) + "," for n in range(3)])
    assert len(stored(tmp_path / "rows", "events/quantity")) == 3
    (tmp_path / "orders.csv").write_text("\n".join([ORDERS + ",", *(order(n) for n in range(3))]) + "\n")
    convert(ConvertRequest((tmp_path / "orders.csv",), tmp_path / "store", max_rejects=0))
    assert len(stored(tmp_path, "events/quantity")) == 3
    with pytest.raises(InputError, match="extra fields"):
        convert_files(tmp_path / "more", [order(1) + ",", order(2) + ",x"])


def test_ticks_of_100_ns_since_another_epoch_are_read(tmp_path: Path) -> None:
    since = 621_355_968_000_000_000  # from year 1 to 1970
    rows = [order(n).replace(str(TEN + n), str(since + TEN // 100 + n)) for n in range(3)]
    convert_files(tmp_path, rows, time_unit="100ns", epoch="0001-01-01")
    assert stored(tmp_path, "events/timestamp") == [TEN + 100 * n for n in range(3)]


def test_clocks_as_kdb_writes_them_are_read(tmp_path: Path) -> None:
    rows = [order(n).replace(str(TEN + n), f"0D10:00:00.00000000{n}") for n in range(3)]
    report = convert_files(tmp_path, rows, date="2024-09-05")
    assert stored(tmp_path, "events/timestamp") == [TEN + n for n in range(3)]
    assert not report.warnings or "slowly" not in " ".join(report.warnings)


def test_files_without_a_row_of_orders_are_refused_as_a_run_would(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"orders.csv: no row of orders: nothing was stored"):
        convert_files(tmp_path, [], [f"{TEN},101,3340,3360"])
    assert not (tmp_path / "store").exists() or not list((tmp_path / "store").glob("*/*.h5"))


def test_sides_written_as_floats_are_read_on_the_fast_path(tmp_path: Path) -> None:
    rows = [order(n).replace(",B,", side) for n, side in enumerate((",1.0,", ",2.0,", ",1.0,"))]
    report = convert_files(tmp_path, rows)
    assert stored(tmp_path, "orders/side") == [1, -1, 1]
    assert not any("slowly" in line for line in report.warnings)


def test_a_divisor_of_one_column_says_that_its_prices_are_of_the_currency(tmp_path: Path) -> None:
    quotes = [f"{TEN + n},101,3340000000,{offer}" for n, offer in enumerate(("3360000000", "9223372036854775807"))]
    columns = tuple((name, {"divisor": 10**9}) for name in ("bid", "offer"))
    convert_files(tmp_path, [order(1, "3.350")], quotes, columns=columns)
    assert stored(tmp_path, "quotes/bid") == [3340, 3340]
    assert stored(tmp_path, "quotes/offer") == [3360, NULL]
    with pytest.raises(InputError, match=r"nbbo\.csv has decimal prices, .*orders\.csv has whole ones"):
        convert_files(tmp_path / "units", [order(1)], quotes, columns=columns)


def test_the_names_of_fix_are_known_and_an_execution_has_its_own_price(tmp_path: Path) -> None:
    orders = "OrderID,TransactTime,Symbol,Price,Side,OrderQty,LeavesQty,CumQty,participant"
    trades = "OrderID,TransactTime,Symbol,Price,LastPx,Side,OrderQty,LastQty"
    quotes = "TransactTime,Symbol,BidPx,OfferPx"
    lines = {
        "orders": (orders, f"11,{TEN},101,3350,1,1000,1000,0,69", f"11,{TEN + 1},101,3350,1,1000,600,400,69"),
        "trades": (trades, f"11,{TEN + 1},101,3350,3340,1,1000,400"),
        "nbbo": (quotes, f"{TEN},101,3330,3340"),
    }
    for name, rows in lines.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(rows) + "\n")
    convert(ConvertRequest(store=tmp_path / "store", **{name: (tmp_path / f"{name}.csv",) for name in lines}))  # type: ignore[arg-type]
    assert [stored(tmp_path, f"fills/{name}") for name in ("price", "quantity")] == [[3340], [400]]
    assert [stored(tmp_path, f"quotes/{name}") for name in ("bid", "offer")] == [[3330], [3340]]
    assert stored(tmp_path, "events/quantity") == [1000, 1000]


def test_names_that_are_too_long_are_told_how_long_they_may_be(tmp_path: Path) -> None:
    rows = [order(n).replace(f"{n},", "x" * 70 + f"{n},", 1) for n in range(3)]
    with pytest.raises(InputError, match="Names and ids have 64 characters at most"):
        convert_files(tmp_path, rows)
