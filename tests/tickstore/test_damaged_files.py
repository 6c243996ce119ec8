"""A damaged day file is never built upon, and what the messages advise mends it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tickstore.interrupted import request
from tickstore import ConvertRequest, StoreError, convert, open_day, verify

NAME = "101/2024-09-05.h5"


def flip_price(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[open_day(path).index["columns"]["events/price"][2] + 5] ^= 4
    path.write_bytes(content)


def flip_index(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-64])


def test_a_damaged_file_is_not_completed(market: Path) -> None:
    store = market / "store"
    convert(ConvertRequest(orders=(market / "orders.csv",), store=store))
    flip_price(store / NAME)
    damaged = (store / NAME).read_bytes()
    trades = ConvertRequest(orders=(), trades=(market / "trades.csv",), store=store)
    with pytest.raises(StoreError, match="column events/price is damaged; convert its orders again too"):
        convert(trades)
    assert (store / NAME).read_bytes() == damaged
    with pytest.raises(StoreError, match="price is damaged; convert it again with --replace"):
        convert(request(market))
    assert (store / NAME).read_bytes() == damaged
    convert(request(market, replace=True))
    assert verify(store).problems == ()


@pytest.mark.parametrize("harm", [flip_price, flip_index, cut])
def test_converting_again_with_replace_mends_a_damaged_file(market: Path, harm: Callable[[Path], None]) -> None:
    convert(request(market))
    path = market / "store" / NAME
    sound = path.read_bytes()
    harm(path)
    report = convert(request(market, replace=True))
    assert report.written == (("101", "2024-09-05"),)
    assert path.read_bytes() == sound
    assert verify(market / "store").problems == ()
    assert convert(request(market, replace=True)).nothing_to_do


@pytest.mark.parametrize("harm", [flip_index, cut])
def test_an_unreadable_file_is_noticed_without_replace(market: Path, harm: Callable[[Path], None]) -> None:
    convert(request(market))
    harm(market / "store" / NAME)
    with pytest.raises(StoreError, match="damaged; convert it again with --replace"):
        convert(request(market))


def test_a_missing_file_is_made_again(market: Path) -> None:
    convert(request(market))
    (market / "store" / NAME).unlink()
    assert convert(request(market)).written == (("101", "2024-09-05"),)
    assert verify(market / "store").problems == ()
