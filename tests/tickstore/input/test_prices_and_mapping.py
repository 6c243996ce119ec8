"""One price unit for all files of a conversion and a store; mappings that nothing answers to."""

from pathlib import Path

import pytest

from tests.tickstore.conftest import DAY_NS, OPEN
from tickstore import ConvertRequest, InputError, convert, open_day

HEADER = "order_id,time,security,price,side,quantity,leaves,matched,participant,sequence\n"


def orders(path: Path, *prices: str, day: int = 0) -> Path:
    rows = [f"{n},{OPEN + day * DAY_NS + n},101,{p},1,100,100,0,69,{n}\n" for n, p in enumerate(prices, 1)]
    path.write_text(HEADER + "".join(rows))
    return path


def quotes(path: Path, bid: str, offer: str) -> Path:
    path.write_text(f"time,security,bid,offer\n{OPEN - 1},101,{bid},{offer}\n")
    return path


def load(folder: Path, *files: Path, nbbo: tuple[Path, ...] = (), price_format: str = "auto") -> None:
    convert(ConvertRequest(orders=files, nbbo=nbbo, store=folder / "store", price_format=price_format, max_rejects=0))


def test_a_decimal_point_makes_a_price_decimal_whatever_follows_it(tmp_path: Path) -> None:
    files = orders(tmp_path / "a.csv", "34.00", "35.00"), orders(tmp_path / "b.csv", "34.50", "0", day=1)
    load(tmp_path, *files)
    days = [open_day(tmp_path / f"store/101/2024-09-0{day}.h5") for day in (5, 6)]
    assert [day.events["price"].tolist() for day in days] == [[34000, 35000], [34500, 0]]
    assert days[0].attributes["price_format"] == "decimal"


@pytest.mark.parametrize("table", ["orders", "nbbo"])
def test_files_that_disagree_are_named(table: str, tmp_path: Path) -> None:
    one = orders(tmp_path / "one.csv", "34.10", "34.20")
    other = orders(tmp_path / "other.csv", "3400") if table == "orders" else quotes(tmp_path / "other.csv", "34", "35")
    files = (one, other) if table == "orders" else (one,)
    nbbo = (other,) if table == "nbbo" else ()
    with pytest.raises(InputError, match=r"one.csv has decimal prices, .*other.csv has whole ones.*--price_format"):
        load(tmp_path, *files, nbbo=nbbo)
    load(tmp_path, *files, nbbo=nbbo, price_format="decimal")


def test_a_store_keeps_its_price_unit(tmp_path: Path) -> None:
    load(tmp_path, orders(tmp_path / "a.csv", "34.10"))
    whole = orders(tmp_path / "b.csv", "34", day=1)
    with pytest.raises(InputError, match=r"the store's .*h5 has decimal prices, .*b.csv has whole ones"):
        load(tmp_path, whole)
    load(tmp_path, orders(tmp_path / "c.csv", "0", day=1))  # a market order tells nothing


@pytest.mark.parametrize(
    ("name", "header", "message"),
    [
        ("price", "limit_px", "maps price to 'limit_px', but no file has such a column; .* has: order_id, time"),
        ("leavesqtyy", "leaves", "leavesqtyy: there is no such field"),
    ],
)
def test_a_mapping_that_nothing_answers_to_is_refused(name: str, header: str, message: str, tmp_path: Path) -> None:
    path = orders(tmp_path / "o.csv", "3400")
    with pytest.raises(InputError, match=message):
        convert(ConvertRequest(orders=(path,), store=tmp_path / "store", columns=((name, header),)))


def test_a_comma_may_stand_before_the_fraction_of_a_time(tmp_path: Path) -> None:
    path = orders(tmp_path / "o.csv", "3400", "3410")
    times = '"2024-09-05T10:02:16,123456"', "2024-09-05T10:02:16.123456"
    text = path.read_text()
    for n, time in enumerate(times, 1):
        text = text.replace(str(OPEN + n), time)
    path.write_text(text)
    load(tmp_path, path)
    day = open_day(tmp_path / "store/101/2024-09-05.h5")
    assert day.events["timestamp"].tolist() == [OPEN + 136_123_456_000] * 2


def test_a_column_that_another_field_has_taken_is_named(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("order_id,time,security,price,side,quantity,leaves,matched,participant\n")
    request = ConvertRequest((tmp_path / "o.csv",), tmp_path / "store", columns=(("price", "quantity"),))
    with pytest.raises(InputError, match=r"no column for quantity .*; column 'quantity' is taken for price\. Name it"):
        convert(request)
