"""A damaged day file is never built upon; converting again mends it, or says what else it was made of."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tickstore.interrupted import request
from tickstore import ConvertRequest, StoreError, accept, convert, open_day, verify
from tickstore.day.check import check_day

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


def swap(path: Path) -> None:
    """Put the sound file of another partition in its place."""
    shutil.copy(path.parents[1] / "102" / path.name, path)


def lose(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def test_a_damaged_file_is_not_completed(market: Path) -> None:
    store = market / "store"
    convert(ConvertRequest(orders=(market / "orders.csv",), store=store))
    flip_price(store / NAME)
    damaged = (store / NAME).read_bytes()
    trades = ConvertRequest(orders=(), trades=(market / "trades.csv",), store=store)
    with pytest.raises(StoreError, match="column events/price is damaged; convert its orders again too, all together"):
        convert(trades)
    assert (store / NAME).read_bytes() == damaged
    message = "price is damaged, and these files are not all it was made of: convert it again with --replace"
    with pytest.raises(StoreError, match=message):
        convert(request(market))  # trades and quotes as well: not what was stored
    assert (store / NAME).read_bytes() == damaged
    report = convert(request(market, replace=True))
    assert report.warnings[-1].startswith("security 101 on 2024-09-05: the stored day file was gone or damaged; it is")
    assert verify(store).problems == ()


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("harm", [flip_index, cut, swap, lose, empty])
def test_converting_again_mends_what_is_not_the_file_stored(
    market: Path, harm: Callable[[Path], None], replace: bool
) -> None:
    convert(request(market))
    path = market / "store" / NAME
    sound = path.read_bytes()
    harm(path)
    report = convert(request(market, replace=replace))
    assert report.written == (("101", "2024-09-05"),)
    assert report.warnings == ("1 day files were missing or damaged; they were made again as they had been stored",)
    assert path.read_bytes() == sound
    assert verify(market / "store").problems == ()
    again = convert(request(market, replace=True))
    assert (again.nothing_to_do, again.bytes_checked) == (True, True)


def test_a_flipped_bit_is_noticed_where_the_file_changed_and_always_with_replace(market: Path) -> None:
    convert(request(market))
    path = market / "store" / NAME
    sound, before = path.read_bytes(), path.stat()
    flip_price(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as a disk that decays
    report = convert(request(market))
    assert (report.nothing_to_do, report.bytes_checked) == (True, False)
    assert [problem.message for problem in verify(market / "store").problems] == ["column events/price is damaged"]
    os.utime(path)  # as a program that writes
    assert convert(request(market)).written == (("101", "2024-09-05"),)
    assert path.read_bytes() == sound
    flip_price(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert convert(request(market, replace=True)).written == (("101", "2024-09-05"),)
    assert path.read_bytes() == sound


def test_a_copied_store_is_read_in_full_once(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert(request(market))
    store = market / "store"
    for path in store.glob("*/*.h5"):
        os.utime(path)
    read: list[Path] = []

    def seen(path: Path, line: dict[str, Any]) -> str:
        read.append(path)
        return check_day(path, line)

    monkeypatch.setattr("tickstore.conversion.earlier_report.check_day", seen)
    assert convert(request(market)).nothing_to_do
    assert len(read) == 6
    assert convert(request(market)).nothing_to_do
    assert len(read) == 6


def test_a_lost_file_that_these_inputs_do_not_make_up_is_said_to_be_poorer(market: Path) -> None:
    convert(request(market))
    orders = ConvertRequest(orders=(market / "orders.csv",), store=market / "store")
    (market / "store" / NAME).unlink()
    report = convert(orders)
    assert report.written == (("101", "2024-09-05"),)
    assert report.warnings == (
        "security 101 on 2024-09-05: the stored day file was gone or damaged; it is made of these files alone now, "
        "which is not all that it held",
    )


def test_a_foreign_file_is_not_built_upon(market: Path) -> None:
    convert(request(market))
    manifest = market / "store" / "manifest.jsonl"
    lines = [line for line in manifest.read_text().splitlines() if '"security":"101"' not in line]
    manifest.write_text("\n".join(lines) + "\n")
    for replace in (False, True):
        with pytest.raises(StoreError, match=r"not in the manifest: `verify --accept` enters it, or remove it"):
            convert(request(market, replace=replace))
    accept(market / "store")
    assert len(convert(request(market)).unchanged) == 6
