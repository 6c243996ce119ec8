"""Inputs that can hardly be what they are meant to be are said so in one line each."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.tickstore.conftest import OPEN
from tests.tickstore.conversion.test_reversed_files import HEADERS
from tickstore import ConvertRequest, InputError, convert
from tickstore.conversion.contradictions import strangers

HOUR = 3_600 * 10**9
DAY = 24 * HOUR
ORDER, TRADE, QUOTE = "{o},{t},{s},{p},1,100,{left},{done},7", "{o},{t},{s},{p},1,40", "{t},{s},{bid},{offer}"


def order(security: str = "101", price: int = 3_350, time: int = OPEN, number: int = 1) -> list[str]:
    values = {"s": security, "p": price, "t": time, "o": number}
    return [ORDER.format(**values, left=100, done=0), ORDER.format(**values | {"t": time + 9}, left=60, done=40)]


def warnings(folder: Path, **tables: list[str]) -> list[str]:
    for table, lines in tables.items():
        (folder / f"{table}.csv").write_text("\n".join([HEADERS[table], *lines]) + "\n")
    paths = {table: (folder / f"{table}.csv",) for table in tables}
    return list(convert(ConvertRequest(**paths, store=folder / "store")).warnings)  # type: ignore[arg-type]


def trade(security: str = "101", price: int = 3_350, time: int = OPEN + 9, number: str = "1") -> str:
    return TRADE.format(o=number, t=time, s=security, p=price)


def quote(bid: int | str, offer: int | str, time: int = OPEN, security: str = "101") -> str:
    return QUOTE.format(t=time, s=security, bid=bid, offer=offer)


def test_a_sound_input_has_no_warning(tmp_path: Path) -> None:
    assert warnings(tmp_path, orders=order(), trades=[trade()], nbbo=[quote(3_340, 3_360)]) == []


def test_securities_that_never_meet_are_named(tmp_path: Path) -> None:
    found = warnings(tmp_path, orders=order("00700"), trades=[trade("700")], nbbo=[quote(3_340, 3_360, security="700")])
    assert found == [
        "no security of trades is in orders: trades have 700, orders 00700",
        "no security of nbbo is in orders: nbbo have 700, orders 00700",
    ]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"orders": "AB", "trades": "AB"}, []),
        ({"orders": "A", "trades": "ABCDE"}, ["4 of 5 securities of trades are not in orders: B, C, D and 1 more"]),
        ({"orders": "AB", "trades": "A"}, []),
        ({"trades": "A", "nbbo": "B"}, []),
        ({"orders": "A", "nbbo": "B"}, ["no security of nbbo is in orders: nbbo have B, orders A"]),
    ],
)
def test_what_does_not_meet(tables: Mapping[str, str], said: list[str]) -> None:
    assert list(strangers({name: {(s, "2024-09-05") for s in names} for name, names in tables.items()})) == said


def test_dates_that_never_meet_are_named() -> None:
    found = list(strangers({"orders": {("A", "2024-09-05")}, "trades": {("A", "2024-09-06")}}))
    assert found == ["no trade date of trades is in orders: trades have 2024-09-06, orders 2024-09-05"]


def test_ids_that_never_meet_are_shown(tmp_path: Path) -> None:
    lines = [line for n in (12, 13, 14, 15) for line in order(number=f"A00{n}")]  # type: ignore[arg-type]
    trades = [trade(number=f"A{n}") for n in (12, 13, 14, 15)]
    (found,) = warnings(tmp_path, orders=lines, trades=trades)
    assert found == (
        "4 of 4 trades name no order that is there, while the orders say that shares matched: "
        "ids may be written in two ways, orders have A0012, A0013, A0014, trades A12, A13, A14"
    )


def test_trades_of_a_whole_market_beside_the_orders_of_one_firm_are_no_surprise(tmp_path: Path) -> None:
    trades = [trade(), *(trade(number=str(n)) for n in range(2, 40))]
    assert warnings(tmp_path, orders=order(), trades=trades) == []


def test_stored_orders_that_later_trades_do_not_name_are_shown(tmp_path: Path) -> None:
    assert warnings(tmp_path, orders=order(number=12)) == []
    (tmp_path / "trades.csv").write_text("\n".join([HEADERS["trades"], trade(number="5")]) + "\n")
    request = ConvertRequest(orders=(), trades=(tmp_path / "trades.csv",), store=tmp_path / "store")
    (found,) = (line for line in convert(request).warnings if "name no order" in line)
    assert found.endswith("orders have 12, trades 5")


def test_absurd_quotes_are_counted_and_the_first_is_shown(tmp_path: Path) -> None:
    quotes = [quote(3_340, 3_360), quote(3_340, 87_654_321, OPEN + HOUR), quote(3_340, 7_654_321, OPEN + 2 * HOUR)]
    (found,) = warnings(tmp_path, orders=order(), nbbo=quotes)
    assert found == (
        "quotes with a spread above a fifth of the mid, which count as one-sided: 2; first: security 101 on "
        "2024-09-05, 3.340 to 87654.321 at 2024-09-05T01:00:00.000000000Z"
    )


@pytest.mark.parametrize(("bid", "offer"), [(1, 2), (1, 20), (3, 23), (100, 200), (3_340, 4_082), (0, 8_765_432)])
def test_wide_quotes_that_may_be_are_not_counted(bid: int, offer: int, tmp_path: Path) -> None:
    """One tick of a very cheap share is most of its price; two ninths of the bid are a fifth of the mid."""
    assert warnings(tmp_path, orders=order(price=(bid + offer) // 2), nbbo=[quote(bid, offer)] * 2) == []


@pytest.mark.parametrize("factor", [10, 100, 1_000])
def test_prices_in_another_unit_than_the_quotes(factor: int, tmp_path: Path) -> None:
    quotes = [quote(3_340 * factor, 3_360 * factor)]
    apart, *found = warnings(tmp_path, orders=[*order(), *order(number=2)], trades=[trade()], nbbo=quotes)
    assert apart.endswith("order 1 (orders_price_implausible)")
    assert len(found) == 1
    assert (
        "security-days with prices in two units (see --price_format, --price_decimals): 2; first: security 101"
        in found[0]
    )
    assert f"the median order price is 3.350 and the median mid {3.35 * factor:.3f}" in found[0]


def test_order_files_of_entries_alone(tmp_path: Path) -> None:
    lines = [order(number=number)[0] for number in (1, 2)]
    _, found = warnings(tmp_path, orders=lines, trades=[trade()])
    assert found == (
        "order files without rows after executions, whose orders that traded are set apart. Give files that state "
        "leaves and matched after each execution, or at the end: 1 security-days; first: security 101 on 2024-09-05, "
        "1 of 1 orders that traded"
    )


@pytest.mark.parametrize(("year", "said"), [(2023, False), (2015, False), (1994, True)])
def test_years_without_a_date_are_named(year: int, said: bool, tmp_path: Path) -> None:
    lines = [*order(), *order(time=OPEN - (2024 - year) * 365 * DAY, number=2)]
    found = warnings(tmp_path, orders=lines)
    assert ["with none between" in text for text in found] == [True] * said


ALL_APART = "all orders contradict themselves, 1, and would be in no table: nothing was stored; first: security 101 on "


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            {"orders": order()[:1], "trades": [trade()]},
            r"\(orders_filled_beyond_leaves\)\. Give files that state leaves",
        ),
        ({"orders": [*order(), *order(time=OPEN + HOUR)]}, r"\(orders_matched_falls\)\. An order's rows must be"),
        ({"orders": order(), "trades": [trade(price=0)]}, r"\(orders_price_implausible\)\. See that files have prices"),
        (
            {"orders": order(), "trades": [trade()], "nbbo": [quote(334, 336)]},
            r"\(orders_price_implausible\)\. See that files have",
        ),
        ({"orders": order(), "trades": [trade(), trade()]}, r"\(orders_filled_beyond_leaves\)\. See that leaves is"),
    ],
)
def test_an_input_whose_orders_are_all_set_apart_is_refused(
    tables: Mapping[str, list[str]], said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"{ALL_APART}2024-09-05, order 1 {said}"):
        warnings(tmp_path, **tables)
    assert not list((tmp_path / "store").rglob("*.h5"))
    beside = {**tables, "orders": [*tables["orders"], *order(number=2)]}
    assert any(text.startswith("orders that contradict themselves") for text in warnings(tmp_path, **beside))


def test_a_quote_that_jumped_makes_no_price_implausible(tmp_path: Path) -> None:
    quotes = [quote(3_340, 3_360), quote(3, 5, OPEN + 1), quote(3_340, 3_360, OPEN + HOUR)]
    assert warnings(tmp_path, orders=order(), trades=[trade()], nbbo=quotes) == []


def test_orders_that_contradict_themselves_are_named(tmp_path: Path) -> None:
    lines = [*order(), *order(number=5, time=OPEN + HOUR), *order(number=5, time=OPEN + 2 * HOUR)]
    (found,) = warnings(tmp_path, orders=lines)
    assert found == (
        "orders that contradict themselves, and will be in no table: 1; first: security 101 on 2024-09-05, "
        "order 5 (orders_matched_falls)"
    )


@pytest.mark.parametrize(("bid", "offer", "said"), [(3_360, 3_340, True), (3_350, 3_350, False), (3_340, 3_360, False)])
def test_bids_above_offers_are_said_where_most_are(bid: int, offer: int, said: bool, tmp_path: Path) -> None:
    quotes = [quote(bid, offer), quote(bid, offer, OPEN + 1), quote(3_340, 3_360, OPEN + 2)]
    found = [text for text in warnings(tmp_path, orders=order(), nbbo=quotes) if "bid is above the offer" in text]
    assert len(found) == said
    assert all(text.endswith("first: security 101 on 2024-09-05, 2 of 3 quotes") for text in found)


@pytest.mark.parametrize(("sides", "said"), [("11", True), ("12", False), ("22", True), ("1", True)])
def test_matches_of_one_row_are_said(sides: str, said: bool, tmp_path: Path) -> None:
    (tmp_path / "trades.csv").write_text(
        "order_id,timestamp,security,price,side,quantity,matchgroupid\n"
        + "".join(f"{n},{OPEN + 9},101,3350,{side},40,7\n" for n, side in enumerate(sides, 1))
    )
    (tmp_path / "orders.csv").write_text("\n".join([HEADERS["orders"], *order()]) + "\n")
    request = ConvertRequest((tmp_path / "orders.csv",), tmp_path / "store", (tmp_path / "trades.csv",))
    assert any("mostly have one row" in text for text in convert(request).warnings) == said


@pytest.mark.parametrize(("later", "said"), [(0, False), (9, False), (10, True), (5 * HOUR, True)])
def test_fills_before_their_order_are_said(later: int, said: bool, tmp_path: Path) -> None:
    found = warnings(tmp_path, orders=order(time=OPEN + later), trades=[trade()])
    assert any("fills before their first row" in text and "order 1" in text for text in found) == said


@pytest.mark.parametrize(
    ("shift", "said"), [(-10 * HOUR, True), (-HOUR, False), (0, False), (HOUR, False), (2 * HOUR, True)]
)
def test_quotes_long_before_or_after_all_orders_are_said(shift: int, said: bool, tmp_path: Path) -> None:
    quotes = [quote(3_340, 3_360, OPEN + shift), quote(3_340, 3_370, OPEN + shift + 5)]
    found = [text for text in warnings(tmp_path, orders=order(), nbbo=quotes) if "both have one clock" in text]
    assert len(found) == said
    assert all("orders from 2024-09-05T00:00:00Z to 2024-09-05T00:00:00Z" in text for text in found)


@pytest.mark.parametrize(
    ("quantity", "left", "done", "said"),
    [(100, 0, 40, True), (100, 60, 40, False), (100, 0, 0, False), (40, 0, 40, False)],
)
def test_a_cancel_that_sets_leaves_to_0_is_said(
    quantity: int, left: int, done: int, said: bool, tmp_path: Path
) -> None:
    """Of an order amended to what it has executed, and of one that executed nothing, nothing is said."""
    last = ORDER.format(o=1, t=OPEN + 20, s="101", p=3_350, left=left, done=done).replace(",1,100,", f",1,{quantity},")
    rows = order() if done else order()[:1]
    found = [text for text in warnings(tmp_path, orders=[*rows, last]) if "where a cancel sets leaves to 0" in text]
    assert len(found) == said
