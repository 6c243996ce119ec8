"""Decimals that reference files state: taken where the prices agree, else said and left."""

from pathlib import Path

import pytest

from driver.config.loading import load_config
from driver.run.input_files import convert_request
from driver.run.reference_facts import as_reference_states, contradicts, scaled, seen_prices
from tickstore import ConvertRequest, convert

ASX = ((0, 1), (100, 5), (2000, 10))
HEADER = "order_id,timestamp,security_code,price,side,quantity,leavesquantity,totalmatchedquantity,participantid\n"
OPEN = 1_725_494_400 * 10**9
TENS = [str(price) for price in range(3000, 3500, 10)]
ONES = [str(price) for price in range(3000, 3050)]
DOLLARS = [f"{price / 100:.2f}" for price in range(3000, 3050)]
TENTHS = [f"{price / 1000:.3f}" for price in range(3001, 3050)]


def folder(tmp_path: Path, prices: list[str], decimals: str = "2") -> Path:
    for name in ("orders", "reference"):
        (tmp_path / "in" / name).mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{n},{OPEN + n},5,{price},1,100,100,0,69\n" for n, price in enumerate(prices))
    (tmp_path / "in" / "orders" / "5.csv").write_text(HEADER + rows)
    (tmp_path / "in" / "reference" / "r.csv").write_text(f"Id,Name,DecimalsInPrice\n5,FIVE,{decimals}\n6,SIX,4\n")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("prices", "decimals", "message"),
    [
        (TENS, 3, "warning: reference files state 2 decimals of prices, but prices have the ticks of 3"),
        (ONES, 2, "reference files state 2 decimals of prices, and so they are read (--price_decimals=3"),
        (TENS[:5], 2, "and so they are read"),  # too few to see a tick
        (DOLLARS, 2, "and so they are read"),
        (TENTHS, 3, "but prices have up to 3: prices stay whole numbers of 10^-3"),
    ],
)
def test_what_the_data_says_wins(prices: list[str], decimals: int, message: str, tmp_path: Path) -> None:
    said: list[str] = []
    flags = {"input": str(folder(tmp_path, prices)), "store": str(tmp_path / "store")}
    config = as_reference_states(load_config(flags), said.append)
    assert config.price_decimals == decimals
    assert [message in line for line in said] == [True]
    assert config.ticks == (ASX if decimals == 3 else ((0, 1),))


def test_what_the_user_states_wins_over_all(tmp_path: Path) -> None:
    said: list[str] = []
    flags = {"input": str(folder(tmp_path, ONES)), "price_decimals": "4"}
    assert as_reference_states(load_config(flags), said.append).price_decimals == 4
    flags = {"input": str(folder(tmp_path, ONES)), "ticks": "0:7"}
    assert as_reference_states(load_config(flags), said.append).ticks == ((0, 7),)
    assert as_reference_states(load_config({}), said.append) == load_config({}).config
    assert len(said) == 1


@pytest.mark.parametrize("decimals", ["3", "", "x", "99"])
def test_nothing_is_said_where_nothing_is_stated_or_it_is_the_usual(decimals: str, tmp_path: Path) -> None:
    said: list[str] = []
    flags = {"input": str(folder(tmp_path, TENS, decimals)), "store": str(tmp_path / "store")}
    assert as_reference_states(load_config(flags), said.append).price_decimals == 3
    assert said == []


def test_securities_of_several_decimals_are_said(tmp_path: Path) -> None:
    said: list[str] = []
    given = folder(tmp_path, ONES)
    with (given / "orders" / "5.csv").open("a") as file:
        file.write(f"99,{OPEN},6,30000,1,100,100,0,69\n")
    config = as_reference_states(load_config({"input": str(given), "store": str(tmp_path / "s")}), said.append)
    assert config.price_decimals == 3
    assert said == [
        "warning: reference files state 2 and 4 decimals of prices, and a store has one unit: "
        "prices stay whole numbers of 10^-3 (--price_decimals)"
    ]


def test_a_store_keeps_the_unit_it_has(tmp_path: Path) -> None:
    said: list[str] = []
    given = folder(tmp_path, ONES)
    flags = {"input": str(given), "store": str(tmp_path / "store")}
    convert(convert_request(load_config(flags).config, 1))
    assert as_reference_states(load_config(flags), said.append).price_decimals == 3
    assert said == [
        "warning: reference files state 2 decimals of prices, but the store was converted with 3, which stays"
    ]


def test_ticks_in_another_unit() -> None:
    assert scaled(ASX, 0) == ASX
    assert scaled(ASX, -1) == ((0, 1),)
    assert scaled(ASX, 2) == ((0, 100), (10_000, 500), (200_000, 1000))
    assert scaled(((0, 50), (1000, 100)), -1) == ((0, 5), (100, 10))


def test_more_decimals_than_usual_are_seen_by_ticks_that_do_not_fit(tmp_path: Path) -> None:
    request = ConvertRequest((), tmp_path)
    seen = seen_prices([folder(tmp_path, TENS) / "orders" / "5.csv"], request)
    assert contradicts(seen, 4, 3, ASX) == "prices have the ticks of 3"
    fine = [str(price) for price in range(30_000, 35_000, 100)]
    seen = seen_prices([folder(tmp_path, fine) / "orders" / "5.csv"], request)
    assert contradicts(seen, 4, 3, ASX) == ""
