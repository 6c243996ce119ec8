"""Trades of no shares are none: listed, counted and warned about, and the day file is the one without them."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.command import darkreplay
from tickstore import ConvertReport, ConvertRequest, convert, open_day
from tickstore.day.schema import NO_SHARES
from tickstore.errors import InputError
from tickstore.parse.odd_lines import NO_SHARES as REASON

ORDERS = """order_id,timestamp,security,price,side,quantity,leaves,matched,participant
11,1725494400000000000,101,3350,B,1000,1000,0,69
11,1725494402000000000,101,3350,B,1000,500,500,69
12,1725494401000000000,101,3350,S,1000,1000,0,70
12,1725494402000000000,101,3350,S,1000,500,500,70
"""
TRADES = "order_id,timestamp,security,price,side,quantity,dealsource,matchgroupid"
# The first would be the day's first print, its first dark match, its opening auction; the last its last print.
NONE = (1725494399, 20), (1725494402, 47), (1725494402, 48), (1725494402, 1), (1725497999, 1)


def trade(second: int, quantity: str, deal: int = 1, match: int = 1, orders: tuple[int, int] = (11, 12)) -> str:
    row = "{},{}000000000,101,3350,{},{},{},{}"
    return "\n".join(row.format(orders["BS".index(side)], second, side, quantity, deal, match) for side in "BS")


def convert_trades(folder: Path, rows: list[str], **settings: Any) -> ConvertReport:
    folder.mkdir(exist_ok=True)
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "trades.csv").write_text("\n".join([TRADES, *rows]) + "\n")
    settings = {"max_rejects": 0} | settings
    return convert(ConvertRequest((folder / "orders.csv",), folder / "store", (folder / "trades.csv",), **settings))


def day_facts(folder: Path) -> dict[str, Any]:
    with open_day(next((folder / "store").glob("*/*.h5"))) as day:
        return dict(day.attributes)


@pytest.mark.parametrize("none", ["0", "0.0", "-0", "0e0", '"0"', " 0 ", "000"])
def test_the_day_is_the_one_without_them(none: str, tmp_path: Path) -> None:
    real = trade(1725494402, "500")
    empty = [trade(second, none, deal, n + 2) for n, (second, deal) in enumerate(NONE)]
    report = convert_trades(tmp_path / "with", [empty[0], real, *empty[1:]])
    convert_trades(tmp_path / "without", [real])
    assert report.reject_reasons == {REASON: 10}
    assert any("10 trades of no shares are left out" in line and "trades.csv:2" in line for line in report.warnings)
    with_them, without = day_facts(tmp_path / "with"), day_facts(tmp_path / "without")
    assert with_them.pop(NO_SHARES) == 10
    assert NO_SHARES not in without
    assert with_them["digest"] == without["digest"]  # of all columns
    assert with_them["session_hints"] == without["session_hints"]
    with (tmp_path / "with" / "store" / "rejects.csv").open(newline="") as file:
        assert [int(row["line"]) for row in csv.DictReader(file)] == [2, 3, *range(6, 14)]


def test_what_else_is_wrong_with_such_a_row_counts_and_a_negative_quantity_is_no_trade(tmp_path: Path) -> None:
    for quantity, side, reason in (("0", "X", "unknown side"), ("-5", "B", "negative value")):
        row = f"11,1725494402000000000,101,3350,{side},{quantity},1,2"
        with pytest.raises(InputError, match=f"trades.csv:4 {reason}"):
            convert_trades(tmp_path / quantity, [trade(1725494402, "500"), row])


def test_files_of_nothing_else_are_refused(tmp_path: Path) -> None:
    convert_trades(tmp_path, [trade(1725494402, "500")])
    (tmp_path / "more.csv").write_text(TRADES + "\n" + trade(1725494403, "0") + "\n")
    with pytest.raises(InputError, match=r"all 2 rows are bad.*more.csv:2 trade of no shares in quantity \('0'\)"):
        convert(ConvertRequest((), tmp_path / "store", (tmp_path / "more.csv",)))


def test_their_count_grows_with_the_store(tmp_path: Path) -> None:
    convert_trades(tmp_path, [trade(1725494402, "500"), trade(1725494402, "0", match=2)])
    more = "\n".join([TRADES, trade(1725494403, "100", match=3, orders=(1, 2)), trade(1725494403, "0", match=4)]) + "\n"
    (tmp_path / "more.csv").write_text(more)
    for _ in range(2):  # given again it says nothing new
        convert(ConvertRequest((), tmp_path / "store", (tmp_path / "more.csv",)))
        assert day_facts(tmp_path)[NO_SHARES] == 4


def test_a_constant_of_no_shares_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="constant '0' of quantity cannot be read: trade of no shares"):
        convert_trades(tmp_path, [trade(1725494402, "500")], columns=(("trades.quantity", "=0"),))


def test_a_run_counts_them_and_no_table_has_them(tmp_path: Path) -> None:
    rows = [trade(1725494402, "500"), trade(1725494402, "0", 47, 2), trade(1725494403, "0", 1, 3)]
    convert_trades(tmp_path, rows)
    done = darkreplay("run", "--store=store", "--results=results", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "results" / "data_quality.csv").open(newline="") as file:
        counts = {row["kind"]: int(row["count"]) for row in csv.DictReader(file) if row["date"] == "all"}
    assert (counts[NO_SHARES], counts["fills"]) == (4, 2)
    with (tmp_path / "results" / "by_deal_source.csv").open(newline="") as file:
        assert {(row["deal_source"], row["fills"]) for row in csv.DictReader(file) if row["scenario"] == "real"} == {
            ("1", "2")
        }
